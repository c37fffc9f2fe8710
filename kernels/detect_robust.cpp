// SPDX-License-Identifier: Apache-2.0
// Robust standardised difference: per band (before - after - median) over the normal-consistent median
// absolute deviation of the difference (Hampel 1974), Euclidean length over the bands. Offsets of either date
// do not count, gains do. Halo 0.
#include "kernels/normalise.h"
#include "kernels/score_ops.h"

namespace tuban::kernels {
namespace {

class RobustDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "robust"; }
  std::string_view summary() const noexcept override {
    return "length of the difference less its median, over its median absolute deviation (Hampel 1974)";
  }

  // coefficients: per band the median, then per band the reciprocal deviation.
  Model solve(const Sample& sample, const ForEach& each) const override {
    Model model = fit_invariant(sample, name(), each).model;
    const Sample finite = finite_pixels(sample);
    const auto scales = difference_scales(finite);
    for (const auto& scale : scales) model.coefficients.push_back(static_cast<float>(scale[0]));
    for (const auto& scale : scales) model.coefficients.push_back(static_cast<float>(1 / scale[1]));
    return model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    ChangeVector change;
    change.slope.fill(1);
    const std::size_t bands = model.coefficients.size() / 2;
    for (std::size_t b = 0; b < bands && b < kMaxBands; ++b) {
      change.offset[b] = model.coefficients[b];
      change.inverse_sigma[b] = model.coefficients[bands + b];
    }
    pixel_ops().change_vector(pair, change, out);
  }
};

}  // namespace

const Detector& robust_detector() {
  static const RobustDetector detector;
  return detector;
}

}  // namespace tuban::kernels
