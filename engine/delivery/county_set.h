// SPDX-License-Identifier: Apache-2.0
// Which patches go to whom, and in which zone. Internal to delivery.
#pragma once

#include <string>
#include <vector>

#include "engine/delivery/patch_summary.h"
#include "tuban/deliver.h"

namespace tuban {

inline constexpr const char* kUnassigned = "unassigned";

struct CountySet {
  std::string name, county_name;
  int zone = 0;
  std::vector<std::size_t> patches;  ///< by rank, those without one last
};

/// The sets of the patches that the options let through, by name, "unassigned" last. Throws Error(usage) for
/// options and tables of counties that cannot be, Error(mismatch) where the place of a patch is not known.
std::vector<CountySet> county_sets(const std::vector<PatchSummary>& patches, const DeliverOptions& options,
                                   const std::string& result);

}  // namespace tuban
