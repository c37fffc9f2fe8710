// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/dump.h"
#include "tests/support/read_results.h"

namespace tuban::test {
namespace {

const Names kPatchFields = {"patch_id",
                            "region_id",
                            "lineage_id",
                            "lineage_status",
                            "first_seen_date",
                            "earlier_patch_m2",
                            "earlier_patch_share",
                            "earlier_suspected_share",
                            "case_id",
                            "rank",
                            "marks",
                            "severity",
                            "rules",
                            "area_px",
                            "area_m2",
                            "area_geod_m2",
                            "area_mu",
                            "perimeter_m",
                            "perimeter_px",
                            "compactness",
                            "elongation",
                            "centroid_x",
                            "centroid_y",
                            "lon",
                            "lat",
                            "before_date",
                            "after_date",
                            "direction",
                            "change_type",
                            "type_confidence",
                            "construction_like",
                            "earthwork_like",
                            "score_mean",
                            "score_max",
                            "confidence",
                            "edge_share",
                            "valid_share",
                            "cut",
                            "ndvi_before",
                            "ndvi_after",
                            "ndwi_before",
                            "ndwi_after",
                            "mndwi_before",
                            "mndwi_after",
                            "ndbi_before",
                            "ndbi_after",
                            "bsi_before",
                            "bsi_after",
                            "brightness_before",
                            "brightness_after"};

TEST(GeoPackage, PatchesKeepEveryFieldExactly) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  ASSERT_EQ(field_names(*dataset->GetLayerByName("patches")), kPatchFields);
  const auto written = rows(*dataset, "patches");
  ASSERT_EQ(written.size(), 2u);
  const OGRFeature& row = *written[0];
  const Patch p = full_patch();
  const auto text = [&row](const char* name) { return std::string(row.GetFieldAsString(name)); };
  const auto number = [&row](const char* name) { return row.GetFieldAsDouble(name); };
  EXPECT_EQ(text("patch_id"), p.patch_id);
  EXPECT_EQ(row.GetFieldAsInteger64("region_id"), (std::int64_t{1} << 40) + 7);
  EXPECT_EQ(text("lineage_id"), p.lineage_id);
  EXPECT_EQ(text("lineage_status"), "grown");
  EXPECT_EQ(text("first_seen_date"), "2020/11/30");
  EXPECT_EQ(text("case_id"), "2021-77");
  EXPECT_EQ(row.GetFieldAsInteger64("rank"), 2);
  EXPECT_EQ(text("marks"), "farmland,mining");
  EXPECT_EQ(text("severity"), "S4");
  EXPECT_EQ(text("rules"), "F01") << "an undecided rule is not among the fired ones";
  EXPECT_EQ(row.GetFieldAsInteger64("area_px"), p.area_px);
  EXPECT_EQ(text("before_date"), "2021/03/01");
  EXPECT_EQ(text("after_date"), "2021/06/30");
  EXPECT_EQ(text("direction"), p.direction);
  EXPECT_EQ(text("change_type"), p.change_type);
  for (const char* flag : {"construction_like", "earthwork_like", "cut"}) {
    EXPECT_EQ(row.GetFieldDefnRef(row.GetFieldIndex(flag))->GetSubType(), OFSTBoolean) << flag;
    EXPECT_EQ(row.GetFieldAsInteger(flag), 1) << flag;
  }
  const std::map<const char*, double> numbers = {{"area_m2", *p.area_m2},
                                                 {"earlier_patch_m2", *p.earlier_m2},
                                                 {"earlier_patch_share", *p.earlier_share},
                                                 {"earlier_suspected_share", *p.earlier_suspected_share},
                                                 {"area_geod_m2", *p.area_geod_m2},
                                                 {"area_mu", *p.area_mu},
                                                 {"perimeter_m", *p.perimeter_m},
                                                 {"perimeter_px", p.perimeter_px},
                                                 {"compactness", p.compactness},
                                                 {"elongation", p.elongation},
                                                 {"centroid_x", p.centroid_x},
                                                 {"centroid_y", p.centroid_y},
                                                 {"lon", *p.lon},
                                                 {"lat", *p.lat},
                                                 {"type_confidence", p.type_confidence},
                                                 {"score_mean", p.score_mean},
                                                 {"score_max", p.score_max},
                                                 {"confidence", p.confidence},
                                                 {"edge_share", p.edge_share},
                                                 {"valid_share", *p.valid_share},
                                                 {"ndvi_before", *p.ndvi.before},
                                                 {"ndvi_after", *p.ndvi.after},
                                                 {"ndwi_before", *p.ndwi.before},
                                                 {"ndwi_after", *p.ndwi.after},
                                                 {"mndwi_before", *p.mndwi.before},
                                                 {"mndwi_after", *p.mndwi.after},
                                                 {"ndbi_before", *p.ndbi.before},
                                                 {"ndbi_after", *p.ndbi.after},
                                                 {"bsi_before", *p.bsi.before},
                                                 {"bsi_after", *p.bsi.after},
                                                 {"brightness_before", *p.brightness.before},
                                                 {"brightness_after", *p.brightness.after}};
  for (const auto& [name, value] : numbers) EXPECT_EQ(number(name), value) << name;
}

TEST(GeoPackage, GeometryKeepsPartsHolesAndCrs) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  OGRLayer& layer = *dataset->GetLayerByName("patches");
  EXPECT_EQ(layer.GetGeomType(), wkbMultiPolygon);
  EXPECT_STREQ(layer.GetGeometryColumn(), "geom");
  EXPECT_STREQ(layer.GetSpatialRef()->GetAuthorityCode(nullptr), "4526");
  const auto written = rows(*dataset, "patches");
  const OGRMultiPolygon& geometry = *written[0]->GetGeometryRef()->toMultiPolygon();
  ASSERT_EQ(geometry.getNumGeometries(), 2);
  EXPECT_EQ(geometry.getGeometryRef(0)->getNumInteriorRings(), 1);
  EXPECT_DOUBLE_EQ(geometry.get_Area(), 900 - 4 + 100);
  EXPECT_EQ(geometry.getGeometryRef(1)->getExteriorRing()->getX(0), 38450130);
}

