// SPDX-License-Identifier: Apache-2.0
// The one full pass: decode -> score -> smooth -> mask -> label -> trace, units in parallel, commit in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/scan/executor.h"
#include "engine/scan/measure.h"
#include "engine/scan/reader_pool.h"
#include "engine/scan/region.h"
#include "engine/scan/scan_plan.h"
#include "engine/scan/spool.h"
#include "engine/scan/work_folder.h"
#include "engine/scan/work_raster.h"

namespace tuban {

/// Where a region stands in the spool; ordered by (last row, id), the row order of every table (G1).
struct RegionKey {
  std::int32_t last_row = 0;
  std::uint32_t kilobytes = 0;  ///< of its record
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
  std::int64_t outline_edges = 0;   ///< pixel sides around them
  std::int64_t cut_regions = 0;     ///< too large to be one patch each
  std::int64_t cut_pixels = 0;      ///< in them
  std::int64_t clamped_samples = 0;
  std::int64_t resumed_pixels = 0;  ///< extracted by the interrupted run, not again
  /// What Withholding kept back, sorted; none of it is in anything above.
  std::optional<Spool> withheld = {};
  std::vector<RegionKey> withheld_order = {};
  std::vector<std::string> notes = {};  ///< what the user should know, in plain sentences
};

/// Regions that no output may speak of. They are in no count, no spool of the work folder and no raster:
/// there their pixels are invalid.
struct Withholding {
  std::function<bool(const Region&)> secret = {};  ///< asked of every region as it closes, one at a time
  std::filesystem::path spool = {};                ///< mode 0600, for them alone; empty: they are forgotten
};

struct ScanOutputs {
  bool mask = false;
  bool score = false;
  Withholding withholding = {};
  /// Told of every region that is kept, as it closes, one at a time.
  std::function<void(const Region&)> closed = {};
};

/// How a scan can be interrupted (G4).
struct ScanSaving {
  /// A checkpoint at most this often. The time between two is also at least twenty times what the last one
  /// took. Decides when the state is saved, never what comes out.
  double seconds = 2;
  bool resume = false;                  ///< go on where the state in the folder was saved
  std::vector<std::byte> preface = {};  ///< what the state file begins with, for whoever resumes
  /// Called before a resumed pass begins, with the share of the scan left behind and the regions in the
  /// spool.
  std::function<void(double share, std::int64_t found)> taken_up = {};
};

/// The file in the work folder that has the state of the scan: there is something to resume where it is.
inline constexpr const char* kScanState = "scan.state";

/// Scans every unit once. `advance(units done, units, regions in the spool)` is called at commit. The spool
/// lies in `folder`, and beside it the state of the scan after some unit: saved now and then, where it is
/// interrupted or fails, and at its end. Resuming fetches and scores again what the next unit needs of its
/// neighbours, no more; it throws CannotResume if the model has changed or the state is damaged.
ScanResult scan(const ScanPlan& plan, const ScanModel& model, ReaderPool& before, ReaderPool& after,
                Executor& executor, const WorkFolder& folder, const ScanOutputs& outputs,
                const ScanSaving& saving, std::stop_token stop,
                const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& advance);

}  // namespace tuban
