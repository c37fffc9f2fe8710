// SPDX-License-Identifier: Apache-2.0
// What a user's words for detectors and thresholds mean.
#pragma once

#include <string>

#include "kernels/detector.h"
#include "kernels/threshold.h"
#include "tuban/job.h"

namespace tuban {

/// These throw Error(usage) that lists what there is.
const kernels::Detector& choose_detector(const std::string& name);
kernels::CutRule choose_cut_rule(const std::string& text);
kernels::Normalisation choose_normalisation(const std::string& word);

/// Refuses what a job asks of the detector that it cannot do: bands that `raster` lacks, a normalisation that
/// means nothing to it, a cut that means nothing to its scores.
void check_detector(const kernels::Detector& detector, const Job& job, const kernels::RoleBands& roles,
                    const std::string& raster);
void check_threshold(const kernels::Detector& detector, const kernels::CutRule& rule, const Job& job);

}  // namespace tuban
