// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bindings/cli/commands.h"
#include "bindings/cli/console.h"
#include "bindings/cli/json.h"
#include "bindings/cli/stop_signals.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban::cli {
namespace {

constexpr int kWarningsUnderStrict = 5;

constexpr const char* kExamples = R"(Examples:
  tuban detect 2020.tif 2021.tif -o patches.gpkg
  tuban detect a.tif b.tif -o p.gpkg --bands blue=1,green=2,red=3,nir=4 --layers layers.yaml --rules farmland
  tuban detect a.tif b.tif -o p.gpkg --before-valid clear_a.tif --after-valid clear_b.tif --memory 1GB
  tuban detect --job job.yaml --threads 4 --json

--progress json writes one object a line, at most ten a second:
  {"stage": "scan", "share": 0.421, "pixels": 50331648, "pixels_total": 120560400, "patches": 812,
   "pixels_per_second": 98000000, "seconds": 0.713, "seconds_left": 0.980}
  stage is plan, measure, scan, describe, mark or emit; share is of the time expected, never falls and ends
  at 1; patches are those found so far; seconds_left is null until pixels have been scanned.

Exit codes: 0 done (also with no patch), 1 runtime, 2 usage, 3 inputs do not fit together, 4 memory or disk,
5 warnings under --strict, 130 interrupted (--resume goes on).
)";

std::string flag_of(std::string_view key) {
  std::string flag = "--" + std::string(key);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

// What a flag shows in the help for its value.
std::string value_name(const OptionInfo& option) {
  if (option.key == "min_area") return "200|50px";
  if (option.key == "tile") return "N|WxH";
  if (option.key == "memory") return "1GB";
  if (option.key == "connectivity") return "4|8";
  if (option.key == "executor") return "tbb|serial|openmp|jthread";
  if (option.key == "grid") return "before|after|FILE";
  if (option.key == "resampling") return "nearest|bilinear|cubic|average";
  if (option.key == "register") return "auto|off|estimate|translation";
  if (option.key == "max_shift") return "PX";
  if (option.key == "reader") return "auto|gdal";
  if (option.key == "bands") return "LIST";
  if (option.expects == "KEY=VALUE") return "KEY=VALUE";
  if (option.expects.find("yyyy-mm-dd") != std::string_view::npos) return "YYYY-MM-DD";
  if (option.key == "work_folder") return "FOLDER";
  return option.is_path ? "FILE" : "VALUE";
}

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
      .add("peak_rss_bytes", report.peak_rss_bytes)
      .add("planned_bytes", report.planned_bytes)
      .add("units", report.units)
      .add("units_in_flight", report.units_in_flight)
      .add("spilled_bytes", report.spilled_bytes)
      .raw("stages", json_list(report.stages,
                               [](const StageTime& time) {
                                 return JsonObject()
                                     .add("stage", time.stage)
                                     .raw("seconds", fmt::format("{:.3f}", time.seconds))
                                     .raw("cpu_seconds", fmt::format("{:.3f}", time.cpu_seconds))
                                     .str();
                               }))
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
  for (const OptionInfo& option : job_options()) {
    const std::string key(option.key);
    const bool positional = key == "before" || key == "after";
    const std::string names = key == "before"   ? "BEFORE"
                              : key == "after"  ? "AFTER"
                              : key == "output" ? "-o,--output"
                                                : flag_of(key);
    if (option.takes == OptionInfo::Takes::nothing) {
      command_
          ->add_flag_callback(
              names, [this, key] { given_[key] = {"true"}; }, std::string(option.help))
          ->group(std::string(option.group));
      continue;
    }
    auto* added = command_->add_option(names, given_[key], std::string(option.help));
    added->type_name(positional ? "" : value_name(option))->type_size(1)->expected(1);
    added->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (!positional) added->group(std::string(option.group));
  }
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
  command_->add_option("--progress", progress_, "on stderr (default: bar on a terminal, else none)")
      ->type_name("bar|json|none")
      ->group("Messages");
  command_->add_flag("--json", json_, "print the result as one JSON object")->group("Messages");
  command_->add_flag("--strict", strict_, "exit with 5 if there were warnings")->group("Messages");
  command_->add_flag("-q,--quiet", quiet_, "print errors only")->group("Messages");
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
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  ProgressStyle style = terminal && !quiet_ ? ProgressStyle::line : ProgressStyle::none;
  if (progress_ == "bar") {
    style = terminal ? ProgressStyle::line : ProgressStyle::bar;
  } else if (progress_ == "json") {
    style = ProgressStyle::json;
  } else if (progress_ == "none") {
    style = ProgressStyle::none;
  } else if (command_->count("--progress") > 0) {
    throw Error(ErrorCode::usage,
                fmt::format("--progress: expected bar, json or none, found \"{}\"", progress_));
  }

  // Flag over environment over job file over default.
  Job job = job_file_.empty() ? Job{} : load_job(job_file_);
  for (const auto& [key, variable] : {std::pair{"threads", "TUBAN_THREADS"}, {"memory", "TUBAN_MEMORY"}}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') set_option(job, key, {value}, variable);
  }
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
  Console console(style, quiet_);
  Control control;
  control.stop = signals.token();
  control.resume = resume_;
  control.checkpoint_seconds = checkpoint_seconds_;
  control.progress = [&](const Progress& progress) { console.progress(progress); };
  control.warn = [&](const std::string& sentence) { console.warn(sentence); };
  const Report report = tuban::run(job, control);
  console.finish();

  if (json_) {
    print(as_json(job, report) + "\n");
  } else if (!quiet_) {
    print(as_text(job, report, resume_));
  }
  return strict_ && !report.warnings.empty() ? kWarningsUnderStrict : 0;
}

}  // namespace tuban::cli
