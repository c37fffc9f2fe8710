// SPDX-License-Identifier: Apache-2.0
// Fit on a fixed sample: detector, normalisation, cut. The sample depends on the grid and its valid pixels
// alone, never on storage blocks, tiles, threads or memory (G1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/scan/executor.h"
#include "engine/scan/quality.h"
#include "engine/scan/reader_pool.h"
#include "engine/scan/scan_plan.h"
#include "engine/scan/spool.h"
#include "kernels/detector.h"
#include "kernels/region_stats.h"
#include "kernels/threshold.h"

namespace tuban {

/// What flows back to pixels: fitted once, then immutable.
struct ScanModel {
  const kernels::Detector* detector = nullptr;
  kernels::Model model;
  kernels::Cut cut;
  std::vector<kernels::FixedPoint> fixed_before, fixed_after;  ///< per band
  std::int64_t sample_pixels = 0;
  std::int64_t sample_cells = 0;
  SceneQuality before, after;
};

/// Reads cells of 64 x 64 pixels anchored at grid (0, 0) in a seeded-hash order of their index until enough
/// valid pixels are held or all cells are used, then fits. Throws Error(mismatch) if no pixel is valid on
/// both dates.
ScanModel measure(const ScanPlan& plan, const kernels::Detector& detector, const kernels::CutRule& rule,
                  ReaderPool& before, ReaderPool& after, Executor& executor, std::stop_token stop);

/// All that pixels meet of the model: the same bytes, the same results.
void encode(Encoder& to, const ScanModel& model);

}  // namespace tuban
