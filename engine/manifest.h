// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/given.h"
#include "engine/plan.h"
#include "engine/stages.h"

namespace tuban {

/// The run as one JSON object: inputs with size, time and hash, options, model coefficients, cut, versions,
/// counts, layers, books, warnings. Becomes table `run` and Report::manifest. Holds no absolute time of its
/// own and nothing that differs between machines but `resources`.
std::string manifest_json(const Plan& plan, const ScanModel& model, const ScanResult& regions,
                          const LineageFile& patches, const MarkFile& marks,
                          const std::vector<std::string>& warnings);

/// The same of patches made elsewhere: their file and what became of its fields instead of images and model.
std::string manifest_json(const GivenPlan& plan, const Marking& how, const LineageFile& patches,
                          const MarkFile& marks, const std::vector<std::string>& warnings);

}  // namespace tuban
