// SPDX-License-Identifier: Apache-2.0
#include "kernels/moments.h"

#include <algorithm>

#include "kernels/sample_ops.h"

namespace tuban::kernels {
namespace {

constexpr std::size_t kBlock = kSampleBlock;

}  // namespace

Moments weighted_moments(std::span<const float* const> planes, std::size_t pixels,
                         std::span<const double> weights, std::span<const double> centre) {
  const std::size_t n = planes.size();
  Moments result;
  std::vector<SampleBlock> values(n);
  SampleBlock weight{};
  SampleBlock weighted{};
  SampleBlock ones{};
  ones.fill(1.0);
  // Variable v is multiplied by 1 and by the variables from itself on: row v of the sums begins at column v.
  const std::size_t columns = n + 1;
  std::vector<double> sums(n * columns, 0.0);
  std::vector<const double*> factors(columns);
  const SampleOps& ops = sample_ops();
  for (std::size_t first = 0; first < pixels; first += kBlock) {
    const std::size_t count = std::min(kBlock, pixels - first);
    if (weights.empty())
      std::fill_n(weight.begin(), count, 1.0);
    else
      std::copy_n(weights.begin() + static_cast<std::ptrdiff_t>(first), count, weight.begin());
    std::fill(weight.begin() + static_cast<std::ptrdiff_t>(count), weight.end(), 0.0);
    for (std::size_t v = 0; v < n; ++v) {
      for (std::size_t i = 0; i < count; ++i)
        values[v][i] = static_cast<double>(planes[v][first + i]) - centre[v];
      std::fill(values[v].begin() + static_cast<std::ptrdiff_t>(count), values[v].end(), 0.0);
    }
    factors[0] = ones.data();
    ops.products(weight, std::span(factors).first(1), &result.weight);
    for (std::size_t v = n; v-- > 0;) {
      for (std::size_t i = 0; i < kBlock; ++i) weighted[i] = weight[i] * values[v][i];
      factors[v + 1] = values[v].data();
      factors[v] = ones.data();
      ops.products(weighted, std::span<const double* const>(factors).subspan(v),
                   sums.data() + v * columns + v);
    }
  }
  result.mean.resize(n);
  result.covariance.assign(n * n, 0.0);
  const double scale = result.weight > 0 ? 1 / result.weight : 0;
  for (std::size_t v = 0; v < n; ++v) result.mean[v] = centre[v] + sums[v * columns + v] * scale;
  for (std::size_t v = 0; v < n; ++v)
    for (std::size_t u = v; u < n; ++u) {
      const double product = sums[v * columns + u + 1] * scale;
      double value = product - (sums[v * columns + v] * scale) * (sums[u * columns + u] * scale);
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
