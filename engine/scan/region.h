// SPDX-License-Identifier: Apache-2.0
// A closed region as scan hands it on: exact lattice geometry and integer statistics. After this point
// nothing knows that there were tiles.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/region_stats.h"

namespace tuban {

using LatticeRing =
    std::vector<kernels::Vertex>;  ///< closed; starts at its smallest vertex (row, then column)

/// A 4-connected part: one exterior ring, then its holes. Exterior and holes run with the part's pixels on
/// the same side; neither touches itself.
struct RegionPart {
  std::vector<LatticeRing> rings;
};

struct Region {
  std::uint64_t id = 0;  ///< linear index of the first pixel, 64 bit
  kernels::RegionStats stats;
  std::vector<RegionPart> parts;  ///< ordered by their first pixel
  bool cut = false;

  std::int32_t last_row() const noexcept { return stats.max_y; }
};

}  // namespace tuban
