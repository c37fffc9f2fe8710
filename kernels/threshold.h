// SPDX-License-Identifier: Apache-2.0
// Where change begins: a cut on the smoothed scores of the sample, or the finding that nothing changed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
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

/// Test of unimodality against the empirical null, then Kittler & Illingworth 1986 on the scores clipped at
/// their 99.9 percentile (1,024 bins). `scores` are finite, >= 0, any order (the result does not depend on
/// it). Fewer than 1,000 scores: the end of the null is the cut, said in notes. Unchanged pixels without any
/// spread (copies with planted changes): Otsu 1979, said in notes.
Cut choose_cut(std::vector<float> scores);

}  // namespace tuban::kernels
