// SPDX-License-Identifier: Apache-2.0
// Change vector analysis (Malila 1980) after normalisation on pseudo-invariant pixels (Canty & Nielsen 2008):
// Euclidean length of the residuals, each band over its sigma. Halo 0.
#include "kernels/change_vector.h"
#include "kernels/match_curve.h"
#include "kernels/normalise.h"

namespace tuban::kernels {
namespace {

class CvaDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "cva"; }
  std::string_view summary() const noexcept override {
    return "length of the change vector over sigma (Malila 1980), normalised on invariant pixels (Canty & "
           "Nielsen 2008)";
  }

  double least_cut() const noexcept override { return kLeastChange; }

  bool normalises() const noexcept override { return true; }

  Model solve(const Sample& sample, const ForEach& each) const override {
    return fit_invariant(sample, name(), each).model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    if (!model.curves.empty()) return score_matched(model, pair, out, score_lines);
    score_lines(model, pair, out);
  }

 private:
  static void score_lines(const Model& model, const PairView& pair, View<float> out) noexcept {
    pixel_ops().change_vector(pair, normalised_change(model), out);
  }
};

}  // namespace

const Detector& cva_detector() {
  static const CvaDetector detector;
  return detector;
}

}  // namespace tuban::kernels
