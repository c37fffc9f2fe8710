// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kernels/view.h"

namespace tuban::kernels {

TEST(Window, IntersectionOfDisjointWindowsIsEmpty) {
  EXPECT_TRUE(intersect({0, 0, 4, 4}, {4, 0, 4, 4}).empty());
  EXPECT_EQ(intersect({0, 0, 4, 4}, {2, 1, 8, 2}), (Window{2, 1, 2, 2}));
}

TEST(Window, GrownThenShrunkIsTheSame) {
  const Window window{7, -3, 5, 9};
  EXPECT_EQ(grown(grown(window, 3), -3), window);
}

TEST(SampleType, DispatchSeesTheRightType) {
  for (const auto type : {SampleType::uint8, SampleType::uint16, SampleType::int16, SampleType::float32})
    EXPECT_EQ(with_sample_type(type, [](auto zero) { return sizeof(zero); }), sample_size(type))
        << to_string(type);
}

}  // namespace tuban::kernels
