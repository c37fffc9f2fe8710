// SPDX-License-Identifier: Apache-2.0
// The outline of a region that is to be cut, by cells of the cut lattice, in memory or spilled.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "engine/scan/packed_outline.h"
#include "engine/scan/spool.h"
#include "engine/scan/state_file.h"

namespace tuban {

/// The vertical sides of the outline: all that painting the region's pixels takes, in any order, so that arcs
/// of such a region are never joined. Each side lies in one cell; longer ones are split.
class CutOutline {
 public:
  /// Column and first row within the cell.
  struct Side {
    std::uint16_t x = 0, y = 0, rows = 0;
  };
  /// Row and column of a cell in the lattice.
  using Place = std::pair<std::int32_t, std::int32_t>;

  /// `lattice` is at most 65,535.
  explicit CutOutline(int lattice) : lattice_(lattice) {}

  void add_arcs(const PackedBytes& arcs);    ///< as pack_arc() packs them
  void add_rings(const PackedBytes& parts);  ///< as TracedParts holds them
  void merge(CutOutline& other);             ///< of the same lattice; leaves it empty
  /// Puts away what cells hold, where that is at least so many bytes.
  void spill(Spool& to, std::size_t least);

  std::size_t bytes() const noexcept { return held_; }  ///< in memory
  int lattice() const noexcept { return lattice_; }
  std::vector<Place> places() const;  ///< by row, then column; where no side lies, none
  /// Calls side(Side) for each side in that cell, one spilled record in memory at a time. `from` is what was
  /// spilled to, settled.
  template <typename Function>
  void for_sides(const Place& place, const Spool* from, Function side) const {
    const auto found = cells_.find(place);
    if (found == cells_.end()) return;
    for (const std::uint64_t offset : found->second.spilled) {
      const std::vector<Side> sides = read(*from, offset);
      std::for_each(sides.begin(), sides.end(), side);
    }
    std::for_each(found->second.sides.begin(), found->second.sides.end(), side);
  }

  void save(StateWriter& to) const;
  void restore(StateReader& from);

 private:
  struct Cell {
    std::vector<Side> sides;
    std::vector<std::uint64_t> spilled;
  };
  void add(const kernels::Vertex& a, const kernels::Vertex& b);
  static std::vector<Side> read(const Spool& from, std::uint64_t offset);

  int lattice_;
  std::map<Place, Cell> cells_;
  std::size_t held_ = 0;
};

}  // namespace tuban
