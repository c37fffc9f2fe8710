// SPDX-License-Identifier: Apache-2.0
#include "kernels/region_stats.h"

namespace tuban::kernels {

void RegionCounts::merge(const RegionCounts& other) noexcept {
  first_pixel = std::min(first_pixel, other.first_pixel);
  pixels += other.pixels;
  min_x = std::min(min_x, other.min_x);
  min_y = std::min(min_y, other.min_y);
  max_x = std::max(max_x, other.max_x);
  max_y = std::max(max_y, other.max_y);
  sum_x += other.sum_x;
  sum_y += other.sum_y;
  sum_xx += other.sum_xx;
  sum_yy += other.sum_yy;
  sum_xy += other.sum_xy;
  horizontal_edges += other.horizontal_edges;
  vertical_edges += other.vertical_edges;
  invalid_edges += other.invalid_edges;
  score_sum += other.score_sum;
  score_max = std::max(score_max, other.score_max);
  clamped += other.clamped;
}

void RegionStats::merge(const RegionStats& other, int bands) noexcept {
  RegionCounts::merge(other);
  for (std::size_t b = 0; b < static_cast<std::size_t>(bands); ++b) {
    before[b].sum += other.before[b].sum;
    before[b].squares += other.before[b].squares;
    after[b].sum += other.after[b].sum;
    after[b].squares += other.after[b].squares;
  }
}

}  // namespace tuban::kernels
