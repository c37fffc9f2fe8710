// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#include "tests/support/raster_files.h"
#include "tuban/error.h"
#include "tuban/io.h"

namespace tuban {

using testing::Pixels;
using testing::read_pixels;

constexpr int kWidth = 7, kHeight = 5, kBands = 3;

/// Where the sample of a dense, band-sequential array of our size lies.
std::size_t dense(int b, int x, int y) {
  return static_cast<std::size_t>((b * kHeight + y) * kWidth + x);
}

template <typename T>
std::vector<T> dense_array() {
  std::vector<T> data(static_cast<std::size_t>(kWidth * kHeight * kBands));
  std::iota(data.begin(), data.end(), static_cast<T>(1));
  return data;
}

template <typename T>
MemoryRaster dense_raster(const std::vector<T>& data, SampleType type) {
  MemoryRaster raster;
  raster.name = "scene";
  raster.grid.width = kWidth;
  raster.grid.height = kHeight;
  raster.type = type;
  raster.data = data.data();
  raster.pixel_stride = sizeof(T);
  raster.row_stride = kWidth * static_cast<std::ptrdiff_t>(sizeof(T));
  raster.band_stride = kHeight * raster.row_stride;
  raster.bands.resize(kBands);
  return raster;
}

template <typename T>
void expect_same_samples(SampleType type) {
  const auto data = dense_array<T>();
  const Pixels pixels = read_pixels(*wrap_memory(dense_raster(data, type)));
  for (int b = 0; b < kBands; ++b)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        ASSERT_EQ(pixels.at(static_cast<std::size_t>(b), x, y), static_cast<double>(data[dense(b, x, y)]));
}

TEST(MemorySource, DeliversTheSamplesOfEveryType) {
  expect_same_samples<std::uint8_t>(SampleType::uint8);
  expect_same_samples<std::uint16_t>(SampleType::uint16);
  expect_same_samples<std::int16_t>(SampleType::int16);
  expect_same_samples<float>(SampleType::float32);
}

TEST(MemorySource, InterleavedPixelsAreUntangled) {
  const auto data = dense_array<std::uint16_t>();
  MemoryRaster raster = dense_raster(data, SampleType::uint16);
  raster.pixel_stride = kBands * 2;
  raster.row_stride = kWidth * kBands * 2;
  raster.band_stride = 2;
  const Pixels pixels = read_pixels(*wrap_memory(raster));
  for (int b = 0; b < kBands; ++b)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        ASSERT_EQ(pixels.at(static_cast<std::size_t>(b), x, y),
                  data[static_cast<std::size_t>((y * kWidth + x) * kBands + b)]);
}

TEST(MemorySource, NegativeStridesReadBackwards) {
  const auto data = dense_array<float>();
  MemoryRaster raster = dense_raster(data, SampleType::float32);
  raster.data = data.data() + dense(kBands - 1, kWidth - 1, kHeight - 1);
  raster.pixel_stride = -raster.pixel_stride;
  raster.row_stride = -raster.row_stride;
  raster.band_stride = -raster.band_stride;
  const Pixels pixels = read_pixels(*wrap_memory(raster));
  EXPECT_EQ(pixels.at(0, 0, 0), data.back());
  EXPECT_EQ(pixels.at(2, 6, 4), data.front());
  EXPECT_EQ(pixels.at(1, 2, 1), data[dense(1, 4, 3)]);
}

TEST(MemorySource, UnalignedSamplesAreRead) {
  const auto data = dense_array<std::uint16_t>();
  std::vector<std::byte> shifted(data.size() * 2 + 1);
  std::memcpy(shifted.data() + 1, data.data(), data.size() * 2);
  MemoryRaster raster = dense_raster(data, SampleType::uint16);
  raster.data = shifted.data() + 1;
  EXPECT_EQ(read_pixels(*wrap_memory(raster)).at(2, 3, 4), data[dense(2, 3, 4)]);
}

TEST(MemorySource, AWindowIsReadAtItsPlace) {
  const auto data = dense_array<std::uint8_t>();
  const auto source = wrap_memory(dense_raster(data, SampleType::uint8));
  const Pixels pixels = read_pixels(*source->open(), source->info(), {2, 1, 3, 2});
  EXPECT_EQ(pixels.at(1, 4, 2), data[dense(1, 4, 2)]);
}

TEST(MemorySource, NodataInAnyBandMakesThePixelInvalid) {
  const auto data = dense_array<std::uint8_t>();
  MemoryRaster raster = dense_raster(data, SampleType::uint8);
  raster.nodata = data[dense(1, 3, 2)];
  const Pixels pixels = read_pixels(*wrap_memory(raster));
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) EXPECT_EQ(pixels.is_valid(x, y), !(x == 3 && y == 2));
}

