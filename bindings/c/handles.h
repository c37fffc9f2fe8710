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

/// A patch, which must outlive this, with everything else that a tuban_patch points to.
struct HeldPatch {
  const MarkedPatch* patch;
  std::string marks, rules;    // separated by commas; rules that fired
  std::vector<std::byte> wkb;  // empty until it is asked for
  std::string json;            // likewise

  explicit HeldPatch(const MarkedPatch& of);
  /// Makes what is still empty.
  tuban_patch view();
};

}  // namespace tuban::c

struct tuban_result {
  tuban::c::Outcome outcome;
  tuban::Report report;
  std::vector<tuban::MarkedPatch> patches;
  std::vector<tuban::c::HeldPatch> held;  // one of each patch
};

struct tuban_text {
  tuban::c::Outcome outcome;
  std::string text;
};
