// SPDX-License-Identifier: Apache-2.0
// Scores by themselves, and where change begins in them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tuban/export.h"
#include "tuban/job.h"

namespace tuban {

/// A detector that a job may name.
struct DetectorDescription {
  std::string name;
  std::string summary;          ///< one line, with the paper
  bool normalises = false;      ///< whether Job::normalise means something to it
  std::vector<BandRole> roles;  ///< bands it cannot do without
};

/// Every detector there is; the first is the default.
TUBAN_API std::vector<DetectorDescription> describe_detectors();

/// Where change begins.
struct Threshold {
  bool changed = false;  ///< false: nothing changed
  float value = 0;       ///< a pixel is changed where its score reaches it; infinite where nothing changed
  std::string method;    ///< what it was chosen by in the end
  double share = 0;      ///< of the scores looked at that reach it
  std::vector<std::string> notes;
};

struct ScoreResult {
  Grid grid;
  std::vector<float> scores;  ///< rows of grid.width, NaN where no score is known
  Threshold threshold;        ///< what a run of the job cuts these scores at
  std::vector<std::string> warnings;
  std::string manifest;
};

/// The scores that a run of the job compares with its threshold, to the bit; no patch is made of them, and
/// what a job says of patches, layers and rules changes nothing but that ground of role military has no
/// score. Throws Error(usage) for a job that names an output, and what run() throws.
TUBAN_API ScoreResult score(const Job& job, const Control& control = {});

struct ThresholdOptions {
  std::string method = "auto";  ///< as Job::threshold
  std::string detector = {};    ///< whose scores they are: "auto" then has its lower bound; empty: none
  int degrees_of_freedom = 0;   ///< for "chi2:RATE": of the distribution that squared unchanged scores have
};

/// A threshold for scores of any origin, in any order. NaN is passed over; a run looks at a sample of its
/// scores, this at all of them (with 8 bytes of memory for each). Throws Error(usage) for a method or
/// detector that is none, and for scores that are negative or infinite.
TUBAN_API Threshold choose_threshold(std::span<const float> scores, const ThresholdOptions& options = {});

}  // namespace tuban
