// SPDX-License-Identifier: Apache-2.0
// Scores by themselves and thresholds for them, as a C++ host has them.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tests/support/square_scene.h"
#include "tuban/error.h"
#include "tuban/score.h"

namespace tuban {
namespace {

using testing::SquareInMemory;

class ScoreAlone : public ::testing::Test {
 protected:
  ScoreAlone() {
    job_.before.source = wrap_memory(before_.raster);
    job_.after.source = wrap_memory(after_.raster);
    job_.threads = 2;
  }
  std::vector<float> of_a_run(std::vector<std::uint8_t>& mask) const {
    std::vector<float> scores;
    Control control;
    control.receive.score = [&](const RasterRows<float>& rows) {
      scores.insert(scores.end(), rows.samples.begin(), rows.samples.end());
    };
    control.receive.mask = [&](const RasterRows<std::uint8_t>& rows) {
      mask.insert(mask.end(), rows.samples.begin(), rows.samples.end());
    };
    run(job_, control);
    return scores;
  }

  const SquareInMemory before_{false}, after_{true};
  Job job_;
};

std::vector<float> two_classes() {
  std::vector<float> scores;
  for (int i = 0; i < 5000; ++i) scores.push_back(static_cast<float>(i % 97) / 97);
  for (int i = 0; i < 500; ++i) scores.push_back(30 + static_cast<float>(i % 13));
  return scores;
}

void expect_refused(const std::vector<float>& scores, const ThresholdOptions& options, const char* why) {
  try {
    choose_threshold(scores, options);
    FAIL() << why;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
  }
}

TEST_F(ScoreAlone, IsThatOfARunToTheBit) {
  std::vector<std::uint8_t> mask;
  const std::vector<float> expected = of_a_run(mask);
  const ScoreResult result = score(job_);
  ASSERT_EQ(result.scores.size(), expected.size());
  EXPECT_EQ(static_cast<std::int64_t>(result.scores.size()), result.grid.pixels());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), result.scores.begin(), [](float a, float b) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
  }));
  ASSERT_TRUE(result.threshold.changed);
  for (std::size_t i = 0; i < mask.size(); ++i)
    ASSERT_EQ(mask[i] == 1, result.scores[i] >= result.threshold.value) << i;
}

TEST_F(ScoreAlone, IsTheSameWhateverTheJobSaysOfPatches) {
  const ScoreResult plain = score(job_);
  job_.min_area = {5, true};
  job_.types = {"C10"};
  job_.budget = "1%";
  EXPECT_EQ(score(job_).scores, plain.scores);
}

TEST_F(ScoreAlone, OfScenesWithoutChangeHasAnInfiniteThreshold) {
  job_.after.source = wrap_memory(before_.raster);
  const ScoreResult result = score(job_);
  EXPECT_FALSE(result.threshold.changed);
  EXPECT_TRUE(std::isinf(result.threshold.value));
}

TEST_F(ScoreAlone, RefusesAJobWithAnOutput) {
  job_.mask_path = "mask.tif";
  try {
    score(job_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("mask \"mask.tif\""), std::string::npos) << error.what();
  }
}

TEST(ChooseThreshold, PartsTwoClasses) {
  for (const char* method : {"auto", "otsu", "ki", "triangle"}) {
    const Threshold threshold = choose_threshold(two_classes(), {method});
    EXPECT_TRUE(threshold.changed) << method;
    EXPECT_GE(threshold.value, 0.5F) << method;
    EXPECT_LE(threshold.value, 30) << method;
  }
}

TEST(ChooseThreshold, PassesOverWhatIsUnknown) {
  std::vector<float> scores = two_classes();
  const Threshold plain = choose_threshold(scores);
  scores.insert(scores.begin() + 100, 77, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(choose_threshold(scores).value, plain.value);
  scores.assign(3, std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(choose_threshold(scores).changed);
}

TEST(ChooseThreshold, TakesMinusZeroForZero) {
  std::vector<float> scores = two_classes();
  const Threshold plain = choose_threshold(scores);
  for (float& one : scores)
    if (one == 0) one = -0.0F;
  EXPECT_EQ(choose_threshold(scores).value, plain.value);
}

TEST(ChooseThreshold, RefusesWhatItCannotUse) {
  expect_refused({1, -2}, {}, "a score is -2");
  expect_refused({std::numeric_limits<float>::infinity()}, {}, "a score is inf");
  expect_refused({1}, {"otsu:3"}, "\"otsu:3\" is unknown");
  expect_refused({1}, {"auto", "cvaa"}, "there are: default");
  expect_refused({1}, {"chi2:0.01"}, "degrees of freedom");
}

TEST(Detectors, AreListedWithTheBandsTheyNeed) {
  const auto all = describe_detectors();
  ASSERT_GT(all.size(), 14U);
  EXPECT_EQ(all.front().name, "default");
  const auto ndvi = std::find_if(all.begin(), all.end(), [](const auto& one) { return one.name == "ndvi"; });
  ASSERT_NE(ndvi, all.end());
  EXPECT_EQ(ndvi->roles.size(), 2U);
  EXPECT_TRUE(ndvi->normalises);
}

}  // namespace
}  // namespace tuban
