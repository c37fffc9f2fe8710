// SPDX-License-Identifier: Apache-2.0
#include <gdal_priv.h>
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "bench/scene/layout.h"
#include "bench/scene/scene.h"

namespace {

namespace fs = std::filesystem;
using namespace tuban::scene;

/// A folder of this process, removed at the end.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(fs::temp_directory_path() / ("tuban-scene-" + std::to_string(getpid()) + "-" + name)) {}
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* file) const { return (path_ / file).string(); }
  std::string str() const { return path_.string(); }

 private:
  fs::path path_;
};

Options small(const std::string& folder, std::uint64_t seed = 7, int size = 512) {
  Options options;
  options.seed = seed;
  options.width = options.height = size;
  options.folder = folder;
  return options;
}

std::vector<std::uint16_t> pixels(const std::string& path) {
  GDALAllRegister();
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER));
  if (!dataset) throw std::runtime_error("cannot open " + path);
  const int w = dataset->GetRasterXSize(), h = dataset->GetRasterYSize(), bands = dataset->GetRasterCount();
  std::vector<std::uint16_t> out(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) *
                                 static_cast<std::size_t>(bands));
  if (dataset->RasterIO(GF_Read, 0, 0, w, h, out.data(), w, h, GDT_UInt16, bands, nullptr, 0, 0, 0,
                        nullptr) != CE_None) {
    throw std::runtime_error("cannot read " + path);
  }
  return out;
}

/// One scene for all tests that only look at it.
const Folder& scene_of_1024() {
  static const Folder folder("shared");
  static const Summary summary = generate(small(folder.str(), 11, 1024));
  static_cast<void>(summary);
  return folder;
}

double share_within(const Polygon& polygon, const Polygons& others) {
  double sum = 0;
  for (const Polygon& other : others) sum += shared_area(polygon, other);
  return sum / area(polygon);
}

/// A result such as a run writes, from the truth: every planted change a patch, as the rules would have it.
struct SyntheticResult {
  bool all_columns = true;
  int leave_out = 0;    // this many planted changes of the first ones
  int false_marks = 0;  // this many marked patches where nothing was planted
  std::string rules;    // instead of the right ones

