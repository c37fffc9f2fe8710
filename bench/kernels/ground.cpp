// SPDX-License-Identifier: Apache-2.0
#include "bench/kernels/ground.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tuban::bench {
namespace {

using kernels::Window;

// SplitMix64: the same ground on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  int index(int count) { return static_cast<int>(uniform() * count); }
  /// About normal: sum of four.
  double normal() { return (uniform() + uniform() + uniform() + uniform() - 2) * 1.732; }

 private:
  std::uint64_t state_;
};

std::vector<std::uint8_t> framed_plane(int width, int height) {
  std::vector<std::uint8_t> plane(static_cast<std::size_t>(width + 2) * static_cast<std::size_t>(height + 2),
                                  kernels::kInvalid);
  for (int y = 1; y <= height; ++y)
    std::fill_n(plane.begin() + std::ptrdiff_t{y} * (width + 2) + 1, width, kernels::kUnchanged);
  return plane;
}

}  // namespace

Mask::Mask(int w, int h, std::vector<std::uint8_t> plane) : width(w), height(h), framed(std::move(plane)) {
  const int stride = width + 2;
  for (int y = 0; y < height; y += kTile) {
    for (int x = 0; x < width; x += kTile) {
      Tile& tile = tiles.emplace_back();
      tile.core = {x, y, std::min(kTile, width - x), std::min(kTile, height - y)};
      kernels::pack(
          {framed.data() + std::ptrdiff_t{y} * stride + x, tile.core.width + 2, tile.core.height + 2, stride},
          tile.changed, tile.invalid);
    }
  }
}

Mask patches(int width, int height, double share) {
  std::vector<std::uint8_t> plane = framed_plane(width, height);
  Random random(7);
  double left = share * width * height;
  while (left > 0) {
    const bool disc = random.uniform() < 0.5;
    const int w = 6 + random.index(40), h = 6 + random.index(40);
    const int x0 = random.index(width - w), y0 = random.index(height - h);
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) {
        const double u = (x + 0.5) / w * 2 - 1, v = (y + 0.5) / h * 2 - 1;
        if (disc && u * u + v * v > 1) continue;
        std::uint8_t& pixel =
            plane[static_cast<std::size_t>(y0 + y + 1) * static_cast<std::size_t>(width + 2) +
                  static_cast<std::size_t>(x0 + x + 1)];
        left -= pixel == kernels::kUnchanged ? 1 : 0;
        pixel = kernels::kChanged;
      }
    }
  }
  return {width, height, std::move(plane)};
}

Mask specks(int width, int height) {
  std::vector<std::uint8_t> plane = framed_plane(width, height);
  Random random(9);
  const std::size_t stride = static_cast<std::size_t>(width) + 2;
  for (std::size_t n = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) / 4150; n > 0;
       --n) {
    // A short random walk: 1 to 40 pixels, ragged, some with holes.
    int x = 1 + random.index(width), y = 1 + random.index(height);
    for (int steps = 1 + random.index(60); steps > 0; --steps) {
      plane[static_cast<std::size_t>(y) * stride + static_cast<std::size_t>(x)] = kernels::kChanged;
      x = std::clamp(x + random.index(3) - 1, 1, width);
      y = std::clamp(y + random.index(3) - 1, 1, height);
    }
  }
  return {width, height, std::move(plane)};
}

Ground::Ground(int w, int h) : width(w), height(h), mask(patches(w, h, 0.01)) {
  Random random(3);
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  before.assign(kBands, std::vector<std::uint16_t>(count));
  after = before;
  valid.assign(count, 1);
  fixed.assign(kBands, {0, 1});
  for (std::size_t b = 0; b < kBands; ++b) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const std::size_t at =
            static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
        const double place = static_cast<double>(b),
                     field = std::sin(x * 0.021 + place) * std::cos(y * 0.017 - place);
        const double base = 1200 + 300 * place + 260 * field + 60 * random.normal();
        const bool changed =
            mask.framed[static_cast<std::size_t>(y + 1) * static_cast<std::size_t>(width + 2) +
                        static_cast<std::size_t>(x + 1)] == kernels::kChanged;
        before[b][at] = static_cast<std::uint16_t>(base + 14 * random.normal());
        after[b][at] =
            static_cast<std::uint16_t>(1.05 * base + 40 + 14 * random.normal() + (changed ? 900 : 0));
      }
    }
  }
  const kernels::Detector& detector = *kernels::detectors().front();
  model = detector.solve(sample());
  const std::size_t stride = static_cast<std::size_t>(width) + 2 * kScoreFrame;
  scores.assign(stride * static_cast<std::size_t>(height + 2 * kScoreFrame),
                std::numeric_limits<float>::quiet_NaN());
  std::vector<const std::byte*> first, second;
  detector.score(model, pair({0, 0, width, height}, first, second),
                 {scores.data() + kScoreFrame * stride + kScoreFrame, width, height,
                  static_cast<std::ptrdiff_t>(stride)});
  std::vector<float> sorted;
  for (const float score : scores)
    if (score == score) sorted.push_back(score);
  const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(sorted.size()));
  std::nth_element(sorted.begin(), place, sorted.end());
  cut = *place;
}

kernels::Sample Ground::sample() const {
  kernels::Sample sample;
  sample.before.resize(kBands);
  sample.after.resize(kBands);
  const std::size_t step = std::max<std::size_t>(1, pixels() / 100'000);
  for (std::size_t at = 0; at < pixels(); at += step) {
    for (std::size_t b = 0; b < kBands; ++b) {
      sample.before[b].push_back(before[b][at]);
      sample.after[b].push_back(after[b][at]);
    }
  }
  return sample;
}

kernels::PairView Ground::pair(const Window& window, std::vector<const std::byte*>& planes_before,
                               std::vector<const std::byte*>& planes_after) const {
  const std::ptrdiff_t at = std::ptrdiff_t{window.y} * width + window.x;
  planes_before.clear();
  planes_after.clear();
  for (std::size_t b = 0; b < kBands; ++b) {
    planes_before.push_back(reinterpret_cast<const std::byte*>(before[b].data() + at));
    planes_after.push_back(reinterpret_cast<const std::byte*>(after[b].data() + at));
  }
  return {kernels::SampleType::uint16,
          window.width,
          window.height,
          planes_before,
          planes_after,
          width,
          {valid.data() + at, window.width, window.height, width}};
}

}  // namespace tuban::bench
