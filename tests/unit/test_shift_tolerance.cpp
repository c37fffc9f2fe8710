// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/shift_tolerance.h"

namespace tuban::kernels {
namespace {

constexpr int kSide = 24;

struct Pair {
  std::vector<std::uint16_t> before, after;
  std::vector<std::uint8_t> valid;
  std::array<const std::byte*, 1> first{}, second{};

  explicit Pair(unsigned seed)
      : before(kSide * kSide), after(kSide * kSide), valid(kSide * kSide, std::uint8_t{1}) {
    std::mt19937 random(seed);
    for (auto& sample : before) sample = static_cast<std::uint16_t>(100 + random() % 200);
    for (auto& sample : after) sample = static_cast<std::uint16_t>(100 + random() % 200);
  }
  PairView view() {
    first = {reinterpret_cast<const std::byte*>(before.data())};
    second = {reinterpret_cast<const std::byte*>(after.data())};
    return {SampleType::uint16, kSide, kSide, first, second, kSide, {valid.data(), kSide, kSide, kSide}};
  }
};

std::vector<float> tolerant(Pair& pair) {
  std::vector<float> out((kSide - 2) * (kSide - 2));
  ToleranceScratch scratch;
  const Detector& difference = *find_detector("difference");
  Model model;
  model.detector = "difference";
  tolerant_score(difference, model, pair.view(), {out.data(), kSide - 2, kSide - 2, kSide - 2}, scratch);
  return out;
}

TEST(ShiftTolerance, ItIsTheLargerOfTheLeastDifferencesBothWays) {
  Pair pair(5);
  std::mt19937 random(6);
  for (auto& valid : pair.valid) valid = random() % 10 != 0;
  const std::vector<float> actual = tolerant(pair);
  for (int y = 1; y < kSide - 1; ++y)
    for (int x = 1; x < kSide - 1; ++x) {
      const auto at = [](int column, int row) { return static_cast<std::size_t>(row * kSide + column); };
      double forth = 1e9, back = 1e9;
      for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i) {
          if (pair.valid[at(x + i, y + j)] == 0) continue;
          forth = std::min(forth, std::abs(double{1} * pair.before[at(x, y)] - pair.after[at(x + i, y + j)]));
          back = std::min(back, std::abs(double{1} * pair.before[at(x + i, y + j)] - pair.after[at(x, y)]));
        }
      const float value = actual[static_cast<std::size_t>((y - 1) * (kSide - 2) + x - 1)];
      if (pair.valid[at(x, y)] == 0) {
        ASSERT_TRUE(std::isnan(value));
      } else {
        ASSERT_EQ(static_cast<double>(value), std::max(forth, back)) << x << " " << y;
      }
    }
}

TEST(ShiftTolerance, ASceneMovedByOnePixelDidNotChange) {
  Pair pair(7);
  for (int y = 1; y < kSide; ++y)
    for (int x = 1; x < kSide; ++x)
      pair.after[static_cast<std::size_t>(y * kSide + x)] =
          pair.before[static_cast<std::size_t>((y - 1) * kSide + x - 1)];
  const std::vector<float> scores = tolerant(pair);
  for (int y = 1; y < kSide - 3; ++y)
    for (int x = 1; x < kSide - 3; ++x) ASSERT_EQ(scores[static_cast<std::size_t>(y * (kSide - 2) + x)], 0);
}

TEST(ShiftTolerance, ABlockThatChangedKeepsItsInside) {
  Pair pair(9);
  pair.after = pair.before;
  for (int y = 8; y < 14; ++y)
    for (int x = 8; x < 14; ++x) pair.after[static_cast<std::size_t>(y * kSide + x)] = 5000;
  const std::vector<float> scores = tolerant(pair);
  for (int y = 8; y < 14; ++y)
    for (int x = 8; x < 14; ++x)
      ASSERT_GT(scores[static_cast<std::size_t>((y - 1) * (kSide - 2) + x - 1)], 4600) << x << " " << y;
}

}  // namespace
}  // namespace tuban::kernels
