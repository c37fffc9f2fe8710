// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/match_curve.h"
#include "kernels/normalise.h"
#include "tests/support/pixel_scene.h"

namespace tuban::kernels {
namespace {

using test::make_scene;
using test::Random;
using test::Scene;
using test::SceneOptions;

// The second date of a scene through a known gain and offset per band, so that before = offset + slope *
// after.
Scene with_known_gain(SceneOptions options, std::uint64_t seed, double slope, double offset) {
  options.integers = false;
  Scene scene = make_scene(options, seed);
  for (auto& plane : scene.planes.after)
    for (float& v : plane) v = static_cast<float>((static_cast<double>(v) - offset) / slope);
  return scene;
}

TEST(Normalise, RecoversGainAndOffsetDespiteChange) {
  const Scene scene = with_known_gain({.width = 200, .height = 200, .changed = 0.1}, 1, 1.4, 60);
  const Model model = fit_invariant(scene.planes, "test").model;
  ASSERT_EQ(model.normalisation.size(), 4U);
  for (const auto& band : model.normalisation) {
    EXPECT_FALSE(band.fallback);
    EXPECT_NEAR(band.slope, 1.4, 0.01);
    EXPECT_NEAR(band.offset, 60, 12);
  }
  EXPECT_GT(model.invariant, 10000);
  EXPECT_TRUE(model.notes.empty());
}

TEST(Normalise, SigmaIsTheResidualDeviationOfAllUnchangedPixels) {
  const Scene scene = make_scene({.width = 300, .height = 300, .bands = 4, .noise = 10}, 2);
  for (const auto& band : fit_invariant(scene.planes, "test").model.normalisation)
    EXPECT_NEAR(band.sigma, 10 * std::sqrt(2.0), 0.7);
}

TEST(Normalise, IdenticalDatesGiveTheIdentityAndASigmaOfRoundingNoise) {
  Sample sample = make_scene({.width = 150, .height = 150}, 3).planes;
  sample.after = sample.before;
  for (const auto& band : fit_invariant(sample, "test").model.normalisation) {
    EXPECT_EQ(band.slope, 1.0F);
    EXPECT_EQ(band.offset, 0.0F);
    EXPECT_GE(band.sigma, 0.4F);
    EXPECT_LT(band.sigma, 0.42F);
  }
}

TEST(Normalise, MeanAndSigmaAreMatchedOverAllPixelsWhereThatIsAskedFor) {
  Sample sample = with_known_gain({.width = 100, .height = 100, .noise = 0}, 5, 1.4, 60).planes;
  sample.normalisation = Normalisation::mean_sigma;
  const Model model = fit_invariant(sample, "test").model;
  for (const auto& band : model.normalisation) {
    EXPECT_NEAR(band.slope, 1.4, 1e-4);
    EXPECT_NEAR(band.offset, 60, 0.1);
    EXPECT_NEAR(band.correlation, 1, 1e-6);
    EXPECT_FALSE(band.fallback);
  }
  EXPECT_EQ(model.invariant, 0);
}

// What stands at a quantile of one date, looked up the naive way.
TEST(MatchCurve, TakesEveryQuantileToThatOfTheOtherDate) {
  Random random(11);
  std::vector<float> before(4097), after(4097);
  for (float& v : before) v = static_cast<float>(1000 * random.uniform());
  for (float& v : after) v = static_cast<float>(100 * random.normal());
  const MatchCurve curve = match_quantiles(before, after, 2);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_NEAR(on_curve(curve, after[i]), before[i], 12) << i;
    if (i > 0) {
      EXPECT_GE(on_curve(curve, after[i]), on_curve(curve, after[i - 1]));
    }
    if (i % 16 == 0) {
      EXPECT_EQ(on_curve(curve, after[i]), before[i]);
    }
  }
  EXPECT_FLOAT_EQ(on_curve(curve, after.back() + 5), before.back() + 10);
  EXPECT_FLOAT_EQ(on_curve(curve, after.front() - 5), before.front() - 10);
}

TEST(MatchCurve, RepeatedValuesAreOneKnot) {
  const MatchCurve curve = match_quantiles({1, 2, 3, 4, 5, 6, 7}, {9, 9, 9, 9, 9, 9, 12}, 1);
  EXPECT_EQ(curve.after, (std::vector<float>{9, 12}));
  EXPECT_EQ(curve.before.back(), 7.0F);
}

TEST(Normalise, ABandWithoutSpreadHasOnlyItsMeanMatchedAndSaysSo) {
  Sample sample = make_scene({.width = 100, .height = 100, .bands = 2}, 6).planes;
  std::fill(sample.after[1].begin(), sample.after[1].end(), 500.0F);
  sample.normalisation = Normalisation::mean_sigma;
  const Model model = fit_invariant(sample, "test").model;
  EXPECT_FALSE(model.normalisation[0].fallback);
  EXPECT_TRUE(model.normalisation[1].fallback);
  EXPECT_EQ(model.normalisation[1].slope, 1.0F);
  EXPECT_TRUE(std::any_of(model.notes.begin(), model.notes.end(), [](const std::string& note) {
    return note.find("band 2 is constant on one of the dates") != std::string::npos;
  }));
}

TEST(Normalise, NoneLeavesSamplesAsTheyAreAndTakesSigmaFromTheirDifference) {
  Sample sample =
      with_known_gain({.width = 200, .height = 200, .noise = 10, .changed = 0.05}, 7, 1, 60).planes;
  sample.normalisation = Normalisation::none;
  for (const auto& band : fit_invariant(sample, "test").model.normalisation) {
    EXPECT_EQ(band.slope, 1.0F);
    EXPECT_EQ(band.offset, 0.0F);
    EXPECT_NEAR(band.sigma, 10 * std::sqrt(2.0), 1.5);
  }
}

TEST(Normalise, UncorrelatedDatesMatchMeanAndDeviationAndSaySo) {
  Sample sample = make_scene({.width = 200, .height = 200, .bands = 2}, 4).planes;
  Random random(1);
  for (auto& plane : sample.after)
    for (float& v : plane) v = static_cast<float>(500 + 50 * random.normal());
  const Model model = fit_invariant(sample, "test").model;
  for (const auto& band : model.normalisation) EXPECT_TRUE(band.fallback);
  ASSERT_GE(model.notes.size(), 2U);
  EXPECT_NE(model.notes[0].find("not accepted"), std::string::npos);
}

TEST(Normalise, ASmallSampleIsMatchedRobustlyAndSaysHowManyPixelsItLacks) {
  const Scene scene = with_known_gain({.width = 60, .height = 60, .changed = 0.1, .texture = 1}, 5, 0.8, -40);
  const InvariantFit fit = fit_invariant(scene.planes, "test");
  EXPECT_TRUE(fit.mad.bands.empty());
  ASSERT_EQ(fit.model.notes.size(), 1U);
  EXPECT_NE(fit.model.notes[0].find("3600 pixels, IR-MAD needs 16000"), std::string::npos);
  for (const auto& band : fit.model.normalisation) {
    EXPECT_TRUE(band.fallback);
    EXPECT_NEAR(band.slope, 0.8, 0.02);
    EXPECT_NEAR(band.offset, -40, 20);
    // The tenth that changed widens a median deviation by a seventh.
    EXPECT_NEAR(band.sigma, 10 * std::sqrt(2.0) * 1.15, 1.5);
  }
}

TEST(Normalise, PixelsThatAreNotFiniteStayOutOfTheFitAndAreCounted) {
  const Scene scene = make_scene({.width = 200, .height = 200, .changed = 0.02, .integers = false}, 6);
  Sample spoilt = scene.planes;
  spoilt.before[1][77] = std::numeric_limits<float>::quiet_NaN();
  spoilt.after[2][1234] = std::numeric_limits<float>::infinity();
  const Model clean = fit_invariant(scene.planes, "test").model;
  const Model model = fit_invariant(spoilt, "test").model;
  ASSERT_EQ(model.notes.size(), 1U);
  EXPECT_EQ(model.notes[0].substr(0, 2), "2 ");
  for (std::size_t b = 0; b < 4; ++b)
    EXPECT_NEAR(model.normalisation[b].slope, clean.normalisation[b].slope, 1e-3);
}

TEST(Normalise, DegenerateSamplesStillGiveAUsableModel) {
  const auto constant = [](std::size_t n, float value) { return std::vector<float>(n, value); };
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{500}, std::size_t{20000}}) {
    const Sample sample{{constant(n, 5), constant(n, 0)}, {constant(n, 9), constant(n, 0)}};
    const Model model = fit_invariant(sample, "test").model;
    ASSERT_EQ(model.normalisation.size(), 2U);
    for (const auto& band : model.normalisation) {
      EXPECT_EQ(band.slope, 1.0F);
      EXPECT_GT(band.sigma, 0.0F);
      EXPECT_TRUE(std::isfinite(band.offset));
    }
    EXPECT_FALSE(model.notes.empty());
  }
}

}  // namespace
}  // namespace tuban::kernels
