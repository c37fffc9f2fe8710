// SPDX-License-Identifier: Apache-2.0
// Detectors against implementations that share nothing with them: whole matrices in double, by the formulas
// of the papers, solved by another algorithm.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/detector.h"
#include "kernels/math.h"
#include "tests/support/pixel_scene.h"

namespace tuban::kernels {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using test::make_scene;
using test::Scene;

constexpr int kMostRounds = 50;
constexpr int kMostSlowRounds = 20;
constexpr int kMostTemperedRounds = 8;
constexpr double kStill = 1e-3;

Scene changed_pair(int bands) {
  return make_scene(
      {.width = 130, .height = 130, .bands = bands, .gain = true, .changed = 0.05, .texture = 1}, 21);
}

// Pixels by bands of before, then of after.
MatrixXd columns(const Sample& sample) {
  const auto p = static_cast<Index>(sample.before.size());
  MatrixXd data(static_cast<Index>(sample.size()), 2 * p);
  for (Index b = 0; b < p; ++b) {
    const auto band = static_cast<std::size_t>(b);
    data.col(b) = Eigen::Map<const Eigen::VectorXf>(sample.before[band].data(), data.rows()).cast<double>();
    data.col(p + b) =
        Eigen::Map<const Eigen::VectorXf>(sample.after[band].data(), data.rows()).cast<double>();
  }
  return data;
}

// P(chi-square with p degrees of freedom > z) by the textbook's sums.
double survival(double z, Index p) {
  const double h = z / 2;
  double sum = 0;
  if (p % 2 == 0) {
    double term = std::exp(-h);
    for (Index k = 0; k < p / 2; ++k, term *= h / static_cast<double>(k)) sum += term;
    return sum;
  }
  double term = 2 / std::sqrt(std::numbers::pi) * std::sqrt(h) * std::exp(-h);
  for (Index k = 0; k < p / 2; ++k, term *= h / (static_cast<double>(k) + 0.5)) sum += term;
  return std::erfc(std::sqrt(h)) + sum;
}

struct Weighted {
  MatrixXd centred, covariance;
};

Weighted weighted(const MatrixXd& data, const VectorXd& w) {
  const Eigen::RowVectorXd mean = (w.asDiagonal() * data).colwise().sum() / w.sum();
  Weighted result{data.rowwise() - mean, {}};
  result.covariance = result.centred.transpose() * w.asDiagonal() * result.centred / w.sum();
  return result;
}

// S12 S22^-1 S21 a = rho^2 S11 a, and Z = sum of m_j^2 / (2 (1 - rho_j)).
VectorXd mad_statistic(const Weighted& data, VectorXd& rho) {
  const Index p = data.covariance.rows() / 2;
  const MatrixXd s11 = data.covariance.topLeftCorner(p, p);
  const MatrixXd s12 = data.covariance.topRightCorner(p, p);
  const MatrixXd s22 = data.covariance.bottomRightCorner(p, p);
  const Eigen::GeneralizedSelfAdjointEigenSolver<MatrixXd> solver(s12 * s22.inverse() * s12.transpose(), s11);
  rho = solver.eigenvalues().array().sqrt();
  VectorXd z = VectorXd::Zero(data.centred.rows());
  for (Index j = 0; j < p; ++j) {
    const VectorXd a = solver.eigenvectors().col(j);
    const VectorXd b = s22.inverse() * s12.transpose() * a / rho(j);
    const VectorXd m = data.centred.leftCols(p) * a - data.centred.rightCols(p) * b;
    z += (m.array().square() / (2 * (1 - rho(j)))).matrix();
  }
  return z;
}

VectorXd naive_mad(const Sample& sample, int most_rounds, bool tempered) {
  const MatrixXd data = columns(sample);
  const Index p = data.cols() / 2;
  VectorXd w = VectorXd::Ones(data.rows());
  VectorXd z, rho, former = VectorXd::Constant(p, 2.0);
  for (int round = 0; round < most_rounds; ++round) {
    z = mad_statistic(weighted(data, w), rho);
    if (tempered) {
      std::vector<double> sorted(z.data(), z.data() + z.size());
      std::sort(sorted.begin(), sorted.end());
      z /= sorted[(sorted.size() - 1) / 4] / math::chi2_quantile(0.25, static_cast<int>(p));
    }
    for (Index i = 0; i < z.size(); ++i) w(i) = survival(z(i), p);
    if ((rho - former).cwiseAbs().maxCoeff() < kStill) break;
    former = rho;
  }
  return z.cwiseSqrt();
}

// D^2 = d' A^-1 d, A the covariance of the difference d of the standardised dates: with A v = lambda B v and
// v' B v = 1, A^-1 is the sum of v v' / lambda, so no eigenvector is needed for the score.
VectorXd naive_slow_features(const Sample& sample, int most_rounds) {
  const MatrixXd data = columns(sample);
  const Index p = data.cols() / 2;
  VectorXd w = VectorXd::Ones(data.rows());
  VectorXd score, former = VectorXd::Constant(p, -1.0);
  for (int round = 0; round < most_rounds; ++round) {
    const Weighted now = weighted(data, w);
    const VectorXd scale = now.covariance.diagonal().cwiseSqrt().cwiseInverse();
    const MatrixXd standard = now.centred * scale.asDiagonal();
    const MatrixXd d = standard.leftCols(p) - standard.rightCols(p);
    const MatrixXd a = d.transpose() * w.asDiagonal() * d / w.sum();
    const MatrixXd both = scale.asDiagonal() * now.covariance * scale.asDiagonal();
    const MatrixXd b = 0.5 * (both.topLeftCorner(p, p) + both.bottomRightCorner(p, p));
    score = (d * a.inverse()).cwiseProduct(d).rowwise().sum().cwiseSqrt();
    VectorXd lambda = (b.inverse() * a).eval().eigenvalues().real();
    std::sort(lambda.data(), lambda.data() + p);
    const bool still = (lambda - former).cwiseAbs().maxCoeff() < kStill;
    former = lambda;
    if (still) break;
    for (Index i = 0; i < w.size(); ++i) w(i) = survival(score(i) * score(i), p);
  }
  return score;
}

VectorXd naive_mahalanobis(const Sample& sample) {
  const MatrixXd data = columns(sample);
  const Index p = data.cols() / 2;
  const MatrixXd difference = data.leftCols(p) - data.rightCols(p);
  const Weighted d = weighted(difference, VectorXd::Ones(data.rows()));
  return (d.centred * d.covariance.inverse()).cwiseProduct(d.centred).rowwise().sum().cwiseSqrt();
}

void expect_scores(const char* name, const Scene& scene, const VectorXd& expected) {
  const Detector& detector = *find_detector(name);
  const std::vector<float> actual = test::scores_of(detector, detector.solve(scene.planes), scene, false);
  ASSERT_EQ(static_cast<Index>(actual.size()), expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double e = expected(static_cast<Index>(i));
    const double score = std::abs(static_cast<double>(actual[i]));
    worst = std::max(worst, std::abs(score - e) / std::max(1.0, e));
  }
  EXPECT_LT(worst, 1e-3) << name << ", " << scene.planes.bands() << " bands";
}

TEST(Oracles, MadIsTheGeneralisedEigenproblemOfNielsen1998) {
  for (const int bands : {2, 3, 4}) {
    const Scene scene = changed_pair(bands);
    expect_scores("mad", scene, naive_mad(scene.planes, 1, false));
  }
}

TEST(Oracles, IrMadIsItsIterationWithWeightsOfNoChange) {
  for (const int bands : {2, 3, 4}) {
    const Scene scene = changed_pair(bands);
    expect_scores("irmad", scene, naive_mad(scene.planes, kMostRounds, false));
  }
}

TEST(Oracles, TemperedIrMadIsRescaledToItsLowerQuartileInEveryRound) {
  for (const int bands : {2, 3, 4}) {
    const Scene scene = changed_pair(bands);
    expect_scores("irmad-tempered", scene, naive_mad(scene.planes, kMostTemperedRounds, true));
  }
}

TEST(Oracles, SlowFeaturesAreTheStandardisedDifferenceInItsOwnCovariance) {
  for (const int bands : {1, 2, 4}) {
    const Scene scene = changed_pair(bands);
    expect_scores("sfa", scene, naive_slow_features(scene.planes, 1));
  }
}

TEST(Oracles, IteratedSlowFeaturesAreWeightedByNoChange) {
  for (const int bands : {2, 3, 4}) {
    const Scene scene = changed_pair(bands);
    expect_scores("isfa", scene, naive_slow_features(scene.planes, kMostSlowRounds));
  }
}

TEST(Oracles, MahalanobisIsTheDifferenceInItsCovarianceForSeveralBands) {
  for (const int bands : {1, 2, 4, 6}) {
    const Scene scene = changed_pair(bands);
    expect_scores("mahalanobis", scene, naive_mahalanobis(scene.planes));
  }
}

// What is left is float32 rounding over the least deviation there is; unchanged pixels of a real pair score
// about 1.7.
TEST(Oracles, AnAffineMapOfAllBandsIsNoChangeToCanonicalVariates) {
  Scene scene = changed_pair(3);
  for (std::size_t i = 0; i < scene.planes.size(); ++i) {
    const float x0 = scene.planes.before[0][i], x1 = scene.planes.before[1][i],
                x2 = scene.planes.before[2][i];
    scene.planes.after[0][i] = 2 * x0 + x1 + 7;
    scene.planes.after[1][i] = x1 - x2;
    scene.planes.after[2][i] = 3 * x2 + x0 - 100;
  }
  for (const char* name : {"mad", "irmad", "irmad-tempered"}) {
    const Detector& detector = *find_detector(name);
    const Model model = detector.solve(scene.planes);
    for (const double rho : model.rho) EXPECT_NEAR(rho, 1, 1e-9) << name;
    for (const float score : test::scores_of(detector, model, scene, false)) ASSERT_LT(score, 0.1F) << name;
  }
}

double index_of(const char* name, const std::array<double, 5>& v) {
  const auto [b, g, r, n, s] = v;
  const std::string_view word = name;
  if (word == "ndvi") return (n - r) / (n + r);
  if (word == "ndwi") return (g - n) / (g + n);
  if (word == "mndwi") return (g - s) / (g + s);
  if (word == "ndbi") return (s - n) / (s + n);
  if (word == "bsi") return ((s + r) - (n + b)) / ((s + r) + (n + b));
  return (b + g + r) / 3;
}

TEST(Oracles, IndexDifferencesAreThoseOfTheBandsWithTheirRoles) {
  Scene scene = changed_pair(5);
  scene.planes.roles = {.blue = 4, .green = 0, .red = 3, .nir = 1, .swir1 = 2};
  scene.planes.normalisation = Normalisation::none;
  for (const char* name : {"ndvi", "ndwi", "mndwi", "ndbi", "bsi", "brightness"}) {
    VectorXd expected(static_cast<Index>(scene.planes.size()));
    for (std::size_t i = 0; i < scene.planes.size(); ++i) {
      const auto at = [&](const std::vector<std::vector<float>>& planes) {
        std::array<double, 5> v{};
        constexpr std::array<std::size_t, 5> kBands{4, 0, 3, 1, 2};
        for (std::size_t k = 0; k < 5; ++k) v[k] = static_cast<double>(planes[kBands[k]][i]);
        return v;
      };
      expected(static_cast<Index>(i)) =
          std::abs(index_of(name, at(scene.planes.before)) - index_of(name, at(scene.planes.after)));
    }
    expect_scores(name, scene, expected);
  }
}

TEST(Oracles, IndicesAreTakenFromNormalisedSamples) {
  Scene scene = make_scene({.width = 160, .height = 160, .integers = false}, 3);
  for (std::size_t b = 0; b < 4; ++b)
    for (std::size_t i = 0; i < scene.planes.size(); ++i)
      scene.planes.after[b][i] = (1.2F + 0.1F * static_cast<float>(b)) * scene.planes.before[b][i] + 50;
  scene.planes.roles = {.blue = 0, .green = 1, .red = 2, .nir = 3};
  const Detector& ndvi = *find_detector("ndvi");
  const auto highest = [&](Normalisation kind) {
    scene.planes.normalisation = kind;
    const auto scores = test::scores_of(ndvi, ndvi.solve(scene.planes), scene, false);
    float most = 0;
    for (const float score : scores) most = std::max(most, std::abs(score));
    return most;
  };
  EXPECT_LT(highest(Normalisation::invariant), 1e-4F);
  EXPECT_LT(highest(Normalisation::mean_sigma), 1e-4F);
  EXPECT_GT(highest(Normalisation::none), 0.02F);
}

}  // namespace
}  // namespace tuban::kernels
