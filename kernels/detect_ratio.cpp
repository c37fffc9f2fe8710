// SPDX-License-Identifier: Apache-2.0
// Image ratioing (Rignot & van Zyl 1993): max(a / b, b / a) - 1 per band, Euclidean length over the bands.
// Blind to which date is brighter and to the unit, not to an offset; for intensities, SAR before all. Nothing
// is normalised. Samples are raised to a hundredth of the band's median (at least 1 for integers) first, so
// that 0 and negative samples give large but finite ratios. Halo 0.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/normalise.h"
#include "kernels/score_ops.h"

namespace tuban::kernels {
namespace {

constexpr float kFloorOfMedian = 0.01F;

// The least value that counts as signal in one band.
float floor_of(const std::vector<float>& before, const std::vector<float>& after) {
  std::vector<float> values;
  bool integer = true;
  for (const auto* plane : {&before, &after})
    for (const float v : *plane)
      if (std::isfinite(v)) {
        integer = integer && v == std::floor(v);
        if (v > 0) values.push_back(v);
      }
  if (values.empty()) return 1;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  const float floor = std::max(kFloorOfMedian * *middle, std::numeric_limits<float>::min());
  return integer ? std::max(floor, 1.0F) : floor;
}

class RatioDetector final : public Detector {
 public:
  std::string_view name() const noexcept override { return "ratio"; }
  std::string_view summary() const noexcept override {
    return "length over the bands of max(a/b, b/a) - 1 (Rignot & van Zyl 1993), without normalisation";
  }

  Model solve(const Sample& sample, const ForEach& each) const override {
    Model model = fit_invariant(sample, name(), each).model;
    for (std::size_t b = 0; b < sample.before.size(); ++b)
      model.coefficients.push_back(floor_of(sample.before[b], sample.after[b]));
    return model;
  }

  void score(const Model& model, const PairView& pair, View<float> out) const noexcept override {
    std::array<float, kMaxBands> floor;
    floor.fill(1);
    std::copy_n(model.coefficients.begin(), std::min<std::size_t>(model.coefficients.size(), kMaxBands),
                floor.begin());
    pixel_ops().ratio(pair, floor, out);
  }
};

}  // namespace

const Detector& ratio_detector() {
  static const RatioDetector detector;
  return detector;
}

}  // namespace tuban::kernels
