// SPDX-License-Identifier: Apache-2.0
// Rules of scopes cluster and case: patches that count together, judged on their totals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/rules/layers.h"
#include "engine/rules/mark.h"
#include "engine/rules/rulebook.h"
#include "tuban/grid.h"
#include "tuban/patch.h"

namespace tuban {

/// Takes every patch in row order, judges when all are known, then tells. What is held grows only with the
/// patches that count in a rule: bounds and the totals asked for; geometries are fetched one or two at a
/// time. One thread; totals are summed in row order, so the result depends on the patches alone.
class GroupJudge {
 public:
  /// Pointers may be null; on a grid without a CRS nothing is near anything. `overlapping`: patches may share
  /// ground, as those of one detection never do. A group that does is measured on the union of its patches,
  /// at the latest of their after-dates.
  GroupJudge(std::shared_ptr<const ReferenceLayers> layers,
             std::shared_ptr<const std::vector<Rulebook>> books, const Grid& grid, bool overlapping);
  ~GroupJudge();

  bool any() const noexcept;  ///< whether there is a rule to judge
  /// In ascending order of `index`; of the patch all but the geometry is looked at.
  void add(std::size_t index, const Patch& patch, const std::vector<Membership>& memberships);

  using Fetch = std::function<Patch(std::size_t index)>;
  void judge(const Fetch& fetch, const std::stop_token& stop);
  /// The patches that something was found on, ascending.
  std::vector<std::size_t> found() const;
  /// Adds what was found on the patch's groups to its findings, in the order of books and rules. From any
  /// number of threads.
  void tell(std::size_t index, const Patch& patch, Marks& marks) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
