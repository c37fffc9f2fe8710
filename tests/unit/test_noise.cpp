// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine/scan/noise.h"

namespace tuban {
namespace {

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// Of a raster of 10,000 x 10,000.
constexpr std::int64_t kPixels = 100'000'000;

}  // namespace

TEST(Noise, EverySecondPixelInOneRegionIsToldAsNoise) {
  const std::string note = warn_of_noise({kPixels, kPixels / 2, 1, 4 * kPixels / 2, 1, kPixels / 2});
  EXPECT_TRUE(has(note, "50 % of the valid pixels are changed, with 400 pixel sides"));
  EXPECT_TRUE(has(note, "so looks noise"));
  EXPECT_TRUE(has(note, "a region with 50 % of the valid pixels was too large for one patch"));
  EXPECT_TRUE(has(note, "--detector"));
}

TEST(Noise, NoiseThatLeavesHolesOnlyIsToldAsNoise) {
  EXPECT_TRUE(has(warn_of_noise({kPixels, kPixels / 5 * 4, 300, kPixels / 5 * 3 / 2}), "so looks noise"));
}

TEST(Noise, ManySmallRegionsAreToldAsNoise) {
  EXPECT_TRUE(has(warn_of_noise({kPixels, kPixels / 50, kPixels / 100, kPixels / 20}),
                  "falls into 1000000 regions, one in every 100 valid pixels"));
}

TEST(Noise, AFloodWithASmoothOutlineIsNone) {
  EXPECT_EQ(warn_of_noise({kPixels, kPixels / 5 * 3, 40, 400'000}), "");
}

TEST(Noise, AFloodThatWasCutIsToldAsCutAndNotAsNoise) {
  const std::string note = warn_of_noise({kPixels, kPixels / 5 * 3, 40, 9'000'000, 2, kPixels / 2});
  EXPECT_FALSE(has(note, "noise"));
  EXPECT_TRUE(has(note, "2 regions with 50 % of the valid pixels were too large for one patch"));
  EXPECT_TRUE(has(note, "check that both images show the same ground"));
}

// The densest outline of a real pair with more than a tenth changed, and of one with a tenth of that.
TEST(Noise, RealChangeIsNone) {
  EXPECT_EQ(warn_of_noise({160'000, 22'720, 300, 16'063}), "");
  EXPECT_EQ(warn_of_noise({160'000, 2'400, 100, 3'187}), "");
}

TEST(Noise, AHandfulOfPixelsIsNone) {
  EXPECT_EQ(warn_of_noise({64, 32, 1, 128}), "");
  EXPECT_EQ(warn_of_noise({0, 0, 0, 0}), "");
}

}  // namespace tuban
