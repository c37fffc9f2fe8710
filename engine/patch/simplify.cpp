// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/simplify.h"

#include <geos_c.h>

#include <cmath>
#include <vector>

#include "tuban/error.h"

namespace tuban {
namespace {

constexpr double kMostDrift = 0.01;
constexpr int kMostHalvings = 16;

// GEOS reads and writes interleaved pairs.
static_assert(sizeof(Point) == 2 * sizeof(double));

}  // namespace

struct Simplifier::Impl {
  struct Destroy {
    GEOSContextHandle_t handle;
    void operator()(GEOSGeometry* g) const noexcept { GEOSGeom_destroy_r(handle, g); }
  };
  using Geometry = std::unique_ptr<GEOSGeometry, Destroy>;

  GEOSContextHandle_t handle = GEOS_init_r();  // without handlers it prints nothing

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { GEOS_finish_r(handle); }

  Geometry own(GEOSGeometry* geometry) const {
    if (geometry == nullptr) {
      throw Error(ErrorCode::runtime, "GEOS refused a patch while simplifying; leave --simplify out");
    }
    return Geometry(geometry, Destroy{handle});
  }

  Geometry ring(const Ring& points) const {
    GEOSCoordSequence* sequence = GEOSCoordSeq_copyFromBuffer_r(
        handle, points.empty() ? nullptr : &points[0].x, static_cast<unsigned>(points.size()), 0, 0);
    if (sequence == nullptr) return own(nullptr);
    return own(GEOSGeom_createLinearRing_r(handle, sequence));
  }

  Geometry polygon(const Polygon& polygon) const {
    Geometry shell = ring(polygon.rings.at(0));
    std::vector<Geometry> holes;
    for (std::size_t i = 1; i < polygon.rings.size(); ++i) holes.push_back(ring(polygon.rings[i]));
    std::vector<GEOSGeometry*> released;
    for (Geometry& hole : holes) released.push_back(hole.release());
    return own(GEOSGeom_createPolygon_r(handle, shell.release(), released.data(),
                                        static_cast<unsigned>(released.size())));
  }

  Geometry multi(const MultiPolygon& polygons) const {
    std::vector<Geometry> parts;
    for (const Polygon& part : polygons) parts.push_back(polygon(part));
    std::vector<GEOSGeometry*> released;
    for (Geometry& part : parts) released.push_back(part.release());
    return own(GEOSGeom_createCollection_r(handle, GEOS_MULTIPOLYGON, released.data(),
                                           static_cast<unsigned>(released.size())));
  }

  Ring points_of(const GEOSGeometry* geometry) const {
    const GEOSCoordSequence* sequence = GEOSGeom_getCoordSeq_r(handle, geometry);
    unsigned size = 0;
    GEOSCoordSeq_getSize_r(handle, sequence, &size);
    Ring points(size);
    if (size > 0) GEOSCoordSeq_copyToBuffer_r(handle, sequence, &points[0].x, 0, 0);
    return points;
  }

  /// Nothing where parts or holes went missing.
  MultiPolygon unpack(const GEOSGeometry* geometry, const MultiPolygon& exact) const {
    MultiPolygon result;
    const int parts = GEOSGetNumGeometries_r(handle, geometry);
    if (parts != static_cast<int>(exact.size())) return {};
    for (int i = 0; i < parts; ++i) {
      const GEOSGeometry* part = GEOSGetGeometryN_r(handle, geometry, i);
      if (GEOSGeomTypeId_r(handle, part) != GEOS_POLYGON || GEOSisEmpty_r(handle, part) != 0) return {};
      const int holes = GEOSGetNumInteriorRings_r(handle, part);
      if (holes + 1 != static_cast<int>(exact[static_cast<std::size_t>(i)].rings.size())) return {};
      Polygon polygon;
      polygon.rings.push_back(points_of(GEOSGetExteriorRing_r(handle, part)));
      for (int h = 0; h < holes; ++h)
        polygon.rings.push_back(points_of(GEOSGetInteriorRingN_r(handle, part, h)));
      result.push_back(std::move(polygon));
    }
    return result;
  }

  double area(const GEOSGeometry* geometry) const {
    double value = 0;
    GEOSArea_r(handle, geometry, &value);
    return value;
  }
};

Simplifier::Simplifier() : impl_(std::make_unique<Impl>()) {}
Simplifier::~Simplifier() = default;
Simplifier::Simplifier(Simplifier&&) noexcept = default;

MultiPolygon Simplifier::simplify(const MultiPolygon& exact, double tolerance) const {
  if (!(tolerance > 0) || exact.empty()) return exact;
  const Impl::Geometry geometry = impl_->multi(exact);
  const double area = impl_->area(geometry.get());
  for (int i = 0; i <= kMostHalvings; ++i, tolerance /= 2) {
    const Impl::Geometry simple =
        impl_->own(GEOSTopologyPreserveSimplify_r(impl_->handle, geometry.get(), tolerance));
    if (GEOSisValid_r(impl_->handle, simple.get()) != 1) continue;
    if (!(std::abs(impl_->area(simple.get()) - area) <= kMostDrift * area)) continue;
    MultiPolygon result = impl_->unpack(simple.get(), exact);
    if (!result.empty()) return result;
  }
  return exact;
}

}  // namespace tuban
