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

std::uint8_t flag_of(const Spectrum& before, const Spectrum& after, float gain = 1, float offset = 0) {
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
  find_kinds({0, 1, 2, 3}, normalisation, {SampleType::uint16, 1, 1, was, is, 1, {&valid, 1, 1, 1}},
             {&flag, 1, 1, 1});
  return flag;
}

bool exposed(const Spectrum& before, const Spectrum& after, float gain = 1, float offset = 0) {
  return flag_of(before, after, gain, offset) == kExposedFlag;
}

bool water(const Spectrum& before, const Spectrum& after, float gain = 1, float offset = 0) {
  return flag_of(before, after, gain, offset) == kWaterFlag;
}

// '#' changed, 'e' changed and exposed, 'w' changed and water, 'x' exposed but not changed, '!' invalid, ' '
// unchanged.
std::vector<std::string> split(const std::vector<std::string>& picture) {
  const int height = static_cast<int>(picture.size());
  const int width = static_cast<int>(picture[0].size());
  const int pad = kKindRadius;
  std::vector<std::uint8_t> flags(static_cast<std::size_t>((width + 2 * pad) * (height + 2 * pad)));
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(width * height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const char c = picture[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
      mask[static_cast<std::size_t>(y * width + x)] = c == '!'                           ? kInvalid
                                                      : c == '#' || c == 'e' || c == 'w' ? kChanged
                                                                                         : kUnchanged;
      flags[static_cast<std::size_t>((y + pad) * (width + 2 * pad) + x + pad)] = c == 'e' || c == 'x'
                                                                                     ? kExposedFlag
                                                                                 : c == 'w' ? kWaterFlag
                                                                                            : std::uint8_t{0};
    }
  std::array<std::vector<std::uint8_t>, kKinds> planes;
  std::array<View<std::uint8_t>, kKinds> kinds;
  for (std::size_t k = 0; k < planes.size(); ++k) {
    planes[k].resize(mask.size());
    kinds[k] = {planes[k].data(), width, height, width};
  }
  KindSplitter splitter;
  splitter.split(View<std::uint8_t>{flags.data(), width + 2 * pad, height + 2 * pad, width + 2 * pad},
                 View<std::uint8_t>{mask.data(), width, height, width}, kinds);
  std::vector<std::string> result(picture.size(), std::string(static_cast<std::size_t>(width), '?'));
  for (std::size_t i = 0; i < mask.size(); ++i) {
    char& c = result[i / static_cast<std::size_t>(width)][i % static_cast<std::size_t>(width)];
    const auto all = [&](std::uint8_t other, std::uint8_t bare, std::uint8_t wet) {
      return planes[0][i] == other && planes[1][i] == bare && planes[2][i] == wet;
    };
    if (all(kInvalid, kInvalid, kInvalid)) c = '!';
    if (all(kUnchanged, kUnchanged, kUnchanged)) c = ' ';
    if (all(kChanged, kUnchanged, kUnchanged)) c = '#';
    if (all(kUnchanged, kChanged, kUnchanged)) c = 'e';
    if (all(kUnchanged, kUnchanged, kChanged)) c = 'w';
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

TEST(Kind, ANewPondIsWaterAndAFloodedFieldIsNot) {
  for (const auto& before : {kGrowing, kStubble, kFill}) EXPECT_TRUE(water(before, kPond));
  EXPECT_TRUE(water(kGrowing, kPond, 1.3F, 300));
  EXPECT_FALSE(water(kGrowing, kFlooded));
  EXPECT_FALSE(water(kPond, kPond));
  EXPECT_FALSE(water(kPond, kFlooded));
}

TEST(Kind, APondBesideAHarvestedFieldIsCutOut) {
  EXPECT_EQ(split({"#######wwww", "#######wwww", "#######wwww", "#######wwww"}),
            (std::vector<std::string>{"#####wwwwww", "#####wwwwww", "#####wwwwww", "#####wwwwww"}));
}

TEST(Kind, BareGroundGoesBeforeWater) {
  EXPECT_EQ(split({"eeeewwwww", "eeeewwwww", "eeeewwwww"}),
            (std::vector<std::string>{"eeeeeewww", "eeeeeewww", "eeeeeewww"}));
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
