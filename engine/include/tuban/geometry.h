// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "tuban/export.h"

namespace tuban {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

/// Closed: the last point repeats the first.
using Ring = std::vector<Point>;

/// The exterior first (counter-clockwise in ground coordinates), then the holes (clockwise).
struct Polygon {
  std::vector<Ring> rings;
};

/// OGC-valid: parts have disjoint interiors and touch at points only.
using MultiPolygon = std::vector<Polygon>;

/// Well-known binary: a MultiPolygon, little-endian.
TUBAN_API std::vector<std::byte> to_wkb(const MultiPolygon& parts);

}  // namespace tuban
