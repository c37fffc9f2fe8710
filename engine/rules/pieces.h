// SPDX-License-Identifier: Apache-2.0
// Where a patch meets the features of a role, and how areas and distances are measured there. Internal to
// rules.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/patch/earth.h"
#include "engine/rules/common_ground.h"
#include "engine/rules/feature_shape.h"
#include "engine/rules/geos.h"
#include "engine/rules/reference.h"
#include "tuban/patch.h"

namespace tuban {

/// A feature at the patch's after-date. Unknown: the feature has a date and the patch has none.
enum class State { timeless, valid, expired, pending, unknown };
std::string_view state_name(State state) noexcept;
State state_at(const StoredLayer& layer, const FeatureInfo& feature, const std::optional<std::string>& date);
inline bool counts(State state) noexcept {
  return state == State::timeless || state == State::valid;
}

/// What a patch and a feature share.
struct Piece {
  const StoredLayer* layer = nullptr;
  std::shared_ptr<const FeatureInfo> feature;
  std::int64_t order = 0;  ///< of the feature in its layer
  State state = State::timeless;
  geos::Geometry shape;
  double gross_m2 = 0;
  bool whole = false;  ///< the patch lies inside the feature, and the shape is the patch's
  mutable std::optional<Outline> outline = {};  ///< of the shape; made when it is first asked for
};

/// The tools of one thread: GEOS, the earth, ways into layers that are read near patches, and shapes of large
/// features read before.
class Workbench {
 public:
  explicit Workbench(const Earth& earth) : earth_(earth) {}
  const geos::Context& geos() const noexcept { return geos_; }
  const Earth& earth() const noexcept { return earth_; }
  /// The shape of a feature held in memory; stays until the next call.
  const FeatureShape& shape(const StoredLayer& layer, const StoredFeature& feature);

  using Meet =
      std::function<void(const std::shared_ptr<const FeatureInfo>&, std::int64_t fid, const FeatureShape&)>;
  /// Reads what lies near `boxes` in a layer that is not held: every feature whose bounds meet one of them
  /// once, perhaps others too, in any order. The shape stays until `meet` returns.
  void near(const StoredLayer& layer, std::span<const Bounds> boxes, const Meet& meet);

 private:
  struct Large {
    std::shared_ptr<const FeatureInfo> info;
    std::vector<unsigned char> wkb;  ///< where the shape reads it, and no layer in memory has it
    FeatureShape shape;
  };
  using Key = std::pair<const StoredLayer*, std::int64_t>;
  /// Keeps a shape whose WKB is long.
  const FeatureShape& keep(const Key& key, Large large, std::size_t wkb_bytes);

  geos::Context geos_;
  Earth earth_;
  FeatureShape last_;
  std::map<Key, Large> large_;
  std::size_t large_bytes_ = 0;
  std::unordered_map<const StoredLayer*, std::unique_ptr<LayerAccess>> ways_;
};

/// One patch prepared for measuring.
class PatchGround {
 public:
  PatchGround(const Patch& patch, const Grid& grid, Workbench& bench);

  /// Valid, whatever the patch's geometry is.
  const GEOSGeometry* shape() const noexcept { return shape_.get(); }
  bool repaired() const noexcept { return repaired_; }
  double area_m2() const noexcept { return area_m2_; }
  double pixel_m() const noexcept { return pixel_m_; }
  double snap() const noexcept { return snap_; }

  /// What the patch shares with a feature; nothing where that has no area.
  std::optional<Piece> meet(const FeatureShape& feature, const Bounds& bounds) const;

  geos::Geometry unite(const std::vector<Piece>& pieces,
                       const std::function<bool(const Piece&)>& chosen) const;
  geos::Geometry unite(const std::vector<const Piece*>& pieces) const;
  /// Of ground in the patch.
  geos::Geometry subtract(const GEOSGeometry* a, const GEOSGeometry* b) const;
  /// What lies within `metres` of a shape, that shape included.
  geos::Geometry grown(const GEOSGeometry* shape, double metres) const;
  /// The connected parts of `remainder` that reach further than `metres` from `evidence`.
  geos::Geometry beyond_rim(geos::Geometry remainder, const GEOSGeometry* evidence, double metres) const;

  /// Official area of the parts that are at least `width_m` wide. `only`: the piece whose shape it is.
  double area_m2(const GEOSGeometry* shape, double width_m, const Piece* only = nullptr) const;
  bool empty(const GEOSGeometry* shape) const { return bench_.geos().empty(shape); }
  /// Gross areas that count no ground twice: of overlapping features the first keeps it. `everything` is what
  /// the pieces cover together.
  std::vector<double> disjoint_areas(const std::vector<Piece>& pieces, const GEOSGeometry* everything) const;

  /// The feature's part near the patch, if any lies within `metres` of it.
  geos::Geometry nearby(const StoredLayer& layer, const StoredFeature& feature, double metres) const;
  const Bounds& bounds() const noexcept { return bounds_; }
  /// The bounds of the patch, wider by `metres` on each side.
  Bounds bounds(double metres) const;
  /// In metres; `at_least` is a quick lower bound from the feature's bounds.
  double distance_m(const StoredLayer& layer, const StoredFeature& feature) const;
  double at_least_m(const FeatureInfo& feature) const;

 private:
  struct Tile {
    geos::Geometry shape;
    geos::Prepared prepared;
    Bounds bounds;
  };
  void cut(geos::Geometry shape, int depth) const;
  /// A polygon's measures.
  struct Part {
    double area_m2 = 0, perimeter_m = 0;
  };
  /// The whole patch, whose polygons these are, as a piece, unless its area is nothing.
  std::optional<Piece> whole(const MultiPolygon& polygons) const;
  /// A piece of this shape, unless its area is nothing.
  std::optional<Piece> measured(geos::Geometry shape, const MultiPolygon& polygons) const;
  /// `known`: the area of all polygons, which is that of a part where there is one.
  std::vector<Part> parts_of(const MultiPolygon& polygons, std::optional<double> known) const;
  /// The official area of the patch's shape, whatever area was stated of it.
  double whole_m2(const MultiPolygon& shape) const;
  geos::Geometry scaled(const GEOSGeometry* shape, bool back) const;

  PatchGround(const Patch& patch, const Grid& grid, Workbench& bench, geos::Context::Sound sound);

  Workbench& bench_;
  const bool repaired_;
  geos::Geometry shape_;
  const Outline outline_;
  mutable std::vector<Tile> tiles_;  ///< cut when overlay is first needed
  Bounds bounds_;
  Point metres_{1, 1};  ///< per ground unit
  double area_m2_ = 0, pixel_m_ = 0, snap_ = 0;
  /// Measures of the patch's own shape, which many pieces and facts have: taken once, when first asked for.
  mutable std::optional<double> whole_m2_;
  mutable std::optional<std::vector<Part>> own_parts_;
  /// The ground that beyond_rim() last grew, which several facts ask about.
  struct Rim {
    geos::Geometry around, shape;
    double metres = 0;
  };
  mutable std::optional<Rim> rim_;
};

}  // namespace tuban
