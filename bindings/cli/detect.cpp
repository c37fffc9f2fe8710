// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bindings/cli/commands.h"
#include "bindings/cli/console.h"
#include "bindings/cli/job_flags.h"
#include "bindings/cli/json.h"
#include "bindings/cli/stop_signals.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  tuban detect 2020.tif 2021.tif -o patches.gpkg
  tuban detect a.tif b.tif -o p.gpkg --bands blue=1,green=2,red=3,nir=4 --layers layers.yaml --rules farmland
  tuban detect a.tif b.tif -o p.gpkg --before-valid clear_a.tif --after-valid clear_b.tif --memory 1GB
  tuban detect --job job.yaml --threads 4 --json
  tuban detect a.tif b.tif -o /vsistdout/ --of FlatGeobuf | ogr2ogr -f CSV patches.csv /vsistdin/

--progress json writes one object a line, at most ten a second:
  {"stage": "scan", "share": 0.421, "pixels": 50331648, "pixels_total": 120560400, "patches": 812,
   "pixels_per_second": 98000000, "seconds": 0.713, "seconds_left": 0.980}
  stage is plan, measure, scan, describe, mark or emit; share is of the time expected, never falls and ends
  at 1; patches are those found so far; seconds_left is null until pixels have been scanned.

Exit codes: 0 done (also with no patch), 1 runtime, 2 usage, 3 inputs do not fit together, 4 memory or disk,
5 warnings under --strict, 130 interrupted (--resume goes on).
)";

std::vector<std::pair<const char*, std::string>> outputs(const Job& job) {
  std::vector<std::pair<const char*, std::string>> paths;
  if (!job.output.empty()) paths.emplace_back("output", job.output);
  if (!job.mask_path.empty()) paths.emplace_back("mask", job.mask_path);
  if (!job.patch_mask_path.empty()) paths.emplace_back("patch_mask", job.patch_mask_path);
  if (!job.military_register.empty()) paths.emplace_back("military_register", job.military_register);
  if (!job.score_path.empty()) paths.emplace_back("score", job.score_path);
  return paths;
}

std::string as_json(const Job& job, const Report& report) {
  JsonObject result;
  JsonObject paths;
  for (const auto& [kind, path] : outputs(job)) paths.add(kind, path);
  result.raw("outputs", paths.str());
  if (report.finished_before) return result.raw("finished_before", "true").str();
  result.add("patches", report.patches)
      .add("findings", report.findings)
      .add("left_out_by_types", report.left_out_by_types)
      .add("left_out_by_budget", report.left_out_by_budget)
      .add("regions", report.regions)
      .add("pixels", report.pixels)
      .add("valid_pixels", report.valid_pixels)
      .add("changed_pixels", report.changed_pixels)
      .add("resumed_pixels", report.resumed_pixels)
      .raw("finished_before", "false")
      .raw("lineage", lineage_json(report.lineage))
      .add("peak_rss_bytes", report.peak_rss_bytes)
      .add("planned_bytes", report.planned_bytes)
      .add("units", report.units)
      .add("units_in_flight", report.units_in_flight)
      .add("spilled_bytes", report.spilled_bytes)
      .raw("stages", stages_json(report.stages))
      .add("warnings", report.warnings);
  if (!report.manifest.empty()) result.raw("manifest", report.manifest);
  return result.str();
}

std::string as_text(const Job& job, const Report& report, bool resume) {
  std::string text;
  if (report.finished_before) {
    text = "finished already, nothing was to be done\n";
    for (const auto& [kind, path] : outputs(job)) text += path + "\n";
    return text;
  }
  if (resume)
    text = report.resumed_pixels > 0 ? fmt::format("resumed: {} of {} pixels were done before\n",
                                                   report.resumed_pixels, report.pixels)
                                     : "there was nothing to resume: done from the beginning\n";
  text += fmt::format("{} patches, {} findings; {} of {} valid pixels changed; peak memory {:.0f} MB\n",
                      report.patches, report.findings, report.changed_pixels, report.valid_pixels,
                      static_cast<double>(report.peak_rss_bytes) / 1e6);
  if (report.left_out_by_types + report.left_out_by_budget > 0)
    text += fmt::format("left out: {} patches of other types, {} beyond the budget\n",
                        report.left_out_by_types, report.left_out_by_budget);
  for (const auto& [kind, path] : outputs(job)) text += path + "\n";
  return text;
}

}  // namespace

