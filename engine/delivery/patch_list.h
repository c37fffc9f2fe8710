// SPDX-License-Identifier: Apache-2.0
// The list that people work through: patches, findings, overlaps, and what the numbers mean. Internal to
// delivery.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "engine/delivery/county_set.h"
#include "engine/io/result_file.h"
#include "engine/io/zone_transform.h"

namespace tuban {

struct ListTask {
  const ResultFile& result;
  const std::vector<PatchSummary>& patches;
  const CountySet& set;
  const std::unordered_set<std::string>& ids;  ///< of the set
  const ZoneTransform& transform;
  std::string day;
  Language language = Language::en;
};

/// Writes `path`, keeping temporary files in `folder`.
void write_patch_list(const ListTask& task, const std::string& path, const std::string& folder);

}  // namespace tuban
