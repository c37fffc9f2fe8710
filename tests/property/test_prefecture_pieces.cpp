// SPDX-License-Identifier: Apache-2.0
// Over a small prefecture with every layer, marking finds the pieces that trying every pair finds.
#include <gdal_priv.h>
#include <geos_c.h>
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "bench/scene/prefecture.h"
#include "engine/io/layer_reader.h"
#include "engine/rules/mark.h"
#include "engine/rules/overlay.h"

namespace tuban::test {
namespace {

namespace fs = std::filesystem;
using Key = std::tuple<std::string, std::string, std::string>;  // patch, role, feature

std::vector<OGRFeatureUniquePtr> read(const fs::path& path, const std::string& layer) {
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY));
  std::vector<OGRFeatureUniquePtr> features;
  for (auto& feature : dataset->GetLayerByName(layer.c_str())) features.push_back(std::move(feature));
  return features;
}

MultiPolygon polygons_of(const OGRGeometry& geometry) {
  MultiPolygon polygons;
  for (const auto* part : geometry.toMultiPolygon()) {
    Polygon polygon;
    for (const auto* line : part) {
      Ring ring;
      for (const auto& point : line) ring.push_back({point.getX(), point.getY()});
      polygon.rings.push_back(std::move(ring));
    }
    polygons.push_back(std::move(polygon));
  }
  return polygons;
}

class PrefecturePieces : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("tuban-pieces-" + std::to_string(getpid()));
    scene::generate_prefecture({folder_.string(), 2, 0.005});
    shapes_ = read(folder_ / "patches.gpkg", "JCTB");
    OGREnvelope extent, box;
    for (const auto& feature : shapes_) {
      Patch patch;
      patch.patch_id = feature->GetFieldAsString("JCBH");
      patch.change_type = feature->GetFieldAsString("TBLX");
      patch.after_date = feature->GetFieldAsString("HSX");
      patch.geometry = polygons_of(*feature->GetGeometryRef());
      patches_.push_back(std::move(patch));
      feature->GetGeometryRef()->getEnvelope(&box);
      extent.Merge(box);
    }
    Grid grid;
    OGRSpatialReference crs;
    ASSERT_EQ(crs.importFromEPSG(4526), OGRERR_NONE);
    char* wkt = nullptr;
    const char* const options[] = {"FORMAT=WKT2_2019", nullptr};
    ASSERT_EQ(crs.exportToWkt(&wkt, options), OGRERR_NONE);
    grid.crs = wkt;
    CPLFree(wkt);
    grid.transform = {extent.MinX, 2, 0, extent.MaxY, 0, -2};
    grid.width = static_cast<int>((extent.MaxX - extent.MinX) / 2);
    grid.height = static_cast<int>((extent.MaxY - extent.MinY) / 2);
    specs_ = load_layer_specs((folder_ / "layers.yaml").string());
    layers_ = ReferenceLayers::load(specs_, grid, make_layer_reader(), {});
  }
  static void TearDownTestSuite() {
    layers_.reset();
    fs::remove_all(folder_);
  }

  static inline fs::path folder_;
  static inline std::vector<OGRFeatureUniquePtr> shapes_;
  static inline std::vector<Patch> patches_;
  static inline std::vector<LayerSpec> specs_;
  static inline std::shared_ptr<const ReferenceLayers> layers_;
};

TEST_F(PrefecturePieces, AreThoseOfEveryPairWithTheSameAreasInThePlane) {
  std::map<Key, double> expected;
  for (const auto& spec : specs_) {
    for (const auto& feature : read(folder_ / "layers.gpkg", spec.layer)) {
      OGREnvelope box, other;
      feature->GetGeometryRef()->getEnvelope(&box);
      for (const auto& patch : shapes_) {
        patch->GetGeometryRef()->getEnvelope(&other);
        if (!box.Intersects(other)) continue;
        const std::unique_ptr<OGRGeometry> shared(
            patch->GetGeometryRef()->Intersection(feature->GetGeometryRef()));
        ASSERT_NE(shared, nullptr);
        double area = 0;
        if (const auto* surface = dynamic_cast<const OGRSurface*>(shared.get())) area = surface->get_Area();
        if (const auto* parts = dynamic_cast<const OGRGeometryCollection*>(shared.get()))
          area = parts->get_Area();
        if (area < 1e-4) continue;
        expected[{patch->GetFieldAsString("JCBH"), spec.role,
                  feature->GetFieldAsString(spec.id_field.c_str())}] = area;
      }
    }
  }
  const geos::Context geos;
  Overlayer overlayer(layers_);
  ASSERT_TRUE(overlayer.lay(patches_));
  std::map<Key, double> found;
  for (std::size_t i = 0; i < patches_.size(); ++i) {
    overlayer.pieces(i, [&](std::string_view role, const FeatureInfo& feature, const GEOSGeometry* shape) {
      const Key key{patches_[i].patch_id, std::string(role), feature.id};
      EXPECT_TRUE(found.emplace(key, geos.area(shape)).second) << feature.id;
    });
  }
  EXPECT_GT(expected.size(), 500u);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [key, area] : expected) {
    const auto& [patch, role, feature] = key;
    ASSERT_TRUE(found.contains(key)) << patch << " " << role << " " << feature;
    EXPECT_NEAR(found.at(key), area, std::max(1e-6 * area, 1e-4)) << patch << " " << role << " " << feature;
  }
}

TEST_F(PrefecturePieces, HaveOneRowEachWhateverTheGroupsPatchesAreMarkedIn) {
  auto books = std::make_shared<std::vector<Rulebook>>();
  for (const char* name : {"farmland", "mining", "quality"}) books->push_back(load_rulebook(name));
  const Marker marker(layers_, books);
  const auto together = marker.mark(patches_);
  std::size_t rows = 0, findings = 0;
  for (std::size_t i = 0; i < patches_.size(); ++i) {
    const Marks alone = marker.mark(patches_[i]);
    ASSERT_EQ(alone.overlaps.size(), together[i].overlaps.size());
    for (std::size_t k = 0; k < alone.overlaps.size(); ++k) {
      EXPECT_EQ(alone.overlaps[k].feature_id, together[i].overlaps[k].feature_id);
      EXPECT_EQ(alone.overlaps[k].gross_m2, together[i].overlaps[k].gross_m2);
    }
    EXPECT_EQ(alone.severity, together[i].severity);
    rows += alone.overlaps.size();
    findings += alone.findings.size();
  }
  EXPECT_GT(rows, 500u);
  EXPECT_GT(findings, patches_.size() / 2);
}

}  // namespace
}  // namespace tuban::test
