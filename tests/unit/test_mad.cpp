// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "kernels/mad.h"
#include "kernels/math.h"
#include "kernels/moments.h"
#include "tests/support/pixel_scene.h"

namespace tuban::kernels {
namespace {

using test::make_scene;

std::vector<double> statistic(const MadFit& fit, const Sample& sample) {
  const std::size_t p = fit.bands.size();
  std::vector<double> z(sample.size(), 0.0);
  for (std::size_t i = 0; i < z.size(); ++i)
    for (std::size_t j = 0; j < p; ++j) {
      double m = 0;
      for (std::size_t k = 0; k < p; ++k)
        m += fit.a[j * p + k] * (static_cast<double>(sample.before[fit.bands[k]][i]) - fit.mean_before[k]) -
             fit.b[j * p + k] * (static_cast<double>(sample.after[fit.bands[k]][i]) - fit.mean_after[k]);
      z[i] += m * m;
    }
  return z;
}

// The textbook: covariances of whole columns, the generalised eigenproblem S12 S22^-1 S21 a = rho^2 S11 a,
// and weights from the standard library's functions.
std::vector<double> textbook(const Sample& sample, int iterations) {
  const auto p = static_cast<Eigen::Index>(sample.before.size());
  const auto n = static_cast<Eigen::Index>(sample.size());
  Eigen::MatrixXd data(n, 2 * p);
  for (Eigen::Index b = 0; b < p; ++b)
    for (Eigen::Index i = 0; i < n; ++i) {
      data(i, b) =
          static_cast<double>(sample.before[static_cast<std::size_t>(b)][static_cast<std::size_t>(i)]);
      data(i, p + b) =
          static_cast<double>(sample.after[static_cast<std::size_t>(b)][static_cast<std::size_t>(i)]);
    }
  Eigen::VectorXd w = Eigen::VectorXd::Ones(n);
  Eigen::VectorXd z;
  for (int it = 0; it < iterations; ++it) {
    const Eigen::RowVectorXd mean = (w.asDiagonal() * data).colwise().sum() / w.sum();
    const Eigen::MatrixXd centred = data.rowwise() - mean;
    const Eigen::MatrixXd s = centred.transpose() * w.asDiagonal() * centred / w.sum();
    const Eigen::MatrixXd s11 = s.topLeftCorner(p, p);
    const Eigen::MatrixXd s12 = s.topRightCorner(p, p);
    const Eigen::MatrixXd s22 = s.bottomRightCorner(p, p);
    const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> solver(
        s12 * s22.inverse() * s12.transpose(), s11);
    z = Eigen::VectorXd::Zero(n);
    for (Eigen::Index j = 0; j < p; ++j) {
      const double rho = std::sqrt(solver.eigenvalues()(j));
      const Eigen::VectorXd a = solver.eigenvectors().col(j);
      const Eigen::VectorXd b = s22.inverse() * s12.transpose() * a / rho;
      const Eigen::VectorXd m = centred.leftCols(p) * a - centred.rightCols(p) * b;
      z += (m.array().square() / (2 * (1 - rho))).matrix();
    }
    std::vector<double> sorted(z.data(), z.data() + n);
    std::sort(sorted.begin(), sorted.end());
    const double c = sorted[static_cast<std::size_t>(0.25 * static_cast<double>(n - 1))] /
                     math::chi2_quantile(0.25, static_cast<int>(p));
    z /= c;
    for (Eigen::Index i = 0; i < n; ++i) {
      const double h = z(i) / 2;
      w(i) = p == 4 ? std::exp(-h) * (1 + h)
             : p == 2
                 ? std::exp(-h)
                 : std::erfc(std::sqrt(h)) + 2 / std::sqrt(std::numbers::pi) * std::sqrt(h) * std::exp(-h);
    }
  }
  return {z.data(), z.data() + n};
}

// Relative where Z is at least 1: below, both are rounding noise next to it.
void expect_same(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i])));
  EXPECT_LT(worst, tolerance);
}

Sample changed_pair(int bands, std::uint64_t seed) {
  return make_scene(
             {.width = 130, .height = 130, .bands = bands, .gain = true, .changed = 0.05, .texture = 1}, seed)
      .planes;
}

TEST(Mad, AgreesWithTheTextbookForTwoThreeAndFourBands) {
  for (const int bands : {2, 3, 4}) {
    const Sample sample = changed_pair(bands, 11);
    const MadFit fit = fit_mad(sample);
    expect_same(statistic(fit, sample), textbook(sample, fit.iterations), 1e-5);
  }
}

TEST(Mad, AffinelyRelatedDatesCorrelatePerfectlyAndHaveNoVariates) {
  Sample sample = changed_pair(3, 5);
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const float x0 = sample.before[0][i];
    const float x1 = sample.before[1][i];
    const float x2 = sample.before[2][i];
    sample.after[0][i] = 2 * x0 + x1 + 7;
    sample.after[1][i] = x1 - x2;
    sample.after[2][i] = 3 * x2 + x0 - 100;
  }
  const MadFit fit = fit_mad(sample);
  for (const double rho : fit.rho) EXPECT_NEAR(rho, 1, 1e-9);
  const std::vector<double> z = statistic(fit, sample);
  EXPECT_LT(*std::max_element(z.begin(), z.end()), 1e-6);
}

TEST(Mad, SwappingTheDatesKeepsTheStatistic) {
  const Sample sample = changed_pair(4, 3);
  const Sample swapped{sample.after, sample.before};
  expect_same(statistic(fit_mad(swapped), swapped), statistic(fit_mad(sample), sample), 1e-6);
}

