// SPDX-License-Identifier: Apache-2.0
// Pixels of one grid in pixels of another.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "tuban/grid.h"
#include "tuban/io.h"

namespace tuban {

/// Exact, but for PROJ's own rounding. Not thread-safe (a PROJ context belongs to one thread).
class GridMap {
 public:
  /// Throws Error(mismatch) where one grid has a CRS and the other none, where PROJ knows no way between them
  /// or a transform cannot be inverted.
  GridMap(const Grid& from, const Grid& to);
  ~GridMap();
  GridMap(GridMap&&) noexcept;

  /// Positions on the pixel-corner lattice, in place; NaN where there is none.
  void map(std::span<double> x, std::span<double> y) const;
  /// Both grids have one CRS, or none.
  bool affine() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The pixels of `grid` that `source` can show: the frame of its outline. Empty where there are none.
Window overlap(const Grid& grid, const Grid& source);

}  // namespace tuban
