// SPDX-License-Identifier: Apache-2.0
#include "kernels/smooth.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "kernels/mask_ops.h"
#include "kernels/math.h"

namespace tuban::kernels {
namespace {

constexpr double kLeastSigma = 0.3;
constexpr double kMostSigma = 4;

Smoothing gaussian(double sigma) {
  Smoothing smoothing;
  smoothing.levels = 1;
  Smoothing::Level& level = smoothing.level[0];
  level.reach = static_cast<int>(std::ceil(3 * sigma));
  for (int k = 0; k <= level.reach; ++k)
    level.taps[static_cast<std::size_t>(k)] = static_cast<float>(exp(-k * k / (2 * sigma * sigma)));
  return smoothing;
}

Smoothing multiscale() {
  Smoothing smoothing;
  smoothing.levels = 3;
  for (int i = 0; i < 3; ++i)
    smoothing.level[static_cast<std::size_t>(i)] = {2, 1 << i, {6.0F / 16, 4.0F / 16, 1.0F / 16}};
  return smoothing;
}

// Columns that are smoothed together: rows of all levels stay in the second cache, and a tile of 1,024 with
// its apron is one strip. A multiple of 64, since planes of bits are written word by word.
constexpr int kStrip = 17 * 64;

void in_strips(const Smoothing& smoothing, View<const float> in, float cut, Scores scores, View<float> out,
               BitPlane* changed, BitPlane* invalid, std::vector<float>& scratch) {
  const int rim = 2 * smoothing.radius();
  for (int x = 0; x < out.width; x += kStrip) {
    const int width = std::min(kStrip, out.width - x);
    const std::size_t needed = smooth_scratch(smoothing, width + rim);
    if (scratch.size() < needed) scratch.resize(needed);
    mask_ops().smooth({smoothing, in.sub(x, 0, width + rim, in.height), out.sub(x, 0, width, out.height),
                       scratch.data(), cut, changed, invalid, x / 64, scores});
  }
}

}  // namespace

int Smoothing::radius() const noexcept {
  int radius = 0;
  for (int i = 0; i < levels; ++i) radius += level[static_cast<std::size_t>(i)].radius();
  return radius;
}

std::optional<Smoothing> find_smoothing(std::string_view name) {
  if (name == "none") return Smoothing{};
  if (name == "multiscale") return multiscale();
  if (name == "mean3") {
    Smoothing smoothing;
    smoothing.levels = 1;
    smoothing.level[0] = {1, 1, {1, 1}};
    return smoothing;
  }
  constexpr std::string_view kGauss = "gauss:";
  if (!name.starts_with(kGauss)) return std::nullopt;
  name.remove_prefix(kGauss.size());
  double sigma = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), sigma);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  if (!whole || !(sigma >= kLeastSigma) || !(sigma <= kMostSigma)) return std::nullopt;
  return gaussian(sigma);
}

std::size_t smooth_bytes(const Smoothing& smoothing) noexcept {
  return smooth_scratch(smoothing, kStrip + 2 * smoothing.radius()) * sizeof(float);
}

void smooth(const Smoothing& smoothing, View<const float> in, View<float> out, std::vector<float>& scratch) {
  in_strips(smoothing, in, 0, Scores::all, out, nullptr, nullptr, scratch);
}

void smooth_and_cut(const Smoothing& smoothing, View<const float> in, float cut, Scores scores,
                    View<float> out, BitPlane& changed, BitPlane& invalid, std::vector<float>& scratch) {
  changed.reset(out.width, out.height);
  invalid.reset(out.width, out.height);
  in_strips(smoothing, in, cut, scores, out, &changed, &invalid, scratch);
}

}  // namespace tuban::kernels
