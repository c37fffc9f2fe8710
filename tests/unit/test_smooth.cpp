// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "kernels/mask_ops.h"
#include "kernels/smooth.h"
#include "tests/support/pixel_scene.h"

namespace tuban::kernels {
namespace {

constexpr std::array kNames{"none", "mean3", "multiscale", "gauss:0.3", "gauss:1", "gauss:2.5", "gauss:4"};

struct Frame {
  Smoothing smoothing;
  int width, height;  // of the output
  std::vector<float> in;
  int rim() const { return smoothing.radius(); }
  View<const float> view() const {
    return {in.data(), width + 2 * rim(), height + 2 * rim(), width + 2 * rim()};
  }
  float& at(int x, int y) {
    return in[static_cast<std::size_t>((y + rim()) * (width + 2 * rim()) + x + rim())];
  }
};

Frame random_frame(const char* name, int width, int height, double missing, std::uint64_t seed) {
  test::Random random(seed);
  Frame frame{*find_smoothing(name), width, height, {}};
  frame.in.resize(static_cast<std::size_t>((width + 2 * frame.rim()) * (height + 2 * frame.rim())));
  for (float& v : frame.in)
    v = random.uniform() < missing ? std::nanf("") : static_cast<float>(5 * random.uniform());
  return frame;
}

// Scores of either sign, such as log-ratios.
Frame signed_frame(const char* name, int width, int height, double missing, std::uint64_t seed) {
  Frame frame = random_frame(name, width, height, missing, seed);
  for (float& v : frame.in) v -= 2.5F;
  return frame;
}

std::vector<float> smoothed(const Frame& frame) {
  std::vector<float> out(static_cast<std::size_t>(frame.width * frame.height), -1.0F);
  std::vector<float> scratch;
  smooth(frame.smoothing, frame.view(), {out.data(), frame.width, frame.height, frame.width}, scratch);
  return out;
}

std::vector<float> smoothed(const Frame& frame, const MaskOps& ops) {
  std::vector<float> out(static_cast<std::size_t>(frame.width * frame.height), -1.0F);
  std::vector<float> scratch(smooth_scratch(frame.smoothing, frame.view().width));
  ops.smooth(
      {frame.smoothing, frame.view(), {out.data(), frame.width, frame.height, frame.width}, scratch.data()});
  return out;
}

bool same_bytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Weighted mean by one level after the other in two dimensions at once, in double; sums and weights apart.
struct Sums {
  std::vector<double> sum, weight;
};

Sums convolved(const Sums& from, int width, int height, const Smoothing::Level& level) {
  Sums to{std::vector<double>(from.sum.size()), std::vector<double>(from.sum.size())};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int j = -level.reach; j <= level.reach; ++j)
        for (int i = -level.reach; i <= level.reach; ++i) {
          const int sx = x + i * level.step;
          const int sy = y + j * level.step;
          if (sx < 0 || sy < 0 || sx >= width || sy >= height) continue;
          const double tap = static_cast<double>(level.taps[static_cast<std::size_t>(std::abs(i))]) *
                             static_cast<double>(level.taps[static_cast<std::size_t>(std::abs(j))]);
          const auto source = static_cast<std::size_t>(sy * width + sx);
          const auto target = static_cast<std::size_t>(y * width + x);
          to.sum[target] += tap * from.sum[source];
          to.weight[target] += tap * from.weight[source];
        }
  return to;
}

// What smooth.h says of one pixel of the output.
std::vector<double> expected(const Frame& frame) {
  const View<const float> in = frame.view();
  std::vector<Sums> levels(1);
  for (const float v : frame.in) {
    levels[0].sum.push_back(v == v ? static_cast<double>(v) : 0);
    levels[0].weight.push_back(v == v);
  }
  for (int i = 0; i < frame.smoothing.levels; ++i)
    levels.push_back(
        convolved(levels.back(), in.width, in.height, frame.smoothing.level[static_cast<std::size_t>(i)]));
  std::vector<double> out;
  for (int y = frame.rim(); y < frame.rim() + frame.height; ++y)
    for (int x = frame.rim(); x < frame.rim() + frame.width; ++x) {
      const auto at = static_cast<std::size_t>(y * in.width + x);
      const auto mean = [&](std::size_t i) { return std::abs(levels[i].sum[at] / levels[i].weight[at]); };
      const bool valid = levels[0].weight[at] > 0;
      const double value = levels.size() == 4
                               ? std::min(1.3 * mean(1), std::sqrt(mean(2) * std::sqrt(mean(1) * mean(3))))
                               : mean(levels.size() - 1);
      out.push_back(valid ? value : std::nan(""));
    }
  return out;
}

TEST(Smooth, NamesAreKnownWithTheirRadius) {
  EXPECT_EQ(find_smoothing("none")->radius(), 0);
  EXPECT_EQ(find_smoothing("mean3")->radius(), 1);
  EXPECT_EQ(find_smoothing("multiscale")->radius(), 14);
  EXPECT_EQ(find_smoothing("gauss:1.5")->radius(), 5);
  EXPECT_EQ(find_smoothing("gauss:4")->radius(), 12);
  for (const char* name : {"", "mean", "gauss", "gauss:", "gauss:0", "gauss:4.1", "gauss:nan", "gauss:-1",
                           "gauss:2px", "Multiscale"})
    EXPECT_FALSE(find_smoothing(name)) << name;
}

TEST(Smooth, IsTheNormalisedConvolutionOfTheValidScoresAndMissingWhereThePixelIs) {
  for (const char* name : kNames)
    for (const double missing : {0.0, 0.02, 0.4}) {
      const Frame frame = random_frame(name, 45, 13, missing, 1);
      const std::vector<float> actual = smoothed(frame);
      const std::vector<double> truth = expected(frame);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        ASSERT_EQ(std::isnan(actual[i]), std::isnan(truth[i])) << name;
        if (std::isnan(truth[i])) continue;
        ASSERT_NEAR(static_cast<double>(actual[i]), truth[i], 4e-6 * truth[i]) << name;
      }
    }
}

