// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "kernels/kind.h"

namespace tuban::kernels {
namespace {

// Reflectances times 10,000: blue, green, red, nir.
using Spectrum = std::array<std::uint16_t, 4>;
constexpr Spectrum kGrowing{400, 700, 500, 3800};
constexpr Spectrum kStubble{800, 1000, 1300, 2500};
constexpr Spectrum kFlooded{600, 700, 600, 800};
constexpr Spectrum kPond{700, 800, 500, 300};
constexpr Spectrum kFill{1000, 1500, 2500, 3200};
constexpr Spectrum kRoof{2800, 3000, 3100, 3300};

bool exposed(const Spectrum& before, const Spectrum& after, float gain = 1, float offset = 0) {
  std::array<std::uint16_t, 4> later{};
  for (std::size_t b = 0; b < 4; ++b)
    later[b] = static_cast<std::uint16_t>(static_cast<float>(after[b]) * gain + offset);
  std::vector<const std::byte*> was, is;
  for (std::size_t b = 0; b < 4; ++b) {
    was.push_back(reinterpret_cast<const std::byte*>(&before[b]));
    is.push_back(reinterpret_cast<const std::byte*>(&later[b]));
  }
  const std::vector<BandNormalisation> normalisation(4, {1 / gain, -offset / gain, 1, false});
  const std::uint8_t valid = 1;
  std::uint8_t flag = 9;
  find_exposed({0, 1, 2, 3}, normalisation, {SampleType::uint16, 1, 1, was, is, 1, {&valid, 1, 1, 1}},
               {&flag, 1, 1, 1});
  return flag == 1;
}

// '#' changed, 'e' changed and exposed, 'x' exposed but not changed, '!' invalid, ' ' unchanged.
std::vector<std::string> split(const std::vector<std::string>& picture) {
  const int height = static_cast<int>(picture.size());
  const int width = static_cast<int>(picture[0].size());
  const int pad = kKindRadius;
  std::vector<std::uint8_t> flags(static_cast<std::size_t>((width + 2 * pad) * (height + 2 * pad)));
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(width * height)), bare(mask.size()),
      other(mask.size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const char c = picture[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
      mask[static_cast<std::size_t>(y * width + x)] = c == '!'               ? kInvalid
                                                      : c == '#' || c == 'e' ? kChanged
                                                                             : kUnchanged;
      flags[static_cast<std::size_t>((y + pad) * (width + 2 * pad) + x + pad)] = c == 'e' || c == 'x';
    }
  const auto view = [&](std::vector<std::uint8_t>& plane) {
    return View<std::uint8_t>{plane.data(), width, height, width};
  };
  KindSplitter splitter;
  splitter.split(View<std::uint8_t>{flags.data(), width + 2 * pad, height + 2 * pad, width + 2 * pad},
                 view(mask), view(bare), view(other));
  std::vector<std::string> result(picture.size(), std::string(static_cast<std::size_t>(width), '?'));
  for (std::size_t i = 0; i < mask.size(); ++i) {
    char& c = result[i / static_cast<std::size_t>(width)][i % static_cast<std::size_t>(width)];
    if (bare[i] == kInvalid && other[i] == kInvalid)
      c = '!';
    else if (bare[i] == kChanged && other[i] == kUnchanged)
      c = 'e';
    else if (bare[i] == kUnchanged && other[i] == kChanged)
      c = '#';
    else if (bare[i] == kUnchanged && other[i] == kUnchanged)
      c = ' ';
  }
  return result;
}

}  // namespace

TEST(Kind, GroundLaidBareOrBuiltOverIsExposed) {
  for (const auto& before : {kGrowing, kStubble, kFlooded}) {
    EXPECT_TRUE(exposed(before, kFill));
    EXPECT_TRUE(exposed(before, kRoof));
  }
}

TEST(Kind, HarvestFloodAndNewWaterAreNot) {
  EXPECT_FALSE(exposed(kGrowing, kStubble));
  EXPECT_FALSE(exposed(kGrowing, kFlooded));
  EXPECT_FALSE(exposed(kStubble, kFlooded));
  EXPECT_FALSE(exposed(kGrowing, kPond));
  EXPECT_FALSE(exposed(kRoof, kRoof));
  EXPECT_FALSE(exposed(kRoof, kGrowing));
}

TEST(Kind, GainAndOffsetOfTheLaterDateDoNotMatter) {
  EXPECT_TRUE(exposed(kGrowing, kFill, 1.3F, 300));
  EXPECT_FALSE(exposed(kGrowing, kStubble, 1.3F, 300));
}

TEST(Kind, AHouseBesideAHarvestedFieldIsCutOutWithItsMixedRim) {
  EXPECT_EQ(split({
                "##########          ",
                "########## ######## ",
                "########## #eeeeee# ",
                "###########eeeeeee# ",
                "###########eeeeeee# ",
                "########## #eeeeee# ",
                "##########          ",
            }),
            (std::vector<std::string>{
                "##########          ",
                "#########e eeeeeeee ",
                "#########e eeeeeeee ",
                "#########eeeeeeeeee ",
                "#########eeeeeeeeee ",
                "#########e eeeeeeee ",
                "#########e          ",
            }));
}

TEST(Kind, LonePixelsMakeNoKindAndUnchangedOnesNoMask) {
  EXPECT_EQ(split({"#########", "####e####", "#########"}),
            (std::vector<std::string>{"#########", "#########", "#########"}));
  EXPECT_EQ(split({"xxx #!", "xxx  #", "xxx  #"}), (std::vector<std::string>{"    e!", "     #", "     #"}));
}

}  // namespace tuban::kernels
