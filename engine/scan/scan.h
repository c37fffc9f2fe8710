// SPDX-License-Identifier: Apache-2.0
// The one full pass: decode -> score -> smooth -> mask -> label -> trace, units in parallel, commit in order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/scan/executor.h"
#include "engine/scan/measure.h"
#include "engine/scan/reader_pool.h"
#include "engine/scan/scan_plan.h"
#include "engine/scan/spool.h"
#include "engine/scan/work_raster.h"

namespace tuban {

/// Where a region stands in the spool; ordered by (last row, id), the row order of every table (G1).
struct RegionKey {
  std::int32_t last_row = 0;
  std::uint64_t id = 0;
  std::uint64_t offset = 0;
};

/// Everything scan hands on.
struct ScanResult {
  Spool regions;
  std::vector<RegionKey> order;    ///< sorted
  std::optional<WorkRaster> mask;  ///< where asked for
  std::optional<WorkRaster> score;
  std::int64_t valid_pixels = 0;
  std::int64_t changed_pixels = 0;
  std::int64_t closed_regions = 0;  ///< those below plan.fewest_pixels included
  std::int64_t clamped_samples = 0;
  std::vector<std::string> notes = {};  ///< what the user should know, in plain sentences
};

struct ScanOutputs {
  bool mask = false;
  bool score = false;
};

/// Scans every unit once. `advance(units done, units, regions in the spool)` is called at commit. The spool
/// lies in `folder`.
ScanResult scan(const ScanPlan& plan, const ScanModel& model, ReaderPool& before, ReaderPool& after,
                Executor& executor, const WorkFolder& folder, ScanOutputs outputs, std::stop_token stop,
                const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& advance);

}  // namespace tuban
