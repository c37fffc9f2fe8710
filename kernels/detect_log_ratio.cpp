// SPDX-License-Identifier: Apache-2.0
// Log-ratio (Rignot & van Zyl 1993; Bazi, Bruzzone & Melgani 2005): ln((after + e) / (before + e)), length
// over the bands with the sign of their sum. Speckle multiplies, so the score of unchanged ground has the
// same distribution in bright and dark places, and is about 0: smoothing takes the mean of what has a sign,
// so that speckle cancels, and then its size. Swapping the dates or one gain over both changes nothing but
// for e, a hundredth of the band's median (at least 1 for integers); negative samples count as 0, so decibels
// are no input. Nothing is normalised. Looks are estimated from the median absolute deviation of the first
// band's log-ratio as of intensities (8-bit products are mostly amplitudes: a quarter of the looks). Halo 0.
#include <algorithm>
#include <cmath>

#include "kernels/log_ratio.h"
#include "kernels/math.h"
#include "kernels/normalise.h"
#include "kernels/pixel_score.h"

namespace tuban::kernels {
namespace {

constexpr double kShareOfMedian = 0.01;
constexpr double kManyNegative = 0.01;

// No automatic cut is lower (docs/detection.md): a factor of 1.65 between the samples, 2.2 dB of intensities.
constexpr double kLeastLogRatio = 0.5;

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

  double least_cut() const noexcept override { return kLeastLogRatio; }
  bool has_sign() const noexcept override { return true; }
  bool has_looks() const noexcept override { return true; }

  // coefficients: per band e.
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
    model.looks = looks_of(difference_scales(logs)[0][1]);
    const auto& first = finite.before[0];
    const auto negative = std::count_if(first.begin(), first.end(), [](float v) { return v < 0; });
    if (static_cast<double>(negative) > kManyNegative * static_cast<double>(first.size()))
      model.notes.emplace_back(
          "samples are negative: log-ratio is for intensities or amplitudes; for decibels, whose difference "
          "is "
          "their log-ratio, take --detector difference");
    return model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    std::array<double, kMaxBands> e;
    e.fill(1);
    const std::size_t bands = pair.before.size();
    std::copy_n(model.coefficients.begin(), std::min(bands, model.coefficients.size()), e.begin());
    score_pixels(pair, out, [&](const double* x, const double* y) {
      double square = 0, sum = 0;
      for (std::size_t b = 0; b < bands; ++b) {
        const double l = log_ratio(x[b], y[b], e[b]);
        square += l * l;
        sum += l;
      }
      return sum < 0 ? -std::sqrt(square) : std::sqrt(square);
    });
  }
};

}  // namespace

const Detector& log_ratio_detector() {
  static const LogRatioDetector detector;
  return detector;
}

}  // namespace tuban::kernels
