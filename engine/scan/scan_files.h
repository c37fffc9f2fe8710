// SPDX-License-Identifier: Apache-2.0
// The files a scan writes while it runs: made new, or taken up as its last checkpoint speaks of them.
#pragma once

#include <cstdint>

#include "engine/scan/scan.h"

namespace tuban {

/// What the state of a scan has behind preface and model; the assemblers follow.
struct ScanHead {
  std::int64_t extracted = 0;  ///< units
  std::uint64_t spool_bytes = 0, outline_bytes = 0, withheld_bytes = 0;
  std::int64_t valid_pixels = 0, changed_pixels = 0, withheld_regions = 0;
};

/// What open regions spill. Both throw CannotResume where a file is not what `head` says.
Spool open_outlines(const WorkFolder& folder, bool resume, const ScanHead& head);

/// Spools and rasters, with the regions closed until then.
ScanResult open_files(const WorkFolder& folder, const ScanPlan& plan, const ScanOutputs& outputs, bool resume,
                      const ScanHead& head);

}  // namespace tuban
