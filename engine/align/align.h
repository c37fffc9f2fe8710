// SPDX-License-Identifier: Apache-2.0
// Two scenes of different grids become two of one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/align/warp.h"
#include "tuban/job.h"

namespace tuban {

/// What was done to each scene; none where it lies on the grid already.
struct Alignment {
  std::optional<WarpReport> before, after;
  GridCut target;                                           ///< of the scenes that were resampled
  std::shared_ptr<const Source> inner_before, inner_after;  ///< what they were resampled from

  /// Moves scenes of one grid together, where the later one shows at p what the earlier one shows at p +
  /// (x, y), multiples of 1/256. A scene that is resampled already is resampled from where it came from, the
  /// later one first, so that nothing is resampled twice.
  void move(const Job& job, std::shared_ptr<const Source>& before, std::shared_ptr<const Source>& after,
            double x, double y, std::uint64_t baseline_bytes,
            const std::function<void(const std::string&)>& warn);
};

/// Brings the scenes onto the grid that the job names, cut to where both are. Leaves scenes alone where they
/// lie on it, and where the job asks for nothing. Throws Error(usage) on options that do not fit together,
/// Error(mismatch) where the scenes have no ground in common or grids cannot be brought together.
Alignment align(const Job& job, std::shared_ptr<const Source>& before, std::shared_ptr<const Source>& after,
                std::uint64_t baseline_bytes, const std::function<void(const std::string&)>& warn);

}  // namespace tuban
