// SPDX-License-Identifier: Apache-2.0
#include "kernels/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace tuban::kernels {
namespace {

constexpr int kSide = 16;

// One band of 16 x 16 samples that begins at pixel (100, 200).
template <typename T>
struct Raster {
  explicit Raster(const std::function<double(int, int)>& value) {
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) samples.push_back(static_cast<T>(value(x, y)));
  }

  struct Found {
    T value;
    bool valid;
  };
  Found at(Resampling method, SampleType type, double x, double y, double half = 0.5) {
    const std::byte* plane = reinterpret_cast<const std::byte*>(samples.data());
    const RasterPart part{type, {100, 200, kSide, kSide}, {&plane, 1}, kSide, valid.data()};
    T value{99};
    std::byte* out = reinterpret_cast<std::byte*>(&value);
    std::uint8_t found = 7;
    const double px = 100 + x, py = 200 + y;
    Resampler(method, half, half).row(part, {&px, 1}, {&py, 1}, {&out, 1}, &found);
    return {value, found == 1};
  }

  std::vector<T> samples;
  std::vector<std::uint8_t> valid = std::vector<std::uint8_t>(kSide * kSide, 1);
};

double ramp(int x, int y) {
  return 3 * x - 2 * y + 7;
}

TEST(Resample, BilinearCubicAndAverageReproduceALinearRamp) {
  Raster<float> raster(ramp);
  for (const Resampling method : {Resampling::bilinear, Resampling::cubic, Resampling::average})
    for (double x = 4; x < 11; x += 0.3125)
      for (double y = 4; y < 11; y += 0.4375) {
        const auto found = raster.at(method, SampleType::float32, x, y, 1.75);
        EXPECT_TRUE(found.valid);
        const bool even = std::round(x) == x && std::round(y) == y;
        if (method == Resampling::average && !even) continue;  // its window is not whole there
        EXPECT_NEAR(found.value, 3 * (x - 0.5) - 2 * (y - 0.5) + 7, 1e-5) << to_string(method);
      }
}

TEST(Resample, NearestTakesTheSampleThatThePointLiesIn) {
  Raster<std::uint16_t> raster([](int x, int y) { return 100 * y + x; });
  EXPECT_EQ(raster.at(Resampling::nearest, SampleType::uint16, 3.0, 5.99).value, 503);
  EXPECT_EQ(raster.at(Resampling::nearest, SampleType::uint16, 2.99, 5.0).value, 502);
}

TEST(Resample, EveryMethodGivesTheSampleItselfAtItsCentre) {
  Raster<std::int16_t> raster([](int x, int y) { return (x * 7919 + y * 104729) % 5000 - 2500; });
  for (const Resampling method :
       {Resampling::nearest, Resampling::bilinear, Resampling::cubic, Resampling::average})
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const auto found = raster.at(method, SampleType::int16, x + 0.5, y + 0.5);
        EXPECT_TRUE(found.valid);
        EXPECT_EQ(found.value, raster.samples[static_cast<std::size_t>(y * kSide + x)]) << to_string(method);
      }
}

TEST(Resample, AverageIsTheMeanOfTheAreaCovered) {
  Raster<float> raster([](int x, int y) { return x == 5 && y == 5 ? 16 : 0; });
  EXPECT_FLOAT_EQ(raster.at(Resampling::average, SampleType::float32, 6, 6, 1).value, 4);
  EXPECT_FLOAT_EQ(raster.at(Resampling::average, SampleType::float32, 6.5, 6, 1).value, 2);
}

TEST(Resample, HalvesAreRoundedAwayFromZeroAndIntegersStayInTheirType) {
  Raster<std::int16_t> raster([](int x, int) { return x < 8 ? -3 : -4; });
  EXPECT_EQ(raster.at(Resampling::bilinear, SampleType::int16, 8, 8.5).value, -4);
  Raster<std::uint8_t> edge([](int x, int) { return x < 8 ? 0 : 255; });
  EXPECT_EQ(edge.at(Resampling::cubic, SampleType::uint8, 7.2, 8.5).value, 0);
  EXPECT_EQ(edge.at(Resampling::cubic, SampleType::uint8, 9.0, 8.5).value, 255);
}

