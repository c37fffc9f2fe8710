// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

#include "kernels/kind.h"
#include "kernels/mask_ops.h"
#include "kernels/smooth.h"
#include "tests/support/masks.h"

namespace tuban::kernels {
namespace {

using test::Random;

constexpr std::array kIsas{Isa::baseline, Isa::sse4, Isa::avx2, Isa::avx512};
constexpr RoleBands kAllBands{0, 1, 2, 3};

double uniform(Random& random) {
  return static_cast<double>(random() % 100000) / 100000;
}

struct Frame {
  static constexpr int kRim = 14;
  int width, height;  // of what is smoothed
  std::vector<float> in;
  View<const float> view() const {
    return {in.data(), width + 2 * kRim, height + 2 * kRim, width + 2 * kRim};
  }
};

Frame random_frame(Random& random, int width, int height, double missing) {
  Frame frame{width, height, {}};
  frame.in.resize(static_cast<std::size_t>((width + 2 * Frame::kRim) * (height + 2 * Frame::kRim)));
  for (float& v : frame.in)
    v = uniform(random) < missing ? std::nanf("") : static_cast<float>(5 * uniform(random));
  return frame;
}

Smoothing smoothing() {
  return *find_smoothing(kDefaultSmoothing);
}

struct CutFrame {
  std::vector<float> scores;
  BitPlane changed, invalid;
};

CutFrame cut(const Frame& frame, float value, const MaskOps& ops) {
  CutFrame result;
  result.scores.resize(static_cast<std::size_t>(frame.width * frame.height));
  result.changed.reset(frame.width, frame.height);
  result.invalid.reset(frame.width, frame.height);
  const Smoothing how = smoothing();
  std::vector<float> scratch(smooth_scratch(how, frame.view().width));
  ops.smooth({how,
              frame.view(),
              {result.scores.data(), frame.width, frame.height, frame.width},
              scratch.data(),
              value,
              &result.changed,
              &result.invalid});
  return result;
}

bool same_bits(const BitPlane& a, const BitPlane& b) {
  if (a.width() != b.width() || a.height() != b.height()) return false;
  for (int y = 0; y < a.height(); ++y)
    if (!std::equal(a.row(y), a.row(y) + a.words(), b.row(y))) return false;
  return true;
}

// Reflectances around the thresholds of find_kinds, on both dates.
struct Ground {
  int width, height;
  SampleType type;
  std::vector<std::vector<std::byte>> before, after;
  std::vector<std::uint8_t> valid;
  std::vector<BandNormalisation> normalisation;
  std::vector<const std::byte*> first, second;

