// SPDX-License-Identifier: Apache-2.0
// Multivariate alteration detection: length of the standardised differences of canonical variates. `mad` fits
// them once (Nielsen, Conradsen & Simpson 1998), `irmad` repeats with weights P(chi-square > Z) (Nielsen
// 2007), `irmad-tempered` rescales Z to its lower quartile first, which keeps the weights from collapsing on
// few pixels. Invariant under affine maps of either date; where one band or a too small sample gives no
// variates, the normalised change vector is scored and a note says so. Halo 0; 2 bands^2 multiplications per
// pixel.
#include "kernels/linear_score.h"
#include "kernels/mad.h"
#include "kernels/normalise.h"

namespace tuban::kernels {
namespace {

class MadDetector final : public Detector {
 public:
  MadDetector(MadKind kind, std::string_view name, std::string_view summary)
      : kind_(kind), name_(name), summary_(summary) {}
  std::string_view name() const noexcept override { return name_; }
  std::string_view summary() const noexcept override { return summary_; }

  bool is_chi_square() const noexcept override { return kind_ == MadKind::tempered; }
  int degrees_of_freedom(const Model& model) const noexcept override {
    const bool fitted = is_chi_square() && !model.coefficients.empty();
    return fitted ? static_cast<int>(model.rho.size()) : 0;
  }

  Model solve(const Sample& sample, const ForEach& each) const override {
    InvariantFit fit = fit_invariant(sample, name_, each);
    // The tempered fit is the one judge of whether a sample bears canonical variates at all.
    const MadFit mad = kind_ == MadKind::tempered || fit.mad.bands.empty()
                           ? fit.mad
                           : fit_mad(finite_pixels(sample), each, kind_);
    fit.model.coefficients =
        pack({mad.bands, mad.mean_before, mad.mean_after, mad.a, mad.b}, sample.before.size());
    fit.model.iterations = mad.iterations;
    fit.model.rho = mad.rho;
    if (mad.bands.empty())
      fit.model.notes.push_back(std::string(name_) +
                                " could not be fitted; the score is the normalised change "
                                "vector");
    return std::move(fit.model);
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    score_linear(model, pair, out);
  }

 private:
  MadKind kind_;
  std::string_view name_, summary_;
};

}  // namespace

const Detector& mad_detector() {
  static const MadDetector detector(MadKind::plain, "mad",
                                    "length of the MAD variates (Nielsen, Conradsen & Simpson 1998)");
  return detector;
}

const Detector& irmad_detector() {
  static const MadDetector detector(MadKind::textbook, "irmad",
                                    "length of the iteratively re-weighted MAD variates (Nielsen 2007)");
  return detector;
}

const Detector& irmad_tempered_detector() {
  static const MadDetector detector(
      MadKind::tempered, "irmad-tempered",
      "IR-MAD (Nielsen 2007) whose statistic is rescaled to its lower quartile before it becomes a weight");
  return detector;
}

}  // namespace tuban::kernels
