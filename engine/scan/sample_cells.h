// SPDX-License-Identifier: Apache-2.0
// The cells that a fit is based on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/scan/executor.h"
#include "engine/scan/reader_pool.h"
#include "engine/scan/scan_plan.h"
#include "kernels/detector.h"

namespace tuban {

/// A square of pixels of both dates.
struct SampleCell {
  int width = 0, height = 0;
  std::vector<std::byte> samples;  ///< planes of before, then of after
  std::vector<std::uint8_t> valid;
  std::vector<std::byte*> before, after;

  std::int64_t valid_pixels() const { return std::count(valid.begin(), valid.end(), std::uint8_t{1}); }
  kernels::PairView pair(kernels::SampleType type) const;
};

/// Reads cells of 64 x 64 pixels anchored at grid (0, 0) in a seeded-hash order of their index until enough
/// valid pixels are held or all cells are used; keeps those with a valid pixel, in that order. However few
/// they are and however much a storage block holds beside a cell, about twice the rasters are decoded at
/// most.
std::vector<SampleCell> read_sample(const ScanPlan& plan, ReaderPool& before, ReaderPool& after,
                                    Executor& executor, const std::stop_token& stop);

}  // namespace tuban
