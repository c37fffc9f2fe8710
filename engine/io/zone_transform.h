// SPDX-License-Identifier: Apache-2.0
// Into the Gauss-Krueger zones in which results are handed on.
#pragma once

#include <memory>
#include <string>

#include "tuban/geometry.h"

namespace tuban {

/// CGCS2000, 3-degree Gauss-Krueger zones with the zone's number before the easting (EPSG:4513 to 4533).
inline constexpr int kFirstZone = 25, kLastZone = 45;
constexpr int zone_epsg(int zone) noexcept {
  return 4488 + zone;
}
/// The zone whose central meridian (3 degrees times its number) is nearest; the eastern one on a border.
int zone_of_longitude(double degrees) noexcept;

/// From a CRS ("EPSG:4490" or WKT, x before y) into a zone. Coordinates are rounded to 0.1 mm, far below any
/// meaning, so that the last bits of a machine's libm do not show (G1). One thread.
class ZoneTransform {
 public:
  /// Throws Error(mismatch) where GDAL knows no way.
  ZoneTransform(const std::string& crs, int zone);
  ~ZoneTransform();
  ZoneTransform(const ZoneTransform&) = delete;
  ZoneTransform& operator=(const ZoneTransform&) = delete;

  /// Both throw Error(mismatch) where a point has no place in the zone.
  void apply(MultiPolygon& geometry) const;
  Point apply(Point point) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
