// SPDX-License-Identifier: Apache-2.0
// tuban::mark() from file to file: patches made elsewhere.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "tests/support/read_results.h"
#include "tests/support/rule_ground.h"
#include "tests/support/vector_file.h"
#include "tuban/mark.h"

namespace tuban::test {
namespace {

/// A square of 100 m on the domain's test vector: 9997.87 m2 on the ellipsoid.
constexpr const char* kSquare =
    "POLYGON((38407000 2500000,38407100 2500000,38407100 2500100,38407000 2500100,38407000 2500000))";
constexpr const char* kOther =
    "POLYGON((38407200 2500000,38407300 2500000,38407300 2500100,38407200 2500100,38407200 2500000))";
constexpr const char* kBowTie =
    "POLYGON((38407200 2500000,38407300 2500100,38407300 2500000,38407200 2500100,38407200 2500000))";

class MarkRun : public ::testing::Test {
 protected:
  /// As offices issue them: GBK, and nothing that says so.
  std::string shapefile(const char* name) {
    VectorFile("ESRI Shapefile", folder_ / "parcels.shp", "EPSG:4526", wkbPolygon, {"ENCODING="})
        .field("JCBH", OFTString)
        .field("TBLX", OFTString)
        .field("XMC", OFTString)
        .feature(kSquare, {"A1", "1", name});
    std::filesystem::remove(folder_ / "parcels.cpg");
    return folder_ / "parcels.shp";
  }

  /// A GeoPackage, which takes any text.
  std::string package(const std::vector<std::array<const char*, 5>>& rows, const char* crs = "EPSG:4526") {
    const std::string path = folder_ / "issued.gpkg";
    std::filesystem::remove(path);
    VectorFile file("GPKG", path, crs, wkbUnknown);
    file.field("JCBH", OFTString)
        .field("TBLX", OFTString)
        .field("HSX", OFTString)
        .field("severity", OFTString);
    for (const auto& [shape, id, type, date, name] : rows) file.feature(shape, {id, type, date, name});
    return path;
  }

  std::string evidence(const std::vector<std::array<const char*, 5>>& rows) {
    const std::string path = folder_ / "evidence.db";
    std::filesystem::remove(path);
    sqlite3* database = nullptr;
    sqlite3_open(path.c_str(), &database);
    std::string sql =
        "CREATE TABLE JCTB (JCBH TEXT PRIMARY KEY, TBLX TEXT, XZQDM TEXT, XMC TEXT, JCMJ REAL, QSX "
        "TEXT, HSX TEXT, TBFW TEXT); CREATE TABLE FJ (F_ID TEXT, FJ BLOB);";
    for (const auto& [shape, id, type, date, name] : rows)
      sql += std::string("INSERT INTO JCTB VALUES ('") + id + "','" + type + "','440703','" + name +
             "',10000.5,'20210301','" + date + "','" + shape + "');";
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
    return path;
  }

  void declare_military(const char* ground) {
    VectorFile("GPKG", folder_ / "ground.gpkg", "EPSG:4526").field("NAME", OFTString).feature(ground, {"x"});
    std::ofstream(folder_ / "layers.yaml") << "layers: [{role: military, path: ground.gpkg}]\n";
    job_.layers = {folder_ / "layers.yaml"};
  }

  Report run(const std::string& patches, const Control& control = {}) {
    job_.patches = patches;
    job_.output = folder_ / "out.gpkg";
    job_.overwrite = true;
    return tuban::mark(job_, control);
  }

  std::string refused(ErrorCode code, const std::string& patches) {
    return refusal(code, [&] { run(patches); });
  }

  std::vector<Names> told(const std::string& columns, const std::string& table = "patches") {
    const auto dataset = open_vector(folder_ / "out.gpkg");
    return query(*dataset, ("SELECT " + columns + " FROM " + table).c_str());
  }