TEST(Wkb, IsWhatOgrReads) {
  const MultiPolygon parts{{{{{0, 0}, {9, 0}, {9, 9}, {0, 0}}, {{2, 1}, {8, 2}, {7, 4}, {2, 1}}}},
                           {{{{20.5, 0}, {30, 0}, {30, 7}, {20.5, 0}}}}};
  const std::vector<std::byte> wkb = to_wkb(parts);
  OGRMultiPolygon read;
  size_t consumed = 0;
  ASSERT_EQ(read.importFromWkb(reinterpret_cast<const unsigned char*>(wkb.data()), wkb.size(), wkbVariantIso,
                               consumed),
            OGRERR_NONE);
  EXPECT_EQ(consumed, wkb.size());
  ASSERT_EQ(read.getNumGeometries(), 2);
  EXPECT_EQ(read.getGeometryRef(0)->getNumInteriorRings(), 1);
  EXPECT_EQ(read.getGeometryRef(0)->getInteriorRing(0)->getY(2), 4);
  EXPECT_EQ(read.getGeometryRef(1)->getExteriorRing()->getX(0), 20.5);
}

TEST(GeoPackage, UnknownValuesAreNull) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  const auto written = rows(*dataset, "patches");
  const OGRFeature& row = *written[1];
  for (const char* name : {"area_m2", "area_geod_m2", "area_mu", "perimeter_m", "lon", "lat", "before_date",
                           "after_date", "ndvi_before", "ndvi_after", "brightness_after"}) {
    EXPECT_TRUE(row.IsFieldNull(row.GetFieldIndex(name))) << name;
  }
  for (const char* name :
       {"patch_id", "region_id", "marks", "severity", "rules", "area_px", "cut", "confidence"}) {
    EXPECT_TRUE(row.IsFieldSetAndNotNull(row.GetFieldIndex(name))) << name;
  }
}

