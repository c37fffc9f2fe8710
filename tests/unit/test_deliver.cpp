// SPDX-License-Identifier: Apache-2.0
// A result delivered: who gets what, in which zone, and that every file says the same as the source.
#include <fcntl.h>
#include <gdal_priv.h>
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>
#include <sys/file.h>
#include <unistd.h>

#include <GeographicLib/TransverseMercator.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/delivery/xlsx_book.h"
#include "engine/io/zone_transform.h"
#include "tests/support/read_results.h"
#include "tests/support/rule_ground.h"
#include "tuban/deliver.h"

namespace tuban {
namespace {

namespace fs = std::filesystem;
using test::holds;
using test::refusal;

class Folder {
 public:
  explicit Folder(const std::string& name) : path_(fs::temp_directory_path() / ("tuban-deliver-" + name)) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Plane coordinates in a zone, by another library than the one that delivers.
Point plane(int zone, double lon, double lat) {
  static const GeographicLib::TransverseMercator projection(6378137, 1 / 298.257222101, 1);
  Point point;
  projection.Forward(3.0 * zone, lat, lon, point.x, point.y);
  point.x += 500000 + 1e6 * zone;
  return point;
}

struct Square {
  const char* id;
  double lon, lat, area_m2;
  const char *district, *district_name;
  std::int64_t rank;
  const char* marks;
  const char* severity;
};

constexpr double kSide = 0.0004;  // degrees
constexpr Square kSquares[] = {
    {"aaaaaaaaaaaaaaaa", 112.4538, 22.5, 1000.005, "440783001", "三埠街道", 3, "farmland", "S3"},
    {"bbbbbbbbbbbbbbbb", 113.0956, 22.6, 2000.25, "440703100", "杜阮镇", 1, "farmland,mining", "S4"},
    {"cccccccccccccccc", 113.0, 22.6, 300.1, "440703101", "棠下镇", 4, "", ""},
    {"dddddddddddddddd", 112.8, 22.4, 50.5, nullptr, nullptr, 2, "mining", "S2"},
};

MultiPolygon outline(const Square& square, int zone) {
  const double lon = square.lon, lat = square.lat;
  Ring ring;
  for (const auto& [x, y] : {std::pair{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}}) {
    ring.push_back(plane(zone, lon + x * kSide, lat + y * kSide));
  }
  return {Polygon{{ring}}};
}

Overlap overlap(const Square& square, const char* layer, const char* feature, const char* kind, double gross,
                std::optional<double> net = {}) {
  Overlap one;
  one.patch_id = square.id;
  one.layer = layer;
  one.feature_id = feature;
  one.feature_class = kind;
  one.gross_m2 = gross;
  one.net_m2 = net;
  return one;
}

constexpr const char* kRun =
    R"({"tuban": "0.1.0", "before": {"scene_id": "GF2-1"}, "after": {"scene_id": "GF2-2"},
  "registration": {"residual_px": 0.25}, "layers": [{"role": "land_use"}, {"role": "district"}]})";

std::string write_result(const Folder& folder) {
  const std::string path = folder / "result.gpkg";
  const auto sink = make_patch_sink(test::job_to(path), test::sample_grid());
  for (const Square& square : kSquares) {
    Patch patch = test::full_patch();
    patch.patch_id = patch.lineage_id = square.id;
    patch.geometry = outline(square, 38);
    patch.lon = square.lon;
    patch.lat = square.lat;
    const Point centroid = plane(38, square.lon, square.lat);
    patch.centroid_x = centroid.x;
    patch.centroid_y = centroid.y;
    patch.area_m2 = square.area_m2;
    patch.area_mu = square.area_m2 * 3 / 2000;
    Marks marks;
    marks.findings = test::full_marks().findings;
    for (Finding& finding : marks.findings) finding.patch_id = square.id;
    if (square.district != nullptr) {
      marks.overlaps.push_back(
          overlap(square, "district", square.district, square.district_name, square.area_m2));
    }
    marks.overlaps.push_back(
        overlap(square, "land_use", "1", "0101", square.area_m2 * 0.75, square.area_m2 * 0.7));
    marks.overlaps.push_back(overlap(square, "land_use", "2", "0702", square.area_m2 * 0.25));
    marks.severity = square.severity;
    std::istringstream words(square.marks);
    for (std::string word; std::getline(words, word, ',');) marks.marks.push_back(word);
    test::write_one(*sink, patch, square.rank, marks);
  }
  test::finish(sink, kRun);
  return path;
}

DeliverOptions into(const std::string& folder) {
  DeliverOptions options;
  options.folder = folder;
  return options;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = content(entry.path());
  }
  return files;
}

