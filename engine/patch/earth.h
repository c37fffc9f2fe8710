// SPDX-License-Identifier: Apache-2.0
// Measures on the ellipsoid. The only place below io that knows PROJ.
#pragma once

#include <memory>
#include <string>

#include "tuban/geometry.h"
#include "tuban/grid.h"

namespace tuban {

/// Areas, lengths and geographic coordinates for geometries in the ground coordinates of one CRS: easting
/// before northing, longitude before latitude, whatever axis order the CRS declares (as GDAL's transforms).
/// Not thread-safe (a PROJ context belongs to one thread): each worker makes its own.
///
/// Results are rounded where they leave (official areas to 1e-4 m2, geodesic ones to 1e-3 m2, lengths to 0.1
/// mm, finer where that would leave fewer than seven digits; degrees to 1e-9), far below any meaning, so that
/// the last bits of a machine's libm do not show (G1). A point that the projection cannot invert is an
/// Error(mismatch).
class Earth {
 public:
  /// Throws Error(mismatch) if PROJ does not understand the CRS or it is neither geographic nor projected.
  explicit Earth(const std::string& crs_wkt);
  /// The same CRS for another thread, without the search of PROJ's database that WKT takes: a twentieth of
  /// the time. Any number of threads may copy from one Earth that none of them uses.
  Earth(const Earth& other);
  ~Earth();
  Earth(Earth&&) noexcept;

  struct Measures {
    double official_area_m2 = 0, geodesic_area_m2 = 0, perimeter_m = 0;
  };
  /// The three measures below in one pass.
  Measures measure(const MultiPolygon& geometry) const;

  /// The official ellipsoidal area (formula 2 of the 2008 notice on map-sheet and parcel areas: GK-series
  /// trapezoids to a reference meridian, segments over 70 m densified), not rounded to centimetres, >= 0. In
  /// each polygon the first ring counts, the others subtract; the direction of rings does not matter.
  double official_area_m2(const MultiPolygon& geometry) const;
  /// Geodesic polygon area (Karney 2013) of the same rings, vertices joined by geodesics; holes subtract.
  double geodesic_area_m2(const MultiPolygon& geometry) const;
  /// Geodesic length of all rings.
  double perimeter_m(const MultiPolygon& geometry) const;
  /// Geodesic distance between two ground points.
  double distance_m(Point a, Point b) const;
  /// Longitude and latitude in degrees on the CRS's own datum and prime meridian.
  Point lon_lat(Point ground) const;
  /// Metres per ground unit at a point, along x and along y (1 for projected metres, less scale error).
  Point metres_per_unit(Point ground) const;
  /// Ground coordinates are longitude and latitude.
  bool geographic() const noexcept;
  /// "EPSG:4526" where the CRS carries its authority's code, else the text it was made from.
  const std::string& identity() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
