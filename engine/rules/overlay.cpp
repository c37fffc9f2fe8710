// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/overlay.h"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/rules/land_class.h"
#include "engine/rules/pieces.h"

namespace tuban {
namespace {

/// What a patch shares with all layers of one role.
struct RoleGround {
  std::vector<const StoredLayer*> layers;
  std::vector<Piece> pieces;
  bool present() const noexcept { return !layers.empty(); }
  /// Whether it is known which of the overlapping features count.
  bool decided() const noexcept {
    return std::none_of(pieces.begin(), pieces.end(),
                        [](const auto& p) { return p.state == State::unknown; });
  }
};

using Roles = std::map<std::string_view, RoleGround>;

/// Pieces of patches laid together hold no more vertices than this, so that memory does not grow with what a
/// chunk of patches meets; a single patch is laid whatever it meets.
constexpr std::size_t kMostHeld = std::size_t{1} << 19;

/// Writes facts for one patch. Each method leaves unknown what cannot be known.
class FactWriter {
 public:
  FactWriter(const PatchGround& ground, const Roles& roles, const std::optional<std::string>& date,
             const std::vector<bool>& wanted, FactRow& facts)
      : ground_(ground), roles_(roles), date_(date), wanted_(wanted), facts_(facts) {}

  void write() {
    land_use();
    strict_role("basic_farmland", "basic_farmland_m2", "basic_farmland_share");
    strict_role("ecological_redline", "ecological_redline_m2", "ecological_redline_share");
    approvals();
    mining_rights();
  }

 private:
  using Choice = std::function<bool(const Piece&)>;

  const RoleGround& role(std::string_view name) const {
    static const RoleGround absent;
    const auto found = roles_.find(name);
    return found == roles_.end() ? absent : found->second;
  }
  bool wants(std::string_view fact) const { return wanted_[fact_index(fact)]; }
  void set(std::string_view fact, double value) {
    if (wants(fact)) facts_.set(fact_index(fact), value);
  }
  void set_share(std::string_view fact, double area) { set(fact, share(area)); }
  double share(double area) const {
    return ground_.area_m2() > 0 ? std::min(1.0, area / ground_.area_m2()) : 0;
  }

  /// The area with the ordinary sliver guard.
  double guarded(const GEOSGeometry* shape, bool by_width) const {
    const double width = by_width ? SliverGuard::kWidthPixels * ground_.pixel_m() : 0;
    const double area = ground_.area_m2(shape, width);
    const double least = std::max(SliverGuard::kArea, SliverGuard::kShare * ground_.area_m2());
    return area < least && share(area) <= SliverGuard::kMost ? 0 : area;
  }
  double strict(const GEOSGeometry* shape) const {
    const double area = ground_.area_m2(shape, 0);
    return area < SliverGuard::kStrictArea ? 0 : area;
  }
  double rim_m() const { return SliverGuard::kRimPixels * ground_.pixel_m(); }

  static bool counted(const Piece& piece) { return counts(piece.state); }

  void land_use() {
    const auto& here = role("land_use");
    if (!here.present() || !here.decided()) return;
    const auto group = [&](std::string_view fact, bool (*member)(std::string_view) noexcept) {
      if (!wants(fact)) return;
      set(fact, guarded(land(here, member).get(), true));
    };
    group("agricultural_m2", is_agricultural);
    group("construction_land_m2", is_construction_land);
    group("unused_m2", is_unused);
    group("recorded_mining_m2", is_recorded_mining);
    if (wants("farmland_m2") || wants("farmland_share") || wants("farmland_net_m2")) {
      const double area = guarded(farmland(), true);
      set("farmland_m2", area);
      set_share("farmland_share", area);
      if (wants("farmland_net_m2")) net_farmland(here, area);
    }
    if (wants("land_class")) dominant_class(here);
  }

  geos::Geometry land(const RoleGround& here, bool (*member)(std::string_view) noexcept) const {
    return ground_.unite(here.pieces,
                         [&](const Piece& p) { return counted(p) && member(p.feature->feature_class); });
  }