  TempFolder folder_;
  MarkJob job_;
};

TEST_F(MarkRun, AnEvidencePackageIsMeasuredAndKeepsEveryField) {
  run(evidence({{kSquare, "440703SJBG26210183", "2A", "2021/4/1", "蓬江区"}}));
  EXPECT_EQ(told("patch_id, JCBH, XMC, JCMJ, QSX, before_date, after_date, change_type, round(area_m2, 2)"),
            (std::vector<Names>{{"440703SJBG26210183", "440703SJBG26210183", "蓬江区", "10000.5", "20210301",
                                 "2021/03/01", "2021/04/01", "C11", "9997.87"}}));
}

TEST_F(MarkRun, AShapefileInGbkIsRead) {
  run(shapefile("\xC5\xEE\xBD\xAD\xC7\xF8"));
  EXPECT_EQ(told("patch_id, XMC"), (std::vector<Names>{{"A1", "蓬江区"}}));
}

TEST_F(MarkRun, WhatOnlyPixelsTellIsNull) {
  run(evidence({{kSquare, "A1", "unheard of", "20210401", ""}}));
  EXPECT_EQ(told("count(area_px) + count(score_mean) + count(confidence) + count(direction) + "
                 "count(change_type) + count(construction_like) + count(earthwork_like) + count(edge_share)"),
            (std::vector<Names>{{"0"}}));
}

TEST_F(MarkRun, ShapeFactsComeFromTheShape) {
  run(evidence({{kSquare, "A1", "1", "20210401", ""}}));
  EXPECT_EQ(told("round(compactness, 9), elongation, centroid_x, centroid_y"),
            (std::vector<Names>{{"0.785398163", "1", "38407050", "2500050"}}));
}

TEST_F(MarkRun, TwoZonesInOnePackageMeetInTheFirst) {
  // The same ground once more, from zone 37: shares the first patch's place to the centimetre.
  run(evidence({{kSquare, "A1", "1", "20210401", ""},
                {"POLYGON((37715400 2501000,37715500 2501000,37715500 2501100,37715400 2501100,37715400 "
                 "2501000))",
                 "A2", "1", "20210401", ""}}));
  const auto rows = told("abs(centroid_x - 38407050) < 5000");
  EXPECT_EQ(rows, (std::vector<Names>{{"1"}, {"1"}}));
}

TEST_F(MarkRun, InvalidShapesAreRepairedAndSaid) {
  const Report report =
      run(evidence({{kSquare, "A1", "1", "20210401", ""}, {kBowTie, "A2", "1", "20210401", ""}}));
  EXPECT_EQ(report.repaired_patches, 1);
  const auto said =
      std::find_if(report.warnings.begin(), report.warnings.end(), [](const std::string& sentence) {
        return sentence.find("1 of 2 patches were invalid") != std::string::npos;
      });
  ASSERT_NE(said, report.warnings.end());
  EXPECT_TRUE(holds(*said, {"evidence.db", "A2"}));
}

TEST_F(MarkRun, AFieldWithANameOfOursGetsAPrefix) {
  run(package({{kSquare, "A1", "1", "2021-04-01", "grave"}}));
  EXPECT_EQ(told("src_severity, severity"), (std::vector<Names>{{"grave", ""}}));
}

TEST_F(MarkRun, ADateGivenForAllWinsOverAField) {
  job_.after_date = "2022-01-31";
  run(package({{kSquare, "A1", "1", "no date", ""}}));
  EXPECT_EQ(told("after_date, HSX"), (std::vector<Names>{{"2022/01/31", "no date"}}));
}

TEST_F(MarkRun, AMapOfTypesTranslates) {
  job_.types_map = folder_ / "types.yaml";
  std::ofstream(job_.types_map) << "types: {'7*': C30, 7B: C31}\n";
  run(package({{kSquare, "A1", "7A", "2021-04-01", ""}, {kOther, "A2", "7B", "2021-04-01", ""}}));
  EXPECT_EQ(told("change_type, construction_like, earthwork_like"),
            (std::vector<Names>{{"C30", "0", "1"}, {"C31", "0", "1"}}));
}

TEST_F(MarkRun, UnknownFactsGiveUnknownFindingsNeverPassedOnes) {
  job_.rules = {folder_ / "book.yaml"};
  std::ofstream(job_.rules.front())
      << "rulebook: b\nversion: '1'\nrules:\n  - {id: R1, name: {zh: 一, en: one}, "
         "scope: patch, effect: mark, mark: m, basis: b, cases: [{severity: S2, "
         "when: ['score_mean < 5']}]}\n";
  run(package({{kSquare, "A1", "1", "2021-04-01", ""}}));
  EXPECT_EQ(told("rule_id, status", "findings"), (std::vector<Names>{{"R1", "unknown"}}));
}

/// Textured ground of four bands, and a bright square on the second date.
struct Image {
  static constexpr int kSide = 200;
  explicit Image(bool after) {
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x)
        for (int band = 0; band < 4; ++band) {
          const int noise = (x * 7919 + y * 104729 + band * 31 + (after ? 17 : 0)) % 23;
          const bool square = after && x >= 80 && x < 110 && y >= 60 && y < 90;
          samples.push_back(static_cast<std::uint16_t>(
              square ? 4200 + 10 * band + noise : 800 + 200 * band + 300 * ((x / 25 + y / 20) % 4) + noise));
        }
    raster.name = after ? "after" : "before";
    raster.grid = sample_grid();
    raster.grid.width = raster.grid.height = kSide;
    raster.type = SampleType::uint16;
    raster.data = samples.data();
    raster.pixel_stride = 8;
    raster.row_stride = 8 * kSide;
    raster.band_stride = 2;
    raster.bands = {
        {"blue", BandRole::blue}, {"green", BandRole::green}, {"red", BandRole::red}, {"nir", BandRole::nir}};
    raster.date = after ? "2021-06-30" : "2021-03-01";
  }
  std::vector<std::uint16_t> samples;
  MemoryRaster raster;
};

TEST_F(MarkRun, AResultOfOursIsMarkedAsItsOwnRunMarkedIt) {
  const std::string book = folder_ / "book.yaml";
  std::ofstream(book) << R"yaml(
rulebook: pixels
version: "1"
rules:
  - id: R1
    name: {zh: 一, en: one}
    scope: patch
    effect: mark
    mark: m
    basis: b
    cases:
      - severity: S2
        when:
          - "area_px > 0 AND perimeter_px > 0 AND compactness > 0 AND elongation > 0"
          - "score_mean > 0 AND score_max > 0 AND confidence > 0 AND edge_share >= 0 AND valid_share > 0"
          - "type_confidence > 0 AND (construction_like OR NOT construction_like)"
          - "direction IN ('brightening', 'vegetation_loss', 'unknown')"
          - "change_type < 'C99'"
          - "ndvi_before < 2 AND ndwi_after < 2 AND brightness_after > 0"
          - "area_m2 > 0 AND perimeter_m > 0 AND after_date > before_date"
          - "built_before OR NOT built_before"
)yaml";
  const Image before(false), after(true);
  Job job;
  job.before.source = wrap_memory(before.raster);
  job.after.source = wrap_memory(after.raster);
  job.rules = {book};
  job.output = folder_ / "detected.gpkg";
  ASSERT_GT(tuban::run(job).patches, 0);
  job_.rules = {book};
  run(job.output);
  const char* const findings = "SELECT patch_id, rule_id, status, severity, note, evidence FROM findings";
  const char* const patches =
      "SELECT patch_id, region_id, rank, marks, severity, rules, area_px, area_m2, area_geod_m2, "
      "perimeter_m, "
      "perimeter_px, compactness, elongation, before_date, after_date, direction, change_type, score_mean, "
      "confidence, edge_share, valid_share, cut, ndvi_after FROM patches";
  const char* const spectra = "SELECT * FROM spectra";
  const auto detected = open_vector(job.output), marked = open_vector(folder_ / "out.gpkg");
  ASSERT_EQ(query(*detected, findings).front()[2], "fired");
  for (const char* sql : {findings, patches, spectra}) EXPECT_EQ(query(*detected, sql), query(*marked, sql));
}

