// SPDX-License-Identifier: Apache-2.0
// Weighted means and covariances of a sample of planes.
#pragma once

#include <span>
#include <vector>

#include "kernels/for_each.h"

namespace tuban::kernels {

/// Sum of weights, weighted means and weighted covariance (divided by the sum of weights) of `planes`
/// variables.
struct Moments {
  double weight = 0;
  std::vector<double> mean;
  std::vector<double> covariance;  ///< row-major, symmetric

  double cov(std::size_t i, std::size_t j) const noexcept { return covariance[i * mean.size() + j]; }
};

/// One pass in blocks of 256 pixels, centred on `centre` (any value near the means) in double; blocks and the
/// four lanes inside a block are added in a fixed order (G1). An empty `weights` means weight 1.
Moments weighted_moments(std::span<const float* const> planes, std::size_t pixels,
                         std::span<const double> weights, std::span<const double> centre,
                         const ForEach& each = in_turn);

/// Plain means, for use as `centre`.
std::vector<double> means(std::span<const float* const> planes, std::size_t pixels);

}  // namespace tuban::kernels
