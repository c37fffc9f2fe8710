// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/patch_summary.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "engine/rules/land_class.h"

namespace tuban {

namespace {

using Json = nlohmann::json;

/// What is gathered of a patch until all rows are read.
struct Gathered {
  std::vector<DistrictShare> districts;
  std::map<std::string, double> by_class;
  double farmland = 0, farmland_net = 0, agricultural = 0, construction = 0, unused = 0, basic = 0,
         redline = 0;
  double ancestor_m2 = -1;
};

void add_land(Gathered& gathered, const std::string& code, double gross, double net) {
  gathered.by_class[code] += gross;
  if (is_farmland(code)) {
    gathered.farmland += gross;
    gathered.farmland_net += net;
  }
  if (is_agricultural(code)) gathered.agricultural += gross;
  if (is_construction_land(code)) gathered.construction += gross;
  if (is_unused(code)) gathered.unused += gross;
}

void add_overlap(Gathered& gathered, const ResultRow& row) {
  const std::string layer = row.text("layer"), state = row.text("state");
  const double gross = row.number("gross_m2").value_or(0);
  if (layer == "district") {
    gathered.districts.push_back({row.text("feature_id"), row.text("feature_class"), gross});
  }
  if (!state.empty() && state != "valid") return;
  if (layer == "land_use") {
    add_land(gathered, row.text("feature_class"), gross, row.number("net_m2").value_or(gross));
  } else if (layer == "basic_farmland") {
    gathered.basic += gross;
  } else if (layer == "ecological_redline") {
    gathered.redline += gross;
  }
}

/// The roles that the run was given.
std::set<std::string> roles_of(const ResultFile& result) {
  std::set<std::string> roles;
  const Json layers = Json::parse(result.run_value("layers"), nullptr, false);
  if (!layers.is_array()) return roles;
  for (const Json& layer : layers) {
    if (layer.is_object()) roles.insert(layer.value("role", ""));
  }
  return roles;
}

void finish(PatchSummary& patch, const Gathered& gathered, const std::set<std::string>& roles) {
  patch.place = place_of(gathered.districts);
  const auto largest = std::max_element(gathered.by_class.begin(), gathered.by_class.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
  if (largest != gathered.by_class.end()) patch.land_class = largest->first;
  const double most = patch.area_m2.value_or(std::numeric_limits<double>::infinity());
  const auto known = [&](const char* role, double area) {
    return roles.count(role) == 0 ? std::nullopt : std::optional(std::min(area, most));
  };
  patch.farmland_m2 = known("land_use", gathered.farmland);
  patch.farmland_net_m2 = known("land_use", gathered.farmland_net);
  patch.agricultural_m2 = known("land_use", gathered.agricultural);
  patch.construction_m2 = known("land_use", gathered.construction);
  patch.unused_m2 = known("land_use", gathered.unused);
  patch.basic_farmland_m2 = known("basic_farmland", gathered.basic);
  patch.redline_m2 = known("ecological_redline", gathered.redline);
}

}  // namespace

std::vector<PatchSummary> summarise(const ResultFile& result) {
  std::vector<PatchSummary> patches;
  std::unordered_map<std::string, std::size_t> position;
  result.each("patches", [&](const ResultRow& row) {
    PatchSummary patch;
    patch.id = row.text("patch_id");
    patch.severity = row.text("severity");
    patch.marks = row.text("marks");
    patch.rules = row.text("rules");
    patch.change_type = row.text("change_type");
    patch.direction = row.text("direction");
    patch.before_date = row.text("before_date");
    patch.after_date = row.text("after_date");
    patch.lineage_status = row.text("lineage_status");
    patch.first_seen_date = row.text("first_seen_date");
    patch.rank = row.number("rank");
    patch.area_m2 = row.number("area_m2");
    patch.confidence = row.number("confidence");
    patch.lon = row.number("lon");
    patch.lat = row.number("lat");
    patch.centroid = {row.number("centroid_x").value_or(0), row.number("centroid_y").value_or(0)};
    position.emplace(patch.id, patches.size());
    patches.push_back(std::move(patch));
  });
  std::vector<Gathered> gathered(patches.size());
  result.each("overlaps", [&](const ResultRow& row) {
    const auto found = position.find(row.text("patch_id"));
    if (found != position.end()) add_overlap(gathered[found->second], row);
  });
  result.each("lineage", [&](const ResultRow& row) {
    const auto found = position.find(row.text("patch_id"));
    if (found == position.end()) return;
    const double shared = row.number("shared_m2").value_or(0);
    if (shared <= gathered[found->second].ancestor_m2) return;
    gathered[found->second].ancestor_m2 = shared;
    patches[found->second].ancestor = row.text("earlier_id");
  });
  const std::set<std::string> roles = roles_of(result);
  for (std::size_t i = 0; i < patches.size(); ++i) finish(patches[i], gathered[i], roles);
  return patches;
}

}  // namespace tuban
