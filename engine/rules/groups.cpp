// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/groups.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <string>

#include "engine/patch/earth.h"
#include "engine/rules/judge.h"
#include "engine/rules/reference.h"
#include "tuban/error.h"

namespace tuban {
namespace {

/// Bounds are grown by this much more than the distance: a metre is not the same all over a patch.
constexpr double kMargin = 1.01;
/// Unions smaller than the sum by this share have ground in common.
constexpr double kOverlapShare = 1e-9;

/// A patch that counts.
struct Member {
  std::size_t index = 0;
  std::string patch_id;
  std::optional<std::string> case_id;
  Bounds bounds;
  Point reach;  ///< the rule's distance in ground units here
  std::vector<std::optional<double>> values;
};

/// Who belongs together (union by lower number, paths halved).
class Sets {
 public:
  explicit Sets(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    for (; parent_[i] != i; i = parent_[i]) parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

/// Distances from one patch, on its own local plane.
class Near {
 public:
  Near(const geos::Context& geos, const Earth& earth, const Patch& from, const Bounds& bounds)
      : geos_(geos), earth_(earth), origin_{bounds.x0, bounds.y0} {
    metres_ = earth.metres_per_unit({(bounds.x0 + bounds.x1) / 2, (bounds.y0 + bounds.y1) / 2});
    shape_ = geos.from(local(from.geometry));
    prepared_ = geos.prepare(shape_.get());
  }

  double distance_m(const Patch& to) const {
    const auto h = geos_.handle();
    const auto shape = geos_.from(local(to.geometry));
    auto* const nearest = GEOSPreparedNearestPoints_r(h, prepared_.get(), shape.get());
    if (nearest == nullptr)
      throw Error(ErrorCode::runtime, "GEOS could not measure a distance: " + geos_.last_message());
    Point ends[2];
    for (unsigned int i = 0; i < 2; ++i) {
      GEOSCoordSeq_getXY_r(h, nearest, i, &ends[i].x, &ends[i].y);
      ends[i] = {ends[i].x / metres_.x + origin_.x, ends[i].y / metres_.y + origin_.y};
    }
    GEOSCoordSeq_destroy_r(h, nearest);
    return earth_.distance_m(ends[0], ends[1]);
  }

 private:
  MultiPolygon local(MultiPolygon geometry) const {
    for (auto& polygon : geometry)
      for (auto& ring : polygon.rings)
        for (auto& p : ring) p = {(p.x - origin_.x) * metres_.x, (p.y - origin_.y) * metres_.y};
    return geometry;
  }

  const geos::Context& geos_;
  const Earth& earth_;
  Point origin_, metres_;
  geos::Geometry shape_;
  geos::Prepared prepared_;
};

/// Boxes that are asked for what meets them.
class Tree {
 public:
  explicit Tree(const geos::Context& geos) : geos_(geos), tree_(GEOSSTRtree_create_r(geos.handle(), 10)) {}
  ~Tree() { GEOSSTRtree_destroy_r(geos_.handle(), tree_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void add(const Bounds& b, std::size_t& item) {
    const auto box = geos_.box(b.x0, b.y0, b.x1, b.y1);
    GEOSSTRtree_insert_r(geos_.handle(), tree_, box.get(), &item);
  }
  /// In ascending order.
  std::vector<std::size_t> meeting(const Bounds& b) const {
    std::vector<std::size_t> found;
    const auto box = geos_.box(b.x0, b.y0, b.x1, b.y1);
    const auto take = [](void* item, void* into) {
      static_cast<std::vector<std::size_t>*>(into)->push_back(*static_cast<std::size_t*>(item));
    };
    GEOSSTRtree_query_r(geos_.handle(), tree_, box.get(), take, &found);
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  const geos::Context& geos_;
  GEOSSTRtree* tree_;
};

}  // namespace

struct GroupJudge::Impl {
  /// A rule, those who count in it, and what was found on their groups.
  struct Grouped {
    std::size_t rule = 0;
    std::vector<std::size_t> facts;
    std::vector<Member> members;
    std::vector<Finding> findings;
    std::map<std::size_t, std::size_t> found;  ///< by patch
  };

  std::shared_ptr<const ReferenceLayers> layers;
  std::shared_ptr<const std::vector<Rulebook>> books;
  std::optional<Earth> earth;
  bool overlapping;
  RuleJudge judge;
  geos::Context geos;
  std::vector<Grouped> grouped;
  std::unique_ptr<Marker> marker;  ///< for unions

  Impl(std::shared_ptr<const ReferenceLayers> with, std::shared_ptr<const std::vector<Rulebook>> by,
       const Grid& grid, bool overlap)
      : layers(std::move(with)), books(std::move(by)), overlapping(overlap), judge(books, layers.get()) {
    for (std::size_t i = 0; i < judge.rules().size(); ++i) {
      if (judge.rules()[i].rule->of_groups())
        grouped.push_back({i, judge.facts_of_cases(judge.rules()[i]), {}, {}, {}});
    }
    if (!grouped.empty() && grid.has_crs()) earth.emplace(grid.crs);
  }

  const Rule& rule(const Grouped& group) const { return *judge.rules()[group.rule].rule; }

  /// Joins those who are nearer to each other than the rule says.
  void cluster(const std::vector<Member>& members, const std::vector<std::size_t>& chosen, double within_m,
               const Fetch& fetch, const std::stop_token& stop, Sets& sets) {
    if (!earth) return;
    const auto grown = [&](const Member& member) {
      const auto& b = member.bounds;
      return Bounds{b.x0 - member.reach.x, b.y0 - member.reach.y, b.x1 + member.reach.x,
                    b.y1 + member.reach.y};
    };
    Tree tree(geos);
    std::vector<std::size_t> items = chosen;
    for (auto& item : items) tree.add(members[item].bounds, item);
    for (const auto here : chosen) {
      if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the run was stopped on request");
      std::optional<Near> near;
      for (const auto there : tree.meeting(grown(members[here]))) {
        if (there <= here || sets.find(here) == sets.find(there)) continue;
        if (!near) near.emplace(geos, *earth, fetch(members[here].index), members[here].bounds);
        if (near->distance_m(fetch(members[there].index)) < within_m) sets.join(here, there);
      }
    }
  }

  void join(const Grouped& group, const Fetch& fetch, const std::stop_token& stop, Sets& sets) {
    const auto& of = rule(group);
    std::map<std::string, std::size_t> cases;
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      const auto& member = group.members[i];
      if (of.scope == "case" && member.case_id) {
        sets.join(cases.emplace(*member.case_id, i).first->second, i);
      } else {
        others.push_back(i);
      }
    }
    if (of.within_m) cluster(group.members, others, *of.within_m, fetch, stop, sets);
  }

  /// The union of the patches where they have ground in common.
  std::optional<Patch> united(const Grouped& group, const std::vector<std::size_t>& who, const Fetch& fetch) {
    const auto meets = [&](std::size_t a) {
      return std::any_of(who.begin(), who.end(), [&](std::size_t b) {
        return b > a && group.members[a].bounds.meets(group.members[b].bounds);
      });
    };
    if (!earth || std::none_of(who.begin(), who.end(), meets)) return std::nullopt;
    Patch all;
    std::vector<geos::Geometry> shapes;
    std::vector<const GEOSGeometry*> raw;
    double sum = 0;
    for (const auto i : who) {
      Patch one = fetch(group.members[i].index);
      shapes.push_back(geos.from(one.geometry));
      if (!geos.valid(shapes.back().get())) {
        if (auto sound = geos.repair(shapes.back().get())) shapes.back() = std::move(sound);
      }
      raw.push_back(shapes.back().get());
      sum += geos.area(raw.back());
      if (!all.after_date || (one.after_date && *all.after_date < *one.after_date)) {
        one.geometry.clear();
        all = std::move(one);
      }
    }
    const auto& middle = group.members[who.front()].bounds;
    const auto metres = earth->metres_per_unit({(middle.x0 + middle.x1) / 2, (middle.y0 + middle.y1) / 2});
    const auto shape = geos.unite(raw, 1e-3 / std::max(metres.x, metres.y));
    if (sum - geos.area(shape.get()) <= kOverlapShare * sum) return std::nullopt;
    all.geometry = geos.to_polygons(shape.get());
    const auto measures = earth->measure(all.geometry);
    all.area_m2 = measures.official_area_m2;
    all.area_geod_m2 = measures.geodesic_area_m2;
    all.area_mu = measures.official_area_m2 * 3 / 2000;
    all.earlier_m2 = std::nullopt;  // measured on each patch: it has no total over ground in common
    return all;
  }

  FactRow totals(const Grouped& group, const std::vector<std::size_t>& who, const Fetch& fetch) {
    FactRow row;
    if (overlapping && who.size() > 1) {
      if (const auto all = united(group, who, fetch)) {
        if (!marker) marker = std::make_unique<Marker>(layers, nullptr);
        const auto facts = marker->facts(*all);
        for (const auto fact : group.facts) {
          if (facts[fact].second.kind == FactValue::Kind::number) row.set(fact, facts[fact].second.number);
        }
        return row;
      }
    }
    for (std::size_t k = 0; k < group.facts.size(); ++k) {
      double total = 0;
      bool known = true;
      for (const auto i : who) {
        const auto& value = group.members[i].values[k];
        known = known && value;
        total += value.value_or(0);
      }
      if (known) row.set(group.facts[k], total);
    }
    return row;
  }

  void judge_groups(Grouped& group, const Fetch& fetch, const std::stop_token& stop) {
    Sets sets(group.members.size());
    join(group, fetch, stop, sets);
    std::map<std::size_t, std::vector<std::size_t>> together;
    for (std::size_t i = 0; i < group.members.size(); ++i) together[sets.find(i)].push_back(i);
    for (const auto& [first, who] : together) {
      if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the run was stopped on request");
      const auto facts = totals(group, who, fetch);
      judge.bind(facts);
      auto finding = judge.judge(judge.rules()[group.rule], facts);
      if (!finding) continue;
      finding->members = static_cast<std::int64_t>(who.size());
      for (const auto i : who) {
        const auto& id = group.members[i].patch_id;
        if (!finding->group_id || id < *finding->group_id) finding->group_id = id;
        group.found.emplace(group.members[i].index, group.findings.size());
      }
      group.findings.push_back(std::move(*finding));
    }
    group.members = {};
  }
};

GroupJudge::GroupJudge(std::shared_ptr<const ReferenceLayers> layers,
                       std::shared_ptr<const std::vector<Rulebook>> books, const Grid& grid, bool overlapping)
    : impl_(std::make_unique<Impl>(std::move(layers), std::move(books), grid, overlapping)) {}
GroupJudge::~GroupJudge() = default;

bool GroupJudge::any() const noexcept {
  return !impl_->grouped.empty();
}

void GroupJudge::add(std::size_t index, const Patch& patch, const std::vector<Membership>& memberships) {
  for (const auto& membership : memberships) {
    const auto group = std::find_if(impl_->grouped.begin(), impl_->grouped.end(), [&](const auto& one) {
      return one.rule == static_cast<std::size_t>(membership.rule);
    });
    if (group == impl_->grouped.end()) continue;
    Member member{index, patch.patch_id, patch.case_id, membership.bounds, {}, membership.values};
    const auto& b = member.bounds;
    if (const auto& within = impl_->rule(*group).within_m; within && impl_->earth && !b.empty()) {
      const auto metres = impl_->earth->metres_per_unit({(b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2});
      member.reach = {*within / metres.x * kMargin, *within / metres.y * kMargin};
    }
    group->members.push_back(std::move(member));
  }
}

void GroupJudge::judge(const Fetch& fetch, const std::stop_token& stop) {
  for (auto& group : impl_->grouped) impl_->judge_groups(group, fetch, stop);
}

std::vector<std::size_t> GroupJudge::found() const {
  std::vector<std::size_t> all;
  for (const auto& group : impl_->grouped) {
    for (const auto& [index, finding] : group.found) all.push_back(index);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void GroupJudge::tell(std::size_t index, const Patch& patch, Marks& marks) const {
  bool told = false;
  for (const auto& group : impl_->grouped) {
    const auto found = group.found.find(index);
    if (found == group.found.end()) continue;
    auto finding = group.findings[found->second];
    finding.patch_id = patch.patch_id;
    if (applies(impl_->rule(group), patch) == Applies::undated)
      add_note(finding, "no after-date: taken as in force");
    marks.findings.push_back(std::move(finding));
    told = true;
  }
  if (!told) return;
  const auto place = [&](const Finding& finding) {
    const auto rules = impl_->judge.rules();
    return std::find_if(rules.begin(), rules.end(), [&](const CompiledRule& one) {
      return one.rule->id == finding.rule_id && one.book->name == finding.rulebook;
    });
  };
  std::stable_sort(marks.findings.begin(), marks.findings.end(),
                   [&](const Finding& a, const Finding& b) { return place(a) - place(b) < 0; });
}

}  // namespace tuban
