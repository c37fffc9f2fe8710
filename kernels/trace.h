// SPDX-License-Identifier: Apache-2.0
// One sweep over the runs of a tile labels its 4-connected parts (union-find over runs) and links the corners
// of their boundaries.
//
// Boundary lines are pixel sides between a changed pixel of the tile and one that is not changed, directed
// with the changed pixel on the left (x right, y down, as on the screen): tops run west, left sides south,
// bottoms east, right sides north. At each lattice point where two vertically adjacent rows of runs differ,
// at most two boundary lines pass. Where two changed pixels touch at a corner only, both lines turn around
// their own pixel (4-connectivity); elsewhere one line passes, so an end on the tile's frame has one
// continuation. Cost: O(runs), whatever the length of the lines.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/runs.h"

namespace tuban::kernels {

inline constexpr std::uint32_t kNoCorner = 0xFFFFFFFFU;

struct Corner {
  std::int32_t x = 0, y = 0;       ///< tile coordinates
  std::uint32_t next = kNoCorner;  ///< along the line; kNoCorner where it leaves the tile
  std::uint32_t run : 31 = 0;      ///< a run of the part that it belongs to
  std::uint32_t saddle : 1 = 0;    ///< another line turns at the same point
};

struct Sweep {
  std::vector<std::uint32_t> parent;  ///< per run: union-find, the smaller index is the root
  std::vector<Corner> corners;        ///< by row, then column
  std::vector<std::uint32_t> starts;  ///< corners at which a line enters the tile
  std::vector<std::pair<std::uint32_t, std::uint32_t>> diagonal;  ///< runs that touch at a corner
  std::vector<std::uint32_t> top;  ///< per run end: the corner at the upper end of its vertical line
};

void sweep(const Runs& runs, Sweep& out);

}  // namespace tuban::kernels