  void write(const std::string& folder, const std::string& path) const {
    GDALAllRegister();
    const GDALDatasetUniquePtr truth(GDALDataset::Open((folder + "/truth.gpkg").c_str(), GDAL_OF_VECTOR));
    OGRLayer* planted = truth->GetLayerByName("planted");
    const GDALDatasetUniquePtr out(
        GetGDALDriverManager()->GetDriverByName("GPKG")->Create(path.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
    OGRLayer* patches = out->CreateLayer("patches", planted->GetSpatialRef(), wkbMultiPolygon);
    if (all_columns) {
      for (const char* name : {"patch_id", "marks", "severity", "rules", "change_type"}) {
        OGRFieldDefn field(name, OFTString);
        patches->CreateField(&field);
      }
      OGRFieldDefn confidence("confidence", OFTReal);
      patches->CreateField(&confidence);
    }
    int number = 0;
    const auto add = [&](const OGRGeometry& shape, const std::string& must, const std::string& type,
                         double trust) {
      const OGRFeatureUniquePtr feature(OGRFeature::CreateFeature(patches->GetLayerDefn()));
      feature->SetGeometry(&shape);
      if (all_columns) {
        feature->SetField("patch_id", std::to_string(++number).c_str());
        feature->SetField("rules", must.c_str());
        feature->SetField("change_type", type.c_str());
        feature->SetField("confidence", trust);
        if (!must.empty() && must != "F08") {
          feature->SetField("severity", must == "F01" || must == "M01" ? "S4" : "S3");
          feature->SetField("marks", must.front() == 'F' ? "farmland" : "mining");
        }
      }
      ASSERT_EQ(patches->CreateFeature(feature.get()), OGRERR_NONE);
    };
    int index = 0;
    for (const auto& feature : planted) {
      if (index++ < leave_out) continue;
      const std::string must = rules.empty() ? feature->GetFieldAsString("must_fire") : rules;
      add(*feature->GetGeometryRef(), must,
          std::string(feature->GetFieldAsString("change_types")).substr(0, 3), 0.9);
    }
    OGRLayer* paddies = truth->GetLayerByName("paddies");
    index = 0;
    for (const auto& feature : paddies) {
      if (feature->GetFieldAsInteger("changed") == 0) continue;
      add(*feature->GetGeometryRef(), index++ < false_marks ? "F02" : "", "C90", 0.4);
    }
  }
};

TEST(Scene, SameSeedGivesTheSamePixelsWhateverTheThreadsAndTiles) {
  const Folder a("a"), b("b");
  Options first = small(a.str()), second = small(b.str());
  second.threads = 3;
  second.tile = 128;
  second.compression = "NONE";
  generate(first);
  generate(second);
  for (const char* file : {"before.tif", "after.tif", "before_valid.tif", "after_valid.tif"}) {
    EXPECT_EQ(pixels(a / file), pixels(b / file)) << file;
  }
}

TEST(Scene, WithoutPhenologyNoCropChangesAndChangesArePlantedAsAsked) {
  Options options = small("", 4, 1024);
  options.phenology = 0;
  options.changes = 40;
  const Layout layout = make_layout(options);
  for (const Parcel& parcel : layout.parcels) EXPECT_FALSE(parcel.changed_state());
  const auto fields = std::count_if(layout.planted.begin(), layout.planted.end(),
                                    [](const Planted& planted) { return planted.kind != "quarry"; });
  EXPECT_NEAR(static_cast<double>(fields), 40, 8);
  options.field_width = 84;
  EXPECT_LT(static_cast<double>(make_layout(options).parcels.size()),
            0.8 * static_cast<double>(layout.parcels.size()));
}

TEST(Scene, CloudsAreNodataInTheImagesWhereAskedFor) {
  const Folder files("files"), inside("inside");
  generate(small(files.str(), 6));
  Options options = small(inside.str(), 6);
  options.validity = "nodata";
  generate(options);
  EXPECT_FALSE(fs::exists(inside / "before_valid.tif"));
  const std::vector<std::uint16_t> whole = pixels(files / "after.tif"), holed = pixels(inside / "after.tif"),
                                   valid = pixels(files / "after_valid.tif");
  std::size_t holes = 0;
  for (std::size_t i = 0; i < holed.size(); ++i) {
    const bool seen = valid[i % valid.size()] != 0;
    holes += seen ? 0 : 1;
    ASSERT_EQ(holed[i], seen ? whole[i] : 0);
  }
  EXPECT_GT(holes, 0U);
}

TEST(Scene, AnotherSeedIsAnotherScene) {
  const Folder a("s1"), b("s2");
  generate(small(a.str(), 1, 256));
  generate(small(b.str(), 2, 256));
  EXPECT_NE(pixels(a / "before.tif"), pixels(b / "before.tif"));
}

TEST(Scene, SmallScenesHaveFieldsAndStripsAreWrittenToo) {
  const Folder folder("fine");
  Options options = small(folder.str(), 3);
  options.gsd = 0.8;
  options.tile = 0;
  EXPECT_GT(generate(options).paddies, 10);
  options.gsd = 2;
  const Layout layout = make_layout(options);
  EXPECT_GT(layout.planted.size(), 3U);
}

TEST(Scene, AtLeastAFifthOfThePaddiesIsHarvestedOrFloodedOnEverySeed) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    double all = 0, changed = 0;
    for (const Parcel& parcel : make_layout(small("", seed, 1024)).parcels) {
      if (parcel.cover != Cover::paddy) continue;
      all += parcel.area;
      changed += parcel.lost_green() ? parcel.area : 0;
    }
    EXPECT_GE(changed, 0.20 * all) << "seed " << seed;
    EXPECT_LE(changed, 0.45 * all) << "seed " << seed;
  }
}

TEST(Scene, ParcelsCoverTheSceneOnce) {
  const Layout layout = make_layout(small("", 5, 1024));
  const Polygon window{{{100, 100}, {1900, 100}, {1900, 1900}, {100, 1900}}};
  double covered = 0;
  for (const Parcel& parcel : layout.parcels) covered += shared_area(parcel.polygon, window);
  EXPECT_NEAR(covered / area(window), 1, 0.002);
}

