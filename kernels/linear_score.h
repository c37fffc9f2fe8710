// SPDX-License-Identifier: Apache-2.0
// Scores that are lengths of linear combinations of both dates: Mahalanobis, MAD, SFA and their iterated
// forms differ in how the combinations are fitted, not in what a pixel meets.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/detector.h"
#include "kernels/score_ops.h"

namespace tuban::kernels {

/// Row j: sum over k of a[j][k] (x_k - mean_before_k) - b[j][k] (y_k - mean_after_k), variance 1 where
/// nothing changed. Over the bands in `bands`; the others take no part.
struct LinearMap {
  std::vector<std::size_t> bands;
  std::vector<double> mean_before, mean_after;
  std::vector<double> a, b;  ///< row-major, one row per band in `bands`
};

/// As Model::coefficients: centres before and after, then per row a, b and the shift that rounding the
/// centres to float32 left over. Empty where `map.bands` is.
std::vector<float> pack(const LinearMap& map, std::size_t bands);

/// The Euclidean length of the rows; of the normalised change vector where the model has no coefficients.
void score_linear(const Model& model, const PairView& pair, View<float> out) noexcept;

}  // namespace tuban::kernels
