// SPDX-License-Identifier: Apache-2.0
// Log-ratio (Rignot & van Zyl 1993; Bazi, Bruzzone & Melgani 2005): |ln((after + e) / (before + e))|, length
// over the bands. Speckle multiplies, so the score of unchanged ground has the same distribution in bright
// and dark places; swapping the dates or one gain over both changes nothing but for e. e is a hundredth of
// the band's median (at least 1 for integers); negative samples count as 0. Nothing is normalised. The last
// coefficient of the model is the equivalent number of looks of the first band, estimated from the median
// absolute deviation of the log-ratio as of intensities (8-bit products are mostly amplitudes: a quarter of
// the looks). Halo 0.
#include <algorithm>
#include <cmath>

#include "kernels/log_ratio.h"
#include "kernels/math.h"
#include "kernels/normalise.h"
#include "kernels/pixel_score.h"

namespace tuban::kernels {
namespace {

constexpr double kShareOfMedian = 0.01;

double offset_of(const Sample& sample, std::size_t band) {
  std::vector<float> positive;
  bool integer = true;
  for (const auto* plane : {&sample.before[band], &sample.after[band]})
    for (const float v : *plane) {
      integer = integer && v == std::floor(v);
      if (v > 0) positive.push_back(v);
    }
  if (positive.empty()) return 1;
  const auto middle = positive.begin() + static_cast<std::ptrdiff_t>(positive.size() / 2);
  std::nth_element(positive.begin(), middle, positive.end());
  const double offset = std::max(kShareOfMedian * static_cast<double>(*middle), 1e-30);
  return integer ? std::max(offset, 1.0) : offset;
}

double log_ratio(double x, double y, double e) noexcept {
  // math::log(1) is 0, so equal samples score exactly 0.
  return math::log((std::max(y, 0.0) + e) / (std::max(x, 0.0) + e));
}

class LogRatioDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "log-ratio"; }
  std::string_view summary() const noexcept override {
    return "length over the bands of |ln(after / before)| (Rignot & van Zyl 1993), for SAR, without "
           "normalisation";
  }

  // coefficients: per band e, then the looks of the first band.
  Model solve(const Sample& sample, const ForEach& each) const override {
    Model model = fit_invariant(sample, name(), each).model;
    const Sample finite = finite_pixels(sample);
    for (std::size_t b = 0; b < finite.before.size(); ++b)
      model.coefficients.push_back(static_cast<float>(offset_of(finite, b)));
    Sample logs;
    logs.before.emplace_back();
    for (std::size_t i = 0; i < finite.size(); ++i)
      logs.before[0].push_back(static_cast<float>(log_ratio(static_cast<double>(finite.before[0][i]),
                                                            static_cast<double>(finite.after[0][i]),
                                                            static_cast<double>(model.coefficients[0]))));
    logs.after.emplace_back(logs.before[0].size(), 0.0F);
    const double looks = looks_of(difference_scales(logs)[0][1]);
    model.coefficients.push_back(static_cast<float>(looks));
    return model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    std::array<double, kMaxBands> e;
    e.fill(1);
    const std::size_t bands = pair.before.size();
    std::copy_n(model.coefficients.begin(), std::min(bands, model.coefficients.size()), e.begin());
    score_pixels(pair, out, [&](const double* x, const double* y) {
      double sum = 0;
      for (std::size_t b = 0; b < bands; ++b) {
        const double l = log_ratio(x[b], y[b], e[b]);
        sum += l * l;
      }
      return std::sqrt(sum);
    });
  }
};

}  // namespace

const Detector& log_ratio_detector() {
  static const LogRatioDetector detector;
  return detector;
}

}  // namespace tuban::kernels
