// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <random>
#include <vector>

#include "kernels/registration.h"

namespace tuban::kernels {
namespace {

constexpr int kSize = 128;

// Soft spots, known everywhere: a shifted image is exact and needs no resampler.
class Ground {
 public:
  explicit Ground(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> share(0, 1);
    for (int i = 0; i < 6000; ++i)
      spots_.push_back({(kSize + 80) * share(random) - 40, (kSize + 80) * share(random) - 40,
                        100 * (share(random) - .5), 1 + 2 * share(random) * share(random)});
  }
  /// Row after row of what lies at (column + x, row + y).
  std::vector<double> seen_from(double x, double y) const {
    std::vector<double> image(kSize * kSize);
    for (const Spot& spot : spots_) {
      const double cx = spot.x - x, cy = spot.y - y, reach = 5 * spot.size;
      for (int j = std::max(0, static_cast<int>(cy - reach)); j < std::min<double>(kSize, cy + reach); ++j)
        for (int i = std::max(0, static_cast<int>(cx - reach)); i < std::min<double>(kSize, cx + reach); ++i)
          image[static_cast<std::size_t>(j * kSize + i)] +=
              spot.height *
              std::exp(-((i - cx) * (i - cx) + (j - cy) * (j - cy)) / (2 * spot.size * spot.size));
    }
    return image;
  }