TEST_F(MarkRun, ADetectionIsToldFromWhichBatchItsPatchesGoOn) {
  const Image before(false), after(true);
  Job job;
  job.before.source = wrap_memory(before.raster);
  job.after.source = wrap_memory(after.raster);
  job.output = folder_ / "first.gpkg";
  const auto patches = tuban::run(job).patches;
  ASSERT_GT(patches, 0);
  job.previous = {job.output};
  job.output = folder_ / "second.gpkg";
  const Report report = tuban::run(job);
  ASSERT_TRUE(report.lineage);
  EXPECT_EQ(report.lineage->new_m2, 0);
  EXPECT_EQ(report.lineage->union_m2, report.lineage->batch_m2);
  const auto first = open_vector(job.previous.front()), second = open_vector(job.output);
  EXPECT_EQ(
      query(*second, "SELECT lineage_id, 'continued', '2021/06/30', 1.0 FROM patches"),
      query(*second, "SELECT patch_id, lineage_status, first_seen_date, earlier_patch_share FROM patches"));
  EXPECT_EQ(query(*first, "SELECT patch_id FROM patches"), query(*second, "SELECT earlier_id FROM lineage"));
  EXPECT_EQ(query(*first, "SELECT count(lineage_status) + count(earlier_patch_m2) FROM patches"),
            (std::vector<Names>{{"0"}}));
}

