// SPDX-License-Identifier: Apache-2.0
// Histogram matching: a date mapped so that each band has the distribution of the other date's.
#pragma once

#include <vector>

#include "kernels/detector.h"

namespace tuban::kernels {

/// Matches the quantiles of `after` to those of `before`, both finite and of one size: 257 knots, fewer where
/// values repeat. Not empty where the planes are not.
MatchCurve match_quantiles(std::vector<float> before, std::vector<float> after, double slope);

/// The value on the curve; that of a sample that is not a number is none either.
float on_curve(const MatchCurve& curve, float value) noexcept;

/// Calls `score` with stretches of float32 samples, those of the later date on their curves, and where in
/// `out` their scores belong. Scalar and the same for every instruction set; slower than scores of lines.
using StretchScore = void (*)(const Model& model, const PairView& pair, View<float> out) noexcept;
void score_matched(const Model& model, const PairView& pair, View<float> out, StretchScore score) noexcept;

}  // namespace tuban::kernels
