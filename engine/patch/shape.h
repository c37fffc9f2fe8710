// SPDX-License-Identifier: Apache-2.0
// Size and form of a region from its integer statistics and lattice rings: no projection, no libm, so the
// numbers are the same on every machine (G1).
#pragma once

#include "engine/scan/region.h"
#include "tuban/geometry.h"
#include "tuban/grid.h"

namespace tuban {

/// The sides of a pixel as vectors, in metres or in pixels.
struct PixelSides {
  Point along_x{1, 0};
  Point along_y{0, 1};

  /// Of the grid's transform, in ground units times `scale` along either ground axis.
  static PixelSides of(const Grid& grid, Point scale = {1, 1}) noexcept;
  double length_x() const noexcept;
  double length_y() const noexcept;
  double area() const noexcept;
};

/// The traced outline in ground coordinates: exteriors counter-clockwise, holes clockwise, whatever the sign
/// of the transform. Parts and holes keep their order.
MultiPolygon ground_outline(const Region& region, const Grid& grid);

/// Sides of the region's pixels that lie on the raster's frame.
std::int64_t frame_edges(const Region& region, const Grid& grid) noexcept;

/// 4 pi A / P^2 of the pixel outline: pi / 4 for a square, less for anything longer or rougher.
double compactness(const kernels::RegionStats& stats, const PixelSides& sides) noexcept;

/// sqrt of the ratio of the principal second moments, of pixels as squares (not points): 1 for a square, the
/// ratio of its sides for a rectangle.
double elongation(const kernels::RegionStats& stats, const PixelSides& sides) noexcept;

/// Centre of mass on the pixel-corner lattice.
Point lattice_centroid(const kernels::RegionStats& stats) noexcept;

/// Mean and population standard deviation in native units.
struct Moments {
  double mean = 0, sd = 0;
};
Moments moments(const kernels::BandSums& sums, std::int64_t pixels,
                const kernels::FixedPoint& fixed) noexcept;

}  // namespace tuban