TEST(GeoPackage, NumbersThatAreNotFiniteAreNull) {
  const TempFolder folder;
  Patch patch = full_patch();
  patch.score_max = std::numeric_limits<double>::infinity();
  patch.spectra[0].mean_after = std::numeric_limits<double>::quiet_NaN();
  const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
  write_one(*sink, patch, 1, {});
  finish(sink, kManifest);
  const auto dataset = open_vector(folder / "out.gpkg");
  const auto patches = rows(*dataset, "patches");
  EXPECT_TRUE(patches[0]->IsFieldNull(patches[0]->GetFieldIndex("score_max")));
  const auto spectra = rows(*dataset, "spectra");
  EXPECT_TRUE(spectra[1]->IsFieldNull(spectra[1]->GetFieldIndex("mean")));
}

TEST(GeoPackage, FindingsExplainThemselves) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  EXPECT_EQ(field_names(*dataset->GetLayerByName("findings")),
            (Names{"patch_id", "rulebook", "version", "rule_id", "name_zh", "name_en", "status", "effect",
                   "mark", "severity", "note", "basis", "evidence", "piece_id", "group_id"}));
  const auto findings = rows(*dataset, "findings");
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_STREQ(findings[0]->GetFieldAsString("name_zh"), "疑似占用永久基本农田");
  EXPECT_STREQ(findings[0]->GetFieldAsString("basis"), "江府办函〔2021〕83号 五(四)");
  const auto fired = nlohmann::json::parse(findings[0]->GetFieldAsString("evidence"));
  EXPECT_EQ(fired, nlohmann::json::parse(R"([
    {"when": "construction_like", "held": true, "facts": {"construction_like": 1}},
    {"when": "basic_farmland_m2 >= 200", "held": true,
     "facts": {"basic_farmland_m2": 312.5, "mining_right_distance_m": "infinite"}}])"));
  EXPECT_STREQ(findings[1]->GetFieldAsString("status"), "unknown");
  const auto unknown = nlohmann::json::parse(findings[1]->GetFieldAsString("evidence"));
  EXPECT_EQ(unknown, nlohmann::json::parse(R"([
    {"when": "approved_land_share >= 0.95", "held": null, "facts": {"approved_land_share": null}},
    {"when": "land_use = 'x'", "held": false, "facts": {"land_use": "0101"}}])"));
}

TEST(GeoPackage, OverlapsAndSpectraAreRowsOfTheirOwn) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  EXPECT_EQ(
      query(*dataset,
            "SELECT patch_id, layer, feature_id, feature_class, state, gross_m2, net_m2 FROM overlaps"),
      (std::vector<Names>{{"0123456789abcdef", "basic_farmland", "YN-7", "0101", "valid", "312.5", "300.25"},
                          {"0123456789abcdef", "land_use", "42", "0101", "", "996.125", ""}}));
  EXPECT_EQ(query(*dataset, "SELECT number, dated, valid_from, valid_to FROM overlaps")[0],
            (Names{"粤府〔2021〕7号", "2021-03-01", "2021-04-01", "2030-12-31"}));
  for (const int column : {6, 7, 8, 9, 10}) EXPECT_TRUE(rows(*dataset, "overlaps")[1]->IsFieldNull(column));
  EXPECT_EQ(query(*dataset, "SELECT epoch, role, band, mean, sd FROM spectra"),
            (std::vector<Names>{{"before", "red", "B04", "0.125", "0.01"},
                                {"after", "red", "B04", "0.25", "0.02"},
                                {"before", "nir", "B08", "0.5", "0.03"},
                                {"after", "nir", "B08", "0.375", "0.04"}}));
}

TEST(GeoPackage, RunHoldsOneRowPerKeyOfTheManifest) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  EXPECT_EQ(query(*dataset, "SELECT key, value FROM run"),
            (std::vector<Names>{{"tuban", "0.1.0"},
                                {"inputs", R"([{"path":"a.tif"}])"},
                                {"cut", "2.5"},
                                {"warnings", "[]"},
                                {"名", "值"}}));
}

