// SPDX-License-Identifier: Apache-2.0
#include <gdal_priv.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

#include "engine/io/sink.h"
#include "tests/support/dump.h"
#include "tests/support/sample_results.h"

namespace tuban::test {
namespace {

GDALDatasetUniquePtr open_raster_file(const std::string& path) {
  GDALAllRegister();
  return GDALDatasetUniquePtr(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER));
}

/// Samples whose values tell their place; row blocks of `step` rows, from memory with padding behind each
/// row.
template <typename T>
std::vector<T> write_raster(const std::string& path, const Grid& grid, kernels::SampleType type, int step) {
  std::vector<T> samples(static_cast<std::size_t>(grid.pixels()));
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<T>((i * 2654435761u >> 7) % 251);
  const auto sink = make_raster_sink(path, grid, type, "changed");
  const std::size_t row = static_cast<std::size_t>(grid.width) * sizeof(T), stride = row + 24;
  for (int y = 0; y < grid.height; y += step) {
    const int height = std::min(step, grid.height - y);
    std::vector<std::byte> padded(stride * static_cast<std::size_t>(height));
    for (int i = 0; i < height; ++i) {
      std::memcpy(padded.data() + stride * static_cast<std::size_t>(i),
                  samples.data() + static_cast<std::ptrdiff_t>(y + i) * grid.width, row);
    }
    sink->write_rows(y, {padded.data(), static_cast<int>(row), height, static_cast<std::ptrdiff_t>(stride)});
  }
  finish(sink);
  return samples;
}

template <typename T>
std::vector<T> read_raster(GDALDataset& dataset, GDALDataType type) {
  const int width = dataset.GetRasterXSize(), height = dataset.GetRasterYSize();
  std::vector<T> samples(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  EXPECT_EQ(dataset.GetRasterBand(1)->RasterIO(GF_Read, 0, 0, width, height, samples.data(), width, height,
                                               type, 0, 0),
            CE_None);
  return samples;
}

class RasterSteps : public testing::TestWithParam<int> {};

TEST_P(RasterSteps, SamplesSurviveAnyRowBlocks) {
  const TempFolder folder;
  Grid grid = sample_grid();
  grid.width = 1030;
  grid.height = 1100;
  const auto mask =
      write_raster<std::uint8_t>(folder / "m.tif", grid, kernels::SampleType::uint8, GetParam());
  const auto score = write_raster<float>(folder / "s.tif", grid, kernels::SampleType::float32, GetParam());
  EXPECT_EQ(read_raster<std::uint8_t>(*open_raster_file(folder / "m.tif"), GDT_Byte), mask);
  EXPECT_EQ(read_raster<float>(*open_raster_file(folder / "s.tif"), GDT_Float32), score);
}

INSTANTIATE_TEST_SUITE_P(Rows, RasterSteps, testing::Values(1, 300, 512, 700, 1024, 1100));

TEST(Raster, HashSeesSamplesAndNotRowBlocks) {
  const TempFolder folder;
  write_raster<std::uint8_t>(folder / "a.tif", sample_grid(), kernels::SampleType::uint8, 100);
  write_raster<std::uint8_t>(folder / "b.tif", sample_grid(), kernels::SampleType::uint8, 512);
  write_raster<float>(folder / "c.tif", sample_grid(), kernels::SampleType::float32, 512);
  EXPECT_EQ(hash_raster(folder / "a.tif"), hash_raster(folder / "b.tif"));
  EXPECT_NE(hash_raster(folder / "a.tif"), hash_raster(folder / "c.tif"));
}

TEST(Raster, AMaskSaysWhatItsValuesMean) {
  const TempFolder folder;
  write_raster<std::uint8_t>(folder / "m.tif", sample_grid(), kernels::SampleType::uint8, 512);
  const auto dataset = open_raster_file(folder / "m.tif");
  GDALRasterBand& band = *dataset->GetRasterBand(1);
  EXPECT_STREQ(band.GetDescription(), "changed");
  EXPECT_EQ(band.GetNoDataValue(), 255);
  ASSERT_NE(band.GetColorTable(), nullptr);
  EXPECT_EQ(band.GetColorTable()->GetColorEntry(1)->c1, 215);
  EXPECT_EQ(CSLCount(band.GetCategoryNames()), 2);
  EXPECT_STREQ(CSLGetField(band.GetCategoryNames(), 1), "changed");
  int width = 0, height = 0;
  band.GetBlockSize(&width, &height);
  EXPECT_EQ(width, 512);
  EXPECT_EQ(height, 512);
  EXPECT_STREQ(dataset->GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"), "DEFLATE");
  EXPECT_STREQ(dataset->GetSpatialRef()->GetAuthorityCode(nullptr), "4526");
  std::array<double, 6> transform{};
  ASSERT_EQ(dataset->GetGeoTransform(transform.data()), CE_None);
  EXPECT_EQ(transform, sample_grid().transform);
}

TEST(Raster, AScoreHasNaNAsNodata) {
  const TempFolder folder;
  write_raster<float>(folder / "s.tif", sample_grid(), kernels::SampleType::float32, 512);
  const auto dataset = open_raster_file(folder / "s.tif");
  EXPECT_TRUE(std::isnan(dataset->GetRasterBand(1)->GetNoDataValue()));
  EXPECT_EQ(folder.entries(), std::vector<std::string>{"s.tif"});
}

}  // namespace
}  // namespace tuban::test
