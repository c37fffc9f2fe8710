// SPDX-License-Identifier: Apache-2.0
#include "kernels/shift_tolerance.h"

#include <cmath>
#include <limits>
#include <span>

namespace tuban::kernels {
namespace {

using Planes = std::vector<const std::byte*>;

Planes moved(std::span<const std::byte* const> planes, std::ptrdiff_t bytes) {
  Planes result(planes.begin(), planes.end());
  for (const std::byte*& plane : result) plane += bytes;
  return result;
}

// NaN on either side counts as infinitely large.
float of_least_size(float a, float b) {
  if (std::isnan(a)) return b;
  return std::abs(b) < std::abs(a) ? b : a;
}

}  // namespace

void tolerant_score(const Detector& detector, const Model& model, const PairView& pair, View<float> out,
                    ToleranceScratch& scratch) {
  const auto pixels = static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  scratch.score.resize(pixels);
  scratch.before.assign(pixels, nan);
  scratch.after.assign(pixels, nan);
  scratch.valid.resize(pixels);
  const View<float> score{scratch.score.data(), out.width, out.height, out.width};
  const View<std::uint8_t> valid{scratch.valid.data(), out.width, out.height, out.width};
  const auto sample = static_cast<std::ptrdiff_t>(sample_size(pair.type));
  const auto bytes = [&](int x, int y) { return (y * pair.stride + x) * sample; };
  const Planes before = moved(pair.before, bytes(1, 1));
  const Planes after = moved(pair.after, bytes(1, 1));
  const auto compare = [&](const Planes& from, const Planes& to, std::vector<float>& least) {
    detector.score(model, {pair.type, out.width, out.height, from, to, pair.stride, valid}, score);
    for (std::size_t i = 0; i < pixels; ++i) least[i] = of_least_size(least[i], scratch.score[i]);
  };
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx) {
      for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x)
          valid.at(x, y) = pair.valid.at(x + 1, y + 1) != 0 && pair.valid.at(x + 1 + dx, y + 1 + dy) != 0;
      compare(before, moved(after, bytes(dx, dy)), scratch.before);
      compare(moved(before, bytes(dx, dy)), after, scratch.after);
    }
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const auto i =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) + static_cast<std::size_t>(x);
      const bool forth = std::abs(scratch.before[i]) >= std::abs(scratch.after[i]);
      out.at(x, y) = forth ? scratch.before[i] : scratch.after[i];
    }
}

}  // namespace tuban::kernels
