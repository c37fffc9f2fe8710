// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "kernels/sample_ops.h"

namespace tuban::kernels {
namespace {

constexpr std::array kIsas{Isa::baseline, Isa::sse4, Isa::avx2, Isa::avx512};

struct Draw {
  std::mt19937_64 random{20261123};
  double operator()() { return static_cast<double>(random() % 2000001) / 1000 - 1000; }
};

template <typename T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

struct Transform {
  std::size_t bands;
  std::vector<std::vector<float>> planes;
  std::vector<double> mean, a, b;

  Transform(std::size_t p, std::size_t pixels) : bands(p) {
    Draw draw;
    for (std::size_t v = 0; v < 2 * p; ++v) {
      mean.push_back(draw());
      std::vector<float>& plane = planes.emplace_back(pixels);
      for (float& value : plane) value = static_cast<float>(draw());
    }
    for (std::size_t i = 0; i < p * p; ++i) {
      a.push_back(draw() / 1000);
      b.push_back(draw() / 1000);
    }
  }

  std::vector<double> z(const SampleOps& ops) const {
    std::vector<const float*> pointers;
    for (const auto& plane : planes) pointers.push_back(plane.data());
    std::vector<double> result(planes.front().size(), -1.0);
    ops.statistic(pointers, mean.data(), a.data(), b.data(), result);
    return result;
  }
};

}  // namespace

TEST(SampleOps, TheStatisticIsItsFormulaForEveryNumberOfBandsAndPixels) {
  for (const std::size_t bands : {1U, 2U, 3U, 4U, 6U, 16U})
    for (const std::size_t pixels : {1U, 3U, 8U, 21U}) {
      const Transform t(bands, pixels);
      const std::vector<double> z = t.z(sample_ops());
      for (std::size_t i = 0; i < pixels; ++i) {
        double expected = 0;
        for (std::size_t j = 0; j < bands; ++j) {
          double variate = 0;
          for (std::size_t k = 0; k < bands; ++k)
            variate += t.a[j * bands + k] * (static_cast<double>(t.planes[k][i]) - t.mean[k]) -
                       t.b[j * bands + k] * (static_cast<double>(t.planes[bands + k][i]) - t.mean[bands + k]);
          expected += variate * variate;
        }
        ASSERT_NEAR(z[i], expected, 1e-9 * expected) << bands << " bands, pixel " << i;
      }
    }
}

TEST(SampleOps, TheProductsAreThoseOfFourSumsSideBySide) {
  Draw draw;
  SampleBlock weighted;
  std::vector<SampleBlock> blocks(7);
  for (double& value : weighted) value = draw();
  for (SampleBlock& block : blocks)
    for (double& value : block) value = draw();
  std::vector<const double*> values;
  for (const SampleBlock& block : blocks) values.push_back(block.data());
  std::vector<double> sums(7, 0.25);
  sample_ops().products(weighted, values, sums.data());
  for (std::size_t k = 0; k < 7; ++k) {
    std::array<double, 4> lanes{};
    for (std::size_t i = 0; i < kSampleBlock; ++i) lanes[i % 4] += weighted[i] * blocks[k][i];
    EXPECT_EQ(sums[k], 0.25 + ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])));
  }
}

TEST(SampleOps, EveryInstructionSetGivesTheSameBytes) {
  Draw draw;
  SampleBlock weighted;
  std::vector<SampleBlock> blocks(9);
  for (double& value : weighted) value = draw();
  for (SampleBlock& block : blocks)
    for (double& value : block) value = draw();
  std::vector<const double*> values;
  for (const SampleBlock& block : blocks) values.push_back(block.data());
  const auto sums_of = [&](const SampleOps& ops) {
    std::vector<double> sums(9, 0.0);
    ops.products(weighted, values, sums.data());
    return sums;
  };
  for (const Isa isa : kIsas) {
    const SampleOps* ops = sample_ops(isa);
    if (ops == nullptr) continue;
    EXPECT_TRUE(same_bytes(sums_of(*ops), sums_of(*sample_ops(Isa::baseline)))) << ops->target;
    for (const std::size_t bands : {1U, 3U, 4U, 5U}) {
      const Transform t(bands, 37);
      EXPECT_TRUE(same_bytes(t.z(*ops), t.z(*sample_ops(Isa::baseline)))) << ops->target << " " << bands;
    }
  }
}

TEST(SampleOps, TheForcedInstructionSetIsTheOneThatRuns) {
  const char* forced = std::getenv("TUBAN_ISA");
  if (forced == nullptr) GTEST_SKIP() << "TUBAN_ISA is not set";
  const std::string name = forced;
  const Isa isa = name == "baseline" ? Isa::baseline : name == "avx2" ? Isa::avx2 : Isa::avx512;
  const SampleOps* ops = sample_ops(isa);
  if (ops == nullptr) GTEST_SKIP() << "this machine lacks " << name;
  const std::set<std::string> names = isa == Isa::baseline ? std::set<std::string>{"SCALAR", "EMU128"}
                                      : isa == Isa::avx2   ? std::set<std::string>{"AVX2"}
                                                           : std::set<std::string>{"AVX3", "AVX3_DL"};
  EXPECT_EQ(names.count(sample_ops().target), 1U) << sample_ops().target;
}

}  // namespace tuban::kernels
