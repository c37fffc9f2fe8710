// SPDX-License-Identifier: Apache-2.0
// The statistics of the log-ratio of two speckled intensities with the same mean, each gamma with `enl`
// looks: their ratio is F with (2 enl, 2 enl) degrees of freedom.
#pragma once

namespace tuban::kernels {

/// P(F < f) of the F distribution with (2 enl, 2 enl) degrees of freedom; enl > 0.
double ratio_probability(double f, double enl) noexcept;

/// The c with P(|ln F(2 enl, 2 enl)| > c) = alpha, for 0 < alpha < 1: a constant false-alarm rate for one
/// band of unsmoothed intensities. Samples that are amplitudes have half this log-ratio.
double log_ratio_cut(double enl, double alpha) noexcept;

/// The standard deviation that looks_of() takes for these looks (> 1/2).
double deviation_of(double enl) noexcept;

/// The looks that a log-ratio with this standard deviation has: variance 2 trigamma(L), about 2 / (L - 1/2).
double looks_of(double sd) noexcept;

}  // namespace tuban::kernels
