// SPDX-License-Identifier: Apache-2.0
#include "tuban/deliver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "engine/delivery/county_set.h"
#include "engine/delivery/jctb.h"
#include "engine/delivery/patch_list.h"
#include "engine/delivery/staged_folder.h"
#include "engine/io/vector_file.h"
#include "engine/io/zone_transform.h"
#include "engine/rules/nearest.h"
#include "tuban/error.h"

namespace tuban {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kFormats{"shp", "gpkg", "xlsx"};
constexpr std::array<std::string_view, 2> kSchemas{"tuban", "jctb"};

void check(const DeliverOptions& options) {
  const auto one_of = [](std::string_view word, std::span<const std::string_view> known, const char* option) {
    if (std::find(known.begin(), known.end(), word) != known.end()) return;
    throw Error(ErrorCode::usage, fmt::format("{}: expected {}, found \"{}\"", option, listed(known), word));
  };
  if (options.folder.empty())
    throw Error(ErrorCode::usage, "the folder to deliver to is missing; give it with -o");
  if (options.formats.empty())
    throw Error(ErrorCode::usage, "--format: expected shp, gpkg, xlsx, found nothing");
  for (const std::string& format : options.formats) one_of(format, kFormats, "--format");
  one_of(options.schema, kSchemas, "--schema");
}

Json run_json(const ResultFile& result, const char* key) {
  const Json json = Json::parse(result.run_value(key), nullptr, false);
  return json.is_object() ? json : Json::object();
}

/// Writes the files of one set into a folder of its own.
class SetWriter {
 public:
  SetWriter(const ResultFile& result, const std::vector<PatchSummary>& patches, const DeliverOptions& options,
            const std::string& day)
      : result_(result), patches_(patches), options_(options), day_(day) {
    for (std::size_t i = 0; i < patches.size(); ++i) position_.emplace(patches[i].id, i);
    common_.batch = options.batch;
    common_.language = options.language;
    common_.before_scene = run_json(result, "before").value("scene_id", "");
    common_.after_scene = run_json(result, "after").value("scene_id", "");
    const Json registration = run_json(result, "registration");
    if (const Json residual = registration.value("residual_px", Json()); residual.is_number()) {
      common_.registration_px = residual.get<double>();
    }
  }

  DeliveredSet write(const CountySet& set, const fs::path& root) {
    set_ = &set;
    ids_.clear();
    DeliveredSet done{set.name, set.county_name, set.zone, zone_epsg(set.zone), 0, 0, {}};
    for (const std::size_t i : set.patches) {
      ids_.insert(patches_[i].id);
      done.area_m2 += patches_[i].area_m2.value_or(0);
    }
    done.patches = static_cast<std::int64_t>(set.patches.size());
    const ZoneTransform transform(result_.crs(), set.zone);
    transform_ = &transform;
    const fs::path folder = root / set.name;
    fs::create_directory(folder);
    for (const std::string_view format : kFormats) {
      if (std::find(options_.formats.begin(), options_.formats.end(), format) == options_.formats.end())
        continue;
      if (format == "shp") write_shapefiles(folder);
      if (format == "gpkg") write_geopackage((folder / (set.name + ".gpkg")).string());
      if (format == "xlsx") {
        write_patch_list({result_, patches_, set, ids_, transform, day_, options_.language},
                         (folder / (set.name + ".xlsx")).string(), folder.string());
      }
    }
    for (const auto& file : fs::directory_iterator(folder)) {
      done.files.push_back(set.name + "/" + file.path().filename().string());
    }
    std::sort(done.files.begin(), done.files.end());
    return done;
  }

 private:
  bool jctb() const { return options_.schema == "jctb"; }

  void write_shapefiles(const fs::path& folder) {
    const std::string stem = (folder / set_->name).string();
    VectorFile patches(VectorKind::shapefile, stem + "_patches.shp", zone_epsg(set_->zone), day_);
    write_patches(patches, set_->name + "_patches");
    patches.close();
    if (!result_.spatial("pieces")) return;
    VectorFile pieces(VectorKind::shapefile, stem + "_pieces.shp", zone_epsg(set_->zone), day_);
    copy("pieces", pieces, set_->name + "_pieces");
    pieces.close();
  }

  void write_geopackage(const std::string& path) {
    VectorFile file(VectorKind::geopackage, path, zone_epsg(set_->zone), day_);
    write_patches(file, jctb() ? "JCTB_OUT" : "patches");
    for (const char* table : {"pieces", "findings", "overlaps", "lineage", "spectra"}) {
      if (result_.has(table)) copy(table, file, table);
    }
    file.close();
  }