TEST(GeoPackage, LineageHasARowForEachAncestorAndForEachThatIsGone) {
  const TempFolder folder;
  const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
  write_one(*sink, full_patch(), 1, full_marks());
  LineageLink gone;
  gone.earlier_id = "0f";
  gone.earlier_file = "2020.gpkg";
  gone.relation = "disappeared";
  sink->write_gone({&gone, 1});
  finish(sink, kManifest);
  const auto dataset = open_vector(folder / "out.gpkg");
  EXPECT_EQ(query(*dataset,
                  "SELECT patch_id IS NULL, earlier_id, relation, shared_m2, share_of_patch, "
                  "share_of_earlier, earlier_file, earlier_date FROM lineage"),
            (std::vector<Names>{
                {"0", "fedcba9876543210", "grown", "600.5", "0.6025", "1", "2020.gpkg", "2020/11/30"},
                {"1", "0f", "disappeared", "", "", "", "2020.gpkg", ""}}));
}

TEST(GeoPackage, EveryColumnHasAChineseAlias) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  for (const char* table : {"patches", "findings", "overlaps", "pieces", "spectra", "lineage", "run"}) {
    const std::string sql =
        std::string("SELECT column_name, name FROM gpkg_data_columns WHERE table_name = '") + table + "'";
    std::map<std::string, std::string> aliases;
    for (const Names& row : query(*dataset, sql.c_str())) aliases[row[0]] = row[1];
    for (const std::string& field : field_names(*dataset->GetLayerByName(table))) {
      ASSERT_TRUE(aliases.contains(field)) << table << "." << field;
      EXPECT_GE(static_cast<unsigned char>(aliases[field][0]), 0xE4) << table << "." << field;
    }
  }
  EXPECT_EQ(query(*dataset, "SELECT name FROM gpkg_data_columns WHERE column_name = 'area_mu'"),
            (std::vector<Names>{{"面积(亩)"}, {"面积(亩)"}}));
  EXPECT_EQ(query(*dataset, "SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_schema'"),
            (std::vector<Names>{{"2"}}));
}

TEST(GeoPackage, ASpatialIndexFindsThePatches) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  EXPECT_EQ(query(*dataset, "SELECT count(*) FROM rtree_patches_geom"), (std::vector<Names>{{"2"}}));
  OGRLayer& layer = *dataset->GetLayerByName("patches");
  EXPECT_TRUE(layer.TestCapability(OLCFastSpatialFilter));
  layer.SetSpatialFilterRect(38450000, 2499900, 38450200, 2500000);
  EXPECT_EQ(layer.GetFeatureCount(), 1);
}

TEST(GeoPackage, SaysHowManyRowsItHasAndWhere) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  EXPECT_EQ(query(*dataset, "SELECT table_name, feature_count FROM gpkg_ogr_contents ORDER BY table_name"),
            (std::vector<Names>{{"findings", "2"},
                                {"lineage", "1"},
                                {"overlaps", "2"},
                                {"patches", "2"},
                                {"pieces", "1"},
                                {"run", "5"},
                                {"spectra", "4"}}));
  EXPECT_EQ(query(*dataset,
                  "SELECT table_name, min_x, min_y, max_x, max_y FROM gpkg_contents WHERE min_x IS NOT NULL "
                  "ORDER BY table_name"),
            (std::vector<Names>{{"patches", "38450006", "2499000", "38450140", "2499940"},
                                {"pieces", "38450100", "2499900", "38450120", "2499920"}}));
}

TEST(GeoPackage, PiecesAreATableWithGeometry) {
  const TempFolder folder;
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg")));
  OGRLayer& layer = *dataset->GetLayerByName("pieces");
  EXPECT_EQ(field_names(layer), (Names{"piece_id", "patch_id", "rulebook", "rule_id", "area_m2", "area_mu",
                                       "severity", "marks"}));
  const auto pieces = rows(*dataset, "pieces");
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_STREQ(pieces[0]->GetFieldAsString("rule_id"), "F09");
  EXPECT_EQ(pieces[0]->GetFieldAsDouble("area_mu"), 0.6);
  EXPECT_STREQ(pieces[0]->GetFieldAsString("marks"), "farmland,mining");
  EXPECT_EQ(pieces[0]->GetGeometryRef()->toMultiPolygon()->get_Area(), 400);
  EXPECT_EQ(query(*dataset, "SELECT count(*) FROM rtree_pieces_geom"), (std::vector<Names>{{"1"}}));
  const auto* const crs = layer.GetSpatialRef();
  ASSERT_NE(crs, nullptr);
  EXPECT_STREQ(crs->GetAuthorityCode(nullptr), "4526");
}

