// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/io/layer_reader.h"
#include "tests/support/rule_ground.h"
#include "tests/support/vector_file.h"

namespace tuban::test {
namespace {

constexpr const char* kSquare =
    "POLYGON((38500000 2500000,38500100 2500000,38500100 2500100,38500000 2500100,38500000 2500000))";

LayerSpec spec_for(const std::string& path, const std::string& role = "basic_farmland") {
  LayerSpec spec;
  spec.role = role;
  spec.path = path;
  spec.declared_in = "layers.yaml";
  return spec;
}

std::vector<LayerFeature> read(const LayerSpec& spec) {
  return make_layer_reader()(spec, rule_grid()).features;
}

/// Area of the patch of 100 m by 100 m at the origin that a file's features cover.
double covered(const LayerSpec& spec) {
  const auto layers = ReferenceLayers::load({spec}, rule_grid(), make_layer_reader(), nullptr);
  return number(layers, rule_patch(box(0, 0, 100, 100), 10000), spec.role + "_m2");
}

TEST(LayersYaml, IsReadWithPathsRelativeToTheFile) {
  const TempFolder folder;
  const auto path = folder / "layers.yaml";
  std::ofstream(path) << R"(
layers:
  - {role: land_use, path: data/dltb.gpkg, layer: DLTB, id: BSM, class: DLBM, ridge: KCXS}
  - role: mining_right
    path: /vsizip/x.zip/ckq.shp
    valid: {from: QSRQ, to: ZZRQ}
  - {role: approved_land, path: "PG:dbname=land", valid: {to: end}, number: PZWH, dated: PZRQ}
  - {role: exploration_right, path: tkq.shp, mode: KCFS, holder: TKQR}
)";
  const auto specs = load_layer_specs(path);
  ASSERT_EQ(specs.size(), 4U);
  EXPECT_EQ(specs[0].path, folder / "data/dltb.gpkg");
  EXPECT_EQ(specs[0].layer + specs[0].id_field + specs[0].class_field + specs[0].ridge_field,
            "DLTBBSMDLBMKCXS");
  EXPECT_EQ(specs[0].declared_in, path);
  EXPECT_EQ(specs[1].path, "/vsizip/x.zip/ckq.shp");
  EXPECT_EQ(specs[1].valid_from_field + specs[1].valid_to_field, "QSRQZZRQ");
  EXPECT_EQ(specs[2].path, "PG:dbname=land");
  EXPECT_EQ(specs[2].valid_from_field + specs[2].valid_to_field, "end");
  EXPECT_EQ(specs[2].number_field + specs[2].dated_field, "PZWHPZRQ");
  EXPECT_EQ(specs[3].mode_field + specs[3].holder_field, "KCFSTKQR");
}

TEST(Reading, TakesFieldsFromAGeoPackage) {
  const TempFolder folder;
  const auto path = folder / "a.gpkg";
  VectorFile("GPKG", path, "EPSG:4526")
      .field("BSM", OFTString)
      .field("DLBM", OFTString)
      .field("KCXS", OFTReal)
      .field("QSRQ", OFTDate)
      .field("ZZRQ", OFTString)
      .field("PZWH", OFTString)
      .field("PZRQ", OFTString)
      .field("KCFS", OFTString)
      .field("CKQR", OFTString)
      .feature(kSquare, {"一号", "0101", "0.082", "2021/03/01", "20301231", "粤〔2020〕9号", "20201130",
                         "露天开采", "某公司"})
      .feature(kSquare, {nullptr, "0702"});
  auto spec = spec_for(path, "land_use");
  spec.layer = "parcels";
  spec.id_field = "bsm";  // names of fields are matched as OGR does, whatever their case
  spec.class_field = "DLBM";
  spec.ridge_field = "KCXS";
  spec.valid_from_field = "QSRQ";
  spec.valid_to_field = "ZZRQ";
  spec.number_field = "PZWH";
  spec.dated_field = "PZRQ";
  spec.mode_field = "KCFS";
  spec.holder_field = "CKQR";
  const auto features = read(spec);
  ASSERT_EQ(features.size(), 2U);
  EXPECT_EQ(features[0].id, "一号");
  EXPECT_EQ(features[0].feature_class, "0101");
  EXPECT_EQ(features[0].ridge, 0.082);
  EXPECT_EQ(features[0].valid_from + features[0].valid_to, "2021-03-012030-12-31");
  EXPECT_EQ(features[0].number + " " + features[0].dated, "粤〔2020〕9号 2020-11-30");
  EXPECT_EQ(features[0].mode + features[0].holder, "露天开采某公司");
  EXPECT_EQ(features[1].id, "2");  // its FID
  EXPECT_FALSE(features[1].ridge.has_value());
  EXPECT_EQ(features[1].valid_from + features[1].valid_to, "");
}

TEST(Reading, TransformsToTheGridsCrs) {
  const TempFolder folder;
  const auto path = folder / "geographic.gpkg";
  // The same ground in degrees: twice the width of the patch around the central meridian.
  VectorFile("GPKG", path, "EPSG:4490")
      .feature("POLYGON((113.99 22.5,114.01 22.5,114.01 22.7,113.99 22.7,113.99 22.5))");
  EXPECT_NEAR(covered(spec_for(path)), 10000, kSmall);
  const auto zone37 = folder / "zone37.gpkg";
  VectorFile("GPKG", zone37, "EPSG:4525")
      .feature(
          "POLYGON((37800000 2490000,37820000 2490000,37820000 2530000,37800000 2530000,37800000 2490000))");
  EXPECT_NEAR(covered(spec_for(zone37)), 10000, kSmall);
}

TEST(Reading, MakesCurvesLinearAndDropsHeights) {
  const TempFolder folder;
  const auto path = folder / "curves.gpkg";
  // A disc of 40 m radius, and a square with heights.
  VectorFile("GPKG", path, "EPSG:4526", wkbUnknown)
      .feature(
          "CURVEPOLYGON(CIRCULARSTRING(38500010 2500050,38500050 2500090,38500090 2500050,38500050 2500010,"
          "38500010 2500050))");
  EXPECT_NEAR(covered(spec_for(path)), std::acos(-1.0) * 1600, 5);
  const auto heights = folder / "heights.gpkg";
  VectorFile("GPKG", heights, "EPSG:4526", wkbUnknown)
      .feature(
          "MULTIPOLYGON Z(((38500000 2500000 5,38500050 2500000 6,38500050 2500100 7,38500000 2500000 5)))");
  EXPECT_NEAR(covered(spec_for(heights)), 2500, kSmall);
}

TEST(Reading, LeavesOutWhatIsFarFromTheGrid) {
  const TempFolder folder;
  const auto path = folder / "far.gpkg";
  VectorFile("GPKG", path, "EPSG:4526")
      .feature("POLYGON((38510000 2500000,38510100 2500000,38510100 2500100,38510000 2500000))")
      .feature("POLYGON((38501050 2500000,38501100 2500000,38501100 2500100,38501050 2500000))");
  EXPECT_EQ(read(spec_for(path)).size(), 1U);  // the second lies 50 m outside: a buffer may reach it
}

TEST(Reading, ALayerThatDoesNotOverlapIsNoError) {
  const TempFolder folder;
  const auto path = folder / "elsewhere.gpkg";
  VectorFile("GPKG", path, "EPSG:4490").feature("POLYGON((100 30,101 30,101 31,100 30))");
  EXPECT_EQ(covered(spec_for(path)), 0);
}

TEST(Reading, UnderstandsShapefilesInUtf8AndGbk) {
  for (const char* encoding : {"ENCODING=UTF-8", "ENCODING=CP936"}) {
    for (const bool stated : {true, false}) {
      const TempFolder folder;
      const auto path = folder / "parcels.shp";
      VectorFile("ESRI Shapefile", path, "EPSG:4526", wkbPolygon, {encoding})
          .field("编号", OFTString)
          .feature(kSquare, {"永久基本农田"});
      if (!stated) {
        std::filesystem::remove(folder / "parcels.cpg");
        std::fstream dbf(folder / "parcels.dbf", std::ios::in | std::ios::out | std::ios::binary);
        dbf.seekp(29);
        dbf.put(0x57);  // "the system's code page", as many programs leave it
      }
      auto spec = spec_for(path);
      spec.id_field = "编号";
      const auto features = read(spec);
      ASSERT_EQ(features.size(), 1U);
      EXPECT_EQ(features[0].id, "永久基本农田") << encoding << stated;
    }
  }
}

/// A GeoPackage with one layer of these text fields and one square; each field holds its own name.
std::string sheet(const TempFolder& folder, const std::vector<const char*>& fields,
                  const char* layer = "any") {
  const auto path = folder / (std::string(layer) + ".gpkg");
  VectorFile file("GPKG", path, "EPSG:4526", wkbPolygon, {}, layer);
  for (const auto* name : fields) file.field(name, OFTString);
  file.feature(kSquare, fields);
  return path;
}

/// The first layer of a list of one, given after its role and path; `top` stands before the list.
LayerSpec listed_spec(const TempFolder& folder, const std::string& role, const std::string& path,
                      const std::string& keys = "", const std::string& top = "") {
  const auto list = folder / "layers.yaml";
  std::ofstream(list) << top << "\nlayers: [{role: " << role << ", path: \"" << path << "\"" << keys << "}]";
  return load_layer_specs(list).at(0);
}

/// How a layer is read, so that each of its fields shows its name.
struct Told {
  LayerFeature feature;
  LayerSpec spec;
  std::vector<std::string> notes;
};
Told told(const LayerSpec& spec) {
  auto contents = make_layer_reader()(spec, rule_grid());
  EXPECT_EQ(contents.features.size(), 1U);
  return {contents.features.at(0), contents.spec.value(), contents.notes};
}

TEST(Aliases, FindTheFieldsOfARightWhateverTheirCase) {
  const TempFolder folder;
  const auto path = sheet(folder, {"xkzh", "KZ", "kcfs", "CKQR", "area"});
  const auto [feature, spec, notes] = told(listed_spec(folder, "mining_right", path));
  EXPECT_EQ(feature.id + feature.feature_class + feature.mode + feature.holder + feature.number,
            "xkzhKZkcfsCKQRxkzh");
  EXPECT_EQ(spec.id_field, "xkzh");
  EXPECT_EQ(spec.dated_field, "");  // an alias that is not there is no fault
}

TEST(Aliases, KnowBothSchemasOfTheEcologicalRedline) {
  const TempFolder folder;
  const auto planning = told(
      listed_spec(folder, "ecological_redline", sheet(folder, {"BSM", "HXBM", "HXLX", "LXDM"}, "STBHHX")));
  EXPECT_EQ(planning.feature.id + planning.feature.feature_class, "HXBMHXLX");
  const auto survey =
      told(listed_spec(folder, "ecological_redline", sheet(folder, {"BSM", "LXDM", "SLDM", "MC"}, "hx")));
  EXPECT_EQ(survey.feature.id + survey.feature.feature_class, "SLDMLXDM");
}

TEST(Aliases, GiveWayToKeysAndToATilde) {
  const TempFolder folder;
  const auto path = sheet(folder, {"XKZH", "KZ", "KCFS", "OWN", "YXQQ"});
  const auto [feature, spec, notes] =
      told(listed_spec(folder, "mining_right", path, ", id: OWN, class: ~, valid: ~"));
  EXPECT_EQ(feature.id + feature.feature_class + feature.mode, "OWNKCFS");
  EXPECT_EQ(spec.valid_from_field, "");
}

TEST(Aliases, DoNotAddToATermThatIsGiven) {
  const TempFolder folder;
  const auto path = folder / "terms.gpkg";
  VectorFile("GPKG", path, "EPSG:4526")
      .field("START", OFTDate)
      .field("YXQZ", OFTDate)
      .feature(kSquare, {"2020/01/01", "2021/01/01"});
  const auto given = told(listed_spec(folder, "mining_right", path, ", valid: {from: START}"));
  EXPECT_EQ(given.feature.valid_from + given.feature.valid_to, "2020-01-01");
  const auto found = told(listed_spec(folder, "mining_right", path));
  EXPECT_EQ(found.feature.valid_from + found.feature.valid_to, "2021-01-01");
}

TEST(Aliases, OfAFileComeBeforeTheShippedOnesAndAnEmptyListDropsThose) {
  const TempFolder folder;
  std::ofstream(folder / "names.yaml") << "aliases:\n  mining_right: {id: [ZSBH], class: [], number: []}\n";
  const auto path = sheet(folder, {"XKZH", "KZ", "ZSBH", "KCFS"});
  const auto [feature, spec, notes] =
      told(listed_spec(folder, "mining_right", path, "", "aliases: names.yaml"));
  EXPECT_EQ(feature.id + feature.feature_class + feature.number + feature.mode, "ZSBHKCFS");
  EXPECT_EQ(spec.aliases_file, folder / "names.yaml");
  const auto other = told(
      listed_spec(folder, "mining_right", sheet(folder, {"XKZH", "KZ"}, "b"), "", "aliases: names.yaml"));
  EXPECT_EQ(other.feature.id + other.feature.feature_class, "XKZH");
}

TEST(Aliases, TakeTheFirstOfTheKnownLayersAndSaySo) {
  const TempFolder folder;
  const auto path = sheet(folder, {"BSM"}, "JBNTBHTB");
  VectorFile("GPKG", path, "EPSG:4526", wkbPolygon, {}, "yjjbntbhtb")
      .field("YJJBNTTBBH", OFTString)
      .feature(kSquare, {"new"});
  VectorFile("GPKG", path, "EPSG:4526", wkbPolygon, {}, "XZQ").feature(kSquare);
  const auto [feature, spec, notes] = told(listed_spec(folder, "basic_farmland", path));
  EXPECT_EQ(spec.layer + feature.id, "yjjbntbhtbnew");
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_TRUE(holds(notes[0], {"yjjbntbhtb, JBNTBHTB", "only yjjbntbhtb"}));
}

TEST(Aliases, AreToldInTheManifest) {
  const TempFolder folder;
  const auto spec = listed_spec(folder, "mining_right", sheet(folder, {"XKZH", "YXQQ"}), ", valid: ~");
  const auto layers = ReferenceLayers::load({spec}, rule_grid(), make_layer_reader(), nullptr);
  EXPECT_TRUE(holds(layers->manifest_json(), {R"("fields":{"id":"XKZH","number":"XKZH"})"}));
}

class ReadNearPatches : public ::testing::Test {
 protected:
  /// Two parcels, the second a kilometre off; its coefficient as given.
  ReadNearPatches() : spec_(spec_for(folder_ / "near.gpkg")) {
    spec_.ridge_field = "KCXS";
    spec_.id_field = "BSM";
  }
  std::shared_ptr<const ReferenceLayers> load(const char* second_ridge, const char* first = "0.1") {
    VectorFile("GPKG", spec_.path, "EPSG:4526")
        .field("BSM", OFTString)
        .field("KCXS", OFTString)
        .feature(kSquare, {"near", first})
        .feature("POLYGON((38500900 2500900,38501000 2500900,38501000 2501000,38500900 2500900))",
                 {"far", second_ridge});
    return ReferenceLayers::load({spec_}, rule_grid(), make_layer_reader({.features = 0, .bytes = 0}),
                                 nullptr);
  }
  static std::vector<Overlap> overlaps(const std::shared_ptr<const ReferenceLayers>& layers,
                                       const MultiPolygon& patch) {
    return Marker(layers, nullptr).mark(rule_patch(patch, 100)).overlaps;
  }

