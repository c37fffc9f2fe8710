// SPDX-License-Identifier: Apache-2.0
// Hand-made patches and marks for tests of what is written.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/io/sink.h"
#include "engine/rules/mark.h"
#include "tuban/job.h"
#include "tuban/patch.h"

namespace tuban::test {

/// A folder of its own for a test, removed at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tuban-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  /// Names of all entries, hidden ones too, sorted.
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path path_;
};

/// CGCS2000 / 3-degree Gauss-Kruger zone 38 at 2 m.
inline constexpr const char* kGaussKruger38 =
    R"w(PROJCRS["CGCS2000 / 3-degree Gauss-Kruger zone 38",BASEGEOGCRS["China Geodetic Coordinate System 2000",)w"
    R"w(DATUM["China 2000",ELLIPSOID["CGCS2000",6378137,298.257222101,LENGTHUNIT["metre",1]]],)w"
    R"w(PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4490]],)w"
    R"w(CONVERSION["3-degree Gauss-Kruger zone 38",METHOD["Transverse Mercator",ID["EPSG",9807]],)w"
    R"w(PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],)w"
    R"w(PARAMETER["Longitude of natural origin",114,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],)w"
    R"w(PARAMETER["Scale factor at natural origin",1,SCALEUNIT["unity",1],ID["EPSG",8805]],)w"
    R"w(PARAMETER["False easting",38500000,LENGTHUNIT["metre",1],ID["EPSG",8806]],)w"
    R"w(PARAMETER["False northing",0,LENGTHUNIT["metre",1],ID["EPSG",8807]]],CS[Cartesian,2],)w"
    R"w(AXIS["northing (X)",north,ORDER[1],LENGTHUNIT["metre",1]],)w"
    R"w(AXIS["easting (Y)",east,ORDER[2],LENGTHUNIT["metre",1]],ID["EPSG",4526]])w";

inline Grid sample_grid() {
  Grid grid;
  grid.width = 1000;
  grid.height = 800;
  grid.transform = {38450000, 2, 0, 2500000, 0, -2};
  grid.crs = kGaussKruger38;
  return grid;
}

inline Polygon square(double x, double y, double side) {
  return {{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}}};
}

/// Every field set, each to a value of its own; two parts, one with a hole.
inline Patch full_patch() {
  Patch p;
  p.patch_id = "0123456789abcdef";
  p.region_id = (std::uint64_t{1} << 40) + 7;  // beyond 32 bits
  p.lineage_id = "fedcba9876543210";
  p.lineage_status = "grown";
  p.first_seen_date = "2020-11-30";
  p.earlier_m2 = 600.5;
  p.earlier_share = 0.6025;
  p.earlier_suspected_share = 0.25;
  p.case_id = "2021-77";
  p.lineage = {
      {"0123456789abcdef", "fedcba9876543210", "2020.gpkg", "2020-11-30", "grown", 600.5, 0.6025, 1.0}};
  p.geometry = {square(38450100, 2499900, 30), square(38450130, 2499930, 10)};
  p.geometry[0].rings.push_back({{38450110, 2499910},
                                 {38450110, 2499912},
                                 {38450112, 2499912},
                                 {38450112, 2499910},
                                 {38450110, 2499910}});
  p.cut = true;
  p.area_px = 5000000000;
  p.area_m2 = 996.123456789;
  p.area_geod_m2 = 996.25;
  p.area_mu = 1.4941851851835;
  p.perimeter_m = 168.5;
  p.perimeter_px = 84;
  p.compactness = 1.0 / 3.0;
  p.elongation = 1.25;
  p.centroid_x = 38450116.1;
  p.centroid_y = 2499916.2;
  p.lon = 113.515;
  p.lat = 22.594;
  p.last_row = 50;
  p.before_date = "2021-03-01";
  p.after_date = "2021-06-30T02:50:00Z";
  p.spectra = {{BandRole::red, "B04", 0.125, 0.01, 0.25, 0.02},
               {BandRole::nir, "B08", 0.5, 0.03, 0.375, 0.04}};
  p.ndvi = {0.6, 0.2};
  p.ndwi = {-0.5, -0.1};
  p.mndwi = {-0.4, -0.2};
  p.ndbi = {-0.3, 0.1};
  p.bsi = {-0.2, 0.3};
  p.brightness = {0.3125, 0.4375};
  p.direction = "vegetation_loss";
  p.change_type = "C11";
  p.type_confidence = 0.7;
  p.construction_like = true;
  p.earthwork_like = true;
  p.score_mean = 3.5;
  p.score_max = 9.75;
  p.confidence = 0.99;
  p.edge_share = 0.0625;
  p.valid_share = 0.9375;
  return p;
}