TEST(GeoPackage, StaysWholeWhereOgrKeepsNoCounts) {
  const TempFolder folder;
  Job job = job_to(folder / "out.gpkg");
  job.creation_options = {"ADD_GPKG_OGR_CONTENTS=NO"};
  const auto dataset = open_vector(write_sample(job));
  EXPECT_EQ(dataset->GetLayerByName("patches")->GetFeatureCount(), 2);
}

TEST(GeoPackage, RowsAddedAndRemovedLaterAreCountedAndIndexed) {
  const TempFolder folder;
  write_sample(job_to(folder / "out.gpkg"));
  {
    const GDALDatasetUniquePtr dataset(
        GDALDataset::Open((folder / "out.gpkg").c_str(), GDAL_OF_VECTOR | GDAL_OF_UPDATE));
    OGRLayer& layer = *dataset->GetLayerByName("patches");
    const OGRFeatureUniquePtr copy(layer.GetFeature(1));
    copy->SetFID(OGRNullFID);
    ASSERT_EQ(layer.CreateFeature(copy.get()), OGRERR_NONE);
    EXPECT_EQ(copy->GetFID(), 3);
    ASSERT_EQ(layer.DeleteFeature(2), OGRERR_NONE);
  }
  const auto dataset = open_vector(folder / "out.gpkg");
  EXPECT_EQ(query(*dataset, "SELECT id FROM rtree_patches_geom ORDER BY id"),
            (std::vector<Names>{{"1"}, {"3"}}));
  EXPECT_EQ(query(*dataset, "SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'patches'"),
            (std::vector<Names>{{"2"}}));
}

TEST(GeoPackage, StoresAGeometryAsOgrWould) {
  const TempFolder folder;
  write_sample(job_to(folder / "out.gpkg"));
  const GDALDatasetUniquePtr dataset(
      GDALDataset::Open((folder / "out.gpkg").c_str(), GDAL_OF_VECTOR | GDAL_OF_UPDATE));
  OGRLayer& layer = *dataset->GetLayerByName("patches");
  const OGRFeatureUniquePtr copy(layer.GetFeature(1));
  copy->SetFID(OGRNullFID);
  ASSERT_EQ(layer.CreateFeature(copy.get()), OGRERR_NONE);
  EXPECT_EQ(query(*dataset, "SELECT count(DISTINCT hex(geom)), count(*) FROM patches WHERE fid IN (1, 3)"),
            (std::vector<Names>{{"1", "2"}}));
}

TEST(GeoPackage, NoPatchIsAValidResultWithAllTables) {
  const TempFolder folder;
  const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
  finish(sink, kManifest);
  const auto dataset = open_vector(folder / "out.gpkg");
  for (const char* table : {"patches", "findings", "overlaps", "lineage", "spectra"}) {
    ASSERT_NE(dataset->GetLayerByName(table), nullptr) << table;
    EXPECT_EQ(dataset->GetLayerByName(table)->GetFeatureCount(), 0) << table;
  }
  EXPECT_EQ(field_names(*dataset->GetLayerByName("patches")), kPatchFields);
  EXPECT_EQ(dataset->GetLayerByName("run")->GetFeatureCount(), 5);
}

TEST(GeoPackage, WithoutCrsCoordinatesAreCartesian) {
  const TempFolder folder;
  Grid grid = sample_grid();
  grid.crs.clear();
  const auto dataset = open_vector(write_sample(job_to(folder / "out.gpkg"), grid));
  EXPECT_EQ(query(*dataset, "SELECT srs_id FROM gpkg_geometry_columns"),
            (std::vector<Names>{{"-1"}, {"-1"}}));
}

