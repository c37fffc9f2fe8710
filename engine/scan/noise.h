// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tuban {

/// What was counted of a whole mask.
struct MaskCounts {
  std::int64_t valid_pixels = 0, changed_pixels = 0;
  std::int64_t regions = 0;
  std::int64_t outline_edges = 0;  ///< pixel sides around the regions
  std::int64_t cut_regions = 0,
               cut_pixels = 0;  ///< regions too large for one patch each, and what is in them
  int smoothing_radius = 1;     ///< of the scores: the wider, the smoother the outlines of noise
};

/// One sentence where the mask looks like noise or where regions were cut, with what to check; else nothing.
std::string warn_of_noise(const MaskCounts& mask);

}  // namespace tuban
