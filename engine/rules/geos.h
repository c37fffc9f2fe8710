// SPDX-License-Identifier: Apache-2.0
// GEOS for one thread: owned geometries and overlay that does not fail on ugly input. Internal to rules.
#pragma once

#include <geos_c.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tuban/geometry.h"

namespace tuban::geos {

struct Destroy {
  GEOSContextHandle_t handle = nullptr;
  void operator()(GEOSGeometry* geometry) const noexcept { GEOSGeom_destroy_r(handle, geometry); }
  void operator()(const GEOSPreparedGeometry* prepared) const noexcept {
    GEOSPreparedGeom_destroy_r(handle, prepared);
  }
};
using Geometry = std::unique_ptr<GEOSGeometry, Destroy>;
using Prepared = std::unique_ptr<const GEOSPreparedGeometry, Destroy>;

enum class Operation { intersection, difference };

/// A GEOS context; it and everything made with it belong to one thread. Failures are Error(runtime) with
/// GEOS's own words.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  GEOSContextHandle_t handle() const noexcept { return handle_; }
  const std::string& last_message() const noexcept { return message_; }
  Geometry own(GEOSGeometry* geometry) const { return Geometry(geometry, Destroy{handle_}); }

  /// Null where the bytes are no geometry; rings that are not closed are closed.
  Geometry from_wkb(std::span<const unsigned char> wkb) const;
  std::vector<unsigned char> to_wkb(const GEOSGeometry* geometry) const;
  Geometry from(const MultiPolygon& polygons) const;
  /// The polygonal parts only.
  MultiPolygon to_polygons(const GEOSGeometry* geometry) const;
  Geometry box(double x0, double y0, double x1, double y1) const;
  Prepared prepare(const GEOSGeometry* geometry) const;

  bool valid(const GEOSGeometry* geometry) const;
  /// Polygons from anywhere as valid ones. `mended` holds them where they had to be repaired: rings that are
  /// open are closed, those too short to hold ground are dropped. Throws Error(mismatch) where they cannot
  /// be.
  struct Sound {
    Geometry shape;
    std::optional<MultiPolygon> mended;
  };
  Sound sound(const MultiPolygon& polygons) const;
  /// MakeValid, structure method, polygonal parts only; null where GEOS cannot.
  Geometry repair(const GEOSGeometry* geometry) const;
  /// The polygons of a result that may hold lines and points as well: a multipolygon, possibly empty.
  Geometry polygonal(Geometry geometry) const;

  /// Overlay by OverlayNG, polygonal parts only. Tried in this order, the first that succeeds counts:
  /// floating precision with GEOS's own snapping heuristics; snap-rounding to `grid`; the same of both
  /// inputs repaired. The order is fixed, so equal input gives equal output. A difference is taken near the
  /// origin, where GEOS's snapping, a share of the largest ordinate, moves next to nothing; common_ground()
  /// finds crossings where an intersection has them, which is therefore taken in place.
  Geometry overlay(Operation operation, const GEOSGeometry* a, const GEOSGeometry* b, double grid) const;
  /// The union, by the same ladder. Empty input gives an empty multipolygon.
  Geometry unite(const std::vector<const GEOSGeometry*>& parts, double grid) const;

  double area(const GEOSGeometry* geometry) const;  ///< planar, ground units squared
  bool empty(const GEOSGeometry* geometry) const;

 private:
  Geometry ring(const Ring& points) const;
  /// A copy moved by whole units, which loses no bit of a coordinate.
  Geometry moved(const GEOSGeometry* geometry, Point by) const;
  /// What to move shapes near this one by, so that they lie at the origin.
  Point to_origin(const GEOSGeometry* geometry) const;
  GEOSContextHandle_t handle_ = nullptr;
  std::string message_;
};

}  // namespace tuban::geos
