// SPDX-License-Identifier: Apache-2.0
#include "bindings/cli/job_flags.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "bindings/cli/json.h"
#include "tuban/error.h"

namespace tuban::cli {
namespace {

// What a flag shows in the help for its value.
std::string value_name(const OptionInfo& option) {
  if (option.key == "min_area") return "200|50px";
  if (option.key == "tile") return "N|WxH";
  if (option.key == "memory") return "1GB";
  if (option.key == "connectivity") return "4|8";
  if (option.key == "executor") return "tbb|serial|openmp|jthread|host-tbb";
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

}  // namespace

std::string flag_of(std::string_view key) {
  std::string flag = "--" + std::string(key);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

void add_option(CLI::App& command, const OptionInfo& option, GivenOptions& given) {
  const std::string key(option.key);
  const bool positional = key == "before" || key == "after";
  const std::string names = key == "before"   ? "BEFORE"
                            : key == "after"  ? "AFTER"
                            : key == "output" ? "-o,--output"
                                              : flag_of(key);
  std::vector<std::string>& values = given[key];
  if (option.takes == OptionInfo::Takes::nothing) {
    command
        .add_flag_callback(
            names, [&values] { values = {"true"}; }, std::string(option.help))
        ->group(std::string(option.group));
    return;
  }
  auto* added = command.add_option(names, values, std::string(option.help));
  added->type_name(positional ? "" : value_name(option))->type_size(1)->expected(1);
  added->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (!positional) added->group(std::string(option.group));
}

void take_environment(Job& job) {
  for (const auto& [key, variable] : {std::pair{"threads", "TUBAN_THREADS"}, {"memory", "TUBAN_MEMORY"}}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') set_option(job, key, {value}, variable);
  }
}

void Messages::add(CLI::App& command) {
  option_ = command.add_option("--progress", progress_, "on stderr (default: bar on a terminal, else none)")
                ->type_name("bar|json|none")
                ->group("Messages");
  command.add_flag("--json", json, "print the result as one JSON object")->group("Messages");
  command.add_flag("--strict", strict, "exit with 5 if there were warnings")->group("Messages");
  command.add_flag("-q,--quiet", quiet, "print errors only")->group("Messages");
}

ProgressStyle Messages::style() const {
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  if (progress_ == "bar") return terminal ? ProgressStyle::line : ProgressStyle::bar;
  if (progress_ == "json") return ProgressStyle::json;
  if (progress_ == "none") return ProgressStyle::none;
  if (option_->count() > 0)
    throw Error(ErrorCode::usage,
                fmt::format("--progress: expected bar, json or none, found \"{}\"", progress_));
  return terminal && !quiet ? ProgressStyle::line : ProgressStyle::none;
}

std::string lineage_json(const std::optional<LineageReport>& lineage) {
  if (!lineage) return "null";
  JsonObject counts;
  for (const auto& [status, count] : lineage->counts) counts.add(status, count);
  return JsonObject()
      .add("batch_m2", lineage->batch_m2)
      .add("earlier_m2", lineage->earlier_m2)
      .add("new_m2", lineage->new_m2)
      .add("union_m2", lineage->union_m2)
      .raw("counts", counts.str())
      .str();
}

std::string stages_json(const std::vector<StageTime>& stages) {
  return json_list(stages, [](const StageTime& time) {
    return JsonObject()
        .add("stage", time.stage)
        .raw("seconds", fmt::format("{:.3f}", time.seconds))
        .raw("cpu_seconds", fmt::format("{:.3f}", time.cpu_seconds))
        .str();
  });
}

}  // namespace tuban::cli