/// As a patch is without CRS, dates and band roles: everything optional is unknown.
inline Patch bare_patch(int i) {
  Patch p;
  p.patch_id = std::string(15, '0') + std::to_string(i % 10);
  p.lineage_id = p.patch_id;
  p.region_id = static_cast<std::uint64_t>(i);
  p.geometry = {square(38450000 + 6 * i, 2499000, 3)};
  p.area_px = 9;
  p.perimeter_px = 12;
  p.direction = "unknown";
  p.change_type = "C99";
  return p;
}

/// One fired rule with an infinite and a missing fact, and one that could not be decided.
inline Marks full_marks() {
  Marks marks;
  Finding fired;
  fired.patch_id = "0123456789abcdef";
  fired.rulebook = "farmland";
  fired.version = "2021.1";
  fired.rule_id = "F01";
  fired.name_zh = "疑似占用永久基本农田";
  fired.name_en = "Possible occupation of permanent basic farmland";
  fired.status = "fired";
  fired.effect = "mark";
  fired.mark = "farmland";
  fired.severity = "S4";
  fired.note = "he said \"sliver\", twice";
  fired.basis = "江府办函〔2021〕83号 五(四)";
  fired.predicates = {{"construction_like", 1, {{"construction_like", {FactValue::Kind::number, 1, ""}}}},
                      {"basic_farmland_m2 >= 200",
                       1,
                       {{"basic_farmland_m2", {FactValue::Kind::number, 312.5, ""}},
                        {"mining_right_distance_m",
                         {FactValue::Kind::number, std::numeric_limits<double>::infinity(), ""}}}}};
  Finding unknown = fired;
  unknown.rule_id = "F08";
  unknown.status = "unknown";
  unknown.severity = "";
  unknown.predicates = {{"approved_land_share >= 0.95", -1, {{"approved_land_share", {}}}},
                        {"land_use = 'x'", 0, {{"land_use", {FactValue::Kind::text, 0, "0101"}}}}};
  marks.findings = {fired, unknown};
  marks.overlaps = {{"0123456789abcdef", "basic_farmland", "YN-7", "0101", "valid", 312.5, 300.25,
                     "粤府〔2021〕7号", "2021-03-01", "2021-04-01", "2030-12-31"},
                    {"0123456789abcdef", "land_use", "42", "0101", "", 996.125, std::nullopt}};
  marks.marks = {"farmland", "mining"};
  marks.severity = "S4";
  DerivedPiece piece;
  piece.piece_id = "00ff00ff00ff00ff";
  piece.patch_id = "0123456789abcdef";
  piece.rulebook = "farmland";
  piece.rule_id = "F09";
  piece.geometry = {square(38450100, 2499900, 20)};
  piece.area_m2 = 400;
  piece.severity = "S3";
  piece.marks = {"farmland", "mining"};
  marks.pieces = {piece};
  return marks;
}

inline constexpr const char* kManifest =
    R"({"tuban": "0.1.0", "inputs": [{"path": "a.tif"}], "cut": 2.5, "warnings": [], "名": "值"})";

inline void write_one(PatchSink& sink, const Patch& patch, std::int64_t rank, const Marks& marks) {
  PatchRow row;
  row.patch = patch;
  row.rank = rank;
  row.marks = marks;
  sink.encode(row);
  sink.write({&row, 1});
}

inline void finish(const std::unique_ptr<PatchSink>& sink, const std::string& manifest) {
  sink->prepare(manifest);
  sink->publish();
}

inline void finish(const std::unique_ptr<RasterSink>& sink) {
  sink->prepare();
  sink->publish();
}

inline Job job_to(const std::string& output) {
  Job job;
  job.output = output;
  return job;
}

}  // namespace tuban::test