std::string epsg_of(OGRLayer& layer) {
  OGRSpatialReference crs(*layer.GetSpatialRef());
  crs.AutoIdentifyEPSG();
  if (const char* code = crs.GetAuthorityCode(nullptr)) return code;
  OGRSpatialReference zone;
  for (const int epsg : {4525, 4526}) {
    zone.importFromEPSG(epsg);
    if (zone.IsSame(&crs)) return std::to_string(epsg);
  }
  return {};
}

/// The largest distance between corners and where another library puts them.
double off_by_m(OGRFeature& feature, const Square& square, int zone) {
  const MultiPolygon expected = outline(square, zone);
  const OGRGeometry* geometry = feature.GetGeometryRef();
  const OGRPolygon* polygon = wkbFlatten(geometry->getGeometryType()) == wkbMultiPolygon
                                  ? geometry->toMultiPolygon()->getGeometryRef(0)
                                  : geometry->toPolygon();
  const OGRLinearRing* ring = polygon->getExteriorRing();
  double worst = ring->getNumPoints() == 5 ? 0 : 1e9;
  for (const Point& corner : expected[0].rings[0]) {
    double nearest = 1e9;
    for (int i = 0; i < ring->getNumPoints(); ++i) {
      nearest = std::min(nearest, std::hypot(ring->getX(i) - corner.x, ring->getY(i) - corner.y));
    }
    worst = std::max(worst, nearest);
  }
  return worst;
}

TEST(Deliver, EachCountyGetsItsPatchesInItsZone) {
  const Folder folder("county");
  const DeliveryReport report = deliver(write_result(folder), into(folder / "out"));
  ASSERT_EQ(report.sets.size(), 3U);
  EXPECT_EQ(report.left_out, 0);
  const auto is = [](const DeliveredSet& set, const char* name, int zone, int epsg, std::int64_t patches) {
    EXPECT_EQ(set.name, name);
    EXPECT_EQ(set.zone, zone);
    EXPECT_EQ(set.epsg, epsg);
    EXPECT_EQ(set.patches, patches);
  };
  is(report.sets[0], "440703", 38, 4526, 2);
  is(report.sets[1], "440783", 37, 4525, 1);
  is(report.sets[2], "unassigned", 38, 4526, 1);
  EXPECT_DOUBLE_EQ(report.sets[0].area_m2, 2300.35);
  for (const DeliveredSet& set : report.sets) {
    for (const std::string& file : set.files) EXPECT_TRUE(fs::exists(folder.path() / "out" / file)) << file;
  }
}

TEST(Deliver, ShapefilesAreInUtf8WithShortNamesAndExactCoordinates) {
  const Folder folder("shp");
  DeliverOptions options = into(folder / "out");
  options.formats = {"shp"};
  deliver(write_result(folder), options);
  const std::string stem = folder / "out/440783/440783_patches";
  EXPECT_EQ(content(stem + ".cpg").substr(0, 5), "UTF-8");
  const auto dataset = test::open_vector(stem + ".shp");
  ASSERT_NE(dataset, nullptr);
  OGRLayer& layer = *dataset->GetLayer(0);
  EXPECT_EQ(epsg_of(layer), "4525");
  for (const std::string& name : test::field_names(layer)) EXPECT_LE(name.size(), 10U) << name;
  const auto rows = test::rows(*dataset, layer.GetName());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_LT(off_by_m(*rows[0], kSquares[0], 37), 0.001);
  EXPECT_STREQ(rows[0]->GetFieldAsString("town_nm"), "三埠街道");
  const Point centroid = plane(37, kSquares[0].lon, kSquares[0].lat);
  EXPECT_NEAR(rows[0]->GetFieldAsDouble("cent_x"), centroid.x, 0.001);
  EXPECT_NEAR(rows[0]->GetFieldAsDouble("cent_y"), centroid.y, 0.001);
}

