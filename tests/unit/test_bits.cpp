// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kernels/bits.h"
#include "tests/support/masks.h"

namespace tuban::kernels {
namespace {

struct Packed {
  BitPlane changed, invalid;
};

Packed packed(const test::Scene& scene) {
  Packed planes;
  pack({scene.mask.data(), scene.width, scene.height, scene.width}, planes.changed, planes.invalid);
  return planes;
}

}  // namespace

TEST(Bits, AMaskPackedAndUnpackedIsTheSameInEveryRectangle) {
  test::Random random(test::base_seed());
  for (const int width : {1, 63, 64, 65, 130, 200}) {
    const test::Scene scene = test::random_scene(random, width, 7, 0.4, 0.2, 0, SampleType::uint8);
    const Packed planes = packed(scene);
    for (int round = 0; round < 40; ++round) {
      const int x = test::draw(random, 0, width - 1);
      const int y = test::draw(random, 0, 6);
      const int w = test::draw(random, 1, width - x);
      const int h = test::draw(random, 1, 7 - y);
      std::vector<std::uint8_t> out(static_cast<std::size_t>(w * h), 77);
      unpack(planes.changed, planes.invalid, x, y, {out.data(), w, h, w});
      for (int row = 0; row < h; ++row)
        for (int column = 0; column < w; ++column)
          ASSERT_EQ(out[static_cast<std::size_t>(row * w + column)], scene.at(x + column, y + row));
    }
  }
}

TEST(Bits, ACountIsThatOfTheBitsOneByOne) {
  test::Random random(test::base_seed());
  const int width = 200;
  const Packed planes = packed(test::random_scene(random, width, 1, 0.5, 0, 0, SampleType::uint8));
  for (int from = 0; from < width; ++from) {
    std::int64_t expected = 0;
    for (int count = 0; from + count <= width; ++count) {
      ASSERT_EQ(count_bits(planes.changed.row(0), from, count), expected) << from << " " << count;
      if (from + count < width) expected += planes.changed.at(from + count, 0);
    }
  }
}

TEST(Bits, APlaneThatIsUsedAgainStartsEmpty) {
  BitPlane plane;
  plane.reset(100, 3);
  EXPECT_FALSE(plane.any());
  plane.row(2)[1] = 1;
  EXPECT_TRUE(plane.any());
  EXPECT_TRUE(plane.at(64, 2));
  plane.reset(70, 2);
  EXPECT_FALSE(plane.any());
}

}  // namespace tuban::kernels