  PairView pair() const {
    return {type, width, height, first, second, width, {valid.data(), width, height, width}};
  }
  float at(const std::vector<std::vector<std::byte>>& planes, int band, int x, int y) const {
    return with_sample_type(type, [&](auto value) {
      std::memcpy(&value,
                  planes[static_cast<std::size_t>(band)].data() +
                      static_cast<std::size_t>(y * width + x) * sizeof value,
                  sizeof value);
      return static_cast<float>(value);
    });
  }
  float was(int band, int x, int y) const { return at(before, band, x, y); }
  float is(int band, int x, int y) const {
    const BandNormalisation& fit = normalisation[static_cast<std::size_t>(band)];
    return fit.offset + fit.slope * at(after, band, x, y);
  }
};

Ground random_ground(Random& random, int width, int height, SampleType type) {
  Ground ground{width, height, type, {}, {}, {}, {}, {}, {}};
  const auto plane = [&] {
    std::vector<std::byte> bytes(static_cast<std::size_t>(width * height) * sample_size(type));
    with_sample_type(type, [&](auto value) {
      for (std::size_t i = 0; i < bytes.size(); i += sizeof value) {
        value = static_cast<decltype(value)>(random() % 4 == 0 ? 200 : 10 + random() % 80);
        std::memcpy(bytes.data() + i, &value, sizeof value);
      }
    });
    return bytes;
  };
  for (int b = 0; b < 4; ++b) {
    ground.before.push_back(plane());
    ground.after.push_back(plane());
    ground.normalisation.push_back({1.1F + 0.05F * static_cast<float>(b), -3.5F, 1, false});
  }
  for (int i = 0; i < width * height; ++i) ground.valid.push_back(random() % 10 != 0);
  for (const auto& bytes : ground.before) ground.first.push_back(bytes.data());
  for (const auto& bytes : ground.after) ground.second.push_back(bytes.data());
  return ground;
}

// What kind.h says, pixel after pixel.
Kind expected_kind(const Ground& ground, const RoleBands& bands, int x, int y) {
  if (ground.valid[static_cast<std::size_t>(y * ground.width + x)] == 0) return Kind::other;
  const float n = ground.is(bands.nir, x, y);
  const float r = ground.is(bands.red, x, y);
  const float g = ground.is(bands.green, x, y);
  float was = 0;
  float is = 0;
  for (const int band : {bands.blue, bands.green, bands.red}) {
    if (band < 0) continue;
    was += ground.was(band, x, y);
    is += ground.is(band, x, y);
  }
  if (n + r > 0 && n - r < 0.22F * (n + r) && is >= 1.3F * was) return Kind::exposed;
  const float old_sum = ground.was(bands.green, x, y) + ground.was(bands.nir, x, y);
  const float old_above = ground.was(bands.green, x, y) - ground.was(bands.nir, x, y);
  const bool wet = g + n > 0 && g - n >= 0.15F * (g + n);
  const bool wetter = old_sum > 0 && (g - n) * old_sum - old_above * (g + n) >= 0.2F * (g + n) * old_sum;
  return wet && wetter ? Kind::water : Kind::other;
}

BitPlane random_plane(Random& random, int width, int height, double fill) {
  BitPlane plane;
  plane.reset(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      if (uniform(random) < fill) plane.row(y)[x / 64] |= std::uint64_t{1} << (x % 64);
  return plane;
}

bool mostly(const BitPlane& flags, int x, int y) {
  int count = 0;
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx) count += flags.at(x + dx, y + dy);
  return count >= 5;
}

bool near_core(const BitPlane& flags, int x, int y) {
  for (int dy = -2; dy <= 2; ++dy)
    for (int dx = -2; dx <= 2; ++dx)
      if (mostly(flags, x + kKindRadius + dx, y + kKindRadius + dy)) return true;
  return false;
}

}  // namespace

TEST(SmoothAndCut, IsSmoothAndAComparisonWithTheCut) {
  Random random(test::base_seed());
  const Frame frame = random_frame(random, 150, 20, 0.1);
  std::vector<float> expected(150 * 20);
  std::vector<float> scratch;
  smooth(smoothing(), frame.view(), {expected.data(), 150, 20, 150}, scratch);
  std::vector<float> scores(expected.size());
  BitPlane changed;
  BitPlane invalid;
  const float value = expected[7 * 150 + 3];
  smooth_and_cut(smoothing(), frame.view(), value, Scores::all, {scores.data(), 150, 20, 150}, changed,
                 invalid, scratch);
  EXPECT_EQ(std::memcmp(scores.data(), expected.data(), scores.size() * sizeof(float)), 0);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 150; ++x) {
      const float score = expected[static_cast<std::size_t>(y * 150 + x)];
      ASSERT_EQ(changed.at(x, y), score >= value);
      ASSERT_EQ(invalid.at(x, y), std::isnan(score));
    }
  smooth_and_cut(smoothing(), frame.view(), std::nanf(""), Scores::all, {scores.data(), 150, 20, 150},
                 changed, invalid, scratch);
  EXPECT_FALSE(changed.any());
  EXPECT_TRUE(invalid.any());
}