TEST(Smooth, OfScoresWithASignTheSizesOfTheirMeansAreTaken) {
  for (const char* name : kNames)
    for (const double missing : {0.0, 0.4}) {
      const Frame frame = signed_frame(name, 45, 13, missing, 2);
      const std::vector<float> actual = smoothed(frame);
      const std::vector<double> truth = expected(frame);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        if (std::isnan(truth[i])) continue;
        ASSERT_GE(actual[i], 0.0F) << name;
        // Sums of both signs cancel: their rounding is that of the addends, and a root of it may be left.
        ASSERT_NEAR(static_cast<double>(actual[i]), truth[i], 1e-3) << name;
      }
    }
}

TEST(Smooth, ALonelyPixelKeepsItsScore) {
  for (const char* name : kNames) {
    Frame frame = random_frame(name, 1, 1, 1.0, 1);
    frame.at(0, 0) = 3.25F;
    EXPECT_FLOAT_EQ(smoothed(frame)[0], 3.25F) << name;
  }
}

TEST(Smooth, EvenScoresStayExactlyWhatTheyAre) {
  Frame frame = random_frame("multiscale", 40, 9, 0, 1);
  std::fill(frame.in.begin(), frame.in.end(), 2.0F);
  for (const float v : smoothed(frame)) ASSERT_EQ(v, 2.0F);
}

TEST(Smooth, AMissingPixelOutOfReachChangesNoBit) {
  for (const char* name : kNames) {
    const Frame clean = random_frame(name, 80, 40, 0, 3);
    Frame holed = clean;
    holed.at(0, 0) = std::nanf("");
    const std::vector<float> with = smoothed(holed);
    const std::vector<float> without = smoothed(clean);
    for (int y = 0; y < 40; ++y)
      for (int x = 0; x < 80; ++x)
        if (std::max(x, y) > clean.rim()) {
          const auto i = static_cast<std::size_t>(y * 80 + x);
          ASSERT_EQ(std::memcmp(&with[i], &without[i], sizeof(float)), 0) << name << " " << x << "," << y;
        }
  }
}

TEST(Smooth, EveryInstructionSetGivesTheSameBytesForEveryWidth) {
  for (const char* name : {"none", "mean3", "multiscale", "gauss:2.5"})
    for (int width = 1; width <= 70; ++width)
      for (const double missing : {0.0, 0.1}) {
        const Frame frame = random_frame(name, width, 3, missing, static_cast<std::uint64_t>(width));
        const std::vector<float> reference = smoothed(frame, *mask_ops(Isa::baseline));
        for (const Isa isa : {Isa::sse4, Isa::avx2, Isa::avx512})
          if (const MaskOps* ops = mask_ops(isa)) {
            ASSERT_TRUE(same_bytes(smoothed(frame, *ops), reference))
                << ops->target << " " << name << " width " << width;
          }
      }
}

TEST(Smooth, TheValueDoesNotDependOnWhereATileBegins) {
  for (const char* name : kNames)
    for (const double missing : {0.0, 0.003, 0.1}) {
      const Frame frame = random_frame(name, 90, 5, missing, 9);
      const std::vector<float> whole = smoothed(frame);
      std::vector<float> scratch;
      for (int x0 = 0; x0 < 90; x0 += 7) {
        const int width = std::min(13, 90 - x0);
        std::vector<float> part(static_cast<std::size_t>(width * 5));
        smooth(frame.smoothing, frame.view().sub(x0, 0, width + 2 * frame.rim(), 5 + 2 * frame.rim()),
               {part.data(), width, 5, width}, scratch);
        for (int y = 0; y < 5; ++y)
          ASSERT_EQ(std::memcmp(part.data() + y * width, whole.data() + y * 90 + x0,
                                static_cast<std::size_t>(width) * sizeof(float)),
                    0)
              << name;
      }
    }
}

TEST(Smooth, RowsWiderThanAStripAreNoDifferentFromTheirParts) {
  for (const double missing : {0.0, 0.01}) {
    const Frame frame = random_frame("multiscale", 2300, 3, missing, 5);
    EXPECT_TRUE(same_bytes(smoothed(frame), smoothed(frame, mask_ops())));
  }
}

TEST(Smooth, TakesTheMemoryItPromises) {
  for (const char* name : kNames) {
    const Frame frame = random_frame(name, 3000, 1, 0.1, 5);
    std::vector<float> out(3000), scratch;
    smooth(frame.smoothing, frame.view(), {out.data(), 3000, 1, 3000}, scratch);
    EXPECT_LE(scratch.size() * sizeof(float), smooth_bytes(frame.smoothing)) << name;
  }
}

}  // namespace
}  // namespace tuban::kernels