TEST_F(MarkRun, RefusalsNameWhatIsWrong) {
  EXPECT_TRUE(holds(refused(ErrorCode::mismatch, package({{kSquare, "A1", "1", "2021-04-01", ""},
                                                          {kOther, "A1", "1", "2021-04-01", ""}})),
                    {"issued.gpkg", "\"A1\"", "JCBH", "--id-field"}));
  EXPECT_TRUE(holds(refused(ErrorCode::mismatch, package({{kSquare, nullptr, "1", "2021-04-01", ""}})),
                    {"issued.gpkg", "row 1", "JCBH"}));
  EXPECT_TRUE(holds(refused(ErrorCode::mismatch, package({{kSquare, "A1", "1", "spring", ""}})),
                    {"A1", "\"spring\"", "HSX", "--after-date"}));
  EXPECT_TRUE(holds(refused(ErrorCode::mismatch, package({{"POINT(38407000 2500000)", "A1", "1", "", ""}})),
                    {"A1", "polygons"}));
  EXPECT_TRUE(holds(refused(ErrorCode::mismatch, package({{kSquare, "A1", "1", "", ""}}, "")),
                    {"issued.gpkg", "coordinate reference system", "--crs"}));
  EXPECT_TRUE(
      holds(refused(ErrorCode::mismatch, evidence({{"POLYGON((5 5,6 5,6 6,5 5))", "A1", "1", "", ""}})),
            {"evidence.db", "--crs"}));
  EXPECT_TRUE(holds(refused(ErrorCode::usage, folder_ / "none.shp"), {"none.shp", "no such file"}));
  job_.id_field = "JCBN";
  EXPECT_TRUE(holds(refused(ErrorCode::usage, package({{kSquare, "A1", "1", "", ""}})),
                    {"--id-field", "JCBN", "did you mean \"JCBH\""}));
}

TEST_F(MarkRun, PatchesOnMilitaryGroundStandInTheRegisterAlone) {
  constexpr const char* kSecret = "ZQ7-SECRET";
  declare_military(kOther);
  job_.military_register = folder_ / "register.gpkg";
  const Report report = run(
      package({{kSquare, "A1", "1", "2021-04-01", ""}, {kOther, kSecret, "unheard of", "2021-04-01", ""}}));
  EXPECT_EQ(report.patches, 1);
  EXPECT_EQ(told("patch_id, rank"), (std::vector<Names>{{"A1", "1"}}));
  EXPECT_EQ(read_text(job_.output).find(kSecret), std::string::npos);
  EXPECT_EQ(report.manifest.find("unheard"), std::string::npos);
  const auto kept = open_vector(job_.military_register);
  EXPECT_EQ(query(*kept, "SELECT patch_id, JCBH FROM patches"), (std::vector<Names>{{kSecret, kSecret}}));
  EXPECT_EQ(std::filesystem::status(job_.military_register).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(MarkRun, WhatAKillWouldLeaveHoldsNoPatchOnMilitaryGround) {
  constexpr const char* kSecret = "ZQ7-SECRET";
  declare_military(kOther);
  const std::string patches =
      package({{kSquare, "A1", "1", "2021-04-01", ""}, {kOther, kSecret, "1", "2021-04-01", ""}});
  int spools = 0, told = 0;
  Control control;
  control.progress = [&](const Progress&) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / ".")) {
      if (!entry.is_regular_file() || entry.path().filename() == "issued.gpkg") continue;
      spools += entry.path().extension() == ".spool";
      told += read_text(entry.path()).find(kSecret) != std::string::npos;
    }
  };
  run(patches, control);
  EXPECT_GT(spools, 0);
  EXPECT_EQ(told, 0);
}

TEST_F(MarkRun, BesideAMilitaryLayerARefusalNamesNoPatch) {
  constexpr const char* kSecret = "ZQ7-SECRET";
  declare_military(kOther);
  const auto said = [&](const std::vector<std::array<const char*, 5>>& rows) {
    const std::string text = refused(ErrorCode::mismatch, package(rows));
    EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
    EXPECT_EQ(text.find("spring"), std::string::npos) << text;
    return text;
  };
  EXPECT_TRUE(holds(said({{kOther, kSecret, "1", "", ""}, {kOther, kSecret, "1", "", ""}}),
                    {"issued.gpkg", "two patches have the same id", "JCBH", "--id-field", "military"}));
  EXPECT_TRUE(holds(said({{kOther, kSecret, "1", "spring", ""}}), {"no date in the field HSX", "military"}));
  EXPECT_TRUE(holds(said({{"LINESTRING(38407200 2500000,38407300 2500100)", kSecret, "1", "", ""}}),
                    {"expected are polygons", "military"}));
  const std::string text =
      refused(ErrorCode::mismatch, evidence({{"POLYGON((spring", kSecret, "1", "", ""}}));
  EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
  EXPECT_EQ(text.find("spring"), std::string::npos) << text;
}

