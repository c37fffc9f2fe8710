// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/feature_shape.h"

#include <algorithm>

namespace tuban {

const Outline& FeatureShape::outline(const geos::Context& geos) const {
  if (!outline_) outline_.emplace(geos.to_polygons(geometry_.get()));
  return *outline_;
}

const GEOSGeometry* FeatureShape::geometry(const geos::Context& geos) const {
  if (!geometry_) geometry_ = geos.from_wkb(wkb_);
  return geometry_.get();
}

Bounds FeatureShape::bounds(const geos::Context& geos) const {
  if (geometry_) return bounds_of(geos, geometry_.get());
  Bounds all;
  for (const auto& ring : outline_->rings()) {
    const Bounds& b = ring.bounds;
    all = all.empty() ? b
                      : Bounds{std::min(all.x0, b.x0), std::min(all.y0, b.y0), std::max(all.x1, b.x1),
                               std::max(all.y1, b.y1)};
  }
  return all;
}

Bounds bounds_of(const geos::Context& geos, const GEOSGeometry* geometry) {
  Bounds b;
  const auto h = geos.handle();
  if (geos.empty(geometry)) return b;
  GEOSGeom_getXMin_r(h, geometry, &b.x0);
  GEOSGeom_getYMin_r(h, geometry, &b.y0);
  GEOSGeom_getXMax_r(h, geometry, &b.x1);
  GEOSGeom_getYMax_r(h, geometry, &b.y1);
  return b;
}

}  // namespace tuban
