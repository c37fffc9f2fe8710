// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/geos.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/rules/plain_ring.h"
#include "tuban/error.h"

namespace tuban::geos {
namespace {

void remember(const char* message, void* into) {
  *static_cast<std::string*>(into) = message;
}

[[noreturn]] void fail(const std::string& what, const std::string& message) {
  throw Error(ErrorCode::runtime, fmt::format("GEOS could not {}: {}", what, message));
}

Ring ring_of(GEOSContextHandle_t handle, const GEOSGeometry* ring) {
  const auto* points = GEOSGeom_getCoordSeq_r(handle, ring);
  unsigned int count = 0;
  GEOSCoordSeq_getSize_r(handle, points, &count);
  Ring result(count);
  static_assert(sizeof(Point) == 2 * sizeof(double));
  if (count > 0) GEOSCoordSeq_copyToBuffer_r(handle, points, &result.front().x, 0, 0);
  return result;
}

/// Lists the polygons inside any geometry without copying them.
void collect_polygons(GEOSContextHandle_t handle, const GEOSGeometry* geometry,
                      std::vector<const GEOSGeometry*>& into) {
  const int type = GEOSGeomTypeId_r(handle, geometry);
  if (type == GEOS_POLYGON) {
    if (GEOSisEmpty_r(handle, geometry) == 0) into.push_back(geometry);
  } else if (type == GEOS_MULTIPOLYGON || type == GEOS_GEOMETRYCOLLECTION) {
    const int count = GEOSGetNumGeometries_r(handle, geometry);
    for (int i = 0; i < count; ++i) collect_polygons(handle, GEOSGetGeometryN_r(handle, geometry, i), into);
  }
}

}  // namespace

Context::Context() : handle_(GEOS_init_r()) {
  if (handle_ == nullptr) fail("start", "no context");
  GEOSContext_setErrorMessageHandler_r(handle_, remember, &message_);
}

Context::~Context() {
  GEOS_finish_r(handle_);
}

Geometry Context::from_wkb(std::span<const unsigned char> wkb) const {
  auto* reader = GEOSWKBReader_create_r(handle_);
  GEOSWKBReader_setFixStructure_r(handle_, reader, 1);
  auto geometry = own(GEOSWKBReader_read_r(handle_, reader, wkb.data(), wkb.size()));
  GEOSWKBReader_destroy_r(handle_, reader);
  return geometry;
}

std::vector<unsigned char> Context::to_wkb(const GEOSGeometry* geometry) const {
  auto* writer = GEOSWKBWriter_create_r(handle_);
  std::size_t size = 0;
  auto* bytes = GEOSWKBWriter_write_r(handle_, writer, geometry, &size);
  GEOSWKBWriter_destroy_r(handle_, writer);
  if (bytes == nullptr) fail("write a geometry", message_);
  std::vector<unsigned char> result(bytes, bytes + size);
  GEOSFree_r(handle_, bytes);
  return result;
}

Geometry Context::ring(const Ring& points) const {
  const double* const ordinates = points.empty() ? nullptr : &points.front().x;
  auto* sequence =
      GEOSCoordSeq_copyFromBuffer_r(handle_, ordinates, static_cast<unsigned int>(points.size()), 0, 0);
  auto result = own(GEOSGeom_createLinearRing_r(handle_, sequence));
  if (!result) fail("build a ring", message_);
  return result;
}

Geometry Context::from(const MultiPolygon& polygons) const {
  std::vector<Geometry> parts;
  for (const auto& polygon : polygons) {
    if (polygon.rings.empty()) continue;
    auto shell = ring(polygon.rings.front());
    std::vector<Geometry> holes;
    for (std::size_t i = 1; i < polygon.rings.size(); ++i) holes.push_back(ring(polygon.rings[i]));
    std::vector<GEOSGeometry*> raw;
    for (auto& hole : holes) raw.push_back(hole.release());
    parts.push_back(own(GEOSGeom_createPolygon_r(handle_, shell.release(), raw.data(),
                                                 static_cast<unsigned int>(raw.size()))));
    if (!parts.back()) fail("build a polygon", message_);
  }
  std::vector<GEOSGeometry*> raw;
  for (auto& part : parts) raw.push_back(part.release());
  auto result = own(GEOSGeom_createCollection_r(handle_, GEOS_MULTIPOLYGON, raw.data(),
                                                static_cast<unsigned int>(raw.size())));
  if (!result) fail("build a multipolygon", message_);
  return result;
}

MultiPolygon Context::to_polygons(const GEOSGeometry* geometry) const {
  std::vector<const GEOSGeometry*> parts;
  collect_polygons(handle_, geometry, parts);
  MultiPolygon result;
  result.reserve(parts.size());
  for (const auto* part : parts) {
    Polygon polygon;
    polygon.rings.push_back(ring_of(handle_, GEOSGetExteriorRing_r(handle_, part)));
    const int holes = GEOSGetNumInteriorRings_r(handle_, part);
    for (int i = 0; i < holes; ++i) {
      polygon.rings.push_back(ring_of(handle_, GEOSGetInteriorRingN_r(handle_, part, i)));
    }
    result.push_back(std::move(polygon));
  }
  return result;
}

Geometry Context::box(double x0, double y0, double x1, double y1) const {
  return from({{{{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}}}});
}

Prepared Context::prepare(const GEOSGeometry* geometry) const {
  Prepared prepared(GEOSPrepare_r(handle_, geometry), Destroy{handle_});
  if (!prepared) fail("prepare a geometry", message_);
  return prepared;
}

bool Context::valid(const GEOSGeometry* geometry) const {
  return GEOSisValid_r(handle_, geometry) == 1;
}

Geometry Context::repair(const GEOSGeometry* geometry) const {
  auto* how = GEOSMakeValidParams_create_r(handle_);
  GEOSMakeValidParams_setMethod_r(handle_, how, GEOS_MAKE_VALID_STRUCTURE);
  GEOSMakeValidParams_setKeepCollapsed_r(handle_, how, 0);
  auto made = own(GEOSMakeValidWithParams_r(handle_, geometry, how));
  GEOSMakeValidParams_destroy_r(handle_, how);
  return made ? polygonal(std::move(made)) : own(nullptr);
}

Context::Sound Context::sound(const MultiPolygon& polygons) const {
  constexpr std::size_t kLeastPoints = 4;
  const auto closed = [](const Ring& ring) {
    return ring.size() >= kLeastPoints && ring.front() == ring.back();
  };
  const bool whole = std::all_of(polygons.begin(), polygons.end(), [&](const Polygon& polygon) {
    return !polygon.rings.empty() && std::all_of(polygon.rings.begin(), polygon.rings.end(), closed);
  });
  if (whole) {
    Sound result{from(polygons), std::nullopt};
    if (surely_valid(polygons) || valid(result.shape.get())) return result;
  }
  MultiPolygon rings;
  for (Polygon polygon : polygons) {
    bool shell = true, keep = true;
    std::erase_if(polygon.rings, [&](Ring& ring) {
      if (!ring.empty() && ring.front() != ring.back()) ring.push_back(ring.front());
      const bool drop = ring.size() < kLeastPoints;
      if (shell && drop) keep = false;
      shell = false;
      return drop;
    });
    if (keep && !polygon.rings.empty()) rings.push_back(std::move(polygon));
  }
  auto shape = repair(from(rings).get());
  if (!shape) throw Error(ErrorCode::mismatch, "a polygon cannot be repaired: " + message_);
  auto mended = to_polygons(shape.get());
  return {std::move(shape), std::move(mended)};
}

Geometry Context::polygonal(Geometry geometry) const {
  if (GEOSGeomTypeId_r(handle_, geometry.get()) == GEOS_MULTIPOLYGON) return geometry;
  std::vector<const GEOSGeometry*> parts;
  collect_polygons(handle_, geometry.get(), parts);
  std::vector<GEOSGeometry*> copies;
  for (const auto* part : parts) copies.push_back(GEOSGeom_clone_r(handle_, part));
  auto result = own(GEOSGeom_createCollection_r(handle_, GEOS_MULTIPOLYGON, copies.data(),
                                                static_cast<unsigned int>(copies.size())));
  if (!result) fail("collect polygons", message_);
  return result;
}

Point Context::to_origin(const GEOSGeometry* geometry) const {
  Point least, most;
  if (empty(geometry)) return least;
  GEOSGeom_getXMin_r(handle_, geometry, &least.x);
  GEOSGeom_getYMin_r(handle_, geometry, &least.y);
  GEOSGeom_getXMax_r(handle_, geometry, &most.x);
  GEOSGeom_getYMax_r(handle_, geometry, &most.y);
  // Coordinates about 0 have bits that whole units would push out.
  const auto by = [](double low, double high) {
    return low > 0 ? -std::floor(low) : high < 0 ? -std::ceil(high) : 0;
  };
  return {by(least.x, most.x), by(least.y, most.y)};
}

Geometry Context::moved(const GEOSGeometry* geometry, Point by) const {
  const auto step = [](double* x, double* y, void* user) {
    const auto& distance = *static_cast<const Point*>(user);
    *x += distance.x;
    *y += distance.y;
    return 1;
  };
  auto result = own(GEOSGeom_transformXY_r(handle_, geometry, step, &by));
  if (!result) fail("move a geometry", message_);
  return result;
}

Geometry Context::overlay(Operation operation, const GEOSGeometry* a, const GEOSGeometry* b,
                          double grid) const {
  const bool in_place = operation == Operation::intersection;
  const Point by = in_place ? Point{} : to_origin(a);
  const auto near_a = in_place ? own(nullptr) : moved(a, by), near_b = in_place ? own(nullptr) : moved(b, by);
  if (!in_place) {
    a = near_a.get();
    b = near_b.get();
  }
  const auto attempt = [&](const GEOSGeometry* left, const GEOSGeometry* right, double size) {
    return own(in_place ? GEOSIntersectionPrec_r(handle_, left, right, size)
                        : GEOSDifferencePrec_r(handle_, left, right, size));
  };
  auto result = attempt(a, b, 0);
  if (!result) result = attempt(a, b, grid);
  if (!result) {
    const auto left = repair(a), right = repair(b);
    if (left && right) result = attempt(left.get(), right.get(), grid);
  }
  if (!result) fail("overlay two geometries, even after repair", message_);
  if (!in_place) result = moved(result.get(), {-by.x, -by.y});
  return polygonal(std::move(result));
}

Geometry Context::unite(const std::vector<const GEOSGeometry*>& parts, double grid) const {
  const Point by = parts.empty() ? Point{} : to_origin(parts.front());
  std::vector<GEOSGeometry*> copies;
  for (const auto* part : parts) copies.push_back(moved(part, by).release());
  const auto all = own(GEOSGeom_createCollection_r(handle_, GEOS_GEOMETRYCOLLECTION, copies.data(),
                                                   static_cast<unsigned int>(copies.size())));
  auto result = own(GEOSUnaryUnionPrec_r(handle_, all.get(), 0));
  if (!result) result = own(GEOSUnaryUnionPrec_r(handle_, all.get(), grid));
  if (!result) {
    const auto repaired = repair(all.get());
    if (repaired) result = own(GEOSUnaryUnionPrec_r(handle_, repaired.get(), grid));
  }
  if (!result) fail("unite geometries, even after repair", message_);
  return polygonal(moved(result.get(), {-by.x, -by.y}));
}

double Context::area(const GEOSGeometry* geometry) const {
  double value = 0;
  if (GEOSArea_r(handle_, geometry, &value) == 0) fail("measure an area", message_);
  return value;
}

bool Context::empty(const GEOSGeometry* geometry) const {
  return GEOSisEmpty_r(handle_, geometry) == 1;
}

}  // namespace tuban::geos