TEST_F(MarkRun, EarlierPatchesOnMilitaryGroundAreNowhereEvenFarFromThoseOfToday) {
  constexpr const char* kSecret = "ZQ7-SECRET";
  constexpr const char* kFarTie =
      "POLYGON((38417200 2500000,38417300 2500100,38417300 2500000,38417200 2500100,38417200 2500000))";
  constexpr const char* kFar =
      "POLYGON((38417400 2500000,38417500 2500000,38417500 2500100,38417400 2500100,38417400 2500000))";
  constexpr const char* kFarGround =
      "POLYGON((38417100 2499900,38417350 2499900,38417350 2500200,38417100 2500200,38417100 2499900))";
  const std::string earlier = folder_ / "earlier.gpkg";
  std::filesystem::rename(package({{kSquare, "E1", "1", "2021-01-01", ""},
                                   {kFarTie, kSecret, "1", "2021-01-01", ""},
                                   {kFar, "E3", "1", "2021-01-01", ""}}),
                          earlier);
  declare_military(kFarGround);
  job_.previous = {earlier};
  const Report report = run(package({{kSquare, "A1", "1", "2021-04-01", ""}}));
  EXPECT_EQ(told("earlier_id, relation", "lineage ORDER BY earlier_id"),
            (std::vector<Names>{{"E1", "continued"}, {"E3", "disappeared"}}));
  EXPECT_EQ(read_text(job_.output).find(kSecret), std::string::npos);
  for (const std::string& warning : report.warnings)
    EXPECT_EQ(warning.find(kSecret), std::string::npos) << warning;
  ASSERT_TRUE(report.lineage);
  EXPECT_NEAR(report.lineage->earlier_m2, 2 * 9997.87, 1);
}

TEST_F(MarkRun, PasswordsOfDatabasesAreInNoMessage) {
  const std::string patches = package({{kSquare, "A1", "1", "2021-04-01", ""}});
  for (const std::string database : {"PG:host=127.0.0.1 port=1 user=tuban password='ge heim' dbname=x",
                                     "PG:postgresql://tuban:geheim@127.0.0.1:1/x"}) {
    std::ofstream(folder_ / "layers.yaml")
        << "layers: [{role: mining_right, path: \"" << database << "\"}]\n";
    job_.layers = {folder_ / "layers.yaml"};
    const std::string of_layer = refused(ErrorCode::usage, patches);
    job_.layers.clear();
    job_.previous = {database};
    const std::string of_batch = refused(ErrorCode::usage, patches);
    job_.previous.clear();
    for (const std::string& text : {of_layer, of_batch}) {
      EXPECT_TRUE(holds(text, {"PG:", "127.0.0.1", "***", "onnect"}));
      EXPECT_EQ(text.find("heim"), std::string::npos) << text;
    }
  }
}

TEST_F(MarkRun, PasswordsInPathsAreInNoResult) {
  const std::string layer = folder_ / "land password=geheim.gpkg",
                    batch = folder_ / "jan password=geheim.gpkg";
  VectorFile("GPKG", layer, "EPSG:4526").field("NAME", OFTString).feature(kBowTie, {"x"});
  std::ofstream(folder_ / "layers.yaml") << "layers: [{role: basic_farmland, path: \"" << layer << "\"}]\n";
  std::filesystem::rename(package({{kBowTie, "E1", "1", "2021-01-01", ""}}), batch);
  job_.layers = {folder_ / "layers.yaml"};
  job_.previous = {batch};
  const Report report = run(package({{kOther, "A1", "1", "2021-04-01", ""}}));
  EXPECT_EQ(told("count(*)", "lineage"), (std::vector<Names>{{"1"}}));
  EXPECT_EQ(read_text(job_.output).find("geheim"), std::string::npos);
  EXPECT_EQ(report.manifest.find("geheim"), std::string::npos);
  EXPECT_NE(report.manifest.find("land password=***"), std::string::npos);
  EXPECT_GE(report.warnings.size(), 2U);
  for (const std::string& warning : report.warnings)
    EXPECT_EQ(warning.find("geheim"), std::string::npos) << warning;
}

TEST_F(MarkRun, AResultThatFailsLeavesNothing) {
  refused(ErrorCode::mismatch, package({{kSquare, "A1", "1", "spring", ""}}));
  EXPECT_EQ(folder_.entries(), (Names{"issued.gpkg"}));
}

}  // namespace
}  // namespace tuban::test
