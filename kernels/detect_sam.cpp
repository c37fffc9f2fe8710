// SPDX-License-Identifier: Apache-2.0
// Spectral angle mapper (Kruse et al. 1993). The score is the chord 2 sin(theta / 2) = |x/|x| - y/|y||
// instead of the angle: the same order from 0 to 180 degrees, exactly 0 for equal spectra, no arc cosine.
// Invariant under one gain over all bands of a date, so brightness does not count; one band has no angle and
// scores 0 (a note says so). A pixel of zeros is at a right angle to any other. Nothing is normalised. Halo
// 0.
#include <cmath>

#include "kernels/normalise.h"
#include "kernels/pixel_score.h"

namespace tuban::kernels {
namespace {

double reciprocal_length(const double* v, std::size_t bands) noexcept {
  double sum = 0;
  for (std::size_t b = 0; b < bands; ++b) sum += v[b] * v[b];
  return sum > 0 ? 1 / std::sqrt(sum) : 0.0;
}

class SamDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "sam"; }
  std::string_view summary() const noexcept override {
    return "spectral angle (Kruse et al. 1993), as the chord 2 sin(angle / 2), without normalisation";
  }

  Model solve(const Sample& sample, const ForEach& each) const override {
    Model model = fit_invariant(sample, name(), each).model;
    if (sample.bands() == 1)
      model.notes.emplace_back(
          "sam compares directions of spectra and one band has none: nothing scores above 0 "
          "but a change of sign; use --detector cva");
    return model;
  }

  void score(const Model&, const PairView& pair, View<float> out) const noexcept override {
    const std::size_t bands = pair.before.size();
    score_pixels(pair, out, [bands](const double* x, const double* y) {
      const double gx = reciprocal_length(x, bands);
      const double gy = reciprocal_length(y, bands);
      if ((gx == 0) != (gy == 0)) return std::sqrt(2.0);
      double sum = 0;
      for (std::size_t b = 0; b < bands; ++b) {
        const double step = x[b] * gx - y[b] * gy;
        sum += step * step;
      }
      return std::sqrt(sum);
    });
  }
};

}  // namespace

const Detector& sam_detector() {
  static const SamDetector detector;
  return detector;
}

}  // namespace tuban::kernels