TEST(Scene, PlantedChangesLieInTheLayersTheirSituationNames) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Layout layout = make_layout(small("", seed, 2048));
    Polygons paddies, forest, approved, valid, expired;
    for (const Parcel& p : layout.parcels) {
      if (p.cover == Cover::paddy) paddies.push_back(p.polygon);
      if (p.cover == Cover::forest) forest.push_back(p.polygon);
    }
    for (const Approval& a : layout.approvals) approved.push_back(a.polygon);
    for (const Licence& l : layout.licences) (l.to < kAfterDate ? expired : valid).push_back(l.polygon);
    for (const Planted& p : layout.planted) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", " + p.kind + ", " + p.situation);
      ++seen[p.situation];
      const double basic = share_within(p.polygon, layout.basic_farmland);
      if (p.kind != "quarry") {
        EXPECT_GT(share_within(p.polygon, paddies), 0.995);
        EXPECT_GE(p.area, 170);
        EXPECT_LE(p.area, 32000);
      } else {
        EXPECT_GT(share_within(p.polygon, forest), 0.97);
        EXPECT_GT(p.area, 700);
      }
      const double lawful = share_within(p.polygon, approved);
      const double licensed = share_within(p.polygon, valid), lapsed = share_within(p.polygon, expired);
      if (p.situation == "farmland") {
        EXPECT_EQ(basic, 0);
      }
      if (p.situation == "basic_farmland") {
        EXPECT_GT(basic, 0.995);
      }
      if (p.situation == "approved") {
        EXPECT_GT(lawful, 0.9999);
        EXPECT_EQ(basic, 0);
      } else if (p.situation == "half_approved") {
        EXPECT_GT(lawful, 0.35);
        EXPECT_LT(lawful, 0.65);
        EXPECT_GT((1 - lawful) * p.area, 400);
      } else {
        EXPECT_EQ(lawful, 0);
      }
      if (p.situation == "quarry_inside") {
        EXPECT_GT(licensed, 0.9999);
      }
      if (p.situation == "quarry_across") {
        EXPECT_GT(licensed, 0.1);
        EXPECT_GT((1 - licensed) * p.area, 250);
      }
      if (p.situation == "quarry_outside") {
        EXPECT_EQ(licensed + lapsed, 0);
      }
      if (p.situation == "quarry_expired") {
        EXPECT_GT(lapsed, 0.9999);
        EXPECT_EQ(licensed, 0);
      }
    }
  }
  EXPECT_EQ(seen.size(), 9U);
}

TEST(Scene, PlantedChangesKeepApartAndClearOfCloudsAndOfChangingFields) {
  const Layout layout = make_layout(small("", 9, 2048));
  ASSERT_GT(layout.planted.size(), 15U);
  for (std::size_t i = 0; i < layout.planted.size(); ++i) {
    const Planted& planted = layout.planted[i];
    for (const Point& p : planted.polygon.front()) {
      for (const Sky& sky : layout.sky) EXPECT_FALSE(sky_at(sky, layout.scale, p).masked);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!box_of(planted.polygon).grown(8).meets(box_of(layout.planted[j].polygon))) continue;
      EXPECT_EQ(shared_area(planted.polygon, layout.planted[j].polygon), 0);
    }
    for (const Parcel& parcel : layout.parcels) {
      if (parcel.changed_state()) {
        EXPECT_EQ(shared_area(parcel.polygon, planted.polygon), 0);
      }
    }
  }
}

TEST(Scene, MasksHoldTheCloudsAndLittleElse) {
  const Layout layout = make_layout(small("", 11, 1024));
  const std::vector<std::uint16_t> valid = pixels(scene_of_1024() / "after_valid.tif");
  int thick = 0, thick_masked = 0, touched = 0, masked = 0;
  for (int y = 0; y < 1024; ++y) {
    for (int x = 0; x < 1024; ++x) {
      const SkyAt sky = sky_at(layout.sky[1], layout.scale, {2 * (x + 0.5), 2 * (y + 0.5)});
      const bool hidden = valid[static_cast<std::size_t>(y * 1024 + x)] == 0;
      const float worst = std::max(sky.cloud, sky.shadow);
      thick += worst > 0.3F ? 1 : 0;
      thick_masked += worst > 0.3F && hidden ? 1 : 0;
      touched += worst > 0 ? 1 : 0;
      masked += hidden ? 1 : 0;
    }
  }
  EXPECT_GT(thick, 1000);
  EXPECT_EQ(thick, thick_masked);
  EXPECT_LT(masked, 1.35 * touched);
  EXPECT_GT(masked, 0.95 * touched);
}

