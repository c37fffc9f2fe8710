// SPDX-License-Identifier: Apache-2.0
#include "tuban/mark.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "bindings/cli/commands.h"
#include "bindings/cli/console.h"
#include "bindings/cli/json.h"
#include "bindings/cli/stop_signals.h"
#include "tuban/error.h"

namespace tuban::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  tuban mark JCTB_2021_05.shp -o marked.gpkg --layers layers.yaml
  tuban mark evidence.db -o marked.gpkg --layers layers.yaml --rules farmland --after-date 2021-05-31
  tuban mark patches.gpkg -o again.gpkg --layers layers.yaml --rules my_rules.yaml

PATCHES is any vector source of polygons, or an evidence package: SQLite with a table JCTB. Every field it has
is kept beside ours; one whose name is ours gets src_ in front. What only pixels tell stays unknown.

Exit codes: 0 done, 1 runtime, 2 usage, 3 inputs do not fit together, 4 memory or disk, 5 warnings under
--strict, 130 interrupted.
)";

/// Options of a detection job that mean the same here.
constexpr std::string_view kShared[] = {
    "previous", "previous_id", "military_register", "rule",   "layers",  "rules",    "output",     "of",
    "co",       "lco",         "overwrite",         "memory", "threads", "executor", "work_folder"};

std::string as_json(const MarkJob& job, const Report& report) {
  JsonObject result;
  result.raw("outputs", JsonObject().add("output", job.output).str())
      .add("patches", report.patches)
      .add("findings", report.findings)
      .add("repaired_patches", report.repaired_patches)
      .raw("lineage", lineage_json(report.lineage))
      .add("peak_rss_bytes", report.peak_rss_bytes)
      .add("spilled_bytes", report.spilled_bytes)
      .raw("stages", stages_json(report.stages))
      .add("warnings", report.warnings);
  if (!report.manifest.empty()) result.raw("manifest", report.manifest);
  return result.str();
}

std::string as_text(const MarkJob& job, const Report& report) {
  return fmt::format("{} patches, {} findings; peak memory {:.0f} MB\n{}\n", report.patches, report.findings,
                     static_cast<double>(report.peak_rss_bytes) / 1e6, job.output);
}

}  // namespace

void MarkCommand::add(CLI::App& app) {
  command_ =
      app.add_subcommand("mark", "mark patches made elsewhere by rules, keeping every field they have");
  command_->allow_extras();
  command_->footer(kExamples);
  command_->add_option("PATCHES", job_.patches, "vector source of polygons, or SQLite with a table JCTB");
  const auto text = [&](const char* flag, std::string& into, const char* help, const char* type = "FIELD") {
    command_->add_option(flag, into, help)->type_name(type)->group("Input");
  };
  text("--layer", job_.layer, "layer of PATCHES (default: the only one, JCTB or patches)", "NAME");
  text("--crs", job_.crs, "of PATCHES where it states none, such as EPSG:4526", "CRS");
  text("--id-field", job_.id_field, "ids of patches (default: JCBH or patch_id)");
  text("--case-field", job_.case_field, "patches of one case count together (default: AJBH)");
  text("--type-field", job_.type_field, "kind of change, translated by --types-map (default: TBLX)");
  text("--types-map", job_.types_map, "YAML from kinds to C10 ... C99 (default: the shipped one)", "FILE");
  text("--before-date-field", job_.before_date_field, "date of the earlier image (default: QSX)");
  text("--after-date-field", job_.after_date_field, "date of the later image (default: HSX)");
  command_->add_option("--before-date", job_.before_date, "of all patches")
      ->type_name("YYYY-MM-DD")
      ->group("Input");
  command_->add_option("--after-date", job_.after_date, "of all patches")
      ->type_name("YYYY-MM-DD")
      ->group("Input");
  command_->add_option("--pixel-size", job_.pixel_size, "what outlines are sure to, in metres (default: 2)")
      ->type_name("METRES")
      ->group("Rules");
  for (const OptionInfo& option : job_options())
    if (std::find(std::begin(kShared), std::end(kShared), option.key) != std::end(kShared))
      add_option(*command_, option, given_);
  messages_.add(*command_);
}

int MarkCommand::run() {
  refuse_extras(*command_);
  if (job_.patches.empty())
    throw Error(ErrorCode::usage, "PATCHES is missing: give a vector source, tuban mark PATCHES -o OUT");
  Job shared;
  take_environment(shared);
  for (const auto& [key, values] : given_)
    if (!values.empty()) set_option(shared, key, values, flag_of(key));
  static_cast<MarkingJob&>(job_) = shared;
  if (job_.output.empty())
    throw Error(ErrorCode::usage, "there is nothing to write: give an output, tuban mark PATCHES -o OUT");

  set_gdal_cache(job_.memory_bytes);
  const StopSignals signals;
  Console console(messages_.style(), messages_.quiet);
  Control control;
  control.stop = signals.token();
  control.progress = [&](const Progress& progress) { console.progress(progress); };
  control.warn = [&](const std::string& sentence) { console.warn(sentence); };
  const Report report = tuban::mark(job_, control);
  console.finish();

  if (messages_.json) {
    print_report(job_, as_json(job_, report) + "\n");
  } else if (!messages_.quiet) {
    print_report(job_, as_text(job_, report));
  }
  return messages_.strict && !report.warnings.empty() ? kWarningsUnderStrict : 0;
}

}  // namespace tuban::cli
