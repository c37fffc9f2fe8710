// SPDX-License-Identifier: Apache-2.0
// A closed region as scan hands it on: exact lattice geometry and integer statistics. After this point
// nothing knows that there were tiles.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kind.h"
#include "kernels/region_stats.h"

namespace tuban {

/// Closed: the last vertex repeats the first, which is the smallest (row, then column). Corners only. The
/// part's pixels lie on the left as one walks along it (x right, y down, as on the screen): exteriors run
/// counter-clockwise and go down first, holes run clockwise and go right first. The shoelace sum of
/// x0 * y1 - x1 * y0 is -2 * area for an exterior, +2 * area for a hole. On the ground an exterior is
/// counter-clockwise where the grid's transform has a negative determinant (north up), else clockwise.
using LatticeRing = std::vector<kernels::Vertex>;

/// A 4-connected part: one exterior ring, then its holes by their first vertices (row, then column). No ring
/// touches itself; rings may touch each other at vertices.
struct RegionPart {
  std::vector<LatticeRing> rings;
  friend bool operator==(const RegionPart&, const RegionPart&) = default;
};

/// Its parts make a valid OGC MultiPolygon: they share points at most.
struct Region {
  std::uint64_t id = 0;                       ///< linear index of the first pixel, 64 bit
  kernels::Kind kind = kernels::Kind::other;  ///< that all its pixels are of
  kernels::RegionStats stats;
  std::vector<RegionPart> parts;  ///< ordered by their first pixel
  /// One of several pieces of an oversized region (G2), each with the pixels and the statistics of one cell
  /// of the cut lattice. Its outline and its edge counts include the cut lines.
  bool cut = false;

  std::int32_t last_row() const noexcept { return stats.max_y; }
  friend bool operator==(const Region&, const Region&) = default;
};

}  // namespace tuban
