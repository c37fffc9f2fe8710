// SPDX-License-Identifier: Apache-2.0
// A detector of the host's own, used in place of the engine's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "tuban/io.h"

namespace tuban {

/// Pixels of both dates to be scored: any rectangle of the scene, at times one pixel alone, in samples as the
/// scenes have them once they share grid and scale.
struct PixelBlock {
  SampleType type = SampleType::uint8;
  int width = 0, height = 0;
  std::span<const std::byte*const> before, after;  ///< first sample of each band
  std::ptrdiff_t stride = 0;                       ///< samples from row to row, of every band
  const std::uint8_t* valid = nullptr;  ///< 1 where both dates are; elsewhere samples may be anything
  std::ptrdiff_t valid_stride = 0;
  float* score = nullptr;  ///< to be filled; holds anything
  std::ptrdiff_t score_stride = 0;
};

/// What says how much pixels changed.
struct HostDetector {
  std::string name;  ///< stands for it in the manifest
  /// Whether a run with it may be resumed: the host promises that under one name and version it always gives
  /// the same scores. Empty: it may not.
  std::string version;
  /// Fills the scores of a block: 0 or more, larger = more changed, NaN where nothing is known; what is
  /// written where `valid` is 0 does not matter. A pixel's score must depend on its own samples alone,
  /// never on the block around it: what is global is the host's to fit before the run. It is called from
  /// several threads at once. What it throws ends the run, which throws it on; so does Error(usage) where a
  /// score is negative, or where one of the first blocks is scored otherwise in part than as a whole.
  std::function<void(const PixelBlock&)> score;
};

}  // namespace tuban
