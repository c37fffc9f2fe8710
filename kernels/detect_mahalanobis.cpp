// SPDX-License-Identifier: Apache-2.0
// Mahalanobis distance of the difference from its mean (Mahalanobis 1936), with the covariance of the sample:
// sqrt(d' C^-1 d), d = before - after - mean. Invariant under one linear map of both dates and under offsets
// of either. Change takes part in the covariance, so widespread change hides itself. Halo 0.
#include <Eigen/Cholesky>
#include <cmath>

#include "kernels/linear_score.h"
#include "kernels/moments.h"
#include "kernels/normalise.h"

namespace tuban::kernels {
namespace {

// Of the correlation matrix: keeps dependent bands from dividing by rounding errors.
constexpr double kRidge = 1e-9;

LinearMap whitened_difference(const Sample& sample) {
  const std::size_t p = sample.before.size();
  LinearMap map;
  if (sample.size() < 2 * p) return map;
  std::vector<const float*> planes;
  for (const auto& plane : sample.before) planes.push_back(plane.data());
  for (const auto& plane : sample.after) planes.push_back(plane.data());
  const Moments m = weighted_moments(planes, sample.size(), {}, means(planes, sample.size()));
  Eigen::MatrixXd c(p, p);
  Eigen::VectorXd scale(p);
  const auto at = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j)
      c(at(i), at(j)) = m.cov(i, j) - m.cov(i, p + j) - m.cov(p + i, j) + m.cov(p + i, p + j);
  for (std::size_t i = 0; i < p; ++i) {
    const double variance = c(at(i), at(i));
    // A band that differs by a constant alone says nothing; what is left of it is rounding.
    const bool varies = variance > 1e-12 * (m.cov(i, i) + m.cov(p + i, p + i));
    if (!varies) {
      c.row(at(i)).setZero();
      c.col(at(i)).setZero();
      c(at(i), at(i)) = 1;
    }
    scale(at(i)) = varies ? 1 / std::sqrt(variance) : 1.0;
  }
  c = scale.asDiagonal() * c * scale.asDiagonal();
  c.diagonal().array() += kRidge;
  const Eigen::MatrixXd w =
      c.llt().matrixL().solve(Eigen::MatrixXd::Identity(c.rows(), c.cols())) * scale.asDiagonal();
  for (std::size_t j = 0; j < p; ++j) {
    map.bands.push_back(j);
    map.mean_before.push_back(m.mean[j]);
    map.mean_after.push_back(m.mean[p + j]);
    for (std::size_t k = 0; k < p; ++k) map.a.push_back(w(at(j), at(k)));
  }
  map.b = map.a;
  return map;
}

class MahalanobisDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "mahalanobis"; }
  std::string_view summary() const noexcept override {
    return "Mahalanobis distance of the difference from its mean (Mahalanobis 1936)";
  }

  Model solve(const Sample& sample, const ForEach& each) const override {
    Model model = fit_invariant(sample, name(), each).model;
    model.coefficients = pack(whitened_difference(finite_pixels(sample)), sample.before.size());
    if (model.coefficients.empty())
      model.notes.emplace_back(
          "the sample is too small for a covariance; the score is the normalised change "
          "vector");
    return model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    score_linear(model, pair, out);
  }
};

}  // namespace

const Detector& mahalanobis_detector() {
  static const MahalanobisDetector detector;
  return detector;
}

}  // namespace tuban::kernels
