// SPDX-License-Identifier: Apache-2.0
// What two polygons share, for the common case that their outlines cross properly or not at all: walked along
// the outlines, without the noding and validation that general overlay needs. Internal to rules.
#pragma once

#include <optional>
#include <vector>

#include "engine/rules/geos.h"
#include "engine/rules/layers.h"

namespace tuban {

/// A valid multipolygon as rings with the interior to their left.
class Outline {
 public:
  explicit Outline(MultiPolygon polygons);

  struct OutlineRing {
    Ring points;    ///< closed
    bool reversed;  ///< against the order given
    Bounds bounds;
  };
  const std::vector<OutlineRing>& rings() const noexcept { return rings_; }
  /// Two different rings may touch in a point.
  std::size_t vertices() const noexcept { return vertices_; }

 private:
  std::vector<OutlineRing> rings_;
  std::size_t vertices_ = 0;
};

/// The intersection, empty where they share nothing; nothing at all where a vertex of one lies on the outline
/// of the other or arithmetic cannot tell: then general overlay must. Crossings are where GEOS puts them.
std::optional<MultiPolygon> common_ground(const geos::Context& geos, const Outline& a, const Outline& b);

}  // namespace tuban