  /// The ground on farmland, united once.
  const GEOSGeometry* farmland() {
    if (!farmland_) farmland_ = land(role("land_use"), is_farmland);
    return farmland_.get();
  }

  /// Each parcel's own coefficient, weighted by the ground it covers.
  void net_farmland(const RoleGround& here, double area) {
    if (std::any_of(here.layers.begin(), here.layers.end(), [](const auto* l) { return !l->has_ridge; }))
      return;
    const auto areas = ground_.disjoint_areas(here.pieces);
    double gross = 0, net = 0;
    for (std::size_t i = 0; i < areas.size(); ++i) {
      const auto& piece = here.pieces[i];
      if (!counted(piece) || !is_farmland(piece.feature->feature_class)) continue;
      gross += areas[i];
      net += areas[i] * (1 - piece.feature->ridge);
    }
    set("farmland_net_m2", gross > 0 ? area * (net / gross) : 0);
  }

  void dominant_class(const RoleGround& here) {
    const auto areas = ground_.disjoint_areas(here.pieces);
    std::map<std::string_view, double> by_class;
    for (std::size_t i = 0; i < areas.size(); ++i) {
      if (counted(here.pieces[i])) by_class[here.pieces[i].feature->feature_class] += areas[i];
    }
    const auto most = std::max_element(by_class.begin(), by_class.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    facts_.set(fact_index("land_class"), most == by_class.end() ? std::string() : std::string(most->first));
  }

  void strict_role(std::string_view name, std::string_view area_fact, std::string_view share_fact) {
    const auto& here = role(name);
    if (!here.present() || !here.decided() || !(wants(area_fact) || wants(share_fact))) return;
    const double area = strict(ground_.unite(here.pieces, counted).get());
    set(area_fact, area);
    set_share(share_fact, area);
  }

  /// Areas by state: ground inside a valid feature is never also expired or pending.
  void by_state(const RoleGround& here, const GEOSGeometry* valid, State state, std::string_view fact) {
    if (!wants(fact)) return;
    const auto shape = ground_.unite(here.pieces, [&](const Piece& p) { return p.state == state; });
    set(fact, guarded(ground_.subtract(shape.get(), valid).get(), true));
  }

  /// What of `shape` lies outside the evidence, less a rim no wider than image and outline are sure.
  geos::Geometry outside(const GEOSGeometry* shape, const GEOSGeometry* evidence) const {
    return ground_.beyond_rim(ground_.subtract(shape, evidence), evidence, rim_m());
  }

  void approvals() {
    const auto& here = role("approved_land");
    if (!here.present() || !here.decided()) return;
    const auto approved = ground_.unite(here.pieces, counted);
    if (wants("approved_m2") || wants("approved_share")) {
      const double area = guarded(approved.get(), true);
      set("approved_m2", area);
      set_share("approved_share", area);
    }
    by_state(here, approved.get(), State::expired, "approved_expired_m2");
    by_state(here, approved.get(), State::pending, "approved_pending_m2");
    if (wants("unapproved_m2") || wants("unapproved_share")) {
      const double rest = guarded(outside(ground_.shape(), approved.get()).get(), false);
      set("unapproved_m2", rest);
      set_share("unapproved_share", rest);
    }
    const auto& land_here = role("land_use");
    if (wants("farmland_unapproved_m2") && land_here.present() && land_here.decided()) {
      set("farmland_unapproved_m2", guarded(outside(farmland(), approved.get()).get(), true));
    }
    const auto& basic = role("basic_farmland");
    if (wants("basic_farmland_unapproved_m2") && basic.present() && basic.decided()) {
      const auto farmland = ground_.unite(basic.pieces, counted);
      set("basic_farmland_unapproved_m2", strict(outside(farmland.get(), approved.get()).get()));
    }
  }

  void mining_rights() {
    const auto& here = role("mining_right");
    if (!here.present()) return;
    if (here.decided()) {
      const auto rights = ground_.unite(here.pieces, counted);
      if (wants("mining_right_m2") || wants("mining_right_share")) {
        const double area = guarded(rights.get(), true);
        set("mining_right_m2", area);
        set_share("mining_right_share", area);
      }
      by_state(here, rights.get(), State::expired, "mining_right_expired_m2");
      by_state(here, rights.get(), State::pending, "mining_right_pending_m2");
      if (wants("mining_right_outside_m2")) {
        set("mining_right_outside_m2", guarded(outside(ground_.shape(), rights.get()).get(), false));
      }
    }
    if (wants("mining_right_beyond_m2")) beyond_rights(here);
    if (wants("mining_right_distance_m")) distance_to_rights(here);
  }

  void beyond_rights(const RoleGround& here) {
    std::vector<geos::Geometry> near;
    const auto bounds = ground_.bounds(kRightBufferMetres);
    bool decided = true;
    for (const auto* layer : here.layers) {
      for (const auto& feature : layer->features) {
        const auto& f = feature.bounds;
        if (f.x1 < bounds.x0 || bounds.x1 < f.x0 || f.y1 < bounds.y0 || bounds.y1 < f.y0) continue;
        const auto state = state_at(*layer, feature, date_);
        decided = decided && state != State::unknown;
        if (counts(state)) near.push_back(ground_.nearby(*layer, feature, kRightBufferMetres));
      }
    }
    if (!decided) return;
    std::vector<Piece> all(near.size());
    for (std::size_t i = 0; i < near.size(); ++i) all[i].shape = std::move(near[i]);
    const auto rights = ground_.unite(all, [](const Piece&) { return true; });
    const auto buffered = ground_.grown(rights.get(), kRightBufferMetres);
    set("mining_right_beyond_m2", guarded(ground_.subtract(ground_.shape(), buffered.get()).get(), true));
  }

  void distance_to_rights(const RoleGround& here) {
    struct Candidate {
      double at_least;
      const StoredLayer* layer;
      const StoredFeature* feature;
      bool unknown;
    };
    std::vector<Candidate> candidates;
    for (const auto* layer : here.layers) {
      for (const auto& feature : layer->features) {
        const auto state = state_at(*layer, feature, date_);
        if (!counts(state) && state != State::unknown) continue;
        candidates.push_back({ground_.at_least_m(feature), layer, &feature, state == State::unknown});
      }
    }
    // The likely nearest first: it rules out most others.
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.at_least < b.at_least; });
    double known = kInfiniteDistance, unknown = kInfiniteDistance;
    for (const auto& one : candidates) {
      auto& nearest = one.unknown ? unknown : known;
      if (one.at_least < nearest) nearest = std::min(nearest, ground_.distance_m(*one.layer, *one.feature));
    }
    if (known <= unknown) set("mining_right_distance_m", known);
  }

