// SPDX-License-Identifier: Apache-2.0
// Change vector over pseudo-invariant pixels (Canty & Nielsen 2008; found by tempered IR-MAD, Nielsen 2007)
// with bounded influence: sqrt(sum over the bands of min(z^2, 10^2)), z the residual of a band over its
// sigma. Beyond 10 sigma change is certain, and how far beyond says what was built of, not whether: as in
// Huber's (1964) estimators a band's say ends there, so that smoothing, which averages scores, is not ruled
// by single glints, shadows and saturated roofs. On labelled Sentinel-2 and Landsat pairs any bound from 7 to
// 20 ranks pixels alike, and better than none. Halo 0; cost 5 operations per band and pixel.
#include "kernels/change_vector.h"
#include "kernels/match_curve.h"
#include "kernels/normalise.h"

namespace tuban::kernels {
namespace {

constexpr float kClip = 10;

class DefaultDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "default"; }
  std::string_view summary() const noexcept override {
    return "length of the change vector over sigma, normalised on invariant pixels (Canty & Nielsen 2008), "
           "each band clipped at 10 sigma (bounded influence, Huber 1964)";
  }

  bool normalises() const noexcept override { return true; }
  double least_cut() const noexcept override { return kLeastChange; }

  Model solve(const Sample& sample, const ForEach& each) const override {
    return fit_invariant(sample, name(), each).model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    if (!model.curves.empty()) return score_matched(model, pair, out, score_lines);
    score_lines(model, pair, out);
  }

 private:
  static void score_lines(const Model& model, const PairView& pair, View<float> out) noexcept {
    pixel_ops().clipped_change_vector(pair, normalised_change(model), kClip, out);
  }
};

}  // namespace

const Detector& default_detector() {
  static const DefaultDetector detector;
  return detector;
}

}  // namespace tuban::kernels