TEST(Mad, PermutingTheBandsKeepsTheStatistic) {
  const Sample sample = changed_pair(4, 4);
  const auto permuted = [](const std::vector<std::vector<float>>& p, std::array<std::size_t, 4> order) {
    std::vector<std::vector<float>> result;
    for (const std::size_t b : order) result.push_back(p[b]);
    return result;
  };
  const Sample other{permuted(sample.before, {2, 0, 3, 1}), permuted(sample.after, {1, 3, 0, 2})};
  expect_same(statistic(fit_mad(other), other), statistic(fit_mad(sample), sample), 1e-6);
}

TEST(Mad, AnAffineMapOfOneDateKeepsTheStatistic) {
  const Sample sample = changed_pair(3, 6);
  Sample mapped = sample;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    // Integers of this size are exact in float32, so the maps lose nothing.
    mapped.after[0][i] = 4 * sample.after[0][i] - 2 * sample.after[1][i] + 50;
    mapped.after[1][i] = 3 * sample.after[1][i] + sample.after[2][i];
    mapped.after[2][i] = 7 * sample.after[2][i] - 1000;
  }
  expect_same(statistic(fit_mad(mapped), mapped), statistic(fit_mad(sample), sample), 1e-6);
}

TEST(Mad, TheWeightsOfUnchangedPixelsAreNearlyUniformAndChangedOnesHaveNone) {
  const auto scene = make_scene({.width = 300, .height = 300, .bands = 4, .changed = 0.05}, 8);
  const MadFit fit = fit_mad(scene.planes);
  std::array<int, 4> quarter{};
  double heaviest_changed = 0;
  for (std::size_t i = 0; i < fit.weight.size(); ++i) {
    if (scene.truth[i] != 0)
      heaviest_changed = std::max(heaviest_changed, fit.weight[i]);
    else
      ++quarter[std::min<std::size_t>(3, static_cast<std::size_t>(fit.weight[i] * 4))];
  }
  EXPECT_LT(heaviest_changed, 1e-6);
  const int unchanged = std::accumulate(quarter.begin(), quarter.end(), 0);
  for (const int count : quarter) EXPECT_NEAR(static_cast<double>(count) / unchanged, 0.25, 0.06);
}

TEST(Mad, ConstantBandsAreLeftOutAndSaid) {
  Sample sample = changed_pair(3, 9);
  std::fill(sample.before[1].begin(), sample.before[1].end(), 17.0F);
  const MadFit fit = fit_mad(sample);
  EXPECT_EQ(fit.bands, (std::vector<std::size_t>{0, 2}));
  ASSERT_EQ(fit.notes.size(), 1U);
  EXPECT_NE(fit.notes[0].find("band 2"), std::string::npos);
}

TEST(Mad, CollinearBandsNeedTheRidgeAndStayFinite) {
  Sample sample = changed_pair(3, 10);
  for (std::size_t i = 0; i < sample.size(); ++i) {
    sample.before[2][i] = sample.before[0][i] + 2 * sample.before[1][i];
    sample.after[2][i] = sample.after[0][i] + 2 * sample.after[1][i];
  }
  const MadFit fit = fit_mad(sample);
  ASSERT_EQ(fit.notes.size(), 1U);
  EXPECT_NE(fit.notes[0].find("linearly dependent"), std::string::npos);
  for (const double z : statistic(fit, sample)) ASSERT_TRUE(std::isfinite(z));
}

TEST(Mad, TheFitHasTheSameBitsWhoeverRunsItsParts) {
  const Sample sample = changed_pair(4, 3);
  const MadFit expected = fit_mad(sample);
  std::size_t most = 0;
  const ForEach backwards = [&](std::size_t count, const auto& work) {
    most = std::max(most, count);
    for (std::size_t i = count; i-- > 0;) work(i);
  };
  const ForEach at_once = [](std::size_t count, const auto& work) {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
  };
  for (const ForEach& each : {backwards, at_once}) {
    const MadFit fit = fit_mad(sample, each);
    EXPECT_EQ(fit.mean_before, expected.mean_before);
    EXPECT_EQ(fit.mean_after, expected.mean_after);
    EXPECT_EQ(fit.a, expected.a);
    EXPECT_EQ(fit.b, expected.b);
    EXPECT_EQ(fit.rho, expected.rho);
    EXPECT_EQ(fit.weight, expected.weight);
    EXPECT_EQ(fit.iterations, expected.iterations);
  }
  EXPECT_GT(most, 1U);
}

TEST(Moments, AgreeWithDirectSumsForWeightsAndPartialBlocks) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{255}, std::size_t{256}, std::size_t{1000}}) {
    test::Random random(n);
    std::vector<float> x(n);
    std::vector<float> y(n);
    std::vector<double> w(n);
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = static_cast<float>(3000 + 40 * random.normal());
      y[i] = static_cast<float>(100 * random.uniform());
      w[i] = random.uniform();
    }
    double sum = 0, mx = 0, my = 0, xy = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += w[i];
      mx += w[i] * static_cast<double>(x[i]);
      my += w[i] * static_cast<double>(y[i]);
    }
    mx /= sum;
    my /= sum;
    for (std::size_t i = 0; i < n; ++i)
      xy += w[i] * (static_cast<double>(x[i]) - mx) * (static_cast<double>(y[i]) - my);
    const std::array planes{static_cast<const float*>(x.data()), static_cast<const float*>(y.data())};
    const Moments m = weighted_moments(planes, n, w, means(planes, n));
    EXPECT_NEAR(m.weight, sum, 1e-9);
    EXPECT_NEAR(m.mean[0], mx, 1e-9);
    EXPECT_NEAR(m.mean[1], my, 1e-9);
    EXPECT_NEAR(m.cov(0, 1), xy / sum, 1e-8);
  }
}

}  // namespace
}  // namespace tuban::kernels
