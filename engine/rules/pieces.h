// SPDX-License-Identifier: Apache-2.0
// Where a patch meets the features of a role, and how areas and distances are measured there. Internal to
// rules.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/patch/earth.h"
#include "engine/rules/geos.h"
#include "engine/rules/reference.h"
#include "tuban/patch.h"

namespace tuban {

/// A feature at the patch's after-date. Unknown: the feature has a date and the patch has none.
enum class State { timeless, valid, expired, pending, unknown };
std::string_view state_name(State state) noexcept;
State state_at(const StoredLayer& layer, const StoredFeature& feature,
               const std::optional<std::string>& date);
inline bool counts(State state) noexcept {
  return state == State::timeless || state == State::valid;
}

/// What a patch and a feature share.
struct Piece {
  const StoredLayer* layer = nullptr;
  const StoredFeature* feature = nullptr;
  State state = State::timeless;
  geos::Geometry shape;
  double gross_m2 = 0;
};

/// The tools of one thread: GEOS, the earth, and shapes of large features read before.
class Workbench {
 public:
  explicit Workbench(const Grid& grid) : earth_(grid.crs) {}
  const geos::Context& geos() const noexcept { return geos_; }
  const Earth& earth() const noexcept { return earth_; }
  /// The feature's shape; stays until the next call.
  const GEOSGeometry* shape(const StoredLayer& layer, const StoredFeature& feature);

 private:
  geos::Context geos_;
  Earth earth_;
  geos::Geometry last_;
  std::unordered_map<const StoredFeature*, geos::Geometry> large_;
  std::size_t large_bytes_ = 0;
};

/// One patch prepared for measuring.
class PatchGround {
 public:
  PatchGround(const Patch& patch, const Grid& grid, Workbench& bench);

  const GEOSGeometry* shape() const noexcept { return shape_.get(); }
  double area_m2() const noexcept { return area_m2_; }
  double pixel_m() const noexcept { return pixel_m_; }
  double snap() const noexcept { return snap_; }

  /// Every feature of the layer that shares ground with the patch, in the layer's order.
  void pieces(const StoredLayer& layer, std::vector<Piece>& into) const;

  geos::Geometry unite(const std::vector<Piece>& pieces,
                       const std::function<bool(const Piece&)>& chosen) const;
  geos::Geometry subtract(const GEOSGeometry* a, const GEOSGeometry* b) const;
  /// What lies within `metres` of a shape, that shape included.
  geos::Geometry grown(const GEOSGeometry* shape, double metres) const;
  /// The connected parts of `remainder` that reach further than `metres` from `evidence`.
  geos::Geometry beyond_rim(geos::Geometry remainder, const GEOSGeometry* evidence, double metres) const;

  /// Official area of the parts that are at least `width_m` wide.
  double area_m2(const GEOSGeometry* shape, double width_m) const;
  /// Gross areas that count no ground twice: of overlapping features the first keeps it.
  std::vector<double> disjoint_areas(const std::vector<Piece>& pieces) const;

  /// The feature's part near the patch, if any lies within `metres` of it.
  geos::Geometry nearby(const StoredLayer& layer, const StoredFeature& feature, double metres) const;
  /// The bounds of the patch, wider by `metres` on each side.
  Bounds bounds(double metres) const;
  /// In metres; `at_least` is a quick lower bound from the feature's bounds.
  double distance_m(const StoredLayer& layer, const StoredFeature& feature) const;
  double at_least_m(const StoredFeature& feature) const;

 private:
  struct Tile {
    geos::Geometry shape;
    geos::Prepared prepared;
    Bounds bounds;
  };
  void cut(geos::Geometry shape, int depth);
  geos::Geometry scaled(const GEOSGeometry* shape, bool back) const;
  Bounds bounds_of(const GEOSGeometry* shape) const;

  Workbench& bench_;
  geos::Geometry shape_;
  std::vector<Tile> tiles_;
  Bounds bounds_;
  Point metres_{1, 1};  ///< per ground unit
  double area_m2_ = 0, pixel_m_ = 0, snap_ = 0;
};

}  // namespace tuban
