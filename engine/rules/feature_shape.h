// SPDX-License-Identifier: Apache-2.0
// The shape of a feature of a layer, in the form that is asked for. Internal to rules.
#pragma once

#include <optional>
#include <span>

#include "engine/rules/common_ground.h"
#include "engine/rules/geos.h"
#include "engine/rules/layers.h"
#include "tuban/geometry.h"

namespace tuban {

/// A valid shape as an outline and as a GEOS geometry, each made when it is first asked for: mostly the
/// outline is enough, and the geometry takes longer to make than the outline to be met.
class FeatureShape {
 public:
  FeatureShape() = default;
  explicit FeatureShape(geos::Geometry geometry) : geometry_(std::move(geometry)) {}
  /// `polygons` are what `wkb` holds; the bytes stay where they are as long as the shape.
  FeatureShape(MultiPolygon polygons, std::span<const unsigned char> wkb)
      : wkb_(wkb), outline_(std::move(polygons)) {}

  const Outline& outline(const geos::Context& geos) const;
  const GEOSGeometry* geometry(const geos::Context& geos) const;
  /// Empty where the shape is.
  Bounds bounds(const geos::Context& geos) const;

 private:
  std::span<const unsigned char> wkb_;
  mutable geos::Geometry geometry_;
  mutable std::optional<Outline> outline_;
};

Bounds bounds_of(const geos::Context& geos, const GEOSGeometry* geometry);

}  // namespace tuban
