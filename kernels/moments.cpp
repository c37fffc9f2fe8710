// SPDX-License-Identifier: Apache-2.0
#include "kernels/moments.h"

#include <algorithm>
#include <array>

namespace tuban::kernels {
namespace {

constexpr std::size_t kBlock = 256;
using Block = std::array<double, kBlock>;

// Four sums side by side hide the latency of the adder; their order is part of the result.
double dot(const Block& a, const Block& b) noexcept {
  std::array<double, 4> lanes{};
  for (std::size_t i = 0; i < kBlock; i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

}  // namespace

Moments weighted_moments(std::span<const float* const> planes, std::size_t pixels,
                         std::span<const double> weights, std::span<const double> centre) {
  const std::size_t n = planes.size();
  Moments result;
  std::vector<double> sum(n, 0.0);
  std::vector<double> products(n * n, 0.0);
  std::vector<Block> values(n);
  Block weight{};
  Block weighted{};
  Block ones{};
  ones.fill(1.0);
  for (std::size_t first = 0; first < pixels; first += kBlock) {
    const std::size_t count = std::min(kBlock, pixels - first);
    for (std::size_t i = 0; i < kBlock; ++i)
      weight[i] = i >= count ? 0.0 : weights.empty() ? 1.0 : weights[first + i];
    for (std::size_t v = 0; v < n; ++v) {
      for (std::size_t i = 0; i < count; ++i)
        values[v][i] = static_cast<double>(planes[v][first + i]) - centre[v];
      std::fill(values[v].begin() + static_cast<std::ptrdiff_t>(count), values[v].end(), 0.0);
    }
    result.weight += dot(weight, ones);
    for (std::size_t v = 0; v < n; ++v) {
      for (std::size_t i = 0; i < kBlock; ++i) weighted[i] = weight[i] * values[v][i];
      sum[v] += dot(weighted, ones);
      for (std::size_t u = v; u < n; ++u) products[v * n + u] += dot(weighted, values[u]);
    }
  }
  result.mean.resize(n);
  result.covariance.assign(n * n, 0.0);
  const double scale = result.weight > 0 ? 1 / result.weight : 0;
  for (std::size_t v = 0; v < n; ++v) result.mean[v] = centre[v] + sum[v] * scale;
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t u = v; u < n; ++u) {
      double value = products[v * n + u] * scale - (sum[v] * scale) * (sum[u] * scale);
      if (u == v) value = std::max(value, 0.0);
      result.covariance[v * n + u] = result.covariance[u * n + v] = value;
    }
  return result;
}

std::vector<double> means(std::span<const float* const> planes, std::size_t pixels) {
  std::vector<double> result;
  for (const float* plane : planes) {
    double total = 0;
    for (std::size_t first = 0; first < pixels; first += kBlock) {
      double block = 0;
      for (std::size_t i = first; i < std::min(pixels, first + kBlock); ++i)
        block += static_cast<double>(plane[i]);
      total += block;
    }
    result.push_back(pixels == 0 ? 0.0 : total / static_cast<double>(pixels));
  }
  return result;
}

}  // namespace tuban::kernels
