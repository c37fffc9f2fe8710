// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>

#include "kernels/change_vector.h"
#include "kernels/detector.h"
#include "kernels/log_ratio.h"
#include "kernels/score_ops.h"
#include "tests/support/pixel_scene.h"

namespace tuban::kernels {
namespace {

using test::make_scene;
using test::Random;
using test::Scene;

// A small pair of native samples with its own memory; the stride is wider than the rows.
struct NativePair {
  SampleType type = SampleType::uint8;
  int width = 0, height = 0, bands = 0;
  std::ptrdiff_t stride = 0;
  std::vector<std::vector<std::byte>> memory;
  std::vector<const std::byte*> before, after;
  std::vector<std::uint8_t> valid;

  NativePair(SampleType t, int w, int h, int b, std::uint64_t seed)
      : type(t), width(w), height(h), bands(b), stride(w + 3) {
    Random random(seed);
    const auto samples = static_cast<std::size_t>(stride * h);
    for (int plane = 0; plane < 2 * b; ++plane)
      memory.emplace_back(with_sample_type(t, [&](auto zero) {
        using T = decltype(zero);
        std::vector<std::byte> bytes(samples * sizeof(T));
        for (std::size_t i = 0; i < samples; ++i) {
          const double low = std::is_same_v<T, std::int16_t> ? -200 : 0;
          const double high = std::is_same_v<T, std::uint8_t>    ? 255
                              : std::is_same_v<T, std::uint16_t> ? 65535
                                                                 : 900;
          const T value = static_cast<T>(low + (high - low) * random.uniform());
          std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
        }
        return bytes;
      }));
    for (int i = 0; i < b; ++i) {
      before.push_back(memory[static_cast<std::size_t>(i)].data());
      after.push_back(memory[static_cast<std::size_t>(b + i)].data());
    }
    valid.resize(samples);
    for (auto& v : valid) v = random.uniform() < 0.9 ? 1 : 0;
  }

  PairView view() const {
    return {type, width, height, before, after, stride, {valid.data(), width, height, stride}};
  }

  double at(const std::byte* plane, std::size_t i) const {
    return with_sample_type(type, [&](auto zero) {
      std::memcpy(&zero, plane + i * sizeof(zero), sizeof(zero));
      return static_cast<double>(zero);
    });
  }
};

struct Parameters {
  ChangeVector change;
  Variates variates;
  std::array<float, kMaxBands> floor{};

