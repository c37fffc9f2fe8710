// SPDX-License-Identifier: Apache-2.0
// Relative radiometric normalisation on pseudo-invariant pixels (Canty, Nielsen & Schmidt 2004; Canty &
// Nielsen 2008). Every detector fits it through fit_invariant(), because describe measures indices on
// normalised spectra.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/detector.h"
#include "kernels/mad.h"

namespace tuban::kernels {

/// Below this many pixels per variable (two dates, so 2 x bands variables) IR-MAD collapses on chance
/// correlations (AUC .87 instead of .99 with 3,200 pixels of 6 bands), and robust matching is used instead.
inline constexpr std::size_t kPixelsPerVariable = 2000;

/// before ~ offset + slope * after, per band, by orthogonal regression over the pixels whose weight exceeds
/// 0.5. A band is accepted where these are at least 5,000 (or a tenth of a small sample), correlate above 0.7
/// and give a slope within a factor 2 of the ratio of the two standard deviations; otherwise mean and
/// standard deviation of these pixels are matched, BandNormalisation::fallback is set and a note added.
/// sigma is the residual deviation of all unchanged pixels: that of the chosen half, corrected for the
/// truncation of a chi-square statistic with `dof` degrees of freedom at its median. It is never 0: at least
/// the rounding noise of integer samples, or 1e-4 of the band's standard deviation.
std::vector<BandNormalisation> normalise(const Sample& sample, std::span<const double> weights, int dof,
                                         std::vector<std::string>& notes, const ForEach& each = in_turn);

/// "invariant", "none", "mean-sigma" or "histogram"; nothing for any other word.
std::optional<Normalisation> find_normalisation(std::string_view word);

/// For samples too small for IR-MAD, no weights needed: the best of three robust slopes (ratio of the median
/// deviations, Theil's, ratio of the deviations), each refined by orthogonal regression over the pixels near
/// the line; offset and sigma are median and median absolute deviation of the residuals.
std::vector<BandNormalisation> match_robustly(const Sample& sample);

/// What all detectors share: IR-MAD where the sample is large enough, and the normalisation.
///
/// Sample::normalisation says what Model::normalisation becomes instead: `none` leaves samples as they are,
/// `mean_sigma` matches mean and standard deviation of the whole sample (where a band is constant on one
/// date, of the means alone: fallback is set and a note says so). sigma is then the normal-consistent median
/// absolute deviation of the residuals. `histogram` adds Model::curves and fits IR-MAD on samples mapped by
/// them.
struct InvariantFit {
  MadFit mad;   ///< `bands` empty: the sample was too small or constant
  Model model;  ///< normalisation, iterations, rho, invariant and notes filled in
};
InvariantFit fit_invariant(const Sample& sample, std::string_view detector, const ForEach& each = in_turn);

/// The sample without the pixels of which a band of either date is not finite.
Sample finite_pixels(const Sample& sample);

/// Per band the median of before - after and its normal-consistent median absolute deviation, at least what
/// the number format explains; {0, 1} of an empty sample.
std::vector<std::array<double, 2>> difference_scales(const Sample& sample);

}  // namespace tuban::kernels
