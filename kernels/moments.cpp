// SPDX-License-Identifier: Apache-2.0
#include "kernels/moments.h"

#include <algorithm>

#include "kernels/sample_ops.h"

namespace tuban::kernels {
namespace {

constexpr std::size_t kBlock = kSampleBlock;
constexpr std::size_t kBlocksAtOnce = 64;

// The sums of one block of pixels after the other, each on its own.
class BlockSums {
 public:
  BlockSums(std::span<const float* const> planes, std::size_t pixels, std::span<const double> weights,
            std::span<const double> centre)
      : planes_(planes),
        pixels_(pixels),
        weights_(weights),
        centre_(centre),
        values_(planes.size()),
        factors_(planes.size() + 1) {
    ones_.fill(1.0);
  }

  void add(std::size_t block, double* sums) {
    const std::size_t n = planes_.size();
    const std::size_t columns = n + 1;
    const std::size_t first = block * kBlock;
    const std::size_t count = std::min(kBlock, pixels_ - first);
    if (weights_.empty())
      std::fill_n(weight_.begin(), count, 1.0);
    else
      std::copy_n(weights_.begin() + static_cast<std::ptrdiff_t>(first), count, weight_.begin());
    std::fill(weight_.begin() + static_cast<std::ptrdiff_t>(count), weight_.end(), 0.0);
    for (std::size_t v = 0; v < n; ++v) {
      for (std::size_t i = 0; i < count; ++i)
        values_[v][i] = static_cast<double>(planes_[v][first + i]) - centre_[v];
      std::fill(values_[v].begin() + static_cast<std::ptrdiff_t>(count), values_[v].end(), 0.0);
    }
    factors_[0] = ones_.data();
    ops_.products(weight_, std::span(factors_).first(1), sums + n * columns);
    for (std::size_t v = n; v-- > 0;) {
      for (std::size_t i = 0; i < kBlock; ++i) weighted_[i] = weight_[i] * values_[v][i];
      factors_[v + 1] = values_[v].data();
      factors_[v] = ones_.data();
      ops_.products(weighted_, std::span<const double* const>(factors_).subspan(v), sums + v * columns + v);
    }
  }

 private:
  std::span<const float* const> planes_;
  std::size_t pixels_;
  std::span<const double> weights_, centre_;
  std::vector<SampleBlock> values_;
  std::vector<const double*> factors_;
  SampleBlock weight_{}, weighted_{}, ones_{};
  const SampleOps& ops_ = sample_ops();
};

}  // namespace

Moments weighted_moments(std::span<const float* const> planes, std::size_t pixels,
                         std::span<const double> weights, std::span<const double> centre,
                         const ForEach& each) {
  const std::size_t n = planes.size();
  // Variable v is multiplied by 1 and by the variables from itself on: row v of a block's sums begins at
  // column v. Behind the rows is the sum of the weights.
  const std::size_t columns = n + 1;
  const std::size_t width = n * columns + 1;
  const std::size_t blocks = (pixels + kBlock - 1) / kBlock;
  std::vector<double> block_sums(blocks * width, 0.0);
  each((blocks + kBlocksAtOnce - 1) / kBlocksAtOnce, [&](std::size_t part) {
    const std::size_t first = part * kBlocksAtOnce;
    const std::size_t last = std::min(blocks, first + kBlocksAtOnce);
    BlockSums sums(planes, pixels, weights, centre);
    for (std::size_t block = first; block < last; ++block) sums.add(block, block_sums.data() + block * width);
  });
  std::vector<double> sums(width, 0.0);
  for (std::size_t block = 0; block < blocks; ++block)
    for (std::size_t k = 0; k < width; ++k) sums[k] += block_sums[block * width + k];

  Moments result;
  result.weight = sums.back();
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
