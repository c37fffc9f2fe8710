// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/derive.h"

#include <algorithm>

#include "engine/rules/fact_writer.h"
#include "engine/rules/roles.h"

namespace tuban {
namespace {

/// The smallest and narrowest part that is no sliver.
struct Least {
  double area_m2, width_m;
};

Least least_part(const PatchGround& ground, const Derivation& what) {
  const auto strict = [](const std::string& role) {
    const auto* const known = find_role(role);
    return known != nullptr && known->family == RoleFamily::strict;
  };
  if (what.outside) return {SliverGuard::kArea, 0};
  if (std::all_of(what.roles.begin(), what.roles.end(), strict)) return {SliverGuard::kStrictArea, 0};
  return {SliverGuard::kArea, SliverGuard::kWidthPixels * ground.pixel_m()};
}

}  // namespace

std::optional<Derived> derive(const Overlayer& overlayer, std::size_t index, const Derivation& what) {
  const auto here = overlayer.ground(index);
  if (here.ground == nullptr) return std::nullopt;
  const auto& ground = *here.ground;
  const auto& geos = here.bench->geos();
  std::vector<geos::Geometry> given;
  for (const auto& name : what.roles) {
    const auto role = here.roles->find(name);
    if (role == here.roles->end() || !role->second.present()) continue;
    if (!role->second.decided()) return std::nullopt;
    given.push_back(ground.unite(role->second.pieces, [](const Piece& p) { return counts(p.state); }));
  }
  if (given.empty()) return std::nullopt;
  auto shape = std::move(given.front());
  if (given.size() > 1) {
    std::vector<const GEOSGeometry*> raw{shape.get()};
    for (std::size_t i = 1; i < given.size(); ++i) raw.push_back(given[i].get());
    shape = geos.unite(raw, ground.snap());
  }
  if (what.outside) {
    shape = ground.beyond_rim(ground.subtract(ground.shape(), shape.get()), shape.get(),
                              SliverGuard::kRimPixels * ground.pixel_m());
  }

  Derived result;
  const auto least = least_part(ground, what);
  const auto most_of_the_patch = [&](double area) { return area > SliverGuard::kMost * ground.area_m2(); };
  double total = 0;
  for (auto& polygon : geos.to_polygons(shape.get())) {
    const MultiPolygon part{polygon};
    const double area = ground.area_m2(geos.from(part).get(), least.width_m);
    if (area < least.area_m2 && !most_of_the_patch(area)) continue;
    total += area;
    result.geometry.push_back(std::move(polygon));
  }
  const bool strict = least.area_m2 == SliverGuard::kStrictArea;
  if (!strict && total < SliverGuard::kShare * ground.area_m2() && !most_of_the_patch(total))
    result.geometry.clear();
  if (!result.geometry.empty()) result.measures = here.bench->earth().measure(result.geometry);
  return result;
}

}  // namespace tuban
