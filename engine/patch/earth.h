// SPDX-License-Identifier: Apache-2.0
// Measures on the ellipsoid. The only place below io that knows PROJ.
#pragma once

#include <memory>

#include "tuban/geometry.h"
#include "tuban/grid.h"

namespace tuban {

/// Areas, lengths and geographic coordinates for geometries in the ground coordinates of one CRS. Not
/// thread-safe (a PROJ context belongs to one thread): each worker makes its own.
class Earth {
 public:
  /// Throws Error(mismatch) if PROJ does not understand the CRS or it is neither geographic nor projected.
  explicit Earth(const std::string& crs_wkt);
  ~Earth();
  Earth(Earth&&) noexcept;

  /// The official ellipsoidal area (formula 2 of the 2008 notice on map-sheet and parcel areas: GK-series
  /// trapezoids to a reference meridian, segments over 70 m densified), unrounded, >= 0; holes subtract.
  double official_area_m2(const MultiPolygon& geometry) const;
  /// Geodesic polygon area (Karney 2013) of the same rings; holes subtract.
  double geodesic_area_m2(const MultiPolygon& geometry) const;
  /// Geodesic length of all rings.
  double perimeter_m(const MultiPolygon& geometry) const;
  /// Geodesic distance between two ground points.
  double distance_m(Point a, Point b) const;
  /// Longitude and latitude in degrees on the CRS's own datum.
  Point lon_lat(Point ground) const;
  /// Metres per ground unit at a point, along x and along y (1 for projected metres, less scale error).
  Point metres_per_unit(Point ground) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
