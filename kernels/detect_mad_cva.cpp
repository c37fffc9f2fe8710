// SPDX-License-Identifier: Apache-2.0
// min(sqrt(Z / c), |normalised change vector| / sigma): tempered IR-MAD (Nielsen 2007) finds what no affine
// map between the dates explains, the change vector over pseudo-invariant pixels (Canty & Nielsen 2008) what
// is large against their noise. The smaller of the two drops pixels that only one of them believes in: on
// labelled Landsat pairs better than either. Fails like any IR-MAD where more than about 40 % of the
// scene changed the same way: the change becomes the background. Halo 0; cost 2 bands^2 multiplications per
// pixel.
#include <algorithm>

#include "kernels/change_vector.h"
#include "kernels/detector.h"
#include "kernels/match_curve.h"
#include "kernels/normalise.h"
#include "kernels/score_ops.h"

namespace tuban::kernels {
namespace {

// Model::coefficients: centres before, centres after, then per variate its row of a, its row of b and its
// shift; empty where IR-MAD was not fitted. Bands that take no part have zeros.
std::vector<float> pack(const MadFit& fit, std::size_t bands) {
  if (fit.bands.empty()) return {};
  const std::size_t used = fit.bands.size();
  std::vector<float> packed(2 * bands + bands * (2 * bands + 1), 0.0F);
  for (std::size_t k = 0; k < used; ++k) {
    packed[fit.bands[k]] = static_cast<float>(fit.mean_before[k]);
    packed[bands + fit.bands[k]] = static_cast<float>(fit.mean_after[k]);
  }
  for (std::size_t j = 0; j < used; ++j) {
    float* row = packed.data() + 2 * bands + j * (2 * bands + 1);
    double shift = 0;
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t b = fit.bands[k];
      const double a = fit.a[j * used + k];
      const double c = fit.b[j * used + k];
      row[b] = static_cast<float>(a);
      row[bands + b] = static_cast<float>(c);
      // What rounding the means to float32 left over.
      shift += a * (fit.mean_before[k] - static_cast<double>(packed[b])) -
               c * (fit.mean_after[k] - static_cast<double>(packed[bands + b]));
    }
    row[2 * bands] = static_cast<float>(shift);
  }
  return packed;
}

Variates unpack(const std::vector<float>& packed, std::size_t bands) noexcept {
  Variates v;
  const float* p = packed.data();
  std::copy_n(p, bands, v.centre_before.begin());
  std::copy_n(p + bands, bands, v.centre_after.begin());
  for (std::size_t j = 0; j < bands; ++j) {
    const float* row = p + 2 * bands + j * (2 * bands + 1);
    std::copy_n(row, bands, v.before[j].begin());
    std::copy_n(row + bands, bands, v.after[j].begin());
    v.shift[j] = row[2 * bands];
  }
  return v;
}

class MadCvaDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "mad-cva"; }
  std::string_view summary() const noexcept override {
    return "smaller of tempered IR-MAD (Nielsen 2007) and the normalised change vector over sigma (Canty & "
           "Nielsen 2008)";
  }

  bool normalises() const noexcept override { return true; }

  Model solve(const Sample& sample, const ForEach& each) const override {
    InvariantFit fit = fit_invariant(sample, name(), each);
    fit.model.coefficients = pack(fit.mad, sample.before.size());
    if (fit.model.coefficients.empty())
      fit.model.notes.emplace_back("the score is the robust standardised difference alone");
    return std::move(fit.model);
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    if (!model.curves.empty()) return score_matched(model, pair, out, score_lines);
    score_lines(model, pair, out);
  }

 private:
  static void score_lines(const Model& model, const PairView& pair, View<float> out) noexcept {
    const ChangeVector change = normalised_change(model);
    if (model.coefficients.empty()) return pixel_ops().change_vector(pair, change, out);
    pixel_ops().variates(pair, unpack(model.coefficients, pair.before.size()), change, out);
  }
};

}  // namespace

const Detector& mad_cva_detector() {
  static const MadCvaDetector detector;
  return detector;
}

}  // namespace tuban::kernels
