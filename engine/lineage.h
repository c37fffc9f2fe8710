// SPDX-License-Identifier: Apache-2.0
// Between describe and mark: patches are told from which of earlier batches they go on (--previous).
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/io/patch_file.h"
#include "engine/scan/executor.h"
#include "engine/scan/work_folder.h"
#include "engine/stages.h"

namespace tuban {

/// Opens the earlier batches of a job for a grid with this CRS. Throws as PatchFile does, also for two
/// patches of one file with the same id; Error(mismatch) where the grid has no CRS.
PreviousFiles open_previous(const MarkingJob& job, const std::string& crs);

/// Patches with what came before them; as they are where no earlier batch was given. Done anew in a run that
/// is resumed.
LineageFile lineage(const Marking& how, RecordFile patches, const WorkFolder& folder, std::stop_token stop,
                    const std::function<void(const std::string&)>& warn, const Advance& advance);

}  // namespace tuban