TEST(GeoPackage, LayerCreationOptionsAreRespected) {
  const TempFolder folder;
  Job job = job_to(folder / "out.gpkg");
  job.layer_creation_options = {"GEOMETRY_NAME=shape", "spatial_index=no"};
  const auto dataset = open_vector(write_sample(job));
  EXPECT_STREQ(dataset->GetLayerByName("patches")->GetGeometryColumn(), "shape");
  EXPECT_FALSE(dataset->GetLayerByName("patches")->TestCapability(OLCFastSpatialFilter));
}

TEST(GeoPackage, RowsKeepTheOrderOfWriting) {
  const TempFolder folder;
  const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
  constexpr int kCount = 65'540;
  for (int i = 0; i < kCount; ++i) write_one(*sink, bare_patch(kCount - i), i, {});
  finish(sink, kManifest);
  const auto dataset = open_vector(folder / "out.gpkg");
  EXPECT_EQ(
      query(*dataset, "SELECT count(*), sum(fid = 65541 - region_id), sum(rank = fid - 1) FROM patches"),
      (std::vector<Names>{{"65540", "65540", "65540"}}));
  EXPECT_EQ(query(*dataset, "SELECT count(*) FROM rtree_patches_geom"), (std::vector<Names>{{"65540"}}));
  EXPECT_EQ(query(*dataset, "PRAGMA integrity_check"), (std::vector<Names>{{"ok"}}));
}

TEST(GeoPackage, NothingStandsUnderTheFinalNameBeforePublish) {
  const TempFolder folder;
  const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
  write_one(*sink, full_patch(), 1, full_marks());
  sink->prepare(kManifest);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.gpkg"));
  sink->publish();
  EXPECT_EQ(folder.entries(), Names{"out.gpkg"});
}

TEST(GeoPackage, OverwriteReplacesTheOldResultOnlyAtTheEnd) {
  const TempFolder folder;
  std::ofstream(folder / "out.gpkg") << "old";
  Job job = job_to(folder / "out.gpkg");
  job.overwrite = true;
  const auto sink = make_patch_sink(job, sample_grid());
  write_one(*sink, full_patch(), 1, full_marks());
  EXPECT_EQ(read_text(folder / "out.gpkg"), "old");
  finish(sink, kManifest);
  EXPECT_EQ(rows(*open_vector(folder / "out.gpkg"), "patches").size(), 1u);
}

TEST(GeoPackage, TheDumpDependsOnTheResultsOnly) {
  const TempFolder folder;
  write_sample(job_to(folder / "a.gpkg"));
  const auto sink = make_patch_sink(job_to(folder / "b.gpkg"), sample_grid());
  write_one(*sink, full_patch(), 2, full_marks());
  write_one(*sink, bare_patch(1), 1, {});
  finish(sink, R"({"other": "run"})");
  EXPECT_EQ(dump_geopackage(folder / "a.gpkg"), dump_geopackage(folder / "b.gpkg"));
}

TEST(GeoPackage, TheDumpShowsTheLastBitOfANumberAndEveryVertex) {
  const TempFolder folder;
  const auto dump_of = [&folder](const std::string& name, const Patch& patch) {
    const auto sink = make_patch_sink(job_to(folder / name), sample_grid());
    write_one(*sink, patch, 1, {});
    finish(sink, kManifest);
    return dump_geopackage(folder / name);
  };
  const std::string dump = dump_of("a.gpkg", full_patch());
  Patch number = full_patch(), vertex = full_patch(), unknown = full_patch();
  number.score_mean = std::nextafter(number.score_mean, 10);
  vertex.geometry[1].rings[0][1].x += 1e-6;
  unknown.before_date.reset();
  EXPECT_NE(dump_of("b.gpkg", number), dump);
  EXPECT_NE(dump_of("c.gpkg", vertex), dump);
  EXPECT_NE(dump_of("d.gpkg", unknown), dump);
}

}  // namespace
}  // namespace tuban::test
