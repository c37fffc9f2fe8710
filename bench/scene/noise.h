// SPDX-License-Identifier: Apache-2.0
// Hash-based randomness: a value depends on seed and place alone, so a scene can be painted tile by tile, in
// any order and by any number of threads, and comes out the same.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace tuban::scene {

/// Finaliser of splitmix64 (Steele, Lea & Flood 2014).
inline std::uint64_t mix(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

inline std::uint64_t hash_at(std::uint64_t seed, std::int64_t x, std::int64_t y) noexcept {
  return mix(seed + 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(x) +
             0xc2b2ae3d27d4eb4fULL * static_cast<std::uint64_t>(y));
}

/// Uniform in [0, 1).
inline double unit(std::uint64_t h) noexcept {
  return static_cast<double>(h >> 11) * 0x1p-53;
}

/// Uniform in [-1, 1).
inline float signed_unit(std::uint64_t h) noexcept {
  return static_cast<float>(static_cast<std::int32_t>(h >> 32)) * 0x1p-31F;
}

/// Near-normal, mean 0, sd 1: the sum of four 16-bit uniforms.
inline float normal(std::uint64_t h) noexcept {
  const auto sum =
      static_cast<std::int32_t>((h & 0xffff) + ((h >> 16) & 0xffff) + ((h >> 32) & 0xffff) + (h >> 48));
  return static_cast<float>(sum - 131070) * (1.7320508F / 65536.F);
}

/// A sequence for deciding the layout.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(mix(seed + 0x9e3779b97f4a7c15ULL)) {}
  std::uint64_t next() noexcept { return mix(state_ += 0x9e3779b97f4a7c15ULL); }
  double uniform() noexcept { return unit(next()); }
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  int index(int count) noexcept { return static_cast<int>(uniform() * count); }
  bool chance(double p) noexcept { return uniform() < p; }

 private:
  std::uint64_t state_;
};

/// Smooth value noise in [-1, 1] with features about `period` long.
inline double value_noise(std::uint64_t seed, double x, double y, double period) noexcept {
  const double gx = x / period, gy = y / period;
  const double fx = std::floor(gx), fy = std::floor(gy);
  const auto ix = static_cast<std::int64_t>(fx), iy = static_cast<std::int64_t>(fy);
  const double tx = gx - fx, ty = gy - fy;
  const double sx = tx * tx * (3 - 2 * tx), sy = ty * ty * (3 - 2 * ty);
  const auto at = [&](std::int64_t i, std::int64_t j) { return double{signed_unit(hash_at(seed, i, j))}; };
  const double top = at(ix, iy) + sx * (at(ix + 1, iy) - at(ix, iy));
  const double low = at(ix, iy + 1) + sx * (at(ix + 1, iy + 1) - at(ix, iy + 1));
  return top + sy * (low - top);
}

/// The same on a whole rectangle of integer places, one lattice look-up per period instead of four per place.
inline void fill_value_noise(std::uint64_t seed, int period, std::int64_t x0, std::int64_t y0, int width,
                             int height, std::vector<float>& out) {
  out.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  const auto floor_div = [](std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); };
  const std::int64_t first = floor_div(x0, period);
  const auto columns = static_cast<std::size_t>(floor_div(x0 + width - 1, period) + 2 - first);
  std::vector<float> top(columns), low(columns), row(columns);
  std::vector<float> weight(static_cast<std::size_t>(period));
  for (int i = 0; i < period; ++i) {
    const float t = static_cast<float>(i) / static_cast<float>(period);
    weight[static_cast<std::size_t>(i)] = t * t * (3 - 2 * t);
  }
  std::int64_t loaded = INT64_MIN;
  for (int y = 0; y < height; ++y) {
    const std::int64_t line = floor_div(y0 + y, period);
    if (line != loaded) {
      for (std::size_t c = 0; c < columns; ++c) {
        const std::int64_t at = first + static_cast<std::int64_t>(c);
        top[c] = signed_unit(hash_at(seed, at, line));
        low[c] = signed_unit(hash_at(seed, at, line + 1));
      }
      loaded = line;
    }
    const float sy = weight[static_cast<std::size_t>(y0 + y - line * period)];
    for (std::size_t c = 0; c < columns; ++c) row[c] = top[c] + sy * (low[c] - top[c]);
    float* to = out.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    auto phase = static_cast<std::size_t>(x0 - first * period);
    std::size_t c = 0;
    for (int x = 0; x < width; ++x) {
      to[x] = row[c] + weight[phase] * (row[c + 1] - row[c]);
      if (++phase == static_cast<std::size_t>(period)) {
        phase = 0;
        ++c;
      }
    }
  }
}

}  // namespace tuban::scene
