// SPDX-License-Identifier: Apache-2.0
// Tiles become regions: labels and lattice arcs are merged across seams, geometries never.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/scan/region.h"
#include "kernels/extract.h"

namespace tuban {

/// Receives tiles that partition the raster, each after its left and its upper neighbours (tiles form a grid
/// of units, cut into a grid of tiles inside each unit; a tile's four corners meet exactly four tiles). Hands
/// out each region once no later tile can touch it; closed regions leave memory. Regions, their geometry and
/// statistics are the same for every tiling (G1, G2); the order in which they close is not.
///
/// Memory: O(raster width + boundary of open regions). One thread at a time.
class Assembler {
 public:
  using Closed = std::function<void(Region&&)>;

  /// Regions of fewer than `fewest_pixels` are counted and dropped as they close.
  Assembler(int width, int height, int connectivity, int bands, std::int64_t fewest_pixels, Closed closed);
  ~Assembler();

  void commit(const kernels::TileRegions& tile);
  /// All tiles are committed: closes what is still open. Throws Error(runtime) if the tiles left a gap.
  void finish();

  std::int64_t regions() const noexcept;    ///< closed so far, dropped ones included
  std::size_t open_bytes() const noexcept;  ///< memory that open regions hold, about

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
