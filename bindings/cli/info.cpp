// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bindings/cli/commands.h"
#include "bindings/cli/json.h"
#include "tuban/io.h"
#include "tuban/job.h"

namespace tuban::cli {
namespace {

const char* name_of(SampleType type) {
  switch (type) {
    case SampleType::uint8:
      return "uint8";
    case SampleType::uint16:
      return "uint16";
    case SampleType::int16:
      return "int16";
    case SampleType::float32:
      break;
  }
  return "float32";
}

const char* name_of(BandRole role) {
  constexpr const char* kNames[] = {"unknown", "blue",  "green", "red", "red_edge",
                                    "nir",     "swir1", "swir2", "sar"};
  return kNames[static_cast<std::size_t>(role)];
}

// From WKT2: the first quoted text is the name, the last ID of the outermost node is the code.
std::string crs_name(const std::string& wkt) {
  const auto from = wkt.find('"');
  return from == std::string::npos ? wkt : wkt.substr(from + 1, wkt.find('"', from + 1) - from - 1);
}

std::string crs_code(const std::string& wkt) {
  const auto id = wkt.rfind("ID[\"");
  if (id == std::string::npos) return {};
  const auto end = wkt.find(']', id);
  if (end == std::string::npos || wkt.find_first_not_of(" \n]", end) != std::string::npos) return {};
  if (std::count(wkt.begin() + static_cast<std::ptrdiff_t>(end), wkt.end(), ']') != 2) return {};
  std::string code = wkt.substr(id + 4, end - id - 4);
  code.replace(code.find('"'), 2, ":");
  return code;
}

std::string as_json(const SourceInfo& info) {
  JsonObject object;
  object.add("name", info.name).add("width", info.grid.width).add("height", info.grid.height);
  object.raw("transform", json_list(info.grid.transform, json_number));
  object.add("crs", info.grid.crs)
      .add("crs_name", crs_name(info.grid.crs))
      .add("crs_code", crs_code(info.grid.crs));
  object.add("type", name_of(info.type));
  object.raw("bands", json_list(info.bands, [](const BandInfo& band) {
               return JsonObject().add("name", band.name).add("role", name_of(band.role)).str();
             }));
  object.add("block_width", info.block_width).add("block_height", info.block_height);
  object.add("validity", info.validity);
  object.raw("date", info.date ? json_text(*info.date) : "null");
  return object.str();
}

std::string as_text(const SourceInfo& info) {
  const Grid& grid = info.grid;
  const auto& t = grid.transform;
  std::string text = info.name + "\n";
  const auto line = [&](const char* label, const std::string& value) {
    text += fmt::format("  {:<10}{}\n", label, value);
  };
  line("size", fmt::format("{} x {} pixels of {}, stored in blocks of {} x {}", grid.width, grid.height,
                           name_of(info.type), info.block_width, info.block_height));
  const bool plain = t[2] == 0 && t[4] == 0;
  line("grid", plain ? fmt::format("origin ({}, {}), pixel {} x {}", t[0], t[3], t[1], t[5])
                     : fmt::format("transform ({})", fmt::join(t, ", ")));
  const std::string code = crs_code(grid.crs);
  line("crs", !grid.has_crs() ? "none: areas on the earth are unknown"
                              : crs_name(grid.crs) + (code.empty() ? "" : " (" + code + ")"));
  for (std::size_t b = 0; b < info.bands.size(); ++b) {
    line(b == 0 ? "bands" : "", fmt::format("{:<9}{}", name_of(info.bands[b].role), info.bands[b].name));
  }
  line("validity", info.validity.empty() ? "every pixel" : info.validity);
  line("date", info.date ? *info.date : "unknown; give it with --before-date or --after-date");
  return text;
}

}  // namespace

void InfoCommand::add(CLI::App& app) {
  command_ = app.add_subcommand(
      "info", "show what tuban makes of rasters: grid, CRS, bands and roles, validity, date");
  command_->allow_extras();
  command_->add_option("RASTER", rasters_, "rasters to look at")->required();
  command_->add_option("--bands", bands_, "bands as for detect")
      ->type_name("LIST")
      ->type_size(1)
      ->expected(1);
  command_->add_option("--oo", open_options_, "GDAL open option; repeatable")
      ->type_name("KEY=VALUE")
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command_->add_flag("--json", json_, "print one JSON object");
  command_->footer("Example:\n  tuban info 2020.tif 2021.tif --bands blue=1,green=2,red=3,nir=4\n");
}

int InfoCommand::run() {
  refuse_extras(*command_);
  set_gdal_cache(0);
  Job parsed;
  if (!bands_.empty()) set_option(parsed, "bands", {bands_}, "--bands");
  if (!open_options_.empty()) set_option(parsed, "oo", open_options_, "--oo");
  std::vector<std::shared_ptr<const Source>> sources;
  for (const std::string& path : rasters_) {
    sources.push_back(open_raster(path, {parsed.bands, parsed.before.open_options, {}}));
  }
  if (json_) {
    const auto list = json_list(sources, [](const auto& source) { return as_json(source->info()); });
    print(JsonObject().raw("rasters", list).str() + "\n");
  } else {
    for (const auto& source : sources) print(as_text(source->info()));
  }
  return 0;
}

}  // namespace tuban::cli
