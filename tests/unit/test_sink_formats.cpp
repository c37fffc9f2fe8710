// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/read_results.h"

namespace tuban::test {
namespace {

const std::size_t kPatchColumns = 50;

TEST(GeoJson, IsLongitudeAndLatitudeWithFindingsInside) {
  const TempFolder folder;
  write_sample(job_to(folder / "out.geojson"));
  const auto json = nlohmann::json::parse(read_text(folder / "out.geojson"));
  ASSERT_EQ(json["features"].size(), 2u);
  EXPECT_FALSE(json.contains("crs"));
  const auto& feature = json["features"][0];
  EXPECT_EQ(feature["geometry"]["type"], "MultiPolygon");
  const auto& corner = feature["geometry"]["coordinates"][0][0][0];
  EXPECT_NEAR(corner[0].get<double>(), 113.514713, 1e-6);
  EXPECT_NEAR(corner[1].get<double>(), 22.596187, 1e-6);
  const auto& properties = feature["properties"];
  EXPECT_EQ(properties["area_m2"].get<double>(), 996.123456789);
  EXPECT_EQ(properties["before_date"], "2021-03-01");
  EXPECT_EQ(properties["construction_like"], true);
  EXPECT_EQ(properties["region_id"].get<std::int64_t>(), (std::int64_t{1} << 40) + 7);
  ASSERT_EQ(properties["findings"].size(), 2u);
  EXPECT_EQ(properties["findings"][0]["rule_id"], "F01");
  EXPECT_EQ(properties["findings"][0]["evidence"][1]["facts"]["basic_farmland_m2"], 312.5);
  EXPECT_TRUE(json["features"][1]["properties"]["area_m2"].is_null());
  EXPECT_EQ(nlohmann::json::parse(read_text(folder / "out_run.json")), nlohmann::json::parse(kManifest));
  EXPECT_EQ(folder.entries(), (Names{"out.geojson", "out_run.json"}));
}

TEST(GeoJson, WithoutCrsKeepsPixelCoordinates) {
  const TempFolder folder;
  Grid grid = sample_grid();
  grid.crs.clear();
  write_sample(job_to(folder / "out.json"), grid);
  const auto json = nlohmann::json::parse(read_text(folder / "out.json"));
  EXPECT_EQ(json["features"][0]["geometry"]["coordinates"][0][0][0][0].get<double>(), 38450100);
}

TEST(GeoJson, KeepsTheGridsCrsWhereTheUserSaysSo) {
  const TempFolder folder;
  Job job = job_to(folder / "out.geojson");
  job.layer_creation_options = {"RFC7946=NO"};
  write_sample(job);
  const auto json = nlohmann::json::parse(read_text(folder / "out.geojson"));
  EXPECT_EQ(json["features"][0]["geometry"]["coordinates"][0][0][0][0].get<double>(), 38450100);
  EXPECT_EQ(json["crs"]["properties"]["name"], "urn:ogc:def:crs:EPSG::4526");
}

TEST(Shapefile, HasShortNamesUtf8AndFindingsBesideIt) {
  const TempFolder folder;
  write_sample(job_to(folder / "out.shp"));
  EXPECT_EQ(folder.entries(), (Names{"out.cpg", "out.dbf", "out.prj", "out.shp", "out.shx",
                                     "out_findings.csv", "out_run.json"}));
  EXPECT_EQ(read_text(folder / "out.cpg"), "UTF-8");
  const auto dataset = open_vector(folder / "out.shp");
  const Names names = field_names(*dataset->GetLayer(0));
  ASSERT_EQ(names.size(), kPatchColumns);
  for (const std::string& name : names) EXPECT_LE(name.size(), 10u) << name;
  const auto written = rows(*dataset, "out");
  EXPECT_EQ(written[0]->GetFieldAsInteger64("region_id"), (std::int64_t{1} << 40) + 7);
  EXPECT_NEAR(written[0]->GetFieldAsDouble("area_m2"), 996.123456789, 1e-4);
  EXPECT_NEAR(written[0]->GetFieldAsDouble("cent_x"), 38450116.1, 1e-9);
  EXPECT_STREQ(written[0]->GetFieldAsString("date_a"), "2021/06/30");
  EXPECT_TRUE(written[1]->IsFieldNull(written[1]->GetFieldIndex("area_m2")));
  const auto csv = open_vector(folder / "out_findings.csv");
  const auto findings = rows(*csv, "out_findings");
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_STREQ(findings[0]->GetFieldAsString("note"), "he said \"sliver\", twice");
  EXPECT_EQ(nlohmann::json::parse(findings[0]->GetFieldAsString("evidence")).size(), 2u);
}

TEST(Shapefile, OverwritingLeavesNoStaleIndexOfTheOldOne) {
  const TempFolder folder;
  Job job = job_to(folder / "out.shp");
  write_sample(job);
  std::ofstream(folder / "out.qix") << "an index of the old file";
  job.overwrite = true;
  write_sample(job, sample_grid(), false);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.qix"));
  EXPECT_EQ(rows(*open_vector(folder / "out.shp"), "out").size(), 1u);
}

class OtherFormats : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(OtherFormats, HoldPatchesAndFindings) {
  const auto [driver, name] = GetParam();
  const TempFolder folder;
  Job job = job_to(folder / name);
  job.format = driver;
  const auto dataset = open_vector(write_sample(job));
  ASSERT_NE(dataset, nullptr);
  OGRLayer& layer = *dataset->GetLayer(0);
  EXPECT_EQ(layer.GetFeatureCount(), 2);
  bool found = false;
  layer.ResetReading();
  while (const OGRFeatureUniquePtr row{layer.GetNextFeature()}) {
    if (std::string(row->GetFieldAsString("patch_id")) != full_patch().patch_id) continue;
    found = true;
    EXPECT_EQ(row->GetFieldAsDouble("area_m2"), 996.123456789);
    EXPECT_NE(std::string(row->GetFieldAsString("findings")).find("basic_farmland_m2"), std::string::npos);
  }
  EXPECT_TRUE(found);
}

INSTANTIATE_TEST_SUITE_P(Drivers, OtherFormats,
                         testing::Values(std::pair("FlatGeobuf", "out.fgb"), std::pair("", "out.fgb"),
                                         std::pair("GeoJSONSeq", "out.geojsonl"),
                                         std::pair("SQLite", "out.sqlite"),
                                         std::pair("flatgeobuf", "odd.name")));

class EmptyResults : public testing::TestWithParam<const char*> {};

TEST_P(EmptyResults, AreWrittenAndCanBeRead) {
  const TempFolder folder;
  const auto sink = make_patch_sink(job_to(folder / GetParam()), sample_grid());
  finish(sink, kManifest);
  const auto dataset = open_vector(folder / GetParam());
  ASSERT_NE(dataset, nullptr);
  EXPECT_EQ(dataset->GetLayer(0)->GetFeatureCount(), 0);
}

INSTANTIATE_TEST_SUITE_P(Extensions, EmptyResults,
                         testing::Values("out.gpkg", "out.geojson", "out.fgb", "out.shp"));

}  // namespace
}  // namespace tuban::test
