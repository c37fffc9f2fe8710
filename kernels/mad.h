// SPDX-License-Identifier: Apache-2.0
// Tempered IR-MAD: iteratively re-weighted multivariate alteration detection (Nielsen, Conradsen & Simpson
// 1998; Nielsen 2007), whose chi-square statistic is rescaled to its own lower quartile before it becomes a
// weight. Without that the weights collapse on a core of nearly noiseless pixels and everything else looks
// changed.
#pragma once

#include <string>
#include <vector>

#include "kernels/detector.h"

namespace tuban::kernels {

/// The transformation and the weights it was fitted with. Statistic of a pixel (x, y), chi-square with
/// `bands.size()` degrees of freedom where nothing changed:
///   Z = sum over j of (sum over k of a[j][k] (x_k - mean_before_k) - b[j][k] (y_k - mean_after_k))^2
/// (the variates' variance and the tempering are already in a and b). Invariant under affine maps of either
/// date.
struct MadFit {
  std::vector<std::size_t> bands;  ///< the bands that vary on both dates; the others carry no variate
  std::vector<double> mean_before, mean_after;
  std::vector<double> a, b;  ///< row-major [variate][band], one row per band in `bands`
  std::vector<double> rho;   ///< canonical correlations, ascending
  double temper = 1;         ///< the scale c that Z was divided by
  int iterations = 0;
  std::vector<double> weight;  ///< per pixel, P(chi-square > Z): about uniform where nothing changed
  std::vector<std::string> notes;
};

/// `plain`: one round, no weights (Nielsen 1998). `textbook`: weights P(chi-square > Z) without tempering, at
/// most 50 rounds (Nielsen 2007).
enum class MadKind { tempered, plain, textbook };

/// Tempered: at most 8 iterations of O(pixels * (2 bands)^2); stops where no correlation moves by 1e-3.
/// Deterministic (G1). `bands` is empty where no band varies.
MadFit fit_mad(const Sample& sample, const ForEach& each = in_turn, MadKind kind = MadKind::tempered);

}  // namespace tuban::kernels