TEST(SmoothAndCut, WhereOnlyChangedScoresAreAskedForTheyAndBothPlanesAreTheSame) {
  Random random(test::base_seed());
  const Smoothing multiscale = *find_smoothing("multiscale");
  const int rim = multiscale.radius();
  std::int64_t all_pixels = 0;
  std::int64_t changed_pixels = 0;
  for (int round = 0; round < 120; ++round) {
    const double missing = round % 3 == 0 ? 0.05 : 0;
    const int out_width = round % 8 == 0 ? 1150 : 1 + static_cast<int>(random() % 200);
    const int out_height = 1 + static_cast<int>(random() % 90);
    const int width = out_width + 2 * rim;
    const int height = out_height + 2 * rim;
    std::vector<float> in(static_cast<std::size_t>(width * height));
    for (float& score : in)
      score = static_cast<float>(uniform(random) < missing ? std::nan("") : 2 * uniform(random));
    for (int blob = 0; blob < 3; ++blob) {
      const int side = 1 + static_cast<int>(random() % 20);
      const int left = static_cast<int>(random() % static_cast<unsigned>(width));
      const int top = static_cast<int>(random() % static_cast<unsigned>(height));
      for (int y = top; y < std::min(height, top + side); ++y)
        for (int x = left; x < std::min(width, left + side); ++x)
          in[static_cast<std::size_t>(y * width + x)] += 12.0F;
    }
    for (const Isa isa : kIsas) {
      const MaskOps* ops = mask_ops(isa);
      if (ops == nullptr) continue;
      const auto run = [&](Scores scores, BitPlane& changed, BitPlane& invalid) {
        std::vector<float> out(static_cast<std::size_t>(out_width * out_height));
        // What is not computed must not be looked at.
        std::vector<float> scratch(smooth_scratch(multiscale, width), std::nanf(""));
        changed.reset(out_width, out_height);
        invalid.reset(out_width, out_height);
        ops->smooth({multiscale,
                     {in.data(), width, height, width},
                     {out.data(), out_width, out_height, out_width},
                     scratch.data(),
                     4,
                     &changed,
                     &invalid,
                     0,
                     scores});
        return out;
      };
      BitPlane changed, invalid, all_changed, all_invalid;
      const std::vector<float> expected = run(Scores::all, all_changed, all_invalid);
      const std::vector<float> actual = run(Scores::changed, changed, invalid);
      ASSERT_TRUE(same_bits(changed, all_changed)) << ops->target << " round " << round;
      ASSERT_TRUE(same_bits(invalid, all_invalid)) << ops->target << " round " << round;
      for (int y = 0; y < out_height; ++y)
        for (int x = 0; x < out_width; ++x) {
          const auto i = static_cast<std::size_t>(y * out_width + x);
          ++all_pixels;
          changed_pixels += changed.at(x, y);
          if (changed.at(x, y)) {
            ASSERT_EQ(actual[i], expected[i]) << ops->target << " round " << round;
          } else if (!invalid.at(x, y)) {
            ASSERT_TRUE(actual[i] == expected[i] || actual[i] == 0) << ops->target << " round " << round;
          }
        }
    }
  }
  EXPECT_GT(changed_pixels, all_pixels / 1000);
  EXPECT_LT(changed_pixels, all_pixels / 2);
}

TEST(SmoothAndCut, EveryInstructionSetGivesTheSameBitsForEveryWidth) {
  Random random(test::base_seed());
  for (int width = 1; width <= 140; ++width) {
    for (const double missing : {0.0, 0.02, 0.3}) {
      const Frame frame = random_frame(random, width, 3, missing);
      const CutFrame expected = cut(frame, 2.5F, *mask_ops(Isa::baseline));
      for (const Isa isa : kIsas) {
        const MaskOps* ops = mask_ops(isa);
        if (ops == nullptr) continue;
        const CutFrame actual = cut(frame, 2.5F, *ops);
        ASSERT_EQ(
            std::memcmp(actual.scores.data(), expected.scores.data(), expected.scores.size() * sizeof(float)),
            0)
            << ops->target << " width " << width;
        ASSERT_TRUE(same_bits(actual.changed, expected.changed)) << ops->target << " width " << width;
        ASSERT_TRUE(same_bits(actual.invalid, expected.invalid)) << ops->target << " width " << width;
      }
    }
  }
}

