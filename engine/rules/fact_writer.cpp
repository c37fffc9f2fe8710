// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/fact_writer.h"

#include <array>
#include <functional>

#include "engine/rules/fact_table.h"
#include "engine/rules/land_class.h"
#include "engine/rules/overlay.h"

namespace tuban {
namespace {

/// Ground inside one of these is not taken for unapproved, whatever else it lacks.
constexpr std::array<std::string_view, 3> kApprovals{"approved_land", "advance_land", "temporary_land"};

std::string a_year_after(const std::string& iso_date) {
  return std::to_string(std::stoi(iso_date.substr(0, 4)) + 1) + iso_date.substr(4);
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Writes facts for one patch. Each method leaves unknown what cannot be known.
class FactWriter {
 public:
  FactWriter(const PatchGround& ground, const Roles& roles, const std::optional<std::string>& date,
             const std::vector<bool>& wanted, FactRow& facts)
      : ground_(ground), roles_(roles), date_(date), wanted_(wanted), facts_(facts) {}

  void write() {
    for (const auto& role : FactTable::the().by_role()) uniform(role);
    land_use();
    net_area("basic_farmland", "basic_farmland_net_m2", [](const Piece&) { return true; });
    urban_boundary();
    approvals();
    conversion_and_supply();
    overdue();
    mining_rights();
    villages();
    districts();
  }

 private:
  using Choice = std::function<bool(const Piece&)>;

  const RoleGround& role(std::string_view name) const {
    static const RoleGround absent;
    const auto found = roles_.find(name);
    return found == roles_.end() ? absent : found->second;
  }
  /// Given, and known which of the overlapping features count.
  bool known(std::string_view name) const { return role(name).present() && role(name).decided(); }
  bool wants(std::string_view fact) const { return wanted_[fact_index(fact)]; }
  template <typename... Facts>
  bool wants_any(Facts... facts) const {
    return (wants(facts) || ...);
  }
  void set(std::string_view fact, double value) { set(fact_index(fact), value); }
  void set(std::size_t fact, double value) {
    if (wanted_[fact]) facts_.set(fact, value);
  }
  double share(double area) const {
    return ground_.area_m2() > 0 ? std::min(1.0, area / ground_.area_m2()) : 0;
  }

  /// What pieces cover together, united once however many facts ask for it; stays as long as the writer.
  /// Pieces of different choices are often the same: all parcels of a patch may be farmland, and all of them
  /// agricultural.
  const GEOSGeometry* united(const std::vector<const Piece*>& pieces) {
    auto& ground = united_[pieces];
    if (!ground) {
      ground = ground_.unite(pieces);
      areas_[ground.get()].only = pieces.size() == 1 ? pieces.front() : nullptr;
    }
    return ground.get();
  }
  const GEOSGeometry* united(const std::vector<Piece>& pieces, const Choice& chosen) {
    std::vector<const Piece*> some;
    for (const auto& piece : pieces)
      if (chosen(piece)) some.push_back(&piece);
    return united(some);
  }

  /// The official area of the parts that are not too narrow or, where width does not matter, of all.
  double area_of(const GEOSGeometry* shape, bool by_width) {
    const double width = by_width ? SliverGuard::kWidthPixels * ground_.pixel_m() : 0;
    const auto known = areas_.find(shape);
    if (known == areas_.end()) return ground_.area_m2(shape, width);
    auto& area = by_width ? known->second.wide : known->second.all;
    if (!area) area = ground_.area_m2(shape, width, known->second.only);
    return *area;
  }

  /// The area with the ordinary sliver guard.
  double guarded(const GEOSGeometry* shape, bool by_width) {
    const double area = area_of(shape, by_width);
    const double least = std::max(SliverGuard::kArea, SliverGuard::kShare * ground_.area_m2());
    return area < least && share(area) <= SliverGuard::kMost ? 0 : area;
  }
  double strict(const GEOSGeometry* shape) {
    const double area = area_of(shape, false);
    return area < SliverGuard::kStrictArea ? 0 : area;
  }
  double rim_m() const { return SliverGuard::kRimPixels * ground_.pixel_m(); }

  static bool counted(const Piece& piece) { return counts(piece.state); }

  /// The ground of a role that counts at the after-date.
  const GEOSGeometry* valid(std::string_view name) { return united(role(name).pieces, counted); }

  /// The area and share that every role has, and how much lies in what has ended or not begun.
  void uniform(const RoleFacts& of) {
    const auto wanted = [&](std::optional<std::size_t> fact) { return fact && wanted_[*fact]; };
    if (!(wanted(of.area) || wanted(of.share) || wanted(of.expired) || wanted(of.pending))) return;
    if (!known(of.role)) return;
    if (wanted(of.area) || wanted(of.share)) {
      const auto* const shape = valid(of.role);
      const double area = of.family == RoleFamily::strict ? strict(shape) : guarded(shape, true);
      set(of.area, area);
      set(of.share, share(area));
    }
    if (wanted(of.expired)) facts_.set(*of.expired, in_state(of.role, State::expired));
    if (wanted(of.pending)) facts_.set(*of.pending, in_state(of.role, State::pending));
  }

  /// Ground inside a valid feature is never also expired or pending.
  double in_state(std::string_view name, State state) {
    const auto* const shape = united(role(name).pieces, [&](const Piece& p) { return p.state == state; });
    return left_of(shape, [&] { return valid(name); });
  }

  /// What of the ground lies outside other ground, which is not asked for where there is none to lie so.
  template <typename Other>
  double left_of(const GEOSGeometry* ground, const Other& other) {
    return ground_.empty(ground) ? 0 : guarded(ground_.subtract(ground, other()).get(), true);
  }

  void land_use() {
    if (!known("land_use")) return;
    const auto group = [&](std::string_view fact, bool (*member)(std::string_view) noexcept) {
      if (wants(fact)) set(fact, guarded(land(member), true));
    };
    group("agricultural_m2", is_agricultural);
    group("construction_land_m2", is_construction_land);
    group("unused_m2", is_unused);
    group("recorded_mining_m2", is_recorded_mining);
    group("homestead_m2", is_homestead);
    group("water_m2", is_water);
    group("facility_land_m2", is_facility_land);
    if (wants_any("farmland_m2", "farmland_share")) {
      const double area = guarded(farmland(), true);
      set("farmland_m2", area);
      set("farmland_share", share(area));
    }
    net_area("land_use", "farmland_net_m2",
             [](const Piece& piece) { return is_farmland(piece.feature->feature_class); });
    if (wants("land_class")) dominant_class();
  }

  const GEOSGeometry* land(bool (*member)(std::string_view) noexcept) {
    return united(role("land_use").pieces,
                  [&](const Piece& p) { return counted(p) && member(p.feature->feature_class); });
  }
  const GEOSGeometry* farmland() { return land(is_farmland); }

  /// Areas of the pieces of a role that count no ground twice.
  const std::vector<double>& disjoint_areas(std::string_view name) {
    auto& areas = disjoint_[name];
    const auto& pieces = role(name).pieces;
    if (areas.empty() && !pieces.empty())
      areas = ground_.disjoint_areas(pieces, united(pieces, [](const Piece&) { return true; }));
    return areas;
  }

  /// Each parcel's own coefficient, weighted by the ground it covers.
  void net_area(std::string_view name, std::string_view fact, const Choice& chosen) {
    const auto& here = role(name);
    if (!wants(fact) || !known(name)) return;
    if (std::any_of(here.layers.begin(), here.layers.end(), [](const auto* l) { return !l->has_ridge; }))
      return;
    const auto& areas = disjoint_areas(name);
    double gross = 0, net = 0;
    for (std::size_t i = 0; i < areas.size(); ++i) {
      const auto& piece = here.pieces[i];
      if (!counted(piece) || !chosen(piece)) continue;
      gross += areas[i];
      net += areas[i] * (1 - ridge_share(piece));
    }
    const double area = name == "land_use" ? guarded(farmland(), true) : strict(valid(name));
    set(fact, gross > 0 ? area * (net / gross) : 0);
  }

  void dominant_class() {
    const auto& here = role("land_use");
    const auto& areas = disjoint_areas("land_use");
    std::map<std::string_view, double> by_class;
    for (std::size_t i = 0; i < areas.size(); ++i) {
      if (counted(here.pieces[i])) by_class[here.pieces[i].feature->feature_class] += areas[i];
    }
    facts_.set(fact_index("land_class"), largest(by_class));
  }

  /// The first of those with the largest area, or ''.
  static std::string largest(const std::map<std::string_view, double>& areas) {
    const auto most = std::max_element(areas.begin(), areas.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == areas.end() ? std::string() : std::string(most->first);
  }

  void urban_boundary() {
    constexpr std::string_view kFact = "urban_boundary_outside_share";
    if (wants(kFact) && known("urban_boundary"))
      set(kFact, 1 - share(guarded(valid("urban_boundary"), true)));
  }

  /// What of `shape` lies outside the evidence, less a rim no wider than image and outline are sure.
  geos::Geometry outside(const GEOSGeometry* shape, const GEOSGeometry* evidence) const {
    return ground_.beyond_rim(ground_.subtract(shape, evidence), evidence, rim_m());
  }

  /// Approvals of whichever roles are given, as one ground.
  void approvals() {
    if (!wants_any("approved_m2", "approved_share", "approved_expired_m2", "approved_pending_m2",
                   "unapproved_m2", "unapproved_share", "farmland_unapproved_m2",
                   "basic_farmland_unapproved_m2"))
      return;
    bool any = false;
    for (const auto name : kApprovals) {
      if (!role(name).present()) continue;
      if (!role(name).decided()) return;
      any = true;
    }
    if (!any) return;
    const auto* const approved = approvals_that([](const Piece& p) { return counted(p); });
    if (wants_any("approved_m2", "approved_share")) {
      const double area = guarded(approved, true);
      set("approved_m2", area);
      set("approved_share", share(area));
    }
    const auto by_state = [&](State state, std::string_view fact) {
      if (!wants(fact)) return;
      const auto* const shape = approvals_that([&](const Piece& p) { return p.state == state; });
      set(fact, left_of(shape, [&] { return approved; }));
    };
    by_state(State::expired, "approved_expired_m2");
    by_state(State::pending, "approved_pending_m2");
    if (wants_any("unapproved_m2", "unapproved_share")) {
      const double rest = guarded(outside(ground_.shape(), approved).get(), false);
      set("unapproved_m2", rest);
      set("unapproved_share", share(rest));
    }
    // Mostly there is no approval, and what was measured of the ground holds.
    const bool none = ground_.empty(approved);
    if (wants("farmland_unapproved_m2") && known("land_use"))
      set("farmland_unapproved_m2",
          none ? guarded(farmland(), true) : guarded(outside(farmland(), approved).get(), true));
    if (wants("basic_farmland_unapproved_m2") && known("basic_farmland")) {
      const auto* const kept = valid("basic_farmland");
      set("basic_farmland_unapproved_m2", none ? strict(kept) : strict(outside(kept, approved).get()));
    }
  }

  const GEOSGeometry* approvals_that(const Choice& chosen) {
    std::vector<const Piece*> pieces;
    for (const auto name : kApprovals) {
      for (const auto& piece : role(name).pieces) {
        if (chosen(piece)) pieces.push_back(&piece);
      }
    }
    return united(pieces);
  }

  /// Which of the two papers that building land needs are there.
  void conversion_and_supply() {
    if (!wants_any("conversion_and_supply_m2", "conversion_only_m2", "supply_only_m2")) return;
    if (!known("approved_land") || !known("supplied_land")) return;
    const auto* const conversion = valid("approved_land");
    const auto* const supply = valid("supplied_land");
    const auto converted_alone = ground_.subtract(conversion, supply);
    set("conversion_only_m2", guarded(converted_alone.get(), true));
    set("supply_only_m2", guarded(ground_.subtract(supply, conversion).get(), true));
    if (wants("conversion_and_supply_m2"))
      set("conversion_and_supply_m2",
          guarded(ground_.subtract(conversion, converted_alone.get()).get(), true));
  }

  /// Temporary use has to be reclaimed within a year of its end.
  void overdue() {
    if (!wants("temporary_land_overdue_m2") || !known("temporary_land")) return;
    const auto* const shape = united(role("temporary_land").pieces, [&](const Piece& p) {
      return p.state == State::expired && a_year_after(p.feature->valid_to) < date_->substr(0, 10);
    });
    set("temporary_land_overdue_m2", left_of(shape, [&] { return valid("temporary_land"); }));
  }

  void mining_rights() {
    const auto& here = role("mining_right");
    if (!here.present()) return;
    if (wants("mining_right_outside_m2") && here.decided())
      set("mining_right_outside_m2", guarded(outside(ground_.shape(), valid("mining_right")).get(), false));
    if (wants("mining_right_underground_m2")) underground(here);
    if (wants("mining_right_beyond_m2")) beyond_rights(here);
    if (wants("mining_right_distance_m")) distance_to_rights(here);
  }

  void underground(const RoleGround& here) {
    const bool told = std::none_of(here.layers.begin(), here.layers.end(),
                                   [](const auto* layer) { return layer->spec.mode_field.empty(); });
    if (!told || !here.decided()) return;
    const auto* const shape = united(here.pieces, [](const Piece& p) {
      return counted(p) && p.feature->mode.find("地下") != std::string::npos;
    });
    set("mining_right_underground_m2", guarded(shape, true));
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

  /// Village land of the survey's own layer of settlements: CZCSXM 203 and what is kept apart within it.
  void villages() {
    constexpr std::string_view kFact = "settlement_village_share";
    const auto& here = role("settlement");
    if (!wants(kFact) || !known("settlement")) return;
    if (std::any_of(here.layers.begin(), here.layers.end(),
                    [](const auto* layer) { return layer->spec.class_field.empty(); }))
      return;
    const auto* const shape = united(here.pieces, [](const Piece& p) {
      return counted(p) && p.feature->feature_class.starts_with("203");
    });
    set(kFact, share(guarded(shape, true)));
  }

  void districts() {
    const auto& here = role("district");
    if (!known("district")) return;
    if (wants("district_share")) set("district_share", share(ground_.area_m2(valid("district"), 0)));
    if (std::any_of(here.layers.begin(), here.layers.end(),
                    [](const auto* layer) { return layer->spec.id_field.empty(); }))
      return;
    const auto code = [&](std::string_view fact, std::size_t digits) {
      if (!wants(fact)) return;
      std::map<std::string_view, double> areas;
      for (const auto& piece : here.pieces) {
        const std::string_view id = piece.feature->id;
        if (counted(piece) && id.size() >= digits && all_digits(id.substr(0, digits)))
          areas[id.substr(0, digits)] += piece.gross_m2;
      }
      facts_.set(fact_index(fact), largest(areas));
    };
    code("county_code", 6);
    code("town_code", 9);
  }

  const PatchGround& ground_;
  const Roles& roles_;
  const std::optional<std::string>& date_;
  const std::vector<bool>& wanted_;
  FactRow& facts_;
  std::map<std::vector<const Piece*>, geos::Geometry> united_;
  struct Areas {
    const Piece* only = nullptr;  ///< the piece, where it is one
    std::optional<double> all, wide;
  };
  std::map<const GEOSGeometry*, Areas> areas_;  ///< of what is united
  std::map<std::string_view, std::vector<double>> disjoint_;
};

}  // namespace

double ridge_share(const Piece& piece) {
  const auto& of = *piece.feature;
  // Basic farmland may come without classes: all of it is farmland.
  return of.feature_class.empty() || has_ridges(of.feature_class) ? of.ridge : 0;
}

void write_facts(const PatchGround& ground, const Roles& roles, const std::optional<std::string>& date,
                 const std::vector<bool>& wanted, FactRow& facts) {
  FactWriter(ground, roles, date, wanted, facts).write();
}

}  // namespace tuban
