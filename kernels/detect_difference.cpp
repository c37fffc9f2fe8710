// SPDX-License-Identifier: Apache-2.0
// Image differencing (Singh 1989): Euclidean length of before - after in the units of the samples. Nothing is
// normalised, so a difference in gain or haze counts as change; the model carries the normalisation for
// describe only. Halo 0.
#include "kernels/normalise.h"
#include "kernels/score_ops.h"

namespace tuban::kernels {
namespace {

class DifferenceDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "difference"; }
  std::string_view summary() const noexcept override {
    return "length of the plain difference over the bands (Singh 1989), without normalisation";
  }

  Model solve(const Sample& sample, const ForEach& each) const override {
    return fit_invariant(sample, name(), each).model;
  }

  void score(const Model&, const PairView& pair, View<float> out) const noexcept override {
    ChangeVector plain;
    plain.slope.fill(1);
    plain.inverse_sigma.fill(1);
    pixel_ops().change_vector(pair, plain, out);
  }
};

}  // namespace

const Detector& difference_detector() {
  static const DifferenceDetector detector;
  return detector;
}

}  // namespace tuban::kernels