void set_gdal_cache(std::uint64_t memory_bytes) {
  constexpr std::uint64_t kMegabyte = 1'000'000;
  // Whole blocks are fetched once, so a cache has little to give; what it holds the plan cannot use.
  const std::uint64_t share =
      memory_bytes == 0 ? 64 : std::clamp<std::uint64_t>(memory_bytes / 16 / kMegabyte, 8, 64);
  constexpr int kKeepTheUsers = 0;
  ::setenv("GDAL_CACHEMAX", std::to_string(share).c_str(), kKeepTheUsers);
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw Error(ErrorCode::runtime, fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

void print_report(const MarkingJob& job, const std::string& text) {
  if (job.output != kStandardOutput) return print(text);
  std::fputs(text.c_str(), stderr);
}

void refuse_extras(const CLI::App& command) {
  const auto extras = command.remaining();
  if (extras.empty()) return;
  const bool is_root = command.get_parent() == nullptr;
  throw Error(ErrorCode::usage, fmt::format("'{}' was not expected; see tuban {}--help", extras.front(),
                                            is_root ? "" : command.get_name() + " "));
}

void DetectCommand::add(CLI::App& app) {
  command_ = app.add_subcommand("detect",
                                "find the patches that changed between two rasters and mark them by rules");
  command_->allow_extras();
  command_->footer(kExamples);
  for (const OptionInfo& option : job_options()) add_option(*command_, option, given_);
  command_
      ->add_option("--job", job_file_, "job file (YAML or JSON): the same options, - as _; flags win over it")
      ->type_name("FILE")
      ->group("Input");
  command_
      ->add_flag("--resume", resume_,
                 "go on with the same job where it was interrupted; does nothing if it is done")
      ->group("Resources");
  command_
      ->add_option("--checkpoint", checkpoint_seconds_,
                   "save what can be resumed at most this often (default: 2)")
      ->type_name("SECONDS")
      ->check(CLI::NonNegativeNumber)
      ->group("Resources");
  messages_.add(*command_);
}

void DetectCommand::refuse_unknown_flag() const {
  for (const std::string& extra : command_->remaining()) {
    const std::string flag = extra.substr(0, extra.find('='));
    if (!flag.starts_with("--") || flag.size() == 2) continue;
    std::string key = flag.substr(2);
    std::replace(key.begin(), key.end(), '-', '_');
    Job unused;
    if (given_.find(key) == given_.end()) set_option(unused, key, {}, flag);  // refuses it with the nearest
  }
}

int DetectCommand::run() {
  refuse_unknown_flag();
  refuse_extras(*command_);
  // Flag over environment over job file over default.
  Job job = job_file_.empty() ? Job{} : load_job(job_file_);
  take_environment(job);
  for (const auto& [key, values] : given_) {
    if (values.empty()) continue;
    set_option(job, key, values, key == "before" ? "BEFORE" : key == "after" ? "AFTER" : flag_of(key));
  }
  for (const auto& [scene, name] : {std::pair{&job.before, "BEFORE"}, {&job.after, "AFTER"}}) {
    if (scene->path.empty()) {
      throw Error(ErrorCode::usage,
                  fmt::format("{} is missing: give two rasters, tuban detect BEFORE AFTER -o OUT", name));
    }
  }

  set_gdal_cache(job.memory_bytes);
  const StopSignals signals;
  Console console(messages_.style(), messages_.quiet);
  Control control;
  control.stop = signals.token();
  control.resume = resume_;
  control.checkpoint_seconds = checkpoint_seconds_;
  control.progress = [&](const Progress& progress) { console.progress(progress); };
  control.warn = [&](const std::string& sentence) { console.warn(sentence); };
  const Report report = tuban::run(job, control);
  console.finish();

  if (messages_.json) {
    print_report(job, as_json(job, report) + "\n");
  } else if (!messages_.quiet) {
    print_report(job, as_text(job, report, resume_));
  }
  return messages_.strict && !report.warnings.empty() ? kWarningsUnderStrict : 0;
}

}  // namespace tuban::cli
