// SPDX-License-Identifier: Apache-2.0
// The main job on real imagery with labels, default settings. Skipped, with a sentence, where the data is
// absent.
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>

#include <GeographicLib/Geodesic.hpp>
#include <GeographicLib/PolygonArea.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/support/raster_files.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::TempFolder;

std::string data_folder() {
  if (const char* named = std::getenv("TUBAN_DATA")) return named;
  const char* source = std::getenv("TUBAN_SOURCE_DIR");
  return std::string(source ? source : ".") + "/../shared/data";
}

// The first band, by GDAL itself.
std::vector<std::uint8_t> band_of(const std::string& path) {
  GDALAllRegister();
  const std::unique_ptr<GDALDataset> raster(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER));
  if (!raster) throw std::runtime_error("cannot open " + path);
  const int width = raster->GetRasterXSize();
  const int height = raster->GetRasterYSize();
  std::vector<std::uint8_t> values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  if (raster->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, width, height, values.data(), width, height, GDT_Byte,
                                         0, 0, nullptr) != CE_None)
    throw std::runtime_error("cannot read " + path);
  return values;
}

// Area on WGS 84 by a library of its own.
double geographiclib_area(const OGRMultiPolygon& geometry) {
  double total = 0;
  for (const OGRPolygon* polygon : geometry)
    for (int ring = -1; ring < polygon->getNumInteriorRings(); ++ring) {
      const OGRLinearRing* line = ring < 0 ? polygon->getExteriorRing() : polygon->getInteriorRing(ring);
      GeographicLib::PolygonArea area(GeographicLib::Geodesic::WGS84());
      for (int i = 0; i + 1 < line->getNumPoints(); ++i) area.AddPoint(line->getY(i), line->getX(i));
      double perimeter = 0, square_metres = 0;
      area.Compute(false, true, perimeter, square_metres);
      total += ring < 0 ? std::abs(square_metres) : -std::abs(square_metres);
    }
  return total;
}

}  // namespace

TEST(RealImagery, TaizhouIsFoundAsWellAsTheReference) {
  const std::string data = data_folder() + "/landsat/taizhou";
  if (!std::filesystem::exists(data + "_t1.tif")) GTEST_SKIP() << "no labelled imagery in " << data_folder();
  const TempFolder folder;
  Job job;
  job.before.path = data + "_t1.tif";
  job.after.path = data + "_t2.tif";
  job.mask_path = folder / "mask.tif";
  run(job);
  const auto mask = band_of(job.mask_path);
  const auto label = band_of(data + "_label.tif");
  ASSERT_EQ(mask.size(), label.size());
  double true_yes = 0, true_no = 0, false_yes = 0, false_no = 0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    if (label[i] > 1) continue;
    const bool changed = label[i] == 1;
    const bool found = mask[i] == 1;
    (changed ? found ? true_yes : false_no : found ? false_yes : true_no) += 1;
  }
  const double all = true_yes + true_no + false_yes + false_no;
  const double agreed = (true_yes + true_no) / all;
  const double chance =
      ((true_yes + false_yes) * (true_yes + false_no) + (true_no + false_no) * (true_no + false_yes)) /
      (all * all);
  const double kappa = (agreed - chance) / (1 - chance);
  const double f1 = 2 * true_yes / (2 * true_yes + false_yes + false_no);
  RecordProperty("kappa", std::to_string(kappa));
  RecordProperty("f1", std::to_string(f1));
  std::printf("Taizhou: kappa %.4f, F1 %.4f on %.0f labelled pixels\n", kappa, f1, all);
  EXPECT_GT(all, 20'000);
  EXPECT_GE(kappa, .96);
  EXPECT_GE(f1, .97);
}

TEST(RealImagery, RennesGivesValidPatchesInAGeographicCrsWithTrueAreas) {
  const std::string data = data_folder() + "/oscd/rennes";
  if (!std::filesystem::exists(data + "_t1.tif")) GTEST_SKIP() << "no labelled imagery in " << data_folder();
  const TempFolder folder;
  Job job;
  job.before.path = data + "_t1.tif";
  job.after.path = data + "_t2.tif";
  job.bands = {"1", "2", "3", "4"};
  job.output = folder / "rennes.gpkg";
  const Report report = run(job);
  EXPECT_GT(report.patches, 0);

  GDALAllRegister();
  const std::unique_ptr<GDALDataset> result(GDALDataset::Open(job.output.c_str(), GDAL_OF_VECTOR));
  ASSERT_NE(result, nullptr);
  OGRLayer* patches = result->GetLayerByName("patches");
  ASSERT_NE(patches, nullptr);
  EXPECT_TRUE(patches->GetSpatialRef()->IsGeographic());
  EXPECT_EQ(patches->GetFeatureCount(), report.patches);
  for (const auto& feature : *patches) {
    const OGRGeometry* geometry = feature->GetGeometryRef();
    ASSERT_TRUE(geometry->IsValid());
    const double expected = geographiclib_area(*geometry->toMultiPolygon());
    for (const char* field : {"area_m2", "area_geod_m2"})
      ASSERT_NEAR(feature->GetFieldAsDouble(field), expected, 1e-4 * expected)
          << field << " of " << feature->GetFieldAsString("patch_id");
    ASSERT_NEAR(feature->GetFieldAsDouble("area_mu"), feature->GetFieldAsDouble("area_m2") * 3 / 2000, 1e-6);
  }
}

}  // namespace tuban
