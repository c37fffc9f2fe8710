// SPDX-License-Identifier: Apache-2.0
// What stands behind the handles of tuban.h.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "bindings/c/guard.h"
#include "tuban/job.h"

struct tuban_job {
  tuban::c::Outcome outcome;
  tuban::Job job;
  std::mutex stopping;  // guards `stop`, which another thread may use
  std::stop_source stop{std::nostopstate};
};

namespace tuban::c {

/// A patch with everything that a tuban_patch points to.
struct HeldPatch {
  MarkedPatch patch;
  std::string marks;           // separated by commas
  std::vector<std::byte> wkb;  // empty until it is asked for
  std::string json;            // likewise

  explicit HeldPatch(MarkedPatch&& from);
  /// Makes what is still empty.
  tuban_patch view();
};

}  // namespace tuban::c

struct tuban_result {
  tuban::c::Outcome outcome;
  tuban::Report report;
  std::vector<tuban::c::HeldPatch> patches;
};

struct tuban_text {
  tuban::c::Outcome outcome;
  std::string text;
};