TEST(Scene, HarvestedAndFloodedPaddiesLosePointThreeOfNdvi) {
  const Layout layout = make_layout(small("", 11, 1024));
  const std::vector<std::uint16_t> before = pixels(scene_of_1024() / "before.tif");
  const std::vector<std::uint16_t> after = pixels(scene_of_1024() / "after.tif");
  const auto ndvi = [](const std::vector<std::uint16_t>& image, std::size_t at) {
    const double red = image[2 * 1024 * 1024 + at], nir = image[3 * 1024 * 1024 + at];
    return (nir - red) / (nir + red);
  };
  int fields = 0, fell = 0;
  for (const Parcel& parcel : layout.parcels) {
    const Box box = box_of(parcel.polygon);
    const Point middle{(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2};
    if (!parcel.lost_green() || parcel.area < 1500 || !contains(parcel.polygon, middle)) continue;
    if (!box.within({4, 4, 2040, 2040})) continue;
    if (sky_at(layout.sky[0], 1, middle).masked || sky_at(layout.sky[1], 1, middle).masked) continue;
    const std::size_t at =
        static_cast<std::size_t>(middle.y / 2) * 1024 + static_cast<std::size_t>(middle.x / 2);
    ++fields;
    fell += ndvi(before, at) - ndvi(after, at) >= 0.3 ? 1 : 0;
  }
  ASSERT_GT(fields, 50);
  EXPECT_GT(fell, 0.95 * fields);
}

TEST(Scene, RastersAreGeoreferencedAndSayWhatTheirBandsAre) {
  const GDALDatasetUniquePtr dataset(
      GDALDataset::Open((scene_of_1024() / "after.tif").c_str(), GDAL_OF_RASTER));
  ASSERT_TRUE(dataset);
  ASSERT_EQ(dataset->GetRasterCount(), 4);
  EXPECT_STREQ(dataset->GetRasterBand(4)->GetDescription(), "nir");
  EXPECT_STREQ(dataset->GetSpatialRef()->GetAuthorityCode(nullptr), "4526");
  EXPECT_STREQ(dataset->GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"), "DEFLATE");
}

TEST(Scene, APerfectResultScoresFull) {
  const Folder folder("perfect");
  fs::create_directories(folder.str());
  SyntheticResult{}.write(scene_of_1024().str(), folder / "r.gpkg");
  const Score result = score(scene_of_1024().str(), folder / "r.gpkg");
  EXPECT_GT(result.all.planted, 8);
  EXPECT_EQ(result.all.found, result.all.planted);
  EXPECT_EQ(result.all.right, result.all.judged);
  EXPECT_EQ(result.typed_right, result.typed);
  EXPECT_EQ(result.marked_false, 0);
  EXPECT_GT(result.phenology, 50);
  EXPECT_EQ(result.other_unmarked, 0);
  EXPECT_EQ(result.roc_area_all, 1);
  EXPECT_TRUE(result.missed.empty());
  EXPECT_EQ(result.text, score(scene_of_1024().str(), folder / "r.gpkg").text);
}

TEST(Scene, MissesFalseMarksAndWrongRulesAreCounted) {
  const Folder folder("flawed");
  fs::create_directories(folder.str());
  SyntheticResult{.leave_out = 2, .false_marks = 3, .rules = "F02"}.write(scene_of_1024().str(),
                                                                          folder / "r.gpkg");
  const Score result = score(scene_of_1024().str(), folder / "r.gpkg");
  EXPECT_EQ(result.all.planted - result.all.found, 2);
  EXPECT_EQ(result.marked_false, 3);
  EXPECT_DOUBLE_EQ(result.precision, 1 - 3.0 / result.marked);
  EXPECT_EQ(result.by_situation.at("farmland").right, result.by_situation.at("farmland").judged);
  EXPECT_EQ(result.by_situation.at("basic_farmland").right, 0);
  EXPECT_EQ(result.by_situation.at("approved").right, 0);
  EXPECT_FALSE(result.wrong.empty());
}

TEST(Scene, AResultWithGeometryAloneIsStillScored) {
  const Folder folder("bare");
  fs::create_directories(folder.str());
  SyntheticResult{.all_columns = false, .rules = ""}.write(scene_of_1024().str(), folder / "r.gpkg");
  const Score result = score(scene_of_1024().str(), folder / "r.gpkg");
  EXPECT_EQ(result.all.found, result.all.planted);
  EXPECT_EQ(result.marked, 0);
}

TEST(Scene, ThePictureIsAPngOfAReadableWidth) {
  const Folder folder("picture");
  fs::create_directories(folder.str());
  SyntheticResult{}.write(scene_of_1024().str(), folder / "r.gpkg");
  picture(scene_of_1024().str(), folder / "r.gpkg", folder / "p.png");
  const GDALDatasetUniquePtr png(GDALDataset::Open((folder / "p.png").c_str(), GDAL_OF_RASTER));
  ASSERT_TRUE(png);
  EXPECT_STREQ(png->GetDriverName(), "PNG");
  EXPECT_EQ(png->GetRasterXSize(), 1800);
}

TEST(Scene, ImpossibleScenesAndMissingResultsAreRefusedInOneSentence) {
  Options tiny = small("unused", 1, 64);
  EXPECT_THROW(generate(tiny), std::runtime_error);
  Options odd = small("unused");
  odd.tile = 100;
  EXPECT_THROW(generate(odd), std::runtime_error);
  EXPECT_FALSE(fs::exists("unused"));
  EXPECT_THROW(score(scene_of_1024().str(), scene_of_1024() / "nothing.gpkg"), std::runtime_error);
}

}  // namespace
