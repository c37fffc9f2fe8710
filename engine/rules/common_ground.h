// SPDX-License-Identifier: Apache-2.0
// What polygons share, for the common case that their outlines cross properly or not at all, and what they
// cover together where they lie side by side: walked along the outlines, without the noding and validation
// that general overlay needs. Internal to rules.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/rules/geos.h"
#include "engine/rules/layers.h"

namespace tuban {

/// A valid multipolygon as rings with the interior to their left.
class Outline {
 public:
  explicit Outline(MultiPolygon polygons);

  /// So many edges share a box, which is looked at before they are.
  static constexpr std::size_t kBlock = 64;
  struct OutlineRing {
    Ring points;    ///< closed
    bool reversed;  ///< against the order given
    Bounds bounds;
    std::vector<Bounds> blocks;  ///< of edges 0 to kBlock - 1 and so on
    bool operator==(const OutlineRing& other) const { return points == other.points; }
    /// Calls `look(first, last)` for the edges of every block that `wanted` takes, until it returns false.
    template <typename Wanted, typename Look>
    bool each_block(const Wanted& wanted, const Look& look) const {
      for (std::size_t k = 0; k < blocks.size(); ++k) {
        const std::size_t last = std::min((k + 1) * kBlock, points.size() - 1);
        if (wanted(blocks[k]) && !look(k * kBlock, last)) return false;
      }
      return true;
    }
  };
  const std::vector<OutlineRing>& rings() const noexcept { return rings_; }
  /// Whether these are the same rings in the same order, with the interior to their left.
  bool is(const MultiPolygon& polygons) const;
  /// Whether both have the same rings in the same order.
  bool operator==(const Outline&) const = default;

 private:
  std::vector<OutlineRing> rings_;
};

/// The intersection, empty where they share nothing; nothing at all where a vertex of one lies on the outline
/// of the other or arithmetic cannot tell: then general overlay must. Crossings are where GEOS puts them.
std::optional<MultiPolygon> common_ground(const geos::Context& geos, const Outline& a, const Outline& b);

/// Valid shapes that cover together what `parts` cover, mostly fewer, often one: parts that border on each
/// other along the same edges are merged, without arithmetic. None where the parts do not lie side by side
/// enough to tell.
std::vector<geos::Geometry> joined(const geos::Context& geos, std::span<const Outline* const> parts);

}  // namespace tuban
