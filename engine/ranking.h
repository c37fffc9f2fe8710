// SPDX-License-Identifier: Apache-2.0
// In which order patches are worth a look, and which of them a job asks for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tuban/job.h"

namespace tuban {

/// What a patch is ranked and filtered by.
struct RankKey {
  std::string severity;  ///< S1 ... S4 sort as text; none sorts first
  std::string type;      ///< C10 ... C99
  double confidence = 0;
  double score = 0;  ///< tells apart equal confidences
  double area = 0;
  std::int64_t pixels = 0;
  std::int64_t findings = 0;
};

/// The patches a job asks for, Job::types and Job::budget read.
struct PatchFilter {
  std::vector<std::string> types;  ///< codes, groups spelled out; empty: all
  enum class Budget { none, share, density } budget = Budget::none;
  double limit = 0;  ///< share of the valid pixels, or patches per 100 km2 of valid ground
};

/// Throws Error(usage) on types that do not exist and on budgets that are none.
PatchFilter patch_filter(const Job& job);

/// Valid ground, what a budget is a part of.
struct ValidGround {
  std::int64_t pixels = 0;
  double area_m2 = 0;  ///< 0 where it is unknown: then no density may be asked for
};

struct Ranks {
  /// 1 = first to look at: by severity, then by confidence, score and area; 0 for a patch that the filter
  /// leaves out.
  std::vector<std::int64_t> of;
  std::int64_t kept = 0;
  std::int64_t findings = 0;  ///< of those kept
  std::int64_t left_out_by_types = 0;
  std::int64_t left_out_by_budget = 0;
};

/// The best patches of the types asked for whose sum is within the budget. One that no longer fits is left
/// out and the next is tried: a single patch larger than the budget must not leave nothing to look at.
Ranks rank_patches(const std::vector<RankKey>& keys, const PatchFilter& filter, const ValidGround& ground);

}  // namespace tuban
