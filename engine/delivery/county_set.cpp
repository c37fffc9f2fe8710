// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/county_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <optional>

#include "engine/io/zone_transform.h"
#include "engine/rules/nearest.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"

namespace tuban {

namespace {

struct County {
  std::string name;
  std::optional<int> zone;
};
using Counties = std::map<std::string, County>;

void require_zone(int zone, const std::string& where) {
  if (zone >= kFirstZone && zone <= kLastZone) return;
  throw Error(ErrorCode::usage, fmt::format("{}: expected a 3-degree zone from {} to {}, found {}", where,
                                            kFirstZone, kLastZone, zone));
}

/// counties: {"440703": {name: 蓬江区, zone: 38}}; either may be left out.
Counties read_counties(const std::string& path) {
  Counties counties;
  if (path.empty()) return counties;
  const StrictMap file(parse_yaml(read_text_file(path, "the table of counties"), path), path, {"counties"});
  const YAML::Node table = file.node("counties");
  if (!table.IsMap()) file.refuse("counties: expected a map from county codes to {name, zone}");
  for (const auto& entry : table) {
    const auto code = entry.first.as<std::string>();
    if (code.size() != 6 || code.find_first_not_of("0123456789") != std::string::npos) {
      file.refuse(fmt::format("counties: expected county codes of 6 digits, found \"{}\"", code));
    }
    const StrictMap county(entry.second, fmt::format("{}: county {}", path, code), {"name", "zone"});
    County& known = counties[code];
    known.name = county.optional_text("name");
    if (const std::string text = county.optional_text("zone"); !text.empty()) {
      int zone = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), zone);
      if (error != std::errc() || end != text.data() + text.size()) zone = 0;
      require_zone(zone, county.where());
      known.zone = zone;
    }
  }
  return counties;
}

bool has_mark(const std::string& marks, const std::string& wanted) {
  for (std::size_t at = 0; at <= marks.size();) {
    const std::size_t end = std::min(marks.find(',', at), marks.size());
    if (marks.compare(at, end - at, wanted) == 0) return true;
    at = end + 1;
  }
  return false;
}

bool wanted(const PatchSummary& patch, const DeliverOptions& options) {
  if (!options.severity.empty() && patch.severity < options.severity) return false;
  return options.marks.empty() || std::any_of(options.marks.begin(), options.marks.end(),
                                              [&](const auto& mark) { return has_mark(patch.marks, mark); });
}

void check(const DeliverOptions& options) {
  constexpr std::array<std::string_view, 4> kSeverities{"S1", "S2", "S3", "S4"};
  if (!options.severity.empty() &&
      std::find(kSeverities.begin(), kSeverities.end(), options.severity) == kSeverities.end()) {
    throw Error(ErrorCode::usage,
                fmt::format("--severity: expected S1, S2, S3 or S4, found \"{}\"", options.severity));
  }
  if (options.zone) require_zone(*options.zone, "--zone");
}

/// By the mean longitude of its patches, weighted by their areas.
int zone_of(const CountySet& set, const std::vector<PatchSummary>& patches, const std::string& result) {
  double sum = 0, weight = 0;
  for (const std::size_t i : set.patches) {
    const PatchSummary& patch = patches[i];
    if (!patch.lon || !patch.area_m2) {
      throw Error(
          ErrorCode::mismatch,
          fmt::format("'{}' has no CRS, so the place of patch {} on the earth is unknown; only results "
                      "with a CRS can be delivered",
                      result, patch.id));
    }
    sum += *patch.lon * *patch.area_m2;
    weight += *patch.area_m2;
  }
  const double longitude = weight > 0 ? sum / weight : patches[set.patches.front()].lon.value_or(0);
  const int zone = zone_of_longitude(longitude);
  if (zone < kFirstZone || zone > kLastZone) {
    throw Error(ErrorCode::mismatch,
                fmt::format("the patches of set {} lie about longitude {:.2f}, outside the zones {} to {} "
                            "(73.5 to 136.5 degrees east); give the zone with --zone",
                            set.name, longitude, kFirstZone, kLastZone));
  }
  return zone;
}

std::string name_of(const PatchSummary& patch, bool by_county) {
  if (!by_county) return "all";
  return patch.place.county.empty() ? kUnassigned : patch.place.county;
}

}  // namespace

std::vector<CountySet> county_sets(const std::vector<PatchSummary>& patches, const DeliverOptions& options,
                                   const std::string& result) {
  check(options);
  const Counties counties = read_counties(options.counties);
  std::map<std::string, CountySet> by_name;  // digits sort before "unassigned"
  for (std::size_t i = 0; i < patches.size(); ++i) {
    if (!wanted(patches[i], options)) continue;
    CountySet& set = by_name[name_of(patches[i], options.by_county)];
    set.patches.push_back(i);
    if (set.county_name.empty() && options.by_county) set.county_name = patches[i].place.county_name;
  }
  std::vector<CountySet> sets;
  for (auto& [name, set] : by_name) {
    set.name = name;
    const auto known = counties.find(name);
    if (known != counties.end() && !known->second.name.empty()) set.county_name = known->second.name;
    std::stable_sort(set.patches.begin(), set.patches.end(), [&](std::size_t a, std::size_t b) {
      constexpr double kLast = std::numeric_limits<double>::infinity();
      return patches[a].rank.value_or(kLast) < patches[b].rank.value_or(kLast);
    });
    const int own = zone_of(set, patches, result);
    const bool in_table = known != counties.end() && known->second.zone;
    set.zone = options.zone ? *options.zone : in_table ? *known->second.zone : own;
    sets.push_back(std::move(set));
  }
  return sets;
}

}  // namespace tuban