  explicit Parameters(std::uint64_t seed) {
    Random random(seed);
    const auto draw = [&] { return static_cast<float>(random.uniform() - 0.5); };
    for (std::size_t b = 0; b < kMaxBands; ++b) {
      change.offset[b] = 100 * draw();
      change.slope[b] = 1 + draw();
      change.inverse_sigma[b] = 0.6F + draw();
      floor[b] = 2 + draw();
      variates.centre_before[b] = 300 + 100 * draw();
      variates.centre_after[b] = 300 + 100 * draw();
      variates.shift[b] = draw();
      for (std::size_t j = 0; j < kMaxBands; ++j) {
        variates.before[j][b] = 0.1F * draw();
        variates.after[j][b] = 0.1F * draw();
      }
    }
  }
};

enum class Kind { change_vector, clipped, variates, lengths, ratio };
constexpr std::array kKinds{Kind::change_vector, Kind::clipped, Kind::variates, Kind::lengths, Kind::ratio};
constexpr float kClip = 25;
constexpr std::array kTypes{SampleType::uint8, SampleType::uint16, SampleType::int16, SampleType::float32};

std::vector<float> run(const PixelOps& ops, Kind kind, const PairView& pair, const Parameters& p) {
  std::vector<float> out(static_cast<std::size_t>(pair.width * pair.height), -1.0F);
  const View<float> view{out.data(), pair.width, pair.height, pair.width};
  if (kind == Kind::change_vector) ops.change_vector(pair, p.change, view);
  if (kind == Kind::clipped) ops.clipped_change_vector(pair, p.change, kClip, view);
  if (kind == Kind::variates) ops.variates(pair, p.variates, p.change, view);
  if (kind == Kind::lengths) ops.lengths(pair, p.variates, view);
  if (kind == Kind::ratio) ops.ratio(pair, p.floor, view);
  return out;
}

// The same formulas, one pixel at a time, in double.
double expected_score(Kind kind, const NativePair& pair, const Parameters& p, std::size_t i) {
  double change = 0, clipped = 0, variates = 0, ratio = 0;
  const auto bands = static_cast<std::size_t>(pair.bands);
  const auto d = [](float v) { return static_cast<double>(v); };
  for (std::size_t b = 0; b < bands; ++b) {
    const double x = pair.at(pair.before[b], i);
    const double y = pair.at(pair.after[b], i);
    const double z = (x - d(p.change.offset[b]) - d(p.change.slope[b]) * y) * d(p.change.inverse_sigma[b]);
    change += z * z;
    clipped += std::min(z * z, d(kClip) * d(kClip));
    const double xf = std::max(x, d(p.floor[b]));
    const double yf = std::max(y, d(p.floor[b]));
    ratio += std::pow(std::max(xf / yf, yf / xf) - 1, 2);
  }
  for (std::size_t j = 0; j < bands; ++j) {
    double m = -d(p.variates.shift[j]);
    for (std::size_t b = 0; b < bands; ++b)
      m += d(p.variates.before[j][b]) * (pair.at(pair.before[b], i) - d(p.variates.centre_before[b])) -
           d(p.variates.after[j][b]) * (pair.at(pair.after[b], i) - d(p.variates.centre_after[b]));
    variates += m * m;
  }
  return std::sqrt(kind == Kind::change_vector ? change
                   : kind == Kind::clipped     ? clipped
                   : kind == Kind::ratio       ? ratio
                   : kind == Kind::lengths     ? variates
                                               : std::min(change, variates));
}

TEST(PixelOps, AgreeWithTheFormulasForEverySampleTypeAndAreMissingWhereInvalid) {
  const Parameters parameters(1);
  for (const SampleType type : kTypes)
    for (const Kind kind : kKinds)
      for (const int bands : {1, 3, 4, 16}) {
        const NativePair pair(type, 29, 5, bands, 7);
        const std::vector<float> out = run(pixel_ops(), kind, pair.view(), parameters);
        for (int y = 0; y < 5; ++y)
          for (int x = 0; x < 29; ++x) {
            const auto i = static_cast<std::size_t>(y * pair.stride + x);
            const float actual = out[static_cast<std::size_t>(y * 29 + x)];
            if (pair.valid[i] == 0) {
              ASSERT_TRUE(std::isnan(actual));
              continue;
            }
            const double expected = expected_score(kind, pair, parameters, i);
            ASSERT_NEAR(actual, expected, 2e-5 * expected + 2e-3) << to_string(type) << " bands " << bands;
          }
      }
}

TEST(PixelOps, EveryInstructionSetGivesTheSameBytesForEveryWidth) {
  const Parameters parameters(2);
  int compared = 0;
  for (const SampleType type : kTypes)
    for (int width = 1; width <= 70; ++width) {
      const NativePair pair(type, width, 2, 1 + width % 5, static_cast<std::uint64_t>(width));
      for (const Kind kind : kKinds) {
        const std::vector<float> expected = run(*pixel_ops(Isa::baseline), kind, pair.view(), parameters);
        for (const Isa isa : {Isa::sse4, Isa::avx2, Isa::avx512})
          if (const PixelOps* ops = pixel_ops(isa)) {
            const std::vector<float> actual = run(*ops, kind, pair.view(), parameters);
            ASSERT_EQ(std::memcmp(expected.data(), actual.data(), expected.size() * sizeof(float)), 0)
                << ops->target << " " << to_string(type) << " width " << width;
            ++compared;
          }
      }
    }
  if (compared == 0)
    GTEST_SKIP() << "this machine has no instruction set beyond the baseline to compare with";
}

TEST(PixelOps, SamplesThatAreNotFiniteHaveNoScoreForAnyInstructionSet) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const Parameters parameters(3);
  const std::array<float, 5> bad{std::nanf(""), kInf, -kInf, std::numeric_limits<float>::max(), 1.0F};
  for (const Isa isa : {Isa::baseline, Isa::sse4, Isa::avx2, Isa::avx512}) {
    const PixelOps* ops = pixel_ops(isa);
    if (ops == nullptr) continue;
    for (const Kind kind : kKinds)
      for (const bool second : {false, true}) {
        std::vector<float> x(5, 1.0F);
        std::vector<float> y(5, 1.0F);
        (second ? y : x).assign(bad.begin(), bad.end());
        const std::vector<const std::byte*> before{reinterpret_cast<const std::byte*>(x.data())};
        const std::vector<const std::byte*> after{reinterpret_cast<const std::byte*>(y.data())};
        const std::vector<std::uint8_t> valid(5, 1);
        const std::vector<float> out = run(
            *ops, kind, {SampleType::float32, 5, 1, before, after, 5, {valid.data(), 5, 1, 5}}, parameters);
        for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(std::isnan(out[i])) << ops->target << " " << i;
        EXPECT_TRUE(std::isfinite(out[4]));
      }
  }
}

TEST(PixelOps, TheBaselineIsAlwaysThere) {
  ASSERT_NE(pixel_ops(Isa::baseline), nullptr);
}

// Run by ctest once per value of TUBAN_ISA.
TEST(Dispatch, TheForcedInstructionSetIsTheOneThatRuns) {
  const char* forced = std::getenv("TUBAN_ISA");
  if (forced == nullptr) GTEST_SKIP() << "TUBAN_ISA is not set";
  const std::string name = forced;
  const Isa isa = name == "baseline" ? Isa::baseline : name == "avx2" ? Isa::avx2 : Isa::avx512;
  const PixelOps* ops = pixel_ops(isa);
  if (ops == nullptr) GTEST_SKIP() << "this machine lacks " << name;
  EXPECT_STREQ(active_target(), ops->target);
  EXPECT_EQ(&pixel_ops(), ops);
  const std::set<std::string> names = isa == Isa::baseline ? std::set<std::string>{"SCALAR", "EMU128"}
                                      : isa == Isa::avx2   ? std::set<std::string>{"AVX2"}
                                                           : std::set<std::string>{"AVX3", "AVX3_DL"};
  EXPECT_EQ(names.count(active_target()), 1U) << active_target();
}

TEST(Registry, ListsTheDefaultFirstAndFindsEveryDetectorByItsName) {
  ASSERT_EQ(detectors().size(), 20U);
  EXPECT_EQ(detectors()[0]->name(), "default");
  for (const Detector* detector : detectors()) {
    EXPECT_EQ(find_detector(detector->name()), detector);
    EXPECT_NE(detector->summary().find_first_of("12"), std::string_view::npos) << "the paper's year";
  }
  EXPECT_EQ(find_detector("Default"), nullptr);
}

TEST(Detectors, FillTheNormalisationThatDescribeNeeds) {
  const Scene scene = make_scene({.width = 160, .height = 160, .gain = true}, 1);
  const auto reference = find_detector("cva")->solve(scene.planes).normalisation;
  for (const Detector* detector : detectors()) {
    const Model model = detector->solve(scene.planes);
    EXPECT_EQ(model.detector, detector->name());
    ASSERT_EQ(model.normalisation.size(), 4U);
    for (std::size_t b = 0; b < 4; ++b) EXPECT_EQ(model.normalisation[b].slope, reference[b].slope);
  }
}

TEST(Detectors, IdenticalDatesScoreZeroEverywhere) {
  constexpr auto npos = std::string_view::npos;
  const auto exact = [](const Detector& detector) {
    constexpr std::array kExact{"default", "difference", "ratio", "cva"};
    return std::find(kExact.begin(), kExact.end(), detector.name()) != kExact.end();
  };
  for (const int size : {40, 160})
    for (const int bands : {1, 4}) {
      Scene scene = make_scene({.width = size, .height = size, .bands = bands}, 2);
      scene.planes.after = scene.planes.before;
      for (const Detector* detector : detectors())
        for (const float s : test::scores_of(*detector, detector->solve(scene.planes), scene, true))
          // Canonical variates of equal dates are rounding errors over a least deviation.
          ASSERT_LE(std::abs(s), exact(*detector)                       ? 0.0F
                                 : detector->name().find("mad") != npos ? 0.02F
                                                                        : 1e-6F)
              << detector->name();
    }
}

TEST(Detectors, AnAffineMapOfTheOtherDateLeavesTheDefaultScoreNearZero) {
  Scene scene = make_scene({.width = 160, .height = 160}, 3);
  for (std::size_t b = 0; b < 4; ++b)
    for (std::size_t i = 0; i < scene.planes.before[b].size(); ++i)
      scene.planes.after[b][i] = 2 * scene.planes.before[b][i] + 10;
  const Detector& detector = *detectors()[0];
  for (const float s : test::scores_of(detector, detector.solve(scene.planes), scene, true))
    ASSERT_LT(s, 0.02F);
}

TEST(Detectors, HistogramsUndoAGammaCurveThatNoLineDoes) {
  Sample sample = test::make_scene({.width = 200, .height = 200, .noise = 0, .integers = false}, 21).planes;
  for (auto& plane : sample.after)
    for (float& v : plane) v = std::sqrt(v / 2000) * 1500;
  for (const char* name : {"default", "cva", "mad-cva"}) {
    const Detector& detector = *find_detector(name);
    double mean[2]{};
    for (const bool curved : {false, true}) {
      sample.normalisation = curved ? Normalisation::histogram : Normalisation::mean_sigma;
      Model model = detector.solve(sample);
      // In one unit, that of the samples: each match has a sigma of its own.
      for (auto& band : model.normalisation) band.sigma = 1;
      model.coefficients.clear();
      std::vector<const std::byte*> before, after;
      for (std::size_t b = 0; b < sample.before.size(); ++b) {
        before.push_back(reinterpret_cast<const std::byte*>(sample.before[b].data()));
        after.push_back(reinterpret_cast<const std::byte*>(sample.after[b].data()));
      }
      const std::vector<std::uint8_t> valid(40000, 1);
      std::vector<float> whole(40000), part(40000);
      detector.score(model,
                     {SampleType::float32, 200, 200, before, after, 200, {valid.data(), 200, 200, 200}},
                     {whole.data(), 200, 200, 200});
      for (const float v : whole) mean[curved] += static_cast<double>(v) / 40000;
      for (int x = 0; x < 200; x += 50) {
        std::vector<const std::byte*> first = before, second = after;
        for (auto* planes : {&first, &second})
          for (auto& plane : *planes) plane += static_cast<std::ptrdiff_t>(sizeof(float)) * x;
        detector.score(model,
                       {SampleType::float32, 50, 200, first, second, 200, {valid.data(), 50, 200, 200}},
                       {part.data() + x, 50, 200, 200});
      }
      EXPECT_EQ(whole, part) << "the tiles show in " << name;
    }
    EXPECT_LT(mean[1], mean[0] / 5) << name;
  }
}

TEST(Detectors, ScoresArePointwise) {
  const Scene scene = make_scene({.width = 150, .height = 150, .gain = true, .changed = 0.05}, 4);
  for (const Detector* detector : detectors()) {
    const Model model = detector->solve(scene.planes);
    const std::vector<float> whole = test::scores_of(*detector, model, scene, false);
    constexpr int kX = 37, kY = 60, kWidth = 41, kHeight = 9;
    std::vector<const std::byte*> before;
    std::vector<const std::byte*> after;
    for (std::size_t b = 0; b < 4; ++b) {
      before.push_back(reinterpret_cast<const std::byte*>(scene.planes.before[b].data() + kY * 150 + kX));
      after.push_back(reinterpret_cast<const std::byte*>(scene.planes.after[b].data() + kY * 150 + kX));
    }
    const std::vector<std::uint8_t> valid(150 * kHeight, 1);
    std::vector<float> part(kWidth * kHeight);
    detector->score(
        model,
        {SampleType::float32, kWidth, kHeight, before, after, 150, {valid.data(), kWidth, kHeight, 150}},
        {part.data(), kWidth, kHeight, kWidth});
    for (int y = 0; y < kHeight; ++y)
      EXPECT_EQ(
          std::memcmp(part.data() + y * kWidth, whole.data() + (kY + y) * 150 + kX, kWidth * sizeof(float)),
          0)
          << detector->name();
  }
}

TEST(Detectors, TheDefaultSeparatesChangeFromNoiseWithGainOffsetAndOneBand) {
  for (const int bands : {1, 3, 6}) {
    const Scene scene =
        make_scene({.width = 180, .height = 180, .bands = bands, .gain = true, .changed = 0.05}, 5);
    const Detector& detector = *detectors()[0];
    const std::vector<float> scores = test::scores_of(detector, detector.solve(scene.planes), scene, false);
    float least_changed = 1e9F, most_unchanged = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
      (scene.truth[i] != 0 ? least_changed : most_unchanged) =
          scene.truth[i] != 0 ? std::min(least_changed, scores[i]) : std::max(most_unchanged, scores[i]);
    EXPECT_GT(least_changed, 1.5F * most_unchanged) << bands;
  }
}

TEST(Detectors, AModelOfASmallSampleSaysWhatItScores) {
  const Scene scene = make_scene({.width = 50, .height = 50}, 6);
  const Model model = find_detector("mad-cva")->solve(scene.planes);
  EXPECT_TRUE(model.coefficients.empty());
  ASSERT_EQ(model.notes.size(), 2U);
  EXPECT_NE(model.notes[1].find("robust standardised difference"), std::string::npos);
}

float score_one(std::string_view name, std::vector<float> x, std::vector<float> y) {
  const Detector& detector = *find_detector(name);
  Model model;
  model.normalisation.resize(x.size());
  if (name == "ratio") model.coefficients.assign(x.size(), 1.0F);
  std::vector<const std::byte*> before;
  std::vector<const std::byte*> after;
  for (std::size_t b = 0; b < x.size(); ++b) {
    before.push_back(reinterpret_cast<const std::byte*>(&x[b]));
    after.push_back(reinterpret_cast<const std::byte*>(&y[b]));
  }
  const std::uint8_t valid = 1;
  float out = -1;
  detector.score(model, {SampleType::float32, 1, 1, before, after, 1, {&valid, 1, 1, 1}}, {&out, 1, 1, 1});
  return out;
}

TEST(Detectors, NoBandOfTheDefaultSaysMoreThanTenSigma) {
  EXPECT_EQ(score_one("default", {3, 4}, {0, 0}), 5.0F);
  EXPECT_EQ(score_one("default", {1000, 0}, {0, 0}), 10.0F);
  EXPECT_EQ(score_one("default", {-1000, 1000, 1e6F, 0}, {0, 0, 0, 1e9F}), 20.0F);
}

TEST(Detectors, DifferenceIsTheLengthOfThePlainDifference) {
  EXPECT_EQ(score_one("difference", {10, 20}, {13, 16}), 5.0F);
}

TEST(Detectors, RatioIsSymmetricAndFiniteAtZero) {
  EXPECT_EQ(score_one("ratio", {10}, {30}), 2.0F);
  EXPECT_EQ(score_one("ratio", {30}, {10}), 2.0F);
  EXPECT_EQ(score_one("ratio", {0}, {5}), 4.0F);
  EXPECT_EQ(score_one("ratio", {-7}, {0}), 0.0F);
}

std::vector<float> scores(std::string_view name, const Scene& scene) {
  const Detector& detector = *find_detector(name);
  return test::scores_of(detector, detector.solve(scene.planes), scene, false);
}

TEST(Detectors, ScoresDoNotDependOnWhichDateIsFirst) {
  const Scene scene = make_scene({.width = 160, .height = 160, .gain = true, .changed = 0.05}, 7);
  Scene swapped = scene;
  std::swap(swapped.planes.before, swapped.planes.after);
  for (const char* name :
       {"robust", "log-ratio", "sam", "mahalanobis", "mad", "irmad", "irmad-tempered", "sfa", "isfa"}) {
    const std::vector<float> a = scores(name, scene);
    const std::vector<float> b = scores(name, swapped);
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(std::abs(a[i]), std::abs(b[i]), 1e-2F + 1e-2F * std::abs(a[i])) << name;
  }
}

TEST(Detectors, ScoresDoNotDependOnTheOrderOfTheBands) {
  const Scene scene = make_scene({.width = 160, .height = 160, .gain = true, .changed = 0.05}, 8);
  Scene turned = scene;
  std::reverse(turned.planes.before.begin(), turned.planes.before.end());
  std::reverse(turned.planes.after.begin(), turned.planes.after.end());
  for (const char* name :
       {"robust", "log-ratio", "sam", "mahalanobis", "mad", "irmad", "irmad-tempered", "sfa", "isfa"}) {
    const std::vector<float> a = scores(name, scene);
    const std::vector<float> b = scores(name, turned);
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(std::abs(a[i]), std::abs(b[i]), 1e-2F + 1e-2F * std::abs(a[i])) << name;
  }
}

TEST(Detectors, AGainAndAnOffsetOfOneDateLeaveMadAndSlowFeaturesAsTheyAre) {
  const Scene scene = make_scene({.width = 160, .height = 160, .changed = 0.05, .integers = false}, 9);
  Scene mapped = scene;
  for (std::size_t b = 0; b < 4; ++b)
    for (float& v : mapped.planes.after[b]) v = (1.5F + 0.25F * static_cast<float>(b)) * v + 40;
  for (const char* name : {"mad", "irmad", "irmad-tempered", "sfa", "isfa"}) {
    const std::vector<float> a = scores(name, scene);
    const std::vector<float> b = scores(name, mapped);
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(std::abs(a[i]), std::abs(b[i]), 1e-2F + 1e-2F * std::abs(a[i])) << name;
  }
}

TEST(Detectors, MahalanobisOfOneBandIsTheStandardisedDifference) {
  const Scene scene = make_scene({.width = 160, .height = 160, .bands = 1, .changed = 0.05}, 10);
  const auto& x = scene.planes.before[0];
  const auto& y = scene.planes.after[0];
  double mean = 0, square = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) mean += static_cast<double>(x[i] - y[i]) / n;
  for (std::size_t i = 0; i < x.size(); ++i)
    square += std::pow(static_cast<double>(x[i] - y[i]) - mean, 2) / n;
  const std::vector<float> actual = scores("mahalanobis", scene);
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(actual[i], std::abs(static_cast<double>(x[i] - y[i]) - mean) / std::sqrt(square), 1e-3);
}

