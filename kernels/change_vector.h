// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detector.h"
#include "kernels/score_ops.h"

namespace tuban::kernels {

/// Length of a normalised change vector below which no automatic cut takes it for change (docs/detection.md),
/// in deviations of the invariant pixels: those that normalise() makes good for the half it has looked at.
inline constexpr double kLeastChange = 4.5;

/// The normalised change vector of a fitted model: residual of each band over its sigma. Of samples that
/// are on the model's curves already where it has some (kernels/match_curve.h).
inline ChangeVector normalised_change(const Model& model) noexcept {
  ChangeVector change;
  for (std::size_t b = 0; b < model.normalisation.size() && b < kMaxBands; ++b) {
    change.offset[b] = model.curves.empty() ? model.normalisation[b].offset : 0;
    change.slope[b] = model.curves.empty() ? model.normalisation[b].slope : 1;
    change.inverse_sigma[b] = 1 / model.normalisation[b].sigma;
  }
  return change;
}

}  // namespace tuban::kernels