  const PatchGround& ground_;
  const Roles& roles_;
  const std::optional<std::string>& date_;
  const std::vector<bool>& wanted_;
  FactRow& facts_;
  geos::Geometry farmland_;
};

}  // namespace

struct Overlayer::Impl {
  /// A patch and what it shares with each role.
  struct Laid {
    const Patch* patch = nullptr;
    PatchGround ground;
    Roles roles;
  };

  std::shared_ptr<const ReferenceLayers> layers;
  std::unique_ptr<Workbench> bench;  ///< none where there is nothing to lie over
  std::vector<std::unique_ptr<Laid>> laid;
  std::size_t held = 0;  ///< vertices of all pieces

  void meet(Laid& one, const StoredLayer& layer, std::shared_ptr<const FeatureInfo> feature,
            std::int64_t order, const Shape& shape) {
    auto piece = one.ground.meet(shape, feature->bounds);
    if (!piece) return;
    held += static_cast<std::size_t>(GEOSGetNumCoordinates_r(bench->geos().handle(), piece->shape.get()));
    piece->layer = &layer;
    piece->state = state_at(layer, *feature, one.patch->after_date);
    piece->feature = std::move(feature);
    piece->order = order;
    one.roles[layer.spec.role].pieces.push_back(std::move(*piece));
  }