  TempFolder folder_;
  LayerSpec spec_;
};

TEST_F(ReadNearPatches, AFaultIsToldWhenAPatchMeetsIt) {
  const auto layers = load("1.5");
  EXPECT_EQ(overlaps(layers, box(10, 10, 20, 20)).size(), 1U);
  const auto text = refusal(ErrorCode::mismatch, [&] { overlaps(layers, box(980, 910, 990, 920)); });
  EXPECT_TRUE(holds(text, {"layers.yaml", "feature far", "field-ridge coefficient 1.5"}));
}

TEST_F(ReadNearPatches, ACodeOfTheSecondSurveyAmongManyIsToldWhenAPatchMeetsIt) {
  spec_.role = "land_use";
  spec_.class_field = "KCXS";
  spec_.ridge_field.clear();
  const auto layers = load("011", "0101");
  EXPECT_EQ(overlaps(layers, box(10, 10, 20, 20)).size(), 1U);
  const auto text = refusal(ErrorCode::mismatch, [&] { overlaps(layers, box(980, 910, 990, 920)); });
  EXPECT_TRUE(holds(text, {"layers.yaml", "land_use", "feature far", "011", "second survey"}));
}

TEST_F(ReadNearPatches, IdsThatRepeatAreToldAfterwards) {
  spec_.role = "approved_land";
  spec_.id_field = "KCXS";
  spec_.ridge_field.clear();
  const auto layers = load("0.1");
  overlaps(layers, box(10, 10, 20, 20));
  EXPECT_TRUE(layers->notes().empty());
  overlaps(layers, box(980, 910, 990, 920));
  ASSERT_EQ(layers->notes().size(), 1U);
  EXPECT_TRUE(holds(layers->notes()[0], {"approved_land", "1 features near patches", "the first is 0.1"}));
}

TEST_F(ReadNearPatches, TheManifestCountsWhatWasMetAndOnce) {
  const auto layers = load("0.2");
  EXPECT_TRUE(holds(layers->manifest_json(), {"\"near patches\"", "\"features\":0"}));
  for (int i = 0; i < 3; ++i) overlaps(layers, box(10 + i, 10, 20, 20));
  EXPECT_TRUE(holds(layers->manifest_json(), {"\"features\":1"}));
}

TEST_F(ReadNearPatches, APatchOnNoFeatureSharesNothing) {
  EXPECT_TRUE(overlaps(load("0.2"), box(-500, -500, -400, -400)).empty());
}

TEST_F(ReadNearPatches, MoreThanMemoryIsMeantToHoldIsMarkedInParts) {
  spec_.ridge_field.clear();
  {
    VectorFile file("GPKG", spec_.path, "EPSG:4526");
    file.field("BSM", OFTString);
    std::string disc = "POLYGON((";
    constexpr int kCorners = 20000;
    for (int i = 0; i <= kCorners; ++i) {
      const double angle = 2 * std::acos(-1.0) * (i % kCorners) / kCorners;
      char pair[64];
      std::snprintf(pair, sizeof pair, "%s%.6f %.6f", i > 0 ? "," : "", kOriginX + 50 * std::cos(angle),
                    kOriginY + 50 * std::sin(angle));
      disc += pair;
    }
    disc += "))";
    for (int i = 0; i < 12; ++i) file.feature(disc, {std::to_string(i).c_str()});
  }
  const auto layers =
      ReferenceLayers::load({spec_}, rule_grid(), make_layer_reader({.features = 0, .bytes = 0}), nullptr);
  std::vector<Patch> patches;
  for (int i = 0; i < 3; ++i) patches.push_back(rule_patch(box(-60 - i, -60, 60, 60), 14400));
  const auto marks = Marker(layers, nullptr).mark(patches);
  ASSERT_EQ(marks.size(), 3U);
  for (const auto& one : marks) {
    ASSERT_EQ(one.overlaps.size(), 12U);
    for (const auto& row : one.overlaps) EXPECT_NEAR(row.gross_m2, std::acos(-1.0) * 2500, 0.1);
  }
}

TEST(Dates, AreReadInTheFormsInUse) {
  EXPECT_EQ(iso_date("2021-03-01"), "2021-03-01");
  EXPECT_EQ(iso_date("20210301"), "2021-03-01");
  EXPECT_EQ(iso_date("2021/03/01"), "2021-03-01");
  EXPECT_EQ(iso_date("2021/3/1"), "2021-03-01");
  EXPECT_EQ(iso_date("2021/03/01 00:00:00"), "2021-03-01");
  EXPECT_EQ(iso_date("2021-03-01T08:00:00Z"), "2021-03-01");
  EXPECT_EQ(iso_date("2020-02-29"), "2020-02-29");
  for (const auto* wrong :
       {"2021-02-29", "2021-13-01", "20210001", "2021", "01/03/2021", "2021-3-1", "soon", ""}) {
    EXPECT_FALSE(iso_date(wrong).has_value()) << wrong;
  }
}

TEST(UnknownClasses, AreSaidAndCountInNoGroup) {
  std::vector<std::string> warnings;
  const auto layers = Ground().layer("land_use", {{"a", box(-9, -9, 99, 99), "2301"}}).load(&warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(holds(warnings[0], {"land_use", "1 features", "2301"}));
  EXPECT_EQ(number(layers, rule_patch(box(0, 0, 40, 30), 1200), "agricultural_m2"), 0);
}

}  // namespace
}  // namespace tuban::test
