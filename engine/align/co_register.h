// SPDX-License-Identifier: Apache-2.0
// How far two scenes on one grid lie apart, and what is done about it.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/scan/executor.h"
#include "engine/scan/reader_pool.h"
#include "engine/scan/scan_plan.h"
#include "kernels/registration.h"
#include "tuban/job.h"

namespace tuban {

struct Registration {
  kernels::Shift shift;            ///< of the later scene, as measured
  int window = 0;                  ///< side of a window in pixels; 0: nothing was measured
  int windows = 0;                 ///< that were read
  std::string why_not;             ///< in a sentence, where no shift was found
  std::vector<std::string> notes;  ///< what the user should know
  bool corrected = false;
  double correct_x = 0, correct_y = 0;  ///< multiples of 1/256 px, the same shift rounded; 0 if not corrected
  /// What is left: of the shift, and the median distance of windows from it.
  double residual = 0;
};

/// Measures on windows that are anchored at pixel (0, 0) and visited in the order of a seeded hash, so that
/// the result depends on the grid and its pixels alone (G1), and decides what is to be corrected. About 3 %
/// of a large scene are decoded for it. Throws Error(mismatch) where the scenes lie further apart than
/// Job::max_shift and the job wants that corrected.
Registration measure_shift(const Job& job, const ScanPlan& plan, ReaderPool& before, ReaderPool& after,
                           Executor& executor, const std::stop_token& stop);

}  // namespace tuban
