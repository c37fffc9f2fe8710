// SPDX-License-Identifier: Apache-2.0
// What lists say of a patch, from all tables of a result. Internal to delivery.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/delivery/place.h"
#include "engine/io/result_file.h"
#include "tuban/geometry.h"

namespace tuban {

/// Areas are sums over the features that lie under the patch and are in force, at most the patch's own area;
/// unknown where the run was given no layer of the role.
struct PatchSummary {
  std::string id, severity, marks, rules, change_type, direction, before_date, after_date;
  std::string lineage_status, first_seen_date;
  std::string ancestor;  ///< the earlier patch that shares most with it
  std::optional<double> rank, area_m2, confidence, lon, lat;
  Point centroid;  ///< ground coordinates of the result
  Place place;
  std::string land_class;  ///< the largest
  std::optional<double> farmland_m2, farmland_net_m2, agricultural_m2, construction_m2, unused_m2;
  std::optional<double> basic_farmland_m2, redline_m2;
};

/// One for each patch, in the order of the file.
std::vector<PatchSummary> summarise(const ResultFile& result);

}  // namespace tuban
