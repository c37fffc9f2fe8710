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

Kind flag_of(const Spectrum& before, const Spectrum& after, float gain = 1, float offset = 0) {
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
  BitPlane here;
  here.reset(1, 1);
  here.row(0)[0] = 1;
  KindFlags flags;
  find_kinds({0, 1, 2, 3}, normalisation, {SampleType::uint16, 1, 1, was, is, 1, {&valid, 1, 1, 1}}, here,
             flags);
  EXPECT_FALSE(flags.exposed.at(0, 0) && flags.water.at(0, 0));
  return flags.exposed.at(0, 0) ? Kind::exposed : flags.water.at(0, 0) ? Kind::water : Kind::other;
}

bool exposed(const Spectrum& before, const Spectrum& after, float gain = 1, float offset = 0) {
  return flag_of(before, after, gain, offset) == Kind::exposed;
}

bool water(const Spectrum& before, const Spectrum& after, float gain = 1, float offset = 0) {
  return flag_of(before, after, gain, offset) == Kind::water;
}

// '#' changed, 'e' changed and exposed, 'w' changed and water, 'x' exposed but not changed, '!' invalid, ' '
// unchanged.
std::vector<std::string> split(const std::vector<std::string>& picture) {
  const int height = static_cast<int>(picture.size());
  const int width = static_cast<int>(picture[0].size());
  KindFlags flags;
  flags.exposed.reset(width + 2 * kKindRadius, height + 2 * kKindRadius);
  flags.water.reset(width + 2 * kKindRadius, height + 2 * kKindRadius);
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(width * height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const char c = picture[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
      mask[static_cast<std::size_t>(y * width + x)] = c == '!'                           ? kInvalid
                                                      : c == '#' || c == 'e' || c == 'w' ? kChanged
                                                                                         : kUnchanged;
      const std::uint64_t flag = std::uint64_t{1} << (x + kKindRadius);
      if (c == 'e' || c == 'x') flags.exposed.row(y + kKindRadius)[0] |= flag;
      if (c == 'w') flags.water.row(y + kKindRadius)[0] |= flag;
    }
  BitPlane changed;
  BitPlane invalid;
  pack({mask.data(), width, height, width}, changed, invalid);
  KindSplitter splitter;
  const std::array<BitPlane, kKinds>& planes = splitter.split(flags, changed);
  std::vector<std::string> result(picture.size(), std::string(static_cast<std::size_t>(width), '?'));
  for (std::size_t i = 0; i < mask.size(); ++i) {
    char& c = result[i / static_cast<std::size_t>(width)][i % static_cast<std::size_t>(width)];
    const int x = static_cast<int>(i) % width;
    const int y = static_cast<int>(i) / width;
    const auto only = [&](std::size_t kind) {
      for (std::size_t k = 0; k < planes.size(); ++k)
        if (planes[k].at(x, y) != (k == kind)) return false;
      return true;
    };
    if (only(kKinds)) c = invalid.at(x, y) ? '!' : ' ';
    if (only(0)) c = '#';
    if (only(1)) c = 'e';
    if (only(2)) c = 'w';
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