TEST(Deliver, FieldsThatOthersBroughtGetShortNamesOfTheirOwn) {
  const Folder folder("fields");
  const std::string result = write_result(folder);
  {
    const GDALDatasetUniquePtr file(GDALDataset::Open(result.c_str(), GDAL_OF_VECTOR | GDAL_OF_UPDATE));
    for (const char* name : {"监测图斑备注说明", "监测图斑备注二", "a_long_name_one", "a_long_name_two"}) {
      OGRFieldDefn field(name, OFTString);
      ASSERT_EQ(file->GetLayerByName("patches")->CreateField(&field), OGRERR_NONE);
    }
  }
  DeliverOptions options = into(folder / "out");
  options.formats = {"shp", "gpkg"};
  deliver(result, options);
  const auto dataset = test::open_vector(folder / "out/440783/440783_patches.shp");
  const auto names = test::field_names(*dataset->GetLayer(0));
  for (const char* name : {"监测图", "监测_1", "a_long_nam", "a_long_n_1"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  }
  const auto whole = test::open_vector(folder / "out/440783/440783.gpkg");
  EXPECT_GE(whole->GetLayerByName("patches")->GetLayerDefn()->GetFieldIndex("监测图斑备注说明"), 0);
}

TEST(Deliver, GeoPackagesHoldTheTablesOfTheSetAndNoOther) {
  const Folder folder("gpkg");
  DeliverOptions options = into(folder / "out");
  options.formats = {"gpkg"};
  deliver(write_result(folder), options);
  const auto dataset = test::open_vector(folder / "out/440703/440703.gpkg");
  ASSERT_NE(dataset, nullptr);
  const auto patches = test::rows(*dataset, "patches");
  ASSERT_EQ(patches.size(), 2U);
  EXPECT_EQ(epsg_of(*dataset->GetLayerByName("patches")), "4526");
  EXPECT_LT(off_by_m(*patches[0], kSquares[1], 38), 0.001);
  EXPECT_EQ(patches[0]->GetFieldAsDouble("area_m2"), 2000.25);
  for (const char* table : {"findings", "overlaps", "spectra"}) {
    std::size_t rows = 0;
    for (const auto& row : test::rows(*dataset, table)) {
      const std::string id = row->GetFieldAsString("patch_id");
      EXPECT_TRUE(id == kSquares[1].id || id == kSquares[2].id) << table << " " << id;
      ++rows;
    }
    EXPECT_GT(rows, 0U) << table;
  }
}

TEST(Deliver, TheListSaysTheSameAreasAsTheSource) {
  const Folder folder("xlsx");
  DeliverOptions options = into(folder / "out");
  options.formats = {"xlsx"};
  deliver(write_result(folder), options);
  CPLSetThreadLocalConfigOption("OGR_XLSX_HEADERS", "FORCE");
  const auto dataset = test::open_vector(folder / "out/440703/440703.xlsx");
  ASSERT_NE(dataset, nullptr);
  const auto rows = test::rows(*dataset, "Patches");
  ASSERT_EQ(rows.size(), 3U);  // two patches by rank, and the totals
  EXPECT_STREQ(rows[0]->GetFieldAsString("Patch"), kSquares[1].id);
  EXPECT_STREQ(rows[1]->GetFieldAsString("Patch"), kSquares[2].id);
  EXPECT_STREQ(rows[2]->GetFieldAsString("No."), "Total");
  const auto sums = [&](const char* name, double first, double second) {
    EXPECT_NEAR(rows[0]->GetFieldAsDouble(name), first, 1e-9) << name;
    EXPECT_NEAR(rows[1]->GetFieldAsDouble(name), second, 1e-9) << name;
    EXPECT_NEAR(rows[2]->GetFieldAsDouble(name), first + second, 1e-9) << name;
  };
  sums("Area (m2)", 2000.25, 300.1);
  sums("Area (mu)", 3.000375, 0.45015);
  sums("Farmland, gross (m2)", 1500.1875, 225.075);
  sums("Farmland, net of ridges (mu)", 2000.25 * 0.7 * 0.0015, 300.1 * 0.7 * 0.0015);
  EXPECT_STREQ(rows[0]->GetFieldAsString("Class before, code"), "0101");
  EXPECT_STREQ(rows[0]->GetFieldAsString("Class before"), "paddy field");
  EXPECT_STREQ(rows[0]->GetFieldAsString("Type after, code"), "C11");
  EXPECT_STREQ(rows[0]->GetFieldAsString("Type after"), "earthwork, fill");
  EXPECT_STREQ(rows[0]->GetFieldAsString("Town"), "杜阮镇");
  EXPECT_STREQ(rows[0]->GetFieldAsString("Basic farmland (m2)"), "");  // no layer of it: unknown, not 0
  EXPECT_EQ(test::rows(*dataset, "Findings").size(), 4U);
  EXPECT_EQ(test::rows(*dataset, "Overlaps").size(), 6U);
  ASSERT_GE(test::rows(*dataset, "About").size(), 4U);
  EXPECT_TRUE(holds(test::rows(*dataset, "About")[0]->GetFieldAsString(0), {"lead", "258"}));
  CPLSetThreadLocalConfigOption("OGR_XLSX_HEADERS", nullptr);
}

TEST(Deliver, SchemaJctbHasTheSurveysFieldsAndLeavesTheVerdictToPeople) {
  const Folder folder("jctb");
  DeliverOptions options = into(folder / "out");
  options.schema = "jctb";
  options.language = Language::zh;
  options.batch = "202106";
  deliver(write_result(folder), options);
  for (const char* file : {"out/440783/440783.gpkg", "out/440783/440783_patches.shp"}) {
    const auto dataset = test::open_vector(folder / file);
    ASSERT_NE(dataset, nullptr);
    OGRLayer& layer = *dataset->GetLayer(0);
    EXPECT_EQ(test::field_names(layer),
              (test::Names{"JCBH",    "PCH",  "XZQDM", "XZQMC", "XZJDM",  "TBLX",   "BHQLX",  "BHHLX",
                           "QSX",     "HSX",  "QJH",   "HJH",   "JCMJ",   "JCMJ_M", "XZB",    "YZB",
                           "JD",      "WD",   "GDMJ",  "YNMJ",  "STHXMJ", "NYDMJ",  "JSYDMJ", "WLYDMJ",
                           "DLBM_ZY", "ZXD",  "PZLV",  "HITS",  "YZCD",   "SSBZ",   "GXLX",   "JZSTS",
                           "PDLX",    "PDEJ", "PDYJ",  "PDR",   "PDSJ"}));
    const auto rows = test::rows(*dataset, layer.GetName());
    ASSERT_EQ(rows.size(), 1U);
    OGRFeature& row = *rows[0];
    const auto text = [&](const char* field) { return std::string(row.GetFieldAsString(field)); };
    EXPECT_EQ(text("JCBH"), kSquares[0].id);
    EXPECT_EQ(text("PCH"), "202106");
    EXPECT_EQ(text("XZQDM"), "440783001");
    EXPECT_EQ(text("BHQLX"), "水田");
    EXPECT_EQ(text("BHHLX"), "推（堆）填土、动土");
    EXPECT_EQ(text("HSX"), "2021/06/30");
    EXPECT_EQ(text("HJH"), "GF2-2");
    EXPECT_EQ(text("YZCD"), "3");
    EXPECT_NEAR(row.GetFieldAsDouble("JCMJ"), 1000.01, 1e-9);  // 1000.005, half up
    EXPECT_NEAR(row.GetFieldAsDouble("JCMJ_M"), 1.50, 1e-9);
    EXPECT_NEAR(row.GetFieldAsDouble("GDMJ"), 700.00, 1e-9);    // net of ridges: 700.0035
    EXPECT_NEAR(row.GetFieldAsDouble("JSYDMJ"), 250.00, 1e-9);  // 250.00125
    EXPECT_NEAR(row.GetFieldAsDouble("PZLV"), 0.25, 1e-9);
    EXPECT_NEAR(row.GetFieldAsDouble("XZB"), plane(37, kSquares[0].lon, kSquares[0].lat).x, 0.001);
    for (const char* field : {"YNMJ", "STHXMJ", "JZSTS", "PDLX", "PDEJ", "PDYJ", "PDR", "PDSJ"}) {
      EXPECT_FALSE(row.IsFieldSetAndNotNull(row.GetFieldIndex(field))) << field;
    }
  }
}

TEST(Deliver, TheSameResultGivesTheSameBytes) {
  const Folder folder("bytes");
  const std::string result = write_result(folder);
  deliver(result, into(folder / "one"));
  deliver(result, into(folder / "two"));
  const auto one = contents(folder.path() / "one"), two = contents(folder.path() / "two");
  EXPECT_EQ(one.size(), 1U + 3U * 12U);  // delivery.json; five each of two Shapefiles, GeoPackage, list
  ASSERT_EQ(one.size(), two.size());
  for (const auto& [name, bytes] : one) EXPECT_TRUE(two.at(name) == bytes) << name;
}

TEST(Deliver, MarksAndSeverityChooseAndTheRestIsCounted) {
  const Folder folder("choice");
  const std::string result = write_result(folder);
  DeliverOptions options = into(folder / "mining");
  options.formats = {"gpkg"};
  options.by_county = false;
  options.marks = {"mining"};
  DeliveryReport report = deliver(result, options);
  ASSERT_EQ(report.sets.size(), 1U);
  EXPECT_EQ(report.sets[0].name, "all");
  EXPECT_EQ(report.sets[0].patches, 2);
  EXPECT_EQ(report.left_out, 2);
  options.folder = folder / "severe";
  options.marks.clear();
  options.severity = "S3";
  EXPECT_EQ(deliver(result, options).sets[0].patches, 2);
  options.folder = folder / "none";
  options.marks = {"water"};
  report = deliver(result, options);
  EXPECT_TRUE(report.sets.empty());
  EXPECT_EQ(report.left_out, 4);
  EXPECT_TRUE(fs::exists(folder / "none/delivery.json"));
}

TEST(Deliver, ATableOfCountiesNamesThemAndChoosesTheirZones) {
  const Folder folder("table");
  const std::string result = write_result(folder);
  std::ofstream(folder / "counties.yaml") << "counties:\n  \"440783\": {name: 开平市, zone: 38}\n"
                                             "  \"440703\": {name: 蓬江区}\n";
  DeliverOptions options = into(folder / "out");
  options.formats = {"gpkg"};
  options.counties = folder / "counties.yaml";
  DeliveryReport report = deliver(result, options);
  EXPECT_EQ(report.sets[0].county_name, "蓬江区");
  EXPECT_EQ(report.sets[0].zone, 38);
  EXPECT_EQ(report.sets[1].county_name, "开平市");
  EXPECT_EQ(report.sets[1].zone, 38);
  options.folder = folder / "out2";
  options.zone = 39;
  report = deliver(result, options);
  EXPECT_EQ(report.sets[1].epsg, 4527);
  const auto dataset = test::open_vector(folder / "out2/440783/440783.gpkg");
  EXPECT_LT(off_by_m(*test::rows(*dataset, "patches")[0], kSquares[0], 39), 0.001);
}

TEST(Deliver, AFolderThatIsNoDeliveryIsNeverReplaced) {
  const Folder folder("overwrite");
  const std::string result = write_result(folder);
  DeliverOptions options = into(folder / "out");
  options.formats = {"shp"};
  deliver(result, options);
  const auto refused = [&] { return refusal(ErrorCode::usage, [&] { deliver(result, options); }); };
  EXPECT_TRUE(holds(refused(), {"exists", "--overwrite"}));
  options.overwrite = true;
  options.formats = {"xlsx"};
  deliver(result, options);
  EXPECT_FALSE(fs::exists(folder / "out/440703/440703_patches.shp"));
  EXPECT_TRUE(fs::exists(folder / "out/440703/440703.xlsx"));
  fs::create_directory(folder / "papers");
  std::ofstream(folder / "papers/thesis.txt") << "years of work";
  options.folder = folder / "papers";
  EXPECT_TRUE(holds(refused(), {"no earlier delivery", "another folder"}));
  EXPECT_TRUE(fs::exists(folder / "papers/thesis.txt"));
  std::size_t left = 0;  // result.gpkg, out, papers and no temporary folder
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++left;
  EXPECT_EQ(left, 3U);
}

TEST(Deliver, WhatAKilledRunLeftIsClearedByTheNextToTheSameFolderAlone) {
  const Folder folder("killed");
  const std::string result = write_result(folder);
  for (const char* left :
       {".out.tuban-a1B2c3", ".out2.tuban-a1B2c3", ".out.tuban-worker", ".out.tuban-work"}) {
    fs::create_directory(folder / left);
    std::ofstream(fs::path(folder / left) / "half.shp") << "half";
  }
  const int living = ::open((folder / ".out.tuban-worker").c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(living, LOCK_EX), 0);  // as a run that still fills its folder
  DeliverOptions options = into(folder / "out");
  options.formats = {"xlsx"};
  deliver(result, options);
  ::close(living);
  EXPECT_FALSE(fs::exists(folder / ".out.tuban-a1B2c3"));
  for (const char* other : {".out2.tuban-a1B2c3", ".out.tuban-worker", ".out.tuban-work"})
    EXPECT_TRUE(fs::exists(fs::path(folder / other) / "half.shp")) << other;
}

TEST(Deliver, WhatCannotBeDeliveredIsRefusedInOneSentence) {
  const Folder folder("refused");
  const std::string result = write_result(folder);
  const auto refused = [&](const std::function<void(DeliverOptions&)>& spoil,
                           ErrorCode code = ErrorCode::usage) {
    DeliverOptions options = into(folder / "out");
    spoil(options);
    const std::string sentence = refusal(code, [&] { deliver(result, options); });
    EXPECT_EQ(sentence.find('\n'), std::string::npos);
    EXPECT_FALSE(fs::exists(folder / "out"));
    return sentence;
  };
  EXPECT_TRUE(holds(refused([](auto& o) { o.formats = {"dwg"}; }), {"--format", "shp, gpkg, xlsx", "dwg"}));
  EXPECT_TRUE(holds(refused([](auto& o) { o.schema = "jcbt"; }), {"--schema", "tuban, jctb"}));
  EXPECT_TRUE(holds(refused([](auto& o) { o.severity = "S5"; }), {"--severity", "S5"}));
  EXPECT_TRUE(holds(refused([](auto& o) { o.zone = 7; }), {"--zone", "25 to 45", "7"}));
  EXPECT_TRUE(holds(refused([](auto& o) { o.folder = ""; }), {"-o"}));
  EXPECT_TRUE(holds(refused([&](auto& o) { o.folder = folder / "no/such/place"; }, ErrorCode::runtime),
                    {"cannot write", "No such file"}));
  std::ofstream(folder / "bad.yaml") << "counties:\n  \"4407\": {zone: 38}\n";
  EXPECT_TRUE(
      holds(refused([&](auto& o) { o.counties = folder / "bad.yaml"; }), {"bad.yaml", "6 digits", "4407"}));
  std::ofstream(folder / "zone.yaml") << "counties:\n  \"440783\": {zone: 99}\n";
  EXPECT_TRUE(
      holds(refused([&](auto& o) { o.counties = folder / "zone.yaml"; }), {"440783", "25 to 45", "99"}));
}

TEST(Deliver, AResultWithoutACrsIsRefused) {
  const Folder folder("no-crs");
  Grid grid = test::sample_grid();
  grid.crs.clear();
  const std::string result = test::write_sample(test::job_to(folder / "result.gpkg"), grid);
  EXPECT_TRUE(
      holds(refusal(ErrorCode::mismatch, [&] { deliver(result, into(folder / "out")); }), {"no CRS"}));
}

TEST(Zones, TheNearestMeridianDecides) {
  EXPECT_EQ(zone_of_longitude(111.99), 37);
  EXPECT_EQ(zone_of_longitude(112.499), 37);
  EXPECT_EQ(zone_of_longitude(112.5), 38);
  EXPECT_EQ(zone_of_longitude(113.25), 38);
  EXPECT_EQ(zone_epsg(37), 4525);
  EXPECT_EQ(zone_epsg(25), 4513);
  EXPECT_EQ(zone_epsg(45), 4533);
}

TEST(Cells, TextIsMendedAndCutAtWholeCharacters) {
  EXPECT_EQ(cell_text("水田", 10), "水田");
  EXPECT_EQ(cell_text("水田", 1), "水");
  EXPECT_EQ(cell_text("a\xFF"
                      "b\xE6\xB0",
                      10),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(cell_text("\xED\xA0\x80", 10).substr(0, 3), "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace tuban
