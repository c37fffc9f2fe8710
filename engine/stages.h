// SPDX-License-Identifier: Apache-2.0
// The vector half of the line: describe -> mark -> emit. Patches go from spool to spool in chunks, so memory
// does not grow with their number but for a rank key each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/plan.h"
#include "engine/scan/scan.h"

namespace tuban {

/// Called with the share of the stage that is done.
using Advance = std::function<void(double share)>;

/// Records in row order.
struct RecordFile {
  Spool spool;
  std::vector<std::uint64_t> offsets;
};

struct MarkFile {
  RecordFile marks;  ///< one record per patch
  /// 1 = first to look at: by severity, then what the engine itself takes for cloud or misregistration (C91,
  /// C92) behind the rest, then by confidence, score and area.
  std::vector<std::int64_t> ranks;
  std::int64_t findings = 0;
};

/// Regions of at least the minimum area become patches. Goes on behind the last record of a folder that an
/// interrupted run left, as mark() does.
RecordFile describe(const Plan& plan, const ScanModel& model, const ScanResult& regions,
                    const WorkFolder& folder, std::stop_token stop, const Advance& advance);

/// Patches meet layers and rules.
MarkFile mark(const Plan& plan, const RecordFile& patches, const WorkFolder& folder, std::stop_token stop,
              const Advance& advance);

/// Writes every output under a temporary name, calls `publishing`, then gives all of them their final names,
/// or none; the table of patches gets its name last.
void emit(const Plan& plan, const ScanResult& regions, const RecordFile& patches, const MarkFile& marks,
          const std::string& manifest, const WorkFolder& folder, const std::function<void()>& publishing,
          std::stop_token stop, const Advance& advance);

}  // namespace tuban
