// SPDX-License-Identifier: Apache-2.0
// The line of patches made elsewhere: read -> lineage -> mark -> emit.
#include <fmt/format.h>

#include <filesystem>

#include "engine/given.h"
#include "engine/io/output_paths.h"
#include "engine/io/sink.h"
#include "engine/lineage.h"
#include "engine/manifest.h"
#include "engine/scan/scan_plan.h"
#include "engine/stages.h"
#include "engine/watch.h"
#include "tuban/error.h"
#include "tuban/mark.h"

namespace tuban {
namespace {

/// Beside the output, under a name of its own; whatever a killed run has left there goes.
WorkFolder fresh_folder(const MarkJob& job) {
  if (job.output.empty() || is_stream(job.output)) return WorkFolder::temporary(job.work_folder);
  const std::filesystem::path output(job.output);
  const std::filesystem::path parent =
      job.work_folder.empty() ? output.parent_path() : std::filesystem::path(job.work_folder);
  const std::filesystem::path path = parent / fmt::format(".{}.tuban-work", output.filename().string());
  if (auto left = WorkFolder::take(path)) {
    left->clear();
    left->keep(false);
    return std::move(*left);
  }
  return WorkFolder(path);
}

}  // namespace

Result collect(const MarkJob& job, const Control& control) {
  Result result;
  Control taking = control;
  taking.receive.patch = [&](MarkedPatch&& patch) { result.patches.push_back(std::move(patch)); };
  result.report = mark(job, taking);
  return result;
}

Report mark(const MarkJob& job, const Control& control) {
  Watch watch(control);
  const auto stop = control.stop;
  const auto warn = [&](const std::string& sentence) { watch.warn(sentence); };

  const Receiver& receiver = control.receive;
  if (receiver.closed || receiver.mask || receiver.patch_mask || receiver.score)
    throw Error(ErrorCode::usage,
                "patches that are given are marked without images: there is no mask and no score to receive, "
                "and none closes");
  if (job.output.empty() && !receiver.patch)
    throw Error(ErrorCode::usage, "there is nothing to write: give an output");
  auto advance = watch.stage("read");
  check_outputs(job, {{"input", job.patches}, {"map of types", job.types_map}});
  GivenPlan plan(job, warn);
  const WorkFolder folder = fresh_folder(job);
  RecordFile read = plan.read(folder, stop, advance);
  watch.patches = static_cast<std::int64_t>(read.offsets.size());

  if (!job.previous.empty()) advance = watch.stage("lineage");
  const Marking how = plan.marking(receiver);
  const LineageFile patches = lineage(how, std::move(read), folder, stop, warn, advance);

  advance = watch.stage("mark");
  const MarkFile marks = mark(how, patches, folder, stop, advance);
  for (const std::string& note : how.layers->notes()) watch.warn(note);

  advance = watch.stage("emit");
  const std::string manifest = manifest_json(plan, how, patches, marks, watch.warnings);
  const auto withheld = plan.write_register(patches, manifest);
  emit(how, patches, marks, manifest, withheld.get(), stop, advance);
  watch.finish();

  Report report;
  report.grid = how.grid;
  report.patches = watch.patches;
  report.findings = marks.ranks.findings;
  report.repaired_patches = plan.repaired();
  report.lineage = patches.report;
  report.peak_rss_bytes = peak_resident_bytes();
  report.spilled_bytes = folder.bytes();
  report.stages = watch.times;
  report.warnings = watch.warnings;
  report.manifest = manifest;
  return report;
}

}  // namespace tuban