TEST(Detectors, TheSpectralAngleIsTheChordOfTheArcCosine) {
  const std::vector<std::vector<float>> spectra{{3, 4, 0}, {100, 220, 40}, {7, 7, 7}, {0, 0, 5}};
  for (const auto& x : spectra)
    for (const auto& y : spectra) {
      double xy = 0, xx = 0, yy = 0;
      for (std::size_t b = 0; b < 3; ++b) {
        xy += static_cast<double>(x[b] * y[b]);
        xx += static_cast<double>(x[b] * x[b]);
        yy += static_cast<double>(y[b] * y[b]);
      }
      const double angle = std::acos(std::min(1.0, xy / std::sqrt(xx * yy)));
      EXPECT_NEAR(score_one("sam", x, y), 2 * std::sin(angle / 2), 1e-6);
    }
}

TEST(Detectors, LogRatioIsTheLogarithmOfTheRatioWithItsSign) {
  EXPECT_NEAR(score_one("log-ratio", {99}, {299}), std::log(3.0), 1e-6);
  EXPECT_NEAR(score_one("log-ratio", {299}, {99}), -std::log(3.0), 1e-6);
  EXPECT_NEAR(score_one("log-ratio", {299, 99}, {99, 199}), -std::hypot(std::log(3.0), std::log(2.0)), 1e-6);
  EXPECT_EQ(score_one("log-ratio", {-5}, {0}), 0.0F);
}

// Upper quantiles of F from printed tables.
TEST(LogRatioCut, AgreesWithTabledQuantilesOfF) {
  EXPECT_NEAR(log_ratio_cut(1, 0.1), std::log(19.0), 1e-6);
  EXPECT_NEAR(std::exp(log_ratio_cut(5, 0.1)), 2.978, 1e-3);
  EXPECT_NEAR(std::exp(log_ratio_cut(5, 0.05)), 3.717, 1e-3);
  EXPECT_NEAR(std::exp(log_ratio_cut(2, 0.02)), 15.977, 1e-3);
  EXPECT_NEAR(ratio_probability(19, 1), 0.95, 1e-12);
}

}  // namespace
}  // namespace tuban::kernels
