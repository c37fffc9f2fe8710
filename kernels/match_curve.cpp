// SPDX-License-Identifier: Apache-2.0
#include "kernels/match_curve.h"

#include <algorithm>
#include <array>

namespace tuban::kernels {
namespace {

constexpr std::size_t kSteps = 256;
constexpr int kStretch = 128;

}  // namespace

MatchCurve match_quantiles(std::vector<float> before, std::vector<float> after, double slope) {
  MatchCurve curve;
  curve.slope = static_cast<float>(slope);
  if (before.empty()) return curve;
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  // A value that fills several quantiles becomes one knot, in the middle of what it stands for.
  std::size_t first = 0;
  for (std::size_t k = 0; k <= kSteps; ++k) {
    const std::size_t rank = k * (before.size() - 1) / kSteps;
    const std::size_t begin = first * (before.size() - 1) / kSteps;
    if (curve.after.empty() || after[rank] > curve.after.back()) {
      curve.after.push_back(after[rank]);
      curve.before.push_back(before[rank]);
      first = k;
    } else {
      curve.before.back() = before[begin + (rank - begin) / 2];
    }
  }
  return curve;
}

float on_curve(const MatchCurve& curve, float value) noexcept {
  if (curve.after.empty()) return value;
  const auto above = std::upper_bound(curve.after.begin(), curve.after.end(), value);
  if (above == curve.after.begin()) return curve.before.front() + curve.slope * (value - curve.after.front());
  if (above == curve.after.end()) return curve.before.back() + curve.slope * (value - curve.after.back());
  const auto i = static_cast<std::size_t>(above - curve.after.begin());
  const float share = (value - curve.after[i - 1]) / (curve.after[i] - curve.after[i - 1]);
  return curve.before[i - 1] + share * (curve.before[i] - curve.before[i - 1]);
}

void score_matched(const Model& model, const PairView& pair, View<float> out, StretchScore score) noexcept {
  std::array<std::array<float, kStretch>, 2 * kMaxBands> samples{};
  std::array<const std::byte*, 2 * kMaxBands> planes{};
  const std::size_t bands = pair.before.size();
  for (std::size_t i = 0; i < 2 * bands; ++i)
    planes[i] = reinterpret_cast<const std::byte*>(samples[i].data());
  for (int y = 0; y < pair.height; ++y)
    for (int x = 0; x < pair.width; x += kStretch) {
      const int width = std::min(kStretch, pair.width - x);
      with_sample_type(pair.type, [&](auto zero) {
        using T = decltype(zero);
        const std::ptrdiff_t at = y * pair.stride + x;
        for (std::size_t b = 0; b < bands; ++b) {
          const T* first = reinterpret_cast<const T*>(pair.before[b]) + at;
          const T* second = reinterpret_cast<const T*>(pair.after[b]) + at;
          for (int i = 0; i < width; ++i) {
            samples[b][static_cast<std::size_t>(i)] = static_cast<float>(first[i]);
            samples[bands + b][static_cast<std::size_t>(i)] =
                on_curve(model.curves[b], static_cast<float>(second[i]));
          }
        }
      });
      const PairView stretch{SampleType::float32,
                             width,
                             1,
                             {planes.data(), bands},
                             {planes.data() + bands, bands},
                             kStretch,
                             pair.valid.sub(x, y, width, 1)};
      score(model, stretch, out.sub(x, y, width, 1));
    }
}

}  // namespace tuban::kernels