  void lay_over_held(const StoredLayer& layer) {
    for (const auto& one : laid) {
      if (!one) continue;
      layer.query(bench->geos(), one->ground.bounds(), [&](std::size_t index) {
        const auto& feature = layer.features[index];
        // The layer outlives the piece.
        meet(*one, layer, {std::shared_ptr<const void>(), &feature}, static_cast<std::int64_t>(index),
             bench->shape(layer, feature));
      });
    }
  }

  bool lay_over_read(const StoredLayer& layer) {
    std::vector<Bounds> boxes;
    for (const auto& one : laid)
      if (one) boxes.push_back(one->ground.bounds());
    if (boxes.empty()) return true;
    bool fits = true;
    bench->near(layer, boxes, [&](const auto& feature, std::int64_t fid, const Shape& shape) {
      if (!fits) return;
      for (const auto& one : laid)
        if (one && one->ground.bounds().meets(feature->bounds)) meet(*one, layer, feature, fid, shape);
      fits = laid.size() == 1 || held <= kMostHeld;
    });
    for (const auto& one : laid) {
      if (!one) continue;
      auto& pieces = one->roles[layer.spec.role].pieces;
      const auto own =
          std::find_if(pieces.begin(), pieces.end(), [&](const auto& p) { return p.layer == &layer; });
      std::sort(own, pieces.end(), [](const auto& a, const auto& b) { return a.order < b.order; });
    }
    return fits;
  }
};

Overlayer::Overlayer(std::shared_ptr<const ReferenceLayers> layers) : impl_(std::make_unique<Impl>()) {
  impl_->layers = std::move(layers);
  if (impl_->layers && !impl_->layers->impl().layers.empty()) {
    impl_->bench = std::make_unique<Workbench>(*impl_->layers->impl().earth);
  }
}
Overlayer::~Overlayer() = default;
Overlayer::Overlayer(Overlayer&&) noexcept = default;

bool Overlayer::lay(std::span<const Patch> patches) {
  auto& laid = impl_->laid;
  laid.clear();
  impl_->held = 0;
  laid.resize(patches.size());
  if (!impl_->bench) return true;
  for (std::size_t i = 0; i < patches.size(); ++i) {
    if (patches[i].geometry.empty()) continue;
    laid[i] = std::make_unique<Impl::Laid>(
        Impl::Laid{&patches[i], PatchGround(patches[i], impl_->layers->grid(), *impl_->bench), {}});
  }
  for (const auto& layer : impl_->layers->impl().layers) {
    for (const auto& one : laid)
      if (one) one->roles[layer.spec.role].layers.push_back(&layer);
    if (!layer.open) {
      impl_->lay_over_held(layer);
    } else if (!impl_->lay_over_read(layer)) {
      laid.clear();
      return false;
    }
  }
  return true;
}

void Overlayer::overlay(std::size_t index, const std::vector<bool>& wanted, FactRow& facts,
                        std::vector<Overlap>& rows) const {
  const auto& one = impl_->laid[index];
  if (!one) return;
  for (const auto& [role, here] : one->roles) {
    std::vector<const Piece*> sorted;
    for (const auto& piece : here.pieces) sorted.push_back(&piece);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* a, const auto* b) { return a->feature->id < b->feature->id; });
    for (const auto* piece : sorted) {
      Overlap row;
      row.patch_id = one->patch->patch_id;
      row.layer = role;
      row.feature_id = piece->feature->id;
      row.feature_class = piece->feature->feature_class;
      row.state = state_name(piece->state);
      row.gross_m2 = piece->gross_m2;
      if (piece->layer->has_ridge) row.net_m2 = piece->gross_m2 * (1 - piece->feature->ridge);
      const auto known = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional(text);
      };
      row.number = known(piece->feature->number);
      row.dated = known(piece->feature->dated);
      row.valid_from = known(piece->feature->valid_from);
      row.valid_to = known(piece->feature->valid_to);
      rows.push_back(std::move(row));
    }
  }
  FactWriter(one->ground, one->roles, one->patch->after_date, wanted, facts).write();
}

}  // namespace tuban