TEST(Resample, APixelIsValidWhereAllItsSamplesAre) {
  Raster<float> raster(ramp);
  raster.valid[5 * kSide + 5] = 0;
  raster.samples[5 * kSide + 5] = std::numeric_limits<float>::quiet_NaN();
  const auto valid = [&](Resampling method, double x, double y, double half = 0.5) {
    return raster.at(method, SampleType::float32, x, y, half).valid;
  };
  EXPECT_FALSE(valid(Resampling::nearest, 5.01, 5.99));
  EXPECT_TRUE(valid(Resampling::nearest, 6.01, 5.99));
  EXPECT_FALSE(valid(Resampling::bilinear, 6.25, 5.5));
  EXPECT_TRUE(valid(Resampling::bilinear, 6.5, 5.5)) << "a sample without weight does not count";
  EXPECT_FALSE(valid(Resampling::average, 7, 6, 1.5));
  EXPECT_TRUE(valid(Resampling::average, 7, 6, 1));
}

TEST(Resample, CubicFallsBackToBilinearBesideWhatIsInvalid) {
  Raster<float> raster([](int x, int y) { return x * x + y; });
  const auto smooth = raster.at(Resampling::cubic, SampleType::float32, 7.25, 5.5);
  raster.valid[5 * kSide + 5] = 0;
  const auto beside = raster.at(Resampling::cubic, SampleType::float32, 7.25, 5.5);
  EXPECT_TRUE(beside.valid);
  EXPECT_NE(beside.value, smooth.value);
  EXPECT_EQ(beside.value, raster.at(Resampling::bilinear, SampleType::float32, 7.25, 5.5).value);
  EXPECT_FALSE(raster.at(Resampling::cubic, SampleType::float32, 6.25, 5.5).valid);
}

TEST(Resample, BeyondTheRasterAndNowhereIsInvalidAndZero) {
  Raster<std::uint16_t> raster(ramp);
  for (const Resampling method :
       {Resampling::nearest, Resampling::bilinear, Resampling::cubic, Resampling::average})
    for (const double x : {-1.0, 16.75, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
      const auto found = raster.at(method, SampleType::uint16, x, 5.5);
      EXPECT_FALSE(found.valid) << to_string(method) << " " << x;
      EXPECT_EQ(found.value, 0);
    }
  EXPECT_FALSE(raster.at(Resampling::bilinear, SampleType::uint16, 0.25, 5.5).valid);
}

template <typename T>
void expect_blocks_are_rows(SampleType type) {
  Raster<T> raster([](int x, int y) {
    const bool high = (x * 7 + y * 13) % 3 == 0;
    return high ? std::min<double>(std::numeric_limits<T>::max(), 70000) - x
                : std::max<double>(std::numeric_limits<T>::lowest(), -70000) + (x * 31 + y * 17) % 97;
  });
  const std::byte* plane = reinterpret_cast<const std::byte*>(raster.samples.data());
  const RasterPart part{type, {100, 200, kSide, kSide}, {&plane, 1}, kSide, raster.valid.data()};
  constexpr int kWidth = 9, kHeight = 7;
  for (const Resampling method :
       {Resampling::nearest, Resampling::bilinear, Resampling::cubic, Resampling::average})
    for (const double dx : {0.5, 0.75, 1.0, 1.2998046875})
      for (const double dy : {0.5, 0.501953125, 1.25}) {
        std::vector<T> rows(kWidth * kHeight), block(rows);
        std::vector<std::uint8_t> found(kWidth);
        Resampler resampler(method, .5, .5);
        for (int y = 0; y < kHeight; ++y) {
          std::vector<double> xs, ys(kWidth, 203 + y + dy);
          for (int x = 0; x < kWidth; ++x) xs.push_back(103 + x + dx);
          auto* out = reinterpret_cast<std::byte*>(rows.data() + y * kWidth);
          resampler.row(part, xs, ys, {&out, 1}, found.data());
          ASSERT_EQ(std::count(found.begin(), found.end(), 1), kWidth);
        }
        auto* out = reinterpret_cast<std::byte*>(block.data());
        resampler.block(part, 103 + dx, 203 + dy, kWidth, kHeight, {&out, 1}, kWidth);
        EXPECT_EQ(rows, block) << to_string(method) << " at " << dx << ", " << dy;
      }
}

TEST(Resample, ABlockOfOneFractionIsWhatItsRowsAre) {
  expect_blocks_are_rows<std::uint8_t>(SampleType::uint8);
  expect_blocks_are_rows<std::uint16_t>(SampleType::uint16);
  expect_blocks_are_rows<std::int16_t>(SampleType::int16);
  expect_blocks_are_rows<float>(SampleType::float32);
}

}  // namespace
}  // namespace tuban::kernels
