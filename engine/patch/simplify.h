// SPDX-License-Identifier: Apache-2.0
// Fewer vertices for display and delivery. Attributes never come from simplified geometry.
#pragma once

#include <memory>

#include "tuban/geometry.h"

namespace tuban {

/// Not thread-safe (holds a GEOS context).
class Simplifier {
 public:
  Simplifier();
  ~Simplifier();
  Simplifier(Simplifier&&) noexcept;

  /// Topology-preserving Douglas-Peucker at `tolerance` ground units. The result is valid, has the same parts
  /// and holes in the same order and its planar area differs by at most 1 %: where it would not, the
  /// tolerance is halved, at most 16 times, and after that the exact geometry is returned.
  MultiPolygon simplify(const MultiPolygon& exact, double tolerance) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
