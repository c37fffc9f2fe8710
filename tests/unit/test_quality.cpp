// SPDX-License-Identifier: Apache-2.0
// Saturation and haze, on samples whose answers are known.
#include "engine/scan/quality.h"

#include <gtest/gtest.h>

namespace tuban {
namespace {

using Planes = std::vector<std::vector<float>>;
constexpr auto kShorts = kernels::SampleType::uint16;

// 1000 samples of a ramp from `least` to `least` + 999.
std::vector<float> ramp(float least) {
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(least + static_cast<float>(i));
  return values;
}

}  // namespace

TEST(Quality, PixelsAreSaturatedWhereABandIsAtTheCeilingOfItsSensor) {
  for (const float ceiling : {255.0F, 1023.0F, 2047.0F, 4095.0F, 16383.0F, 32767.0F, 65535.0F}) {
    Planes planes{std::vector<float>(100, 7), std::vector<float>(100, 7)};
    planes[0][3] = planes[1][3] = planes[1][4] = ceiling;
    EXPECT_EQ(judge_scene(planes, kShorts, -1).saturated_share, 0.02) << ceiling;
  }
}

TEST(Quality, TheLargestSampleIsNotSaturatedByItself) {
  EXPECT_EQ(judge_scene({ramp(10)}, kShorts, -1).saturated_share, 0);
  // Reflectance as float may be 255 of anything.
  EXPECT_EQ(judge_scene({{1, 255}}, kernels::SampleType::float32, -1).saturated_share, 0);
}

TEST(Quality, HazeLiftsTheDarkestBlueTowardsTheMedianAndGainDoesNot) {
  const auto share = [](float added, float gain) {
    std::vector<float> blue = ramp(100);
    for (float& value : blue) value = gain * (value + added);
    return judge_scene({std::vector<float>(1000, 5), blue}, kShorts, 1).dark_share.value();
  };
  EXPECT_NEAR(share(0, 1), 109.0 / 599, 1e-6);
  EXPECT_NEAR(share(0, 3), share(0, 1), 1e-6);
  EXPECT_NEAR(share(500, 1), 609.0 / 1099, 1e-6);
  EXPECT_FALSE(judge_scene({ramp(1)}, kShorts, -1).dark_share);
}

TEST(Quality, IsToldWhereItMatters) {
  const SceneQuality clear{0.001, 0.4};
  EXPECT_TRUE(quality_notes(clear, "a", {0.002, 0.6}, "b").empty());
  const auto hazy = quality_notes(clear, "a", {0, 0.7}, "b");
  ASSERT_EQ(hazy.size(), 1U);
  EXPECT_EQ(
      hazy[0],
      "b looks hazy, or its samples carry an offset: its darkest blue is 70 % of its median, that of a 40 %");
  EXPECT_EQ(quality_notes({0.02, {}}, "a", {0, 0.7}, "b"),
            (std::vector<std::string>{
                "2.0 % of the sampled pixels of a are saturated: what changed there cannot be told"}));
}

}  // namespace tuban