TEST(MemorySource, NanAndInfinityAreInvalid) {
  auto data = dense_array<float>();
  data[dense(0, 1, 1)] = std::numeric_limits<float>::quiet_NaN();
  data[dense(2, 4, 0)] = -std::numeric_limits<float>::infinity();
  const Pixels pixels = read_pixels(*wrap_memory(dense_raster(data, SampleType::float32)));
  EXPECT_FALSE(pixels.is_valid(1, 1));
  EXPECT_FALSE(pixels.is_valid(4, 0));
  EXPECT_EQ(std::accumulate(pixels.valid.begin(), pixels.valid.end(), 0), kWidth * kHeight - 2);
}

TEST(MemorySource, TheValidityPlaneMayRunBackwards) {
  const auto data = dense_array<std::uint8_t>();
  std::vector<std::uint8_t> valid(kWidth * kHeight, 7);
  valid[0] = 0;
  MemoryRaster raster = dense_raster(data, SampleType::uint8);
  raster.valid = valid.data() + (kHeight - 1) * kWidth;
  raster.valid_row_stride = -kWidth;
  const Pixels pixels = read_pixels(*wrap_memory(raster));
  EXPECT_FALSE(pixels.is_valid(0, kHeight - 1));
  EXPECT_EQ(pixels.valid[0], 1);
}

TEST(MemorySource, ValidityThatWasAlreadyClearedStaysSo) {
  const auto data = dense_array<std::uint8_t>();
  const auto source = wrap_memory(dense_raster(data, SampleType::uint8));
  std::array<std::byte, kBands> memory{};
  const std::array<std::byte*, kBands> planes{&memory[0], &memory[1], &memory[2]};
  std::uint8_t valid = 0;
  source->open()->read({0, 0, 1, 1}, {planes, 1, &valid, 1});
  EXPECT_EQ(valid, 0);
}

TEST(MemorySource, SaysWhatItIs) {
  const auto data = dense_array<std::int16_t>();
  MemoryRaster raster = dense_raster(data, SampleType::int16);
  raster.bands[1] = {"near infrared", BandRole::nir};
  raster.date = "2020-05-06";
  const SourceInfo info = wrap_memory(raster)->info();
  EXPECT_EQ(info.id, "scene");
  EXPECT_EQ(info.bands[0].name, "band 1");
  EXPECT_EQ(info.bands[1].role, BandRole::nir);
  EXPECT_EQ(info.date, "2020-05-06");
  EXPECT_EQ(info.block_width, 1);
  EXPECT_GT(info.max_readers, 1000);
}

TEST(MemorySource, ACrsMayBeACodeAndIsWkt2) {
  const auto data = dense_array<std::uint8_t>();
  MemoryRaster raster = dense_raster(data, SampleType::uint8);
  raster.grid.crs = "EPSG:4549";
  const std::string wkt = wrap_memory(raster)->info().grid.crs;
  EXPECT_TRUE(wkt.starts_with("PROJCRS[\"CGCS2000 / 3-degree Gauss-Kruger CM 120E\"")) << wkt;
  raster.grid.crs = wkt;
  EXPECT_EQ(wrap_memory(raster)->info().grid.crs, wkt);
}

TEST(MemorySource, TwoThreadsReadAtOnce) {
  const auto data = dense_array<std::uint16_t>();
  const auto source = wrap_memory(dense_raster(data, SampleType::uint16));
  std::array<Pixels, 2> found;
  {
    std::jthread other([&] { found[1] = read_pixels(*source); });
    found[0] = read_pixels(*source);
  }
  EXPECT_EQ(found[0].bands, found[1].bands);
}

TEST(MemorySource, RefusesWhatIsNoRaster) {
  const auto data = dense_array<std::uint8_t>();
  const auto refused = [&](auto spoil) {
    MemoryRaster raster = dense_raster(data, SampleType::uint8);
    spoil(raster);
    try {
      wrap_memory(raster);
    } catch (const Error& error) {
      return error.code() == ErrorCode::usage;
    }
    return false;
  };
  EXPECT_FALSE(refused([](MemoryRaster&) {}));
  EXPECT_TRUE(refused([](MemoryRaster& raster) { raster.data = nullptr; }));
  EXPECT_TRUE(refused([](MemoryRaster& raster) { raster.grid.width = 0; }));
  EXPECT_TRUE(refused([](MemoryRaster& raster) { raster.grid.height = -1; }));
  EXPECT_TRUE(refused([](MemoryRaster& raster) { raster.bands.clear(); }));
  EXPECT_TRUE(refused([](MemoryRaster& raster) { raster.name.clear(); }));
  EXPECT_TRUE(refused([](MemoryRaster& raster) { raster.row_stride = 0; }));
  EXPECT_TRUE(refused([](MemoryRaster& raster) { raster.grid.crs = "EPSG:1"; }));
}

TEST(MemorySource, AWindowOutsideIsRefused) {
  const auto data = dense_array<std::uint8_t>();
  const auto source = wrap_memory(dense_raster(data, SampleType::uint8));
  EXPECT_THROW(read_pixels(*source->open(), source->info(), {5, 0, 3, 1}), Error);
}

}  // namespace tuban