TEST(Kinds, AreThoseOfTheFormulasForEverySampleTypeWidthAndInstructionSet) {
  Random random(test::base_seed());
  std::int64_t found = 0;
  for (const SampleType type :
       {SampleType::uint8, SampleType::uint16, SampleType::int16, SampleType::float32})
    for (const int width : {1, 2, 5, 9, 16, 17, 31, 64, 65, 100, 140})
      for (const RoleBands bands : {kAllBands, RoleBands{-1, 1, 2, 3}}) {
        const Ground ground = random_ground(random, width, 3, type);
        const BitPlane where = random_plane(random, width, 3, 0.5);
        for (const Isa isa : kIsas) {
          const MaskOps* ops = mask_ops(isa);
          if (ops == nullptr) continue;
          KindFlags flags;
          flags.exposed.reset(width, 3);
          flags.water.reset(width, 3);
          ops->kinds(bands, ground.normalisation, ground.pair(), where, flags);
          for (int y = 0; y < 3; ++y)
            for (int x = 0; x < width; ++x) {
              const Kind kind = where.at(x, y) ? expected_kind(ground, bands, x, y) : Kind::other;
              ASSERT_EQ(flags.exposed.at(x, y), kind == Kind::exposed) << ops->target << " width " << width;
              ASSERT_EQ(flags.water.at(x, y), kind == Kind::water) << ops->target << " width " << width;
              found += kind != Kind::other;
            }
        }
      }
  EXPECT_GT(found, 100);
}

TEST(Kinds, ASplitFollowsTheMajorityAndItsGrowthPixelAfterPixel) {
  Random random(test::base_seed());
  KindSplitter splitter;
  for (const int width : {1, 30, 58, 61, 64, 122, 130}) {
    const int height = 12;
    const BitPlane changed = random_plane(random, width, height, 0.4);
    const int seen_width = width + 2 * kKindRadius;
    const int seen_height = height + 2 * kKindRadius;
    const KindFlags flags{random_plane(random, seen_width, seen_height, 0.25),
                          random_plane(random, seen_width, seen_height, 0.3)};
    const auto& kinds = splitter.split(flags, changed);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const bool exposed = near_core(flags.exposed, x, y);
        const bool water = near_core(flags.water, x, y) && !exposed;
        ASSERT_EQ(kinds[0].at(x, y), changed.at(x, y) && !exposed && !water);
        ASSERT_EQ(kinds[1].at(x, y), changed.at(x, y) && exposed);
        ASSERT_EQ(kinds[2].at(x, y), changed.at(x, y) && water);
      }
  }
}

TEST(Kinds, TheReachIsWhateverIsNearAChangedPixel) {
  Random random(test::base_seed());
  KindSplitter splitter;
  for (const int width : {1, 30, 58, 59, 64, 128, 131}) {
    const BitPlane changed = random_plane(random, width, 9, 0.01);
    const BitPlane& reach = splitter.reach(changed);
    ASSERT_EQ(reach.width(), width + 2 * kKindRadius);
    ASSERT_EQ(reach.height(), 9 + 2 * kKindRadius);
    for (int y = 0; y < reach.height(); ++y)
      for (int x = 0; x < reach.width(); ++x) {
        bool near = false;
        for (int dy = -2 * kKindRadius; dy <= 0; ++dy)
          for (int dx = -2 * kKindRadius; dx <= 0; ++dx)
            if (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < 9)
              near = near || changed.at(x + dx, y + dy);
        ASSERT_EQ(reach.at(x, y), near) << x << " " << y << " of width " << width;
      }
  }
}

TEST(MaskOps, TheForcedInstructionSetIsTheOneThatRuns) {
  const char* forced = std::getenv("TUBAN_ISA");
  if (forced == nullptr) GTEST_SKIP() << "TUBAN_ISA is not set";
  const std::string name = forced;
  const Isa isa = name == "baseline" ? Isa::baseline
                  : name == "sse4"   ? Isa::sse4
                  : name == "avx2"   ? Isa::avx2
                                     : Isa::avx512;
  const MaskOps* ops = mask_ops(isa);
  if (ops == nullptr) GTEST_SKIP() << "this machine lacks " << name;
  const std::set<std::string> names = isa == Isa::baseline ? std::set<std::string>{"SCALAR", "EMU128"}
                                      : isa == Isa::sse4   ? std::set<std::string>{"SSE4"}
                                      : isa == Isa::avx2   ? std::set<std::string>{"AVX2"}
                                                           : std::set<std::string>{"AVX3", "AVX3_DL"};
  EXPECT_EQ(names.count(mask_ops().target), 1U) << mask_ops().target;
}

}  // namespace tuban::kernels
