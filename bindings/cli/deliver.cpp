// SPDX-License-Identifier: Apache-2.0
#include "tuban/deliver.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "bindings/cli/commands.h"
#include "bindings/cli/json.h"
#include "bindings/cli/language.h"
#include "tuban/error.h"

namespace tuban::cli {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    if (end > at) words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::optional<int> parse_zone(const std::string& text) {
  if (text.empty() || text == "auto") return std::nullopt;
  int zone = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), zone);
  if (error == std::errc() && end == text.data() + text.size()) return zone;
  throw Error(ErrorCode::usage, fmt::format("--zone: expected auto or a zone, found \"{}\"", text));
}

bool parse_by(const std::string& text) {
  if (text.empty() || text == "county") return true;
  if (text == "none") return false;
  throw Error(ErrorCode::usage, fmt::format("--by: expected county or none, found \"{}\"", text));
}

std::string as_json(const DeliveredSet& set) {
  return JsonObject()
      .add("name", set.name)
      .add("county_name", set.county_name)
      .add("zone", set.zone)
      .add("epsg", set.epsg)
      .add("patches", set.patches)
      .add("area_m2", set.area_m2)
      .add("files", set.files)
      .str();
}

}  // namespace

void DeliverCommand::add(CLI::App& app) {
  command_ =
      app.add_subcommand("deliver", "hand a result on: Shapefile, GeoPackage and XLSX list per county");
  command_->allow_extras();
  const auto option = [&](const char* name, std::string& value, const char* help, const char* type) {
    return command_->add_option(name, value, help)->type_name(type)->type_size(1)->expected(1);
  };
  command_->add_option("RESULT", result_, "GeoPackage that tuban has written")->required();
  option("-o", options_.folder, "folder to make", "FOLDER")->required();
  option("--by", by_, "county (default): a set per county; none: one set", "WHAT");
  option("--format", formats_, "of shp,gpkg,xlsx (default: all)", "LIST");
  option("--schema", options_.schema, "tuban (default), or jctb: the survey's field names", "NAME");
  option("--marks", marks_, "only patches with one of these marks", "LIST");
  option("--severity", options_.severity, "only patches of this severity or higher", "S1..S4");
  option("--zone", zone_, "3-degree zone of every set, or auto (default): where the set's patches lie", "N");
  option("--counties", options_.counties, "YAML table of counties: names and zones", "FILE");
  option("--batch", options_.batch, "batch number, written into PCH of --schema jctb", "TEXT");
  add_language(*command_, language_);
  command_->add_flag("--overwrite", options_.overwrite, "replace an earlier delivery");
  command_->add_flag("--json", json_, "print one JSON object");
  command_->footer(
      "Examples:\n  tuban deliver result.gpkg -o delivery --lang zh\n"
      "  tuban deliver result.gpkg -o suspects --severity S3 --marks farmland --schema jctb\n");
}

int DeliverCommand::run() {
  refuse_extras(*command_);
  set_gdal_cache(0);
  options_.by_county = parse_by(by_);
  options_.zone = parse_zone(zone_);
  options_.language = parse_language(language_);
  options_.marks = split(marks_);
  if (command_->count("--format") > 0) options_.formats = split(formats_);
  const DeliveryReport report = deliver(result_, options_);
  if (json_) {
    print(JsonObject()
              .add("folder", options_.folder)
              .raw("sets", json_list(report.sets, [](const DeliveredSet& set) { return as_json(set); }))
              .add("left_out", report.left_out)
              .str() +
          "\n");
    return 0;
  }
  for (const DeliveredSet& set : report.sets) {
    const std::string name = set.county_name.empty() ? set.name : set.name + " " + set.county_name;
    print(fmt::format("{}: {} {}, {:.2f} m2, zone {} (EPSG:{})\n", name, set.patches,
                      set.patches == 1 ? "patch" : "patches", set.area_m2, set.zone, set.epsg));
  }
  if (report.sets.empty()) print("no patches to deliver\n");
  if (report.left_out > 0) print(fmt::format("{} left out by --marks or --severity\n", report.left_out));
  print(options_.folder + "\n");
  return 0;
}

}  // namespace tuban::cli
