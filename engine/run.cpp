// SPDX-License-Identifier: Apache-2.0
// The main line: plan -> register -> measure -> scan -> describe -> mark -> emit. Data moves one way; the
// only thing that flows back to pixels is the small immutable model.
#include "engine/checkpoint.h"
#include "engine/lineage.h"
#include "engine/manifest.h"
#include "engine/military_register.h"
#include "engine/plan.h"
#include "engine/scan/measure.h"
#include "engine/scan/scan.h"
#include "engine/stages.h"
#include "engine/watch.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

void warn_of_model(const ScanModel& model, Watch& watch) {
  for (const std::string& note : model.model.notes) watch.warn(note);
  for (const std::string& note : model.cut.notes) watch.warn(note);
}

bool asks_for_mask(const Job& job, const Receiver& receiver) {
  return !job.mask_path.empty() || !job.patch_mask_path.empty() || receiver.mask || receiver.patch_mask;
}

void require_result(const Job& job, const Receiver& receiver) {
  if (job.output.empty() && job.score_path.empty() && !asks_for_mask(job, receiver) && !receiver.any())
    throw Error(ErrorCode::usage,
                "there is nothing to write: give an output (-o), --mask, --patch-mask or --score");
}

bool asks_for_patches(const Job& job, const Receiver& receiver) {
  return !job.output.empty() || !job.patch_mask_path.empty() || receiver.patch || receiver.closed ||
         receiver.patch_mask;
}

Report run_from(Checkpoint& checkpoint, const Control& control) {
  Watch watch(control);
  const auto stop = control.stop;
  const Receiver& receiver = control.receive;
  const Job& job = checkpoint.job();
  require_result(job, receiver);
  const auto warn = [&](const std::string& sentence) { watch.warn(sentence); };

  watch.stage("plan");
  Plan plan = make_plan(job, warn, checkpoint.units(), asks_for_patches(job, receiver));
  watch.expect(plan.describe.grid.pixels());

  watch.stage("register");
  co_register(plan, warn, checkpoint.units(), stop);
  checkpoint.begin(plan, warn);
  const WorkFolder& folder = checkpoint.folder();
  ReaderPool before(plan.before);
  ReaderPool after(plan.after);

  watch.stage("measure");
  const ScanModel model =
      measure(plan.scan, *plan.detector, plan.cut_rule, before, after, plan.reading_executor(), stop);
  warn_of_model(model, watch);

  auto advance = watch.stage("scan");
  const ScanOutputs outputs{asks_for_mask(job, receiver), !job.score_path.empty() || receiver.score,
                            withhold_military(plan), describing(plan, model, receiver.closed)};
  const ScanSaving saving{control.checkpoint_seconds, checkpoint.resuming(), checkpoint.preface(),
                          [&](double share, std::int64_t found) {
                            watch.patches = found;
                            watch.take_up(share);
                          }};
  const ScanResult regions = scan(plan.scan, model, before, after, plan.reading_executor(), folder, outputs,
                                  saving, stop, [&](std::int64_t done, std::int64_t all, std::int64_t found) {
                                    watch.patches = found;
                                    advance(static_cast<double>(done) / static_cast<double>(all));
                                  });
  for (const std::string& note : regions.notes) watch.warn(note);

  advance = watch.stage("describe");
  RecordFile described = describe(plan, model, regions, folder, stop, advance);

  const Marking how = marking_of(plan, regions, receiver);
  if (!job.previous.empty()) advance = watch.stage("lineage");
  const LineageFile patches = lineage(how, std::move(described), folder, stop, warn, advance);
  watch.patches = static_cast<std::int64_t>(patches.offsets.size());

  advance = watch.stage("mark");
  const MarkFile marks = mark(how, patches, folder, stop, advance);
  watch.patches = marks.ranks.kept;
  for (const std::string& note : plan.layers->notes()) watch.warn(note);

  advance = watch.stage("emit");
  const std::string manifest = manifest_json(plan, model, regions, patches, marks, watch.warnings);
  const auto withheld = write_register(plan, model, regions, manifest);
  const auto publishing = [&] { checkpoint.publishing(); };
  emit(plan, regions, patches, marks, manifest, withheld.get(), folder, receiver, publishing, stop, advance);
  checkpoint.finish();
  forget_withheld(outputs.withholding);
  watch.finish();

  Report report;
  report.grid = plan.describe.grid;
  report.pixels = plan.describe.grid.pixels();
  report.valid_pixels = regions.valid_pixels;
  report.changed_pixels = regions.changed_pixels;
  report.regions = regions.closed_regions;
  report.patches = watch.patches;
  report.findings = marks.ranks.findings;
  report.left_out_by_types = marks.ranks.left_out_by_types;
  report.left_out_by_budget = marks.ranks.left_out_by_budget;
  report.resumed_pixels = regions.resumed_pixels;
  report.peak_rss_bytes = peak_resident_bytes();
  report.planned_bytes = plan.scan.planned_bytes;
  report.units = plan.scan.units();
  report.units_in_flight = plan.scan.slots;
  report.spilled_bytes = folder.bytes();
  report.lineage = patches.report;
  report.stages = watch.times;
  report.warnings = watch.warnings;
  report.manifest = manifest;
  return report;
}

}  // namespace

Result collect(const Job& job, const Control& control) {
  Result result;
  Control taking = control;
  taking.receive.patch = [&](MarkedPatch&& patch) { result.patches.push_back(std::move(patch)); };
  result.report = run(job, taking);
  return result;
}

Report run(const Job& job, const Control& control) {
  Checkpoint checkpoint(job, control.resume);
  if (checkpoint.finished()) {
    checkpoint.refuse_receiver(control.receive);
    Report report;
    report.finished_before = true;
    return report;
  }
  try {
    return run_from(checkpoint, control);
  } catch (const Error& error) {
    throw checkpoint.explained(error);
  }
}

}  // namespace tuban
