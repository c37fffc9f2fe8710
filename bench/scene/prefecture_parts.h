// SPDX-License-Identifier: Apache-2.0
// Files of a prefecture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "bench/scene/country.h"
#include "bench/scene/prefecture.h"

namespace tuban::scene {

/// Where patches are likely.
struct Sites {
  std::vector<Point> approvals, mines;
};

/// A number of features at this scale, at least one.
inline std::size_t at_scale(double count, double scale) {
  const double scaled = count * scale + 0.5;
  return scaled < 2 ? 1 : static_cast<std::size_t>(scaled);
}

Sites write_prefecture_layers(const Country& country, const PrefectureOptions& options, Point origin,
                              PrefectureSummary& summary);
void write_prefecture_patches(const Country& country, const Sites& sites, const PrefectureOptions& options,
                              Point origin, PrefectureSummary& summary);

}  // namespace tuban::scene
