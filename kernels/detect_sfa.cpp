// SPDX-License-Identifier: Apache-2.0
// Slow feature analysis (Wu, Du & Zhang 2014): the linear features that vary least between the dates. Each
// date is standardised per band; w solves A w = lambda B w with A the covariance of the difference and B the
// mean of the two dates' covariances; score sqrt(sum of feature_j^2 / lambda_j). `isfa` repeats with weights
// P(chi-square > score^2). Invariant under a gain (> 0) and an offset per band and date. Halo 0.
#include <Eigen/Eigenvalues>
#include <cmath>

#include "kernels/linear_score.h"
#include "kernels/math.h"
#include "kernels/moments.h"
#include "kernels/normalise.h"
#include "kernels/sample_ops.h"

namespace tuban::kernels {
namespace {

constexpr int kMaxIterations = 20;
constexpr double kConverged = 1e-3;
// Of lambda: identical dates have 0, and rounding errors must not be blown up. Of B: dependent bands.
constexpr double kLeastLambda = 1e-6;
constexpr double kRidge = 1e-9;

struct Features {
  std::vector<double> a, b, lambda;
};

Features features(const Moments& m) {
  const auto p = static_cast<Eigen::Index>(m.mean.size() / 2);
  Eigen::MatrixXd s = Eigen::Map<const Eigen::MatrixXd>(m.covariance.data(), 2 * p, 2 * p);
  Eigen::VectorXd scale(2 * p);
  for (Eigen::Index i = 0; i < 2 * p; ++i) scale(i) = s(i, i) > 0 ? 1 / std::sqrt(s(i, i)) : 1.0;
  s = scale.asDiagonal() * s * scale.asDiagonal();
  const Eigen::MatrixXd cross = s.topRightCorner(p, p);
  const Eigen::MatrixXd both = s.topLeftCorner(p, p) + s.bottomRightCorner(p, p);
  const Eigen::MatrixXd difference = both - cross - cross.transpose();
  Eigen::MatrixXd mean = 0.5 * both;
  mean.diagonal().array() += kRidge;
  const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> solver(difference, mean);
  Features f;
  for (Eigen::Index j = 0; j < p; ++j) {
    const double lambda = std::max(solver.eigenvalues()(j), kLeastLambda);
    f.lambda.push_back(lambda);
    for (Eigen::Index k = 0; k < p; ++k) {
      const double w = solver.eigenvectors()(k, j) / std::sqrt(lambda);
      f.a.push_back(w * scale(k));
      f.b.push_back(w * scale(p + k));
    }
  }
  return f;
}

// Sets `iterations`; no bands where the sample is too small.
LinearMap slow_features(const Sample& sample, int rounds, int& iterations) {
  const std::size_t p = sample.before.size();
  LinearMap map;
  iterations = 0;
  if (sample.size() < 4 * p) return map;
  std::vector<const float*> planes;
  for (const auto& plane : sample.before) planes.push_back(plane.data());
  for (const auto& plane : sample.after) planes.push_back(plane.data());
  const std::vector<double> centre = means(planes, sample.size());
  const math::Chi2Table table(static_cast<int>(p));
  std::vector<double> weight;
  std::vector<double> z(sample.size());
  std::vector<double> lambda(p, -1.0);
  while (iterations < rounds) {
    const Moments m = weighted_moments(planes, sample.size(), weight, centre);
    // Weights that have died out leave the features of the round before.
    if (iterations > 0 && !(m.weight > static_cast<double>(4 * p))) break;
    const Features f = features(m);
    const auto middle = m.mean.begin() + static_cast<std::ptrdiff_t>(p);
    map.mean_before.assign(m.mean.begin(), middle);
    map.mean_after.assign(middle, m.mean.end());
    map.a = f.a;
    map.b = f.b;
    ++iterations;
    double moved = 0;
    for (std::size_t j = 0; j < p; ++j) moved = std::max(moved, std::abs(f.lambda[j] - lambda[j]));
    lambda = f.lambda;
    if (iterations == rounds || moved < kConverged) break;
    sample_ops().statistic(planes, m.mean.data(), f.a.data(), f.b.data(), z);
    weight.resize(z.size());
    for (std::size_t i = 0; i < z.size(); ++i) weight[i] = table.survival(std::sqrt(z[i]));
  }
  for (std::size_t b = 0; b < p; ++b) map.bands.push_back(b);
  return map;
}

class SfaDetector final : public Detector {
 public:
  SfaDetector(int rounds, std::string_view name, std::string_view summary)
      : rounds_(rounds), name_(name), summary_(summary) {}
  std::string_view name() const noexcept override { return name_; }
  std::string_view summary() const noexcept override { return summary_; }

  Model solve(const Sample& sample, const ForEach& each) const override {
    Model model = fit_invariant(sample, name_, each).model;
    model.coefficients =
        pack(slow_features(finite_pixels(sample), rounds_, model.iterations), sample.before.size());
    model.rho.clear();
    if (model.coefficients.empty())
      model.notes.emplace_back(
          "the sample is too small for slow features; the score is the normalised change "
          "vector");
    return model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    score_linear(model, pair, out);
  }

 private:
  int rounds_;
  std::string_view name_, summary_;
};

}  // namespace

const Detector& sfa_detector() {
  static const SfaDetector detector(1, "sfa", "length of the slow features (Wu, Du & Zhang 2014)");
  return detector;
}

const Detector& isfa_detector() {
  static const SfaDetector detector(
      kMaxIterations, "isfa", "slow features fitted again with weights of no change (Wu, Du & Zhang 2014)");
  return detector;
}

}  // namespace tuban::kernels
