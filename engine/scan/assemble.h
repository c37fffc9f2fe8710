// SPDX-License-Identifier: Apache-2.0
// Tiles become regions: labels and lattice arcs are merged across seams, geometries never.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/scan/region.h"
#include "engine/scan/state_file.h"
#include "kernels/extract.h"

namespace tuban {

/// When a region is cut into several (G2), and where: into squares of `block` x `block` cells of the lattice
/// that the extractor counts for, and where such a piece still has too many vertices, as of noise it has,
/// into its cells. By default squares of 4,096 and of 1,024 pixels; the densest of these has 2.1 million.
struct CutLimit {
  std::int64_t vertices = 5'000'000;  ///< a region or a piece with more is cut
  int lattice = kernels::kCutLattice;
  int block = 4;

  int square() const noexcept { return lattice * block; }  ///< at most 65,535
};

/// Where open regions put what they may not hold in memory. Changes no result.
struct OutlineSpill {
  Spool* to = nullptr;  ///< none: all stays in memory
  std::size_t resident_bytes = std::size_t{1} << 24;
};

/// What was counted of the regions closed so far, dropped ones included. One that is cut counts once.
struct RegionTotals {
  std::int64_t regions = 0;
  std::int64_t edges = 0;  ///< boundary pixel sides
  std::int64_t cut = 0;    ///< regions
  std::int64_t cut_pixels = 0;
};

/// Receives tiles that partition the raster, each after its left and its upper neighbours (tiles form a grid
/// of units, cut into a grid of tiles inside each unit; a tile's four corners meet exactly four tiles). Hands
/// out each region once no later tile can touch it; closed regions leave memory. Regions, their geometry and
/// statistics are the same for every tiling (G1, G2); the order in which they close is not.
///
/// Memory: O(raster width + height) for the frontier and what lies at it; outlines of open regions take as
/// much as `spill` says, or without a place to spill them O(boundary). One thread at a time.
/// After an exception, also one that `closed` throws, only the destructor may be called.
class Assembler {
 public:
  using Closed = std::function<void(Region&&)>;

  /// Regions of fewer than `fewest_pixels` are counted and dropped as they close. A region that is cut is
  /// handed out as one region per square, however small.
  Assembler(int width, int height, int connectivity, int bands, std::int64_t fewest_pixels, Closed closed,
            CutLimit cut = {}, OutlineSpill spill = {});
  ~Assembler();

  /// Throws Error(runtime) where the tile does not follow its left and upper neighbours.
  void commit(const kernels::TileRegions& tile);
  /// All tiles are committed. Throws Error(runtime) if they left a gap.
  void finish();

  const RegionTotals& totals() const noexcept;
  std::size_t open_bytes() const noexcept;     ///< memory that open regions hold, about
  std::size_t outline_bytes() const noexcept;  ///< of these, outlines

  /// The state between two commits. restore() into an assembler of the same arguments that has committed
  /// nothing makes it go on where save() was called; what `spill` had received until then must be there.
  void save(StateWriter& to) const;
  void restore(StateReader& from);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
