// SPDX-License-Identifier: Apache-2.0
// The vector half of the line: describe -> mark -> emit. Patches go from spool to spool in chunks, so memory
// does not grow with their number but for a rank key each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/io/patch_file.h"
#include "engine/io/sink.h"
#include "engine/plan.h"
#include "engine/ranking.h"
#include "engine/rules/groups.h"
#include "engine/scan/scan.h"

namespace tuban {

/// Called with the share of the stage that is done.
using Advance = std::function<void(double share)>;

/// Records in row order.
struct RecordFile {
  Spool spool;
  std::vector<std::uint64_t> offsets;
};

/// Patches, and what earlier batches say of them and they of those.
struct LineageFile : RecordFile {
  LineageFile(RecordFile patches) : RecordFile(std::move(patches)) {}
  std::vector<LineageLink> gone;        ///< earlier patches that nothing goes on from
  std::optional<LineageReport> report;  ///< where there are earlier batches
};

struct MarkFile {
  RecordFile marks;  ///< one record per patch, not settled
  Ranks ranks;
  std::shared_ptr<const GroupJudge> groups;  ///< what was found on patches together
};

/// What marks patches and writes them needs, wherever they come from. Everything it points to outlives it.
struct Marking {
  const MarkingJob& job;
  const Grid& grid;
  std::shared_ptr<const ReferenceLayers> layers;
  std::shared_ptr<const std::vector<Rulebook>> books;
  Executor& executor;
  int slots;  ///< chunks of patches in flight
  const PatchFilter& filter;
  ValidGround valid;                       ///< what the filter's budget is a part of
  double simplify = 0;                     ///< tolerance in ground units; 0: exact geometry
  std::span<const Column> originals = {};  ///< of Patch::original
  bool overlapping = false;                ///< patches are not of one detection, and may share ground
  const PreviousFiles* previous = nullptr;
  const std::function<void(MarkedPatch&&)>& receive;  ///< may be empty
};
Marking marking_of(const Plan& plan, const ScanResult& regions, const Receiver& receiver);

/// Regions of at least the minimum area become patches. Goes on behind the last record of a folder that an
/// interrupted run left, as mark() does.
RecordFile describe(const Plan& plan, const ScanModel& model, const ScanResult& regions,
                    const WorkFolder& folder, std::stop_token stop, const Advance& advance);

/// Patches meet layers and rules, are ranked, and those the job does not ask for get rank 0: no output holds
/// them.
MarkFile mark(const Marking& how, const RecordFile& patches, const WorkFolder& folder, std::stop_token stop,
              const Advance& advance);

/// What describes a region as it closes and hands it on; empty where `closed` is.
std::function<void(const Region&)> describing(const Plan& plan, const ScanModel& model,
                                              const std::function<void(const Patch&)>& closed);

/// What describing needs to know, the model's part included.
DescribeContext context_of(const Plan& plan, const ScanModel& model);

/// Writes every output under a temporary name, calls `publishing`, then gives all of them their final names,
/// or none; the table of patches gets its name last. `also` (may be null) is one that is whole already.
/// `receiver` gets its rasters before patches.
void emit(const Plan& plan, const ScanResult& regions, const LineageFile& patches, const MarkFile& marks,
          const std::string& manifest, Output* also, const WorkFolder& folder, const Receiver& receiver,
          const std::function<void()>& publishing, std::stop_token stop, const Advance& advance);
/// The same of a job that has no rasters.
void emit(const Marking& how, const LineageFile& patches, const MarkFile& marks, const std::string& manifest,
          Output* also, std::stop_token stop, const Advance& advance);

}  // namespace tuban
