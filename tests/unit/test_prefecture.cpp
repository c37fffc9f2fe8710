// SPDX-License-Identifier: Apache-2.0
// The prefecture of the benchmarks is land as a survey knows it: parcels without gaps, patches made of
// pixels.
#include <gdal_priv.h>
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "bench/scene/outline.h"
#include "bench/scene/prefecture.h"

namespace tuban::test {
namespace {

namespace fs = std::filesystem;

std::vector<OGRFeatureUniquePtr> read(const fs::path& path, const char* layer) {
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY));
  std::vector<OGRFeatureUniquePtr> features;
  for (auto& feature : dataset->GetLayerByName(layer)) features.push_back(std::move(feature));
  return features;
}

double area_of(const OGRFeature& feature) {
  return feature.GetGeometryRef()->toMultiPolygon()->get_Area();
}

class Prefecture : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("tuban-prefecture-" + std::to_string(getpid()));
    summary_ = scene::generate_prefecture({folder_.string(), 3, 0.004});
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }
  static fs::path layers() { return folder_ / "layers.gpkg"; }

  static inline fs::path folder_;
  static inline scene::PrefectureSummary summary_;
};

TEST_F(Prefecture, HasAsManyFeaturesAsItsShareOfAWholeOne) {
  EXPECT_EQ(summary_.features.at("DLTB"), 2696);
  EXPECT_EQ(summary_.features.at("ZZ_NYDZYFW"), 20);
  EXPECT_EQ(summary_.features.at("JCTB"), 80);
  EXPECT_EQ(read(layers(), "DLTB").size(), 2696u);
  EXPECT_EQ(read(folder_ / "patches.gpkg", "JCTB").size(), 80u);
}

TEST_F(Prefecture, ParcelsFillTheGroundOfTheTownsWithoutGapsOrOverlaps) {
  double parcels = 0, towns = 0;
  for (const auto& feature : read(layers(), "DLTB")) {
    ASSERT_TRUE(feature->GetGeometryRef()->IsValid());
    ASSERT_GT(area_of(*feature), 1);
    parcels += area_of(*feature);
  }
  for (const auto& feature : read(layers(), "XZQ")) {
    ASSERT_TRUE(feature->GetGeometryRef()->IsValid());
    if (std::string(feature->GetFieldAsString("XZQDM")).size() == 9) towns += area_of(*feature);
  }
  EXPECT_NEAR(parcels, towns, 1e-3);
  // Equal areas could hide a gap beside an overlap: no two parcels that are near each other share ground.
  const auto all = read(layers(), "DLTB");
  for (std::size_t i = 0; i < all.size(); i += 29) {
    OGREnvelope box, other;
    all[i]->GetGeometryRef()->getEnvelope(&box);
    for (std::size_t k = 0; k < all.size(); ++k) {
      all[k]->GetGeometryRef()->getEnvelope(&other);
      if (k == i || !box.Intersects(other)) continue;
      ASSERT_FALSE(all[i]->GetGeometryRef()->Overlaps(all[k]->GetGeometryRef())) << i << " and " << k;
    }
  }
}

TEST_F(Prefecture, PatchesArePixelsOfTwoMetresAndLieApart) {
  const auto patches = read(folder_ / "patches.gpkg", "JCTB");
  std::set<std::string> ids;
  for (const auto& one : patches) {
    const auto* shape = one->GetGeometryRef();
    ASSERT_TRUE(shape->IsValid());
    ids.insert(one->GetFieldAsString("JCBH"));
    const auto* ring = shape->toMultiPolygon()->getGeometryRef(0)->getExteriorRing();
    for (int i = 1; i < ring->getNumPoints(); ++i) {
      ASSERT_EQ(std::fmod(ring->getX(i), 2), 0);
      ASSERT_TRUE(ring->getX(i) == ring->getX(i - 1) || ring->getY(i) == ring->getY(i - 1));
    }
    for (const auto& other : patches) ASSERT_EQ(shape->Intersects(other->GetGeometryRef()), other == one);
  }
  EXPECT_EQ(ids.size(), patches.size());
}

TEST_F(Prefecture, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto again = folder_ / "again", other = folder_ / "other";
  scene::generate_prefecture({again.string(), 3, 0.004});
  scene::generate_prefecture({other.string(), 4, 0.004});
  const auto dump = [](const fs::path& path, const char* layer) {
    std::string text;
    for (const auto& feature : read(path, layer)) {
      for (int i = 0; i < feature->GetFieldCount(); ++i) text += feature->GetFieldAsString(i);
      text += feature->GetGeometryRef()->exportToWkt();
    }
    return text;
  };
  for (const char* layer : {"DLTB", "YJJBNTBHTB", "ZZ_NYDZYFW", "CKQ", "XZQ"}) {
    EXPECT_EQ(dump(layers(), layer), dump(again / "layers.gpkg", layer)) << layer;
    EXPECT_NE(dump(layers(), layer), dump(other / "layers.gpkg", layer)) << layer;
  }
  EXPECT_EQ(dump(folder_ / "patches.gpkg", "JCTB"), dump(again / "patches.gpkg", "JCTB"));
}

TEST(Outline, OfSquaresThatMeetAtACornerIsOneSimpleRing) {
  scene::Cells cells(3, 3);
  for (const auto& [x, y] : {std::pair{0, 0}, {1, 1}, {2, 2}}) cells.set[cells.index(x, y)] = 1;
  scene::close_corners(cells);
  const auto rings = scene::trace(cells);
  ASSERT_EQ(rings.size(), 1u);
  EXPECT_FALSE(rings[0].hole);
}

TEST(Outline, TellsAHoleFromTheGroundAroundIt) {
  scene::Cells cells(5, 5);
  cells.set.assign(25, 1);
  cells.set[cells.index(2, 2)] = 0;
  const auto rings = scene::trace(cells);
  ASSERT_EQ(rings.size(), 2u);
  EXPECT_EQ(rings[0].ring.size(), 4u);
  EXPECT_FALSE(rings[0].hole);
  EXPECT_TRUE(rings[1].hole);
}

TEST(Outline, KeepsTheLargestOfSeveralParts) {
  scene::Cells cells(6, 1);
  cells.set = {1, 0, 1, 1, 1, 0};
  scene::keep_largest(cells);
  EXPECT_EQ(cells.set, (std::vector<std::uint8_t>{0, 0, 1, 1, 1, 0}));
}

}  // namespace
}  // namespace tuban::test
