// SPDX-License-Identifier: Apache-2.0
// Where change begins: a cut on the smoothed scores of the sample, or the finding that nothing changed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuban::kernels {

/// The scores that unchanged pixels have: median and deviation of the lower part of the sample (parameters 0
/// and 1), with a Student t tail of 8 degrees of freedom. Serves the unimodality test and the confidence of
/// patches.
struct NullFit {
  std::array<double, 4> parameters{};
  /// Probability that an unchanged pixel scores at least `score`; in [0, 1], never increasing, no libm inside
  /// (G1). Does not saturate at 0 for large scores before double precision ends.
  double p(double score) const noexcept;
};

struct Cut {
  bool changed = false;  ///< false: the sample is unimodal, nothing changed, the mask is empty
  float value = 0;  ///< a pixel is changed where its smoothed score >= value; where nothing changed, the end
                    ///< of the null (6 deviations), beyond which the sample has next to nothing
  NullFit null;
  double changed_share = 0;  ///< of the sample's scores that reach the cut
  std::string method;        ///< for the manifest
  std::vector<std::string> notes;
};

/// How a cut is chosen: by a method that looks at the scores, or as the user says.
struct CutRule {
  enum class Method : std::uint8_t {
    automatic,
    fixed,
    percentile,
    otsu,
    minimum_error,
    mixture,
    triangle,
    null_rate,
    speckle_rate,
    chi_square
  };
  Method method = Method::automatic;
  double value = 0;            ///< the score, the percentile of the sample, or the rate of false alarms
  double least = 0;            ///< automatic cuts are no lower (Detector::least_cut)
  bool folded = false;         ///< the scores are sizes of what has either sign (Detector::has_sign)
  int degrees_of_freedom = 0;  ///< Detector::degrees_of_freedom
  double speckle_scale = 1;    ///< the deviation that speckle has over the one that the sample shows
};

/// "auto", "fixed:SCORE", "percentile:P" (0 < P < 100), "otsu", "ki", "em", "triangle", "null:RATE",
/// "cfar:RATE" or "chi2:RATE" (0 < RATE < 1); nothing where the text is none of them.
std::optional<CutRule> cut_rule(std::string_view text);

/// `scores` are finite, >= 0, any order (the result does not depend on it). All but fixed and percentile test
/// first whether the scores are unimodal against the empirical null: then nothing changed. Fewer than 1,000
/// scores: the end of the null is the cut, said in notes. Unchanged pixels without any spread (copies with
/// planted changes), or classes that a method cannot part: Otsu, said in notes. Histograms have 1,024 bins up
/// to the 99.9 percentile.
/// - minimum_error: two normal classes of least error (Kittler & Illingworth 1986); the lower one is half a
///   normal class about 0 where scores are `folded`
/// - automatic: the same, but no lower than `least`: where the unchanged scores have a skewed tail and little
///   changed, the two classes of least error are the unchanged pixels and their own tail
/// - otsu: classes of least variance (Otsu 1979); too low where little changed
/// - mixture: two normal classes fitted by EM, cut where they are as likely (Bruzzone & Prieto 2000)
/// - triangle: the longest distance from the line between mode and end of the histogram of square roots
///   (Zack, Rogers & Latt 1977)
/// - null_rate: unchanged pixels reach it with this probability; no model of change at all
/// - speckle_rate: so do those of a log-ratio of speckle (F-distributed, Rignot & van Zyl 1993) with as many
///   looks as the smoothed scores of the unchanged part show, times what `speckle_scale` says
/// - chi_square: so do those whose squared scores have that distribution, said to be changed whatever the
///   others are
Cut choose_cut(std::vector<float> scores, const CutRule& rule = {});

}  // namespace tuban::kernels
