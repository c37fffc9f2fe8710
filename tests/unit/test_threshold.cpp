// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "kernels/log_ratio.h"
#include "kernels/math.h"
#include "kernels/split.h"
#include "kernels/threshold.h"
#include "tests/support/pixel_scene.h"

namespace tuban::kernels {
namespace {

using test::make_scene;
using test::Random;
using test::Scene;
using test::SceneOptions;

// 240 seeds walk through sizes (2k to 200k pixels), 1, 3, 4 and 6 bands, noise from a rounding step to 40,
// gains, three grounds, integer and float samples, smoothed and not.
SceneOptions options_of(int seed, double changed, double strength) {
  constexpr std::array kSizes{45, 60, 100, 128, 160, 100, 45};
  constexpr std::array kBandCounts{3, 4, 6, 1};
  constexpr std::array kNoises{0.4, 3.0, 10.0, 40.0};
  const auto s = static_cast<std::size_t>(seed);
  SceneOptions o;
  o.width = o.height = seed % 80 == 0 ? 447 : kSizes[s % kSizes.size()];
  o.bands = kBandCounts[(s / 5) % 4];
  o.noise = kNoises[(s / 3) % 4];
  o.gain = seed % 2 == 1;
  o.texture = (seed / 2) % 3;
  o.integers = (seed / 7) % 3 != 0;
  o.changed = changed;
  o.strength = strength;
  return o;
}

struct Outcome {
  Cut cut;
  std::vector<float> scores;
  Scene scene;
};

Outcome detect(int seed, double changed, double strength) {
  Outcome outcome;
  outcome.scene =
      make_scene(options_of(seed, changed, strength), static_cast<std::uint64_t>(seed) * 7919 + 1);
  const Detector& detector = *detectors()[0];
  outcome.scores =
      test::scores_of(detector, detector.solve(outcome.scene.planes), outcome.scene, seed % 4 != 3);
  outcome.cut = choose_cut(outcome.scores);
  return outcome;
}

TEST(ChooseCut, SaysNothingChangedFor240SimulatedPairsWithoutChange) {
  for (int seed = 0; seed < 240; ++seed) {
    const Outcome o = detect(seed, 0, 0);
    EXPECT_FALSE(o.cut.changed) << "seed " << seed;
    EXPECT_EQ(o.cut.changed_share, 0);
  }
}

TEST(ChooseCut, FindsClearChangeFromThreePerMilleToAFifth) {
  for (const double changed : {0.003, 0.01, 0.05, 0.2})
    for (int seed = 0; seed < 36; ++seed) {
      const Outcome o = detect(seed, changed, seed % 2 == 0 ? 10 : 30);
      ASSERT_TRUE(o.cut.changed) << "seed " << seed << " changed " << changed;
      // What the 3 x 3 mean spreads beyond the squares' sides is the mean's doing, not the cut's: away from
      // change next to nothing may reach the cut, and of the changed pixels nearly all must.
      const int w = o.scene.width;
      int found = 0, real = 0, far_away = 0, quiet = 0;
      for (int y = 1; y < o.scene.height - 1; ++y)
        for (int x = 1; x < w - 1; ++x) {
          const auto i = static_cast<std::size_t>(y * w + x);
          const bool above = o.scores[i] >= o.cut.value;
          bool near = false;
          for (int dy = -1; dy <= 1; ++dy)
            for (int dx = -1; dx <= 1; ++dx)
              near = near || o.scene.truth[static_cast<std::size_t>((y + dy) * w + x + dx)] != 0;
          if (o.scene.truth[i] != 0) {
            ++real;
            found += above;
          } else if (!near) {
            ++quiet;
            far_away += above;
          }
        }
      EXPECT_GT(found, 0.85 * real) << "seed " << seed << " changed " << changed;
      // Unsmoothed scores of one band reach into the changed class.
      EXPECT_LT(far_away, 0.06 * quiet) << "seed " << seed << " changed " << changed;
    }
}

std::vector<float> two_classes(std::size_t n, double share, double distance, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> scores(n);
  for (float& s : scores) {
    const double shift = random.uniform() < share ? distance : 0;
    s = static_cast<float>(std::max(0.0, 2 + shift + (shift > 0 ? 1.0 : 0.25) * random.normal()));
  }
  return scores;
}

TEST(ChooseCut, LiesBetweenTwoSeparateClassesWhateverTheirShares) {
  for (const double share : {0.002, 0.01, 0.1, 0.3, 0.5, 0.7}) {
    const Cut cut = choose_cut(two_classes(50000, share, 8, 3));
    EXPECT_TRUE(cut.changed) << share;
    EXPECT_GT(cut.value, 2.5F) << share;
    EXPECT_LT(cut.value, 8.0F) << share;
    EXPECT_NEAR(cut.changed_share, share, 0.05 * share + 0.0015);
    EXPECT_NEAR(cut.null.parameters[0], 2, 0.05) << share;
    EXPECT_NEAR(cut.null.parameters[1], 0.25, 0.05) << share;
  }
}

// Lengths of vectors of four bands, averaged; haze that no fit follows widens the upper half.
std::vector<float> hazy_lengths(std::size_t n, double share, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> scores(n);
  for (float& s : scores) {
    const double haze = random.uniform() < 0.2 ? 2 * random.uniform() : 0;
    const double change = random.uniform() < share ? 10 : 0;
    s = static_cast<float>(std::max(0.0, 1.9 + 0.2 * random.normal() + haze + change));
  }
  return scores;
}

TEST(ChooseCut, AnAutomaticCutIsNoLowerThanTheLeastScoreOfChange) {
  CutRule rule;
  rule.least = 6;
  for (const double share : {0.001, 0.01, 0.1, 0.4}) {
    const Cut cut = choose_cut(hazy_lengths(50000, share, 8), rule);
    ASSERT_TRUE(cut.changed) << share;
    EXPECT_GE(cut.value, 6.0F) << share;
    EXPECT_NEAR(cut.changed_share, share, 0.05 * share + 0.0005) << share;
  }
}

TEST(ChooseCut, HazeWithoutChangeReachesNoAutomaticCut) {
  CutRule rule;
  rule.least = 6;
  EXPECT_EQ(choose_cut(hazy_lengths(50000, 0, 9), rule).changed_share, 0);
}

TEST(ChooseCut, TheLeastScoreOfChangeLeavesHigherCutsAndMethodsByNameAlone) {
  const std::vector<float> scores = two_classes(50000, 0.1, 8, 3);
  for (const char* name :
       {"auto", "ki", "otsu", "em", "triangle", "null:0.001", "fixed:3", "percentile:90"}) {
    CutRule rule = *cut_rule(name);
    const Cut free = choose_cut(scores, rule);
    rule.least = rule.method == CutRule::Method::automatic ? 1 : 100;
    const Cut bound = choose_cut(scores, rule);
    EXPECT_EQ(bound.value, free.value) << name;
    EXPECT_EQ(bound.method, free.method) << name;
  }
}

TEST(ChooseCut, DoesNotDependOnTheOrderOfTheScores) {
  std::vector<float> scores = two_classes(20000, 0.05, 8, 4);
  const Cut first = choose_cut(scores);
  std::reverse(scores.begin(), scores.end());
  std::swap_ranges(scores.begin(), scores.begin() + 5000, scores.begin() + 9000);
  const Cut second = choose_cut(scores);
  EXPECT_EQ(first.value, second.value);
  EXPECT_EQ(first.null.parameters, second.null.parameters);
}

TEST(ChooseCut, ScoresThatAreAllZeroOrAllEqualMeanNothingChanged) {
  for (const float value : {0.0F, 3.0F}) {
    const Cut cut = choose_cut(std::vector<float>(5000, value));
    EXPECT_FALSE(cut.changed);
    EXPECT_TRUE(std::isfinite(cut.value));
    EXPECT_GT(cut.value, value);
  }
}

TEST(ChooseCut, NoScoresAtAllIsNoChangeAndSaid) {
  const Cut cut = choose_cut({});
  EXPECT_FALSE(cut.changed);
  EXPECT_EQ(cut.notes.size(), 1U);
}

TEST(ChooseCut, ACopyWithPlantedChangeIsCutBetweenZeroAndTheChange) {
  for (const double share : {0.002, 0.02, 0.3, 0.6}) {
    std::vector<float> scores(40000, 0.0F);
    const auto planted = static_cast<std::size_t>(share * 40000);
    for (std::size_t i = 0; i < planted; ++i) scores[i] = 40 + static_cast<float>(i % 17);
    const Cut cut = choose_cut(scores);
    EXPECT_TRUE(cut.changed) << share;
    EXPECT_GT(cut.value, 0.0F) << share;
    EXPECT_LE(cut.value, 40.0F) << share;
    EXPECT_NEAR(cut.changed_share, share, 1e-4);
  }
}

TEST(ChooseCut, FewScoresAreCutAtTheEndOfTheNullAndSaid) {
  const Cut cut = choose_cut(two_classes(400, 0.1, 20, 5));
  EXPECT_TRUE(cut.changed);
  EXPECT_EQ(cut.method, "end of the null");
  ASSERT_EQ(cut.notes.size(), 1U);
  EXPECT_NE(cut.notes[0].find("400 scores"), std::string::npos);
}

TEST(ChooseCut, WarnsWhereMostOfTheSampleChanged) {
  const Cut cut = choose_cut(two_classes(20000, 0.6, 10, 6));
  ASSERT_TRUE(cut.changed);
  ASSERT_EQ(cut.notes.size(), 1U);
  EXPECT_NE(cut.notes[0].find("40 %"), std::string::npos);
}

TEST(CutRule, IsReadFromItsWord) {
  EXPECT_EQ(cut_rule("auto")->method, CutRule::Method::automatic);
  EXPECT_EQ(cut_rule("ki")->method, CutRule::Method::minimum_error);
  EXPECT_EQ(cut_rule("fixed:3.5")->value, 3.5);
  EXPECT_EQ(cut_rule("percentile:97")->value, 97);
  EXPECT_EQ(cut_rule("null:1e-4")->value, 1e-4);
  EXPECT_EQ(cut_rule("cfar:1e-3")->method, CutRule::Method::speckle_rate);
  EXPECT_EQ(cut_rule("chi2:0.01")->method, CutRule::Method::chi_square);
  for (const char* wrong : {"", "kittler", "otsu:1", "fixed", "fixed:", "fixed:x", "fixed:3 ", "percentile:0",
                            "percentile:100", "null:1", "null:0", "fixed:nan"})
    EXPECT_FALSE(cut_rule(wrong)) << wrong;
}

TEST(CutRule, WhatTheUserSaysHoldsEvenWhereNothingChanged) {
  const std::vector<float> scores = two_classes(20000, 0, 8, 3);
  ASSERT_FALSE(choose_cut(scores).changed);
  const Cut fixed = choose_cut(scores, *cut_rule("fixed:2.5"));
  EXPECT_TRUE(fixed.changed);
  EXPECT_EQ(fixed.value, 2.5F);
  const Cut tenth = choose_cut(scores, *cut_rule("percentile:90"));
  EXPECT_NEAR(tenth.changed_share, 0.1, 1e-3);
}

TEST(CutRule, NoMethodThatLooksFindsChangeWhereThereIsNone) {
  const std::vector<float> scores = two_classes(50000, 0, 8, 3);
  for (const char* method : {"auto", "otsu", "ki", "em", "triangle", "null:1e-3"})
    EXPECT_FALSE(choose_cut(scores, *cut_rule(method)).changed) << method;
}

TEST(CutRule, MethodsPartSeparateClasses) {
  for (const double share : {0.01, 0.1, 0.4}) {
    const std::vector<float> scores = two_classes(50000, share, 8, 3);
    for (const char* method : {"otsu", "ki", "em", "triangle", "null:1e-4"}) {
      // Least variance parts the larger class where the other is small; its own docstring says so.
      if (share == 0.01 && std::string(method) == "otsu") continue;
      const Cut cut = choose_cut(scores, *cut_rule(method));
      ASSERT_TRUE(cut.changed) << method << " " << share;
      EXPECT_NEAR(cut.changed_share, share, 0.1 * share + 0.003) << method << " " << share;
    }
  }
}

// Straight from the papers, over every bin edge, with sums of their own.
TEST(CutRule, OtsuAndKittlerAreTheBestOfAllEdges) {
  const std::vector<float> scores = two_classes(30000, 0.2, 6, 3);
  const Histogram bins(scores, 9);
  double best_otsu = -1, best_ki = 1e300, otsu = 0, ki = 0;
  for (std::size_t edge = 1; edge < Histogram::kBins; ++edge) {
    double n[2] = {}, mean[2] = {}, variance[2] = {};
    for (std::size_t i = 0; i < Histogram::kBins; ++i) n[i >= edge] += double(bins.count(i));
    if (n[0] < 10 || n[1] < 10) continue;
    for (std::size_t i = 0; i < Histogram::kBins; ++i)
      mean[i >= edge] += double(bins.count(i)) * double(i) / n[i >= edge];
    for (std::size_t i = 0; i < Histogram::kBins; ++i)
      variance[i >= edge] += double(bins.count(i)) * std::pow(double(i) - mean[i >= edge], 2) / n[i >= edge];
    const double p0 = n[0] / 30000, p1 = n[1] / 30000;
    const double between = p0 * p1 * std::pow(mean[1] - mean[0], 2);
    if (between > best_otsu) best_otsu = between, otsu = bins.edge(edge - 1);
    if (variance[0] < 1e-6 || variance[1] < 1e-6) continue;
    const double error = 1 +
                         2 * (p0 * std::log(std::sqrt(variance[0])) + p1 * std::log(std::sqrt(variance[1]))) -
                         2 * (p0 * std::log(p0) + p1 * std::log(p1));
    if (error < best_ki) best_ki = error, ki = bins.edge(edge - 1);
  }
  EXPECT_NEAR(otsu_split(bins, 0).edge, otsu, 1e-9);
  EXPECT_NEAR(minimum_error_split(bins, 0).edge, ki, 1e-9);
}

TEST(CutRule, TheMixtureIsThatOfTheTwoClasses) {
  // Normal classes of means 2 and 6 and deviations .5 and 1, three to one: equal density at 3.55.
  std::mt19937 random(5);
  std::normal_distribution<float> low(2, 0.5F), high(6, 1);
  std::vector<float> scores;
  for (int i = 0; i < 200000; ++i) scores.push_back(std::max(0.0F, i % 4 == 0 ? high(random) : low(random)));
  const Histogram bins(scores, 10);
  EXPECT_NEAR(mixture_edge(bins, otsu_split(bins, 0)), 3.55, 0.03);
}

TEST(CutRule, TheTriangleIsFarthestFromItsLine) {
  // Roots fall on a triangle from 1 down to 2, and on a thin tail to 4: the corner is at 2.
  std::vector<float> scores;
  for (int i = 0; i < 200; ++i)
    for (int k = 0; k < 400 - 2 * i; ++k) scores.push_back(std::pow(1 + float(i) / 200, 2.0F));
  for (int i = 0; i < 1600; ++i) scores.push_back(std::pow(2 + float(i) / 800, 2.0F));
  EXPECT_NEAR(std::sqrt(triangle_edge(scores, 16)), 2, 0.05);
  EXPECT_LT(triangle_edge(std::vector<float>(100, 3.0F), 3), 0);
}

TEST(CutRule, TheNullIsReachedAtTheRateAskedFor) {
  const Cut cut = choose_cut(two_classes(50000, 0.05, 20, 5), *cut_rule("null:0.001"));
  ASSERT_TRUE(cut.changed);
  std::vector<float> unchanged = two_classes(50000, 0, 20, 5);
  EXPECT_LT(
      double(std::count_if(unchanged.begin(), unchanged.end(), [&](float s) { return s >= cut.value; })),
      2 * 0.001 * 50000);
}

// Sizes of normal noise of either sign, and a class of change.
std::vector<float> folded(std::size_t n, double changed, double strength, double spread) {
  Random random(77);
  std::vector<float> scores;
  for (std::size_t i = 0; i < n; ++i) {
    const bool change = random.uniform() < changed;
    const double z = random.normal();
    scores.push_back(static_cast<float>(std::abs(change ? strength + spread * z : z)));
  }
  return scores;
}

TEST(CutRule, OfFoldedScoresTheLowerClassIsHalfANormalOne) {
  for (const double changed : {0.02, 0.2}) {
    const std::vector<float> scores = folded(100000, changed, 5, 1);
    // Where the two densities are equal.
    double best = 0;
    while (2 * (1 - changed) * std::exp(-best * best / 2) > changed * std::exp(-(best - 5) * (best - 5) / 2))
      best += 0.001;
    CutRule rule;
    rule.folded = true;
    const Cut cut = choose_cut(scores, rule);
    ASSERT_TRUE(cut.changed);
    EXPECT_NEAR(cut.value, best, 0.35) << changed;
    EXPECT_GT(cut.value, choose_cut(scores).value) << changed;
  }
}

TEST(CutRule, ChiSquareIsTheRootOfTheQuantileWhateverTheScores) {
  CutRule rule = *cut_rule("chi2:0.01");
  rule.degrees_of_freedom = 4;
  const Cut cut = choose_cut(folded(5000, 0, 0, 0), rule);
  EXPECT_TRUE(cut.changed);
  EXPECT_NEAR(cut.value * cut.value, 13.2767, 1e-3);  // from printed tables
}

TEST(CutRule, WithoutDegreesOfFreedomChiSquareIsTheAutomaticCutAndSaysSo) {
  const std::vector<float> scores = two_classes(50000, 0.05, 20, 5);
  const Cut cut = choose_cut(scores, *cut_rule("chi2:0.01"));
  EXPECT_EQ(cut.value, choose_cut(scores).value);
  ASSERT_FALSE(cut.notes.empty());
  EXPECT_NE(cut.notes[0].find("chi2 has no meaning"), std::string::npos);
}

// The log-ratio of the means of `looks` exponential intensities.
std::vector<float> speckle(std::size_t n, int looks, double changed) {
  Random random(5);
  const auto intensity = [&] {
    double sum = 0;
    for (int i = 0; i < looks; ++i) sum -= std::log(1 - random.uniform());
    return sum;
  };
  std::vector<float> scores;
  for (std::size_t i = 0; i < n; ++i) {
    const double step = static_cast<double>(i) < changed * static_cast<double>(n) ? 6 : 0;
    scores.push_back(static_cast<float>(std::abs(std::log(intensity() / intensity()) + step)));
  }
  return scores;
}

TEST(CutRule, SpeckleReachesItsCutAtTheRateAskedFor) {
  for (const int looks : {4, 16}) {
    constexpr std::size_t kPixels = 200000;
    constexpr double kChanged = 0.1;
    const std::vector<float> scores = speckle(kPixels, looks, kChanged);
    const Cut cut = choose_cut(scores, *cut_rule("cfar:0.01"));
    ASSERT_TRUE(cut.changed);
    const auto unchanged = scores.begin() + static_cast<std::ptrdiff_t>(kChanged * kPixels);
    const auto alarms = std::count_if(unchanged, scores.end(), [&](float s) { return s >= cut.value; });
    EXPECT_NEAR(static_cast<double>(alarms) / static_cast<double>(scores.end() - unchanged), 0.01, 0.004);
  }
}

TEST(CutRule, SpeckleThatIsSaidToBeWiderHasAHigherCut) {
  const std::vector<float> scores = speckle(50000, 16, 0.1);
  CutRule rule = *cut_rule("cfar:0.01");
  const float shown = choose_cut(scores, rule).value;
  rule.speckle_scale = deviation_of(4) / deviation_of(16);
  EXPECT_NEAR(choose_cut(scores, rule).value, log_ratio_cut(4, 0.01), 0.1);
  EXPECT_GT(choose_cut(scores, rule).value, 1.5F * shown);
}

TEST(NullFit, NeverIncreasesAndKeepsDecreasingOverTheRangeOfFloats) {
  const NullFit null{{2.0, 0.3, 0, 0}};
  EXPECT_NEAR(null.p(2.0), 0.5, 1e-15);
  double last = 1;
  for (double score = 0; score < 10; score += 0.001) {
    const double p = null.p(score);
    ASSERT_LT(p, last) << score;
    last = p;
  }
  for (double score = 10; score < 1e37; score *= 1.01) {
    const double p = null.p(score);
    ASSERT_LT(p, last) << score;
    ASSERT_GT(p, 0) << score;
    last = p;
  }
}

TEST(NullFit, HasTheTabulatedTailOfStudentsT) {
  const NullFit null{{0, 1, 0, 0}};
  EXPECT_NEAR(null.p(1.860), 0.05, 2e-4);
  EXPECT_NEAR(null.p(2.896), 0.01, 1e-5);
  EXPECT_NEAR(null.p(5.041), 0.0005, 1e-6);
  EXPECT_NEAR(null.p(-1.860), 0.95, 2e-4);
}

}  // namespace
}  // namespace tuban::kernels