 private:
  struct Spot {
    double x, y, height, size;
  };
  std::vector<Spot> spots_;
};

struct Pair {
  explicit Pair(int bands, SampleType kind = SampleType::float32) : type(kind), valid(kSize * kSize, 1) {
    before.resize(static_cast<std::size_t>(bands), std::vector<float>(kSize * kSize));
    after = before;
  }
  WindowShift match() {
    std::vector<const std::byte*> first, second;
    for (std::size_t b = 0; b < before.size(); ++b) {
      first.push_back(reinterpret_cast<const std::byte*>(before[b].data()));
      second.push_back(reinterpret_cast<const std::byte*>(after[b].data()));
    }
    return WindowMatcher(kSize).match(
        {type, kSize, kSize, first, second, kSize, {valid.data(), kSize, kSize, kSize}});
  }
  /// After shows at p what before shows at p + (x, y), changed by a gain, an offset and noise.
  void paint(const Ground& ground, double x, double y, double noise, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    const auto here = ground.seen_from(0, 0);
    const auto there = ground.seen_from(x, y);
    for (std::size_t b = 0; b < before.size(); ++b)
      for (std::size_t i = 0; i < here.size(); ++i) {
        before[b][i] = static_cast<float>(500 + here[i] + noise * normal(random));
        after[b][i] = static_cast<float>(90 + 1.7 * there[i] + 1.7 * noise * normal(random));
      }
  }
  SampleType type;
  std::vector<std::vector<float>> before, after;
  std::vector<std::uint8_t> valid;
};

TEST(WindowMatcher, FindsShiftsToAHundredthOfAPixelWhateverTheirFraction) {
  const Ground ground(5);
  for (const double shift : {0., .125, .25, .375, .5, .75, 1., 1.5, 2., 4.4, 17.3}) {
    Pair pair(1);
    pair.paint(ground, shift, -shift / 2, 0);
    const WindowShift found = pair.match();
    EXPECT_NEAR(found.x, shift, .02);
    EXPECT_NEAR(found.y, -shift / 2, .02);
    EXPECT_GT(found.response, 8);
  }
}

TEST(WindowMatcher, IsNearerToTheTruthThanOpenCvUnderNoise) {
  double ours = 0, theirs = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const double x = .25 * (seed % 5), y = -.2 * (seed % 4);
    Pair pair(1);
    pair.paint(Ground(seed), x, y, 12, seed);
    const WindowShift found = pair.match();
    cv::Mat hann;
    cv::createHanningWindow(hann, {kSize, kSize}, CV_32F);
    const cv::Point2d other = cv::phaseCorrelate(cv::Mat(kSize, kSize, CV_32F, pair.before[0].data()),
                                                 cv::Mat(kSize, kSize, CV_32F, pair.after[0].data()), hann);
    ours += std::hypot(found.x - x, found.y - y);
    theirs += std::hypot(-other.x - x, -other.y - y);
    EXPECT_NEAR(found.x, -other.x, .5);
    EXPECT_NEAR(found.y, -other.y, .5);
  }
  EXPECT_LT(ours, theirs);
  EXPECT_LT(ours / 12, .1);
}

TEST(WindowMatcher, BandsThatChangeInOppositeWaysDoNotCancel) {
  const Ground ground(8);
  Pair pair(2);
  pair.paint(ground, .6, .3, 3);
  for (std::size_t i = 0; i < pair.after[1].size(); ++i) pair.after[1][i] = 900 - .2F * pair.after[1][i];
  // Where one band turns over, its part of the spectrum is opposite; two bands keep what they always showed.
  Pair three(3);
  three.paint(ground, .6, .3, 3);
  three.after[2] = pair.after[1];
  const WindowShift found = three.match();
  EXPECT_NEAR(found.x, .6, .05);
  EXPECT_NEAR(found.y, .3, .05);
}

TEST(WindowMatcher, NothingIsMatchedWhereADateIsFlatOrATenthIsInvalid) {
  Pair flat(1);
  flat.paint(Ground(3), 0, 0, 0);
  std::fill(flat.after[0].begin(), flat.after[0].end(), 7.F);
  EXPECT_EQ(flat.match().response, 0);
  Pair clouded(1);
  clouded.paint(Ground(3), 0, 0, 0);
  std::fill(clouded.valid.begin(), clouded.valid.begin() + kSize * kSize / 9, std::uint8_t{0});
  EXPECT_EQ(clouded.match().response, 0);
}

TEST(WindowMatcher, WhatInvalidPixelsHoldDoesNotCount) {
  Pair pair(1);
  pair.paint(Ground(4), .4, -.7, 5);
  for (int y = 30; y < 60; ++y)
    for (int x = 40; x < 80; ++x) pair.valid[static_cast<std::size_t>(y * kSize + x)] = 0;
  const WindowShift found = pair.match();
  for (std::size_t i = 0; i < pair.valid.size(); ++i)
    if (!pair.valid[i]) pair.before[0][i] = std::numeric_limits<float>::quiet_NaN(), pair.after[0][i] = 1e30F;
  const WindowShift again = pair.match();
  EXPECT_EQ(found.x, again.x);
  EXPECT_EQ(found.y, again.y);
  EXPECT_NEAR(found.x, .4, .1);
  EXPECT_NEAR(found.y, -.7, .1);
}

TEST(WindowMatcher, DifferentGroundHasNoClearPeak) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Pair pair(1), other(1);
    pair.paint(Ground(1), 0, 0, 60, seed);
    other.paint(Ground(1), 0, 0, 60, seed + 100);
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (float& value : pair.before[0]) value = normal(random);
    for (float& value : pair.after[0]) value = normal(random);
    EXPECT_LT(pair.match().response, 8);
  }
}

TEST(Agree, WindowsOfCloudsAndChangeDoNotCount) {
  std::vector<WindowShift> windows;
  for (int i = 0; i < 8; ++i) windows.push_back({.5 + .01 * (i % 3), -.25 - .01 * (i % 2), 40});
  windows.push_back({9, 4, 12});
  windows.push_back({-3, 8, 30});
  windows.push_back({2, 2, 5});
  const Shift shift = agree(windows);
  ASSERT_TRUE(shift.found);
  EXPECT_EQ(shift.matched, 10);
  EXPECT_EQ(shift.used, 8);
  EXPECT_NEAR(shift.x, .51, .005);
  EXPECT_NEAR(shift.y, -.255, .001);
  EXPECT_LT(shift.error, .01);
}

TEST(Agree, NothingIsFoundInTooFewWindowsOrInDisagreement) {
  EXPECT_FALSE(agree({}).found);
  EXPECT_FALSE(agree(std::vector<WindowShift>{{1, 1, 50}, {1, 1, 50}, {1, 1, 3}}).found);
  EXPECT_FALSE(
      agree(std::vector<WindowShift>{{9, 1, 9}, {-7, 1, 9}, {1, 20, 9}, {0, -15, 9}, {5, 5, 9}}).found);
}

}  // namespace
}  // namespace tuban::kernels
