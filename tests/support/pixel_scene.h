// SPDX-License-Identifier: Apache-2.0
// A small synthetic pair of images for tests of the pixel kernels: textured ground, noise on both dates, gain
// and offset between them, and squares of clear change.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "kernels/detector.h"
#include "kernels/smooth.h"

namespace tuban::test {

/// SplitMix64 with the draws tests need.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}

  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  int below(int n) { return static_cast<int>(bits() % static_cast<std::uint64_t>(n)); }
  double normal() {
    return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::uint64_t state_;
};

struct SceneOptions {
  int width = 300, height = 300, bands = 4;
  double noise = 10;     ///< standard deviation per date and band
  bool gain = false;     ///< a gain and an offset per band on the second date
  double changed = 0;    ///< share of the pixels in squares of change
  double strength = 30;  ///< of the change, in noise standard deviations
  int texture = 0;       ///< 0 smooth waves, 1 patchwork of fields, 2 flat with a few levels
  bool integers = true;  ///< rounded, as from a uint16 raster
};

struct Scene {
  kernels::Sample planes;  ///< [band][row-major pixel]
  std::vector<std::uint8_t> truth;
  int width = 0, height = 0;
};

inline double ground(int texture, int x, int y, int b, std::uint64_t salt) {
  const double phase = static_cast<double>(salt % 628) / 100;
  if (texture == 0)
    return 1000 + 250 * std::sin(x * 0.05 * (b + 1) + phase) + 200 * std::cos(y * 0.03 * (b + 2) + phase);
  const int cell = texture == 1 ? 24 : 15;
  const auto field = static_cast<std::uint64_t>((y / cell) * 1000 + x / cell);
  Random random(field * 977 + salt);
  const double shade = random.uniform();
  for (int i = 0; i < b; ++i) random.bits();
  return texture == 1 ? 600 + 500 * shade + 300 * random.uniform()
                      : 800 + 200 * static_cast<double>(random.below(3));
}

inline Scene make_scene(const SceneOptions& o, std::uint64_t seed) {
  Random random(seed);
  Scene scene;
  scene.width = o.width;
  scene.height = o.height;
  const auto pixels = static_cast<std::size_t>(o.width) * static_cast<std::size_t>(o.height);
  scene.truth.assign(pixels, 0);
  const int side = std::max(4, static_cast<int>(std::sqrt(static_cast<double>(pixels) * o.changed / 8)));
  std::size_t marked = 0;
  while (static_cast<double>(marked) < o.changed * static_cast<double>(pixels)) {
    const int x0 = random.below(std::max(1, o.width - side));
    const int y0 = random.below(std::max(1, o.height - side));
    for (int y = y0; y < std::min(o.height, y0 + side); ++y)
      for (int x = x0; x < std::min(o.width, x0 + side); ++x) {
        auto& t = scene.truth[static_cast<std::size_t>(y) * static_cast<std::size_t>(o.width) +
                              static_cast<std::size_t>(x)];
        marked += t == 0;
        t = 1;
      }
  }
  const std::uint64_t salt = random.bits() % 100000;
  for (int b = 0; b < o.bands; ++b) {
    const double gain = o.gain ? 0.7 + 0.6 * random.uniform() : 1;
    const double offset = o.gain ? 200 * random.uniform() : 0;
    const double sign = b % 2 == 0 ? 1 : -1;
    std::vector<float> before(pixels);
    std::vector<float> after(pixels);
    std::size_t i = 0;
    for (int y = 0; y < o.height; ++y)
      for (int x = 0; x < o.width; ++x, ++i) {
        const double g = ground(o.texture, x, y, b, salt);
        double first = g + o.noise * random.normal();
        double second = g + o.noise * random.normal() + (scene.truth[i] ? sign * o.strength * o.noise : 0);
        second = gain * second + offset;
        if (o.integers) {
          first = std::floor(first + 0.5);
          second = std::floor(second + 0.5);
        }
        before[i] = static_cast<float>(first);
        after[i] = static_cast<float>(second);
      }
    scene.planes.before.push_back(std::move(before));
    scene.planes.after.push_back(std::move(after));
  }
  const auto band = [&](int b) { return std::min(b, o.bands - 1); };
  scene.planes.roles = {band(0), band(1), band(2), band(3), band(4)};
  return scene;
}

inline std::vector<float> scores_of(const kernels::Detector& detector, const kernels::Model& model,
                                    const Scene& scene, bool smoothed) {
  std::vector<const std::byte*> before;
  std::vector<const std::byte*> after;
  for (const auto& plane : scene.planes.before)
    before.push_back(reinterpret_cast<const std::byte*>(plane.data()));
  for (const auto& plane : scene.planes.after)
    after.push_back(reinterpret_cast<const std::byte*>(plane.data()));
  const std::vector<std::uint8_t> valid(scene.truth.size(), 1);
  const int w = scene.width;
  const int h = scene.height;
  std::vector<float> framed(static_cast<std::size_t>(w + 2) * static_cast<std::size_t>(h + 2), std::nanf(""));
  std::vector<float> result(scene.truth.size());
  const kernels::View<float> frame{framed.data(), w + 2, h + 2, w + 2};
  const kernels::View<float> out{result.data(), w, h, w};
  detector.score(model, {kernels::SampleType::float32, w, h, before, after, w, {valid.data(), w, h, w}},
                 smoothed ? frame.sub(1, 1, w, h) : out);
  std::vector<float> scratch;
  if (smoothed) kernels::smooth(*kernels::find_smoothing("mean3"), frame, out, scratch);
  return result;
}

}  // namespace tuban::test