  void write_patches(VectorFile& file, const std::string& layer) {
    if (jctb()) {
      OgrTable& table = file.add(layer, jctb_columns(), true);
      each_patch([&](const ResultRow& row, const PatchSummary& patch) {
        set_jctb(table, patch, common_, transform_->apply(patch.centroid));
        insert(row, file, table);
      });
      return;
    }
    std::vector<Column> columns = columns_of("patches");
    const std::size_t own = columns.size();
    columns.insert(columns.end(), {{"county", "county", "区县代码"},
                                   {"county_name", "county_nm", "区县名称"},
                                   {"town", "town", "乡镇街道代码"},
                                   {"town_name", "town_nm", "乡镇街道名称"}});
    OgrTable& table = file.add(layer, columns, true);
    each_patch([&](const ResultRow& row, const PatchSummary& patch) {
      const Point centroid = transform_->apply(patch.centroid);
      for (std::size_t i = 0; i < own; ++i) {
        const std::string_view name = columns[i].name;
        table.set(i, name == "centroid_x"   ? Cell(centroid.x)
                     : name == "centroid_y" ? Cell(centroid.y)
                                            : row.cell(i));
      }
      const Place& place = patch.place;
      const std::string& county = set_->name == place.county ? set_->county_name : place.county_name;
      std::size_t column = own;
      for (const std::string* text : {&place.county, &county, &place.town, &place.town_name}) {
        table.set(column++, text->empty() ? Cell() : Cell(text->c_str()));
      }
      insert(row, file, table);
    });
  }

  template <typename Take>
  void each_patch(const Take& take) {
    result_.each("patches", [&](const ResultRow& row) {
      const std::string id = row.text("patch_id");
      if (ids_.count(id) != 0) take(row, patches_[position_.at(id)]);
    });
  }

  /// The rows of a table that belong to the set's patches, as they are but for the zone.
  void copy(const std::string& name, VectorFile& file, const std::string& layer) {
    const bool spatial = result_.spatial(name);
    OgrTable& table = file.add(layer, columns_of(name), spatial);
    const std::size_t columns = result_.columns(name).size();
    result_.each(name, [&](const ResultRow& row) {
      if (ids_.count(row.text("patch_id")) == 0) return;
      for (std::size_t i = 0; i < columns; ++i) table.set(i, row.cell(i));
      if (spatial) {
        insert(row, file, table);
      } else {
        file.insert(table);
      }
    });
  }

  void insert(const ResultRow& row, VectorFile& file, OgrTable& table) const {
    MultiPolygon geometry = row.geometry();
    transform_->apply(geometry);
    table.set_geometry(geometry);
    file.insert(table);
  }

  /// They point into the result's own names.
  std::vector<Column> columns_of(const std::string& table) const {
    std::vector<Column> columns;
    for (const ResultColumn& one : result_.columns(table)) {
      columns.push_back({one.name.c_str(), one.short_name.c_str(), one.zh, one.type, one.decimals});
    }
    return columns;
  }

  const ResultFile& result_;
  const std::vector<PatchSummary>& patches_;
  const DeliverOptions& options_;
  std::string day_;
  JctbCommon common_;
  std::unordered_map<std::string, std::size_t> position_;
  const CountySet* set_ = nullptr;
  const ZoneTransform* transform_ = nullptr;
  std::unordered_set<std::string> ids_;
};

/// What the delivery says of itself; no clock, so that it too is the same for the same result.
void write_delivery_file(const fs::path& path, const std::string& result, const DeliverOptions& options,
                         const DeliveryReport& report) {
  Json json{{"result", fs::path(result).filename().string()},
            {"schema", options.schema},
            {"formats", options.formats},
            {"marks", options.marks},
            {"severity", options.severity},
            {"left_out", report.left_out},
            {"sets", Json::array()}};
  for (const DeliveredSet& set : report.sets) {
    json["sets"].push_back({{"name", set.name},
                            {"county_name", set.county_name},
                            {"zone", set.zone},
                            {"crs", fmt::format("EPSG:{}", set.epsg)},
                            {"patches", set.patches},
                            {"area_m2", set.area_m2},
                            {"files", set.files}});
  }
  std::ofstream file(path, std::ios::binary);
  file << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  file.close();
  if (!file) throw Error(ErrorCode::runtime, fmt::format("cannot write '{}'", path.string()));
}

/// The day that stands for the day of writing: the latest of the patches, so that equal results are delivered
/// to equal bytes.
std::string day_of(const std::vector<PatchSummary>& patches) {
  std::string day = "1980-01-01";
  for (const PatchSummary& patch : patches) {
    if (!iso_day(patch.after_date).empty()) day = std::max(day, patch.after_date.substr(0, 10));
  }
  return day;
}

}  // namespace

DeliveryReport deliver(const std::string& result, const DeliverOptions& options) {
  check(options);
  const ResultFile file(result);
  const std::vector<PatchSummary> patches = summarise(file);
  if (!patches.empty() && file.crs().empty()) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("'{}' has no CRS, so it cannot be brought into a zone; only results with a CRS can be "
                    "delivered",
                    result));
  }
  const std::vector<CountySet> sets = county_sets(patches, options, result);
  StagedFolder folder(options.folder, options.overwrite);
  DeliveryReport report;
  report.left_out = static_cast<std::int64_t>(patches.size());
  SetWriter writer(file, patches, options, day_of(patches));
  for (const CountySet& set : sets) {
    report.sets.push_back(writer.write(set, folder.path()));
    report.left_out -= report.sets.back().patches;
  }
  write_delivery_file(folder.path() / kDeliveryFile, result, options, report);
  folder.publish();
  return report;
}

}  // namespace tuban
