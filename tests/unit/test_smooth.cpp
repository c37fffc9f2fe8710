// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "kernels/mask_ops.h"
#include "kernels/smooth.h"
#include "tests/support/pixel_scene.h"

namespace tuban::kernels {
namespace {

struct Frame {
  int width, height;  // of the output
  std::vector<float> in;
  View<const float> view() const { return {in.data(), width + 2, height + 2, width + 2}; }
};

Frame random_frame(int width, int height, double missing, std::uint64_t seed) {
  test::Random random(seed);
  Frame frame{width, height, std::vector<float>(static_cast<std::size_t>((width + 2) * (height + 2)))};
  for (float& v : frame.in)
    v = random.uniform() < missing ? std::nanf("") : static_cast<float>(5 * random.uniform());
  return frame;
}

std::vector<float> smoothed(const Frame& frame, const MaskOps* ops = nullptr) {
  std::vector<float> out(static_cast<std::size_t>(frame.width * frame.height), -1.0F);
  const View<float> view{out.data(), frame.width, frame.height, frame.width};
  ops != nullptr ? ops->smooth(frame.view(), view) : smooth(frame.view(), view);
  return out;
}

TEST(Smooth, IsTheMeanOfTheValidNeighboursAndMissingWhereThePixelIs) {
  const Frame frame = random_frame(37, 11, 0.3, 1);
  const std::vector<float> out = smoothed(frame);
  for (int y = 0; y < frame.height; ++y)
    for (int x = 0; x < frame.width; ++x) {
      const float actual = out[static_cast<std::size_t>(y * frame.width + x)];
      if (std::isnan(frame.view().at(x + 1, y + 1))) {
        EXPECT_TRUE(std::isnan(actual));
        continue;
      }
      double sum = 0;
      int count = 0;
      for (int dy = 0; dy < 3; ++dy)
        for (int dx = 0; dx < 3; ++dx)
          if (const float v = frame.view().at(x + dx, y + dy); !std::isnan(v)) {
            sum += static_cast<double>(v);
            ++count;
          }
      EXPECT_NEAR(actual, sum / count, 1e-6);
    }
}

TEST(Smooth, ALonelyPixelKeepsItsScore) {
  Frame frame = random_frame(1, 1, 1.0, 1);
  frame.in[4] = 3.25F;
  EXPECT_EQ(smoothed(frame)[0], 3.25F);
}

TEST(Smooth, EveryInstructionSetGivesTheSameBytesForEveryWidth) {
  for (int width = 1; width <= 70; ++width) {
    const Frame frame = random_frame(width, 3, 0.2, static_cast<std::uint64_t>(width));
    const std::vector<float> expected = smoothed(frame, mask_ops(Isa::baseline));
    for (const Isa isa : {Isa::sse4, Isa::avx2, Isa::avx512})
      if (const MaskOps* ops = mask_ops(isa)) {
        const std::vector<float> actual = smoothed(frame, ops);
        EXPECT_EQ(std::memcmp(expected.data(), actual.data(), expected.size() * sizeof(float)), 0)
            << ops->target << " width " << width;
      }
  }
}

TEST(Smooth, TheValueDoesNotDependOnWhereATileBegins) {
  const Frame frame = random_frame(90, 5, 0.1, 9);
  const std::vector<float> whole = smoothed(frame);
  for (int x0 = 0; x0 < 90; x0 += 7) {
    const int width = std::min(13, 90 - x0);
    std::vector<float> part(static_cast<std::size_t>(width * 5));
    smooth(frame.view().sub(x0, 0, width + 2, 7), {part.data(), width, 5, width});
    for (int y = 0; y < 5; ++y)
      EXPECT_EQ(std::memcmp(part.data() + y * width, whole.data() + y * 90 + x0,
                            static_cast<std::size_t>(width) * sizeof(float)),
                0);
  }
}

}  // namespace
}  // namespace tuban::kernels
