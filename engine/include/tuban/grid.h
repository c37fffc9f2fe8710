// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tuban/export.h"

namespace tuban {

/// Where pixels meet the earth: a size, an affine transform and a coordinate reference system.
struct Grid {
  int width = 0;
  int height = 0;
  /// GDAL order: X = t[0] + px * t[1] + py * t[2], Y = t[3] + px * t[4] + py * t[5], with (px, py) on the
  /// pixel-corner lattice. Identity where the raster has no georeference.
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};
  /// WKT2, or empty: then everything is in pixels and areas on the earth are not known.
  std::string crs;

  bool has_crs() const noexcept { return !crs.empty(); }
  std::int64_t pixels() const noexcept { return static_cast<std::int64_t>(width) * height; }
  double ground_x(double px, double py) const noexcept {
    return transform[0] + px * transform[1] + py * transform[2];
  }
  double ground_y(double px, double py) const noexcept {
    return transform[3] + px * transform[4] + py * transform[5];
  }
};

}  // namespace tuban
