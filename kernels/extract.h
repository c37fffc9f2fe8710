// SPDX-License-Identifier: Apache-2.0
// One tile of the mask becomes runs, 4-connected parts with integer statistics, and directed boundary arcs.
// Runs: bit scanning of rows; labelling: union-find over runs (He, Chao & Suzuki 2008); arcs: unit pixel
// sides directed with the changed pixel on one side, emitted at corners only, owned by the tile that owns the
// pixel. Cost O(pixels / 64 + runs + boundary corners). Halo: 1 px of mask.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/detector.h"
#include "kernels/region_stats.h"
#include "kernels/view.h"

namespace tuban::kernels {

struct TileInput {
  Window core;                    ///< the tile, in raster coordinates
  std::int64_t raster_width = 0;  ///< for linear pixel indices
  View<const std::uint8_t>
      mask;  ///< (core.width + 2) x (core.height + 2): core plus 1 px; kInvalid outside the raster
  View<const float> score;                                ///< core
  PairView pair;                                          ///< core; supplies the spectra
  std::span<const FixedPoint> fixed_before, fixed_after;  ///< one per band
};

/// A 4-connected part of one tile.
struct TilePart {
  RegionStats stats;
};

/// A directed chain of lattice vertices (corners; first and last may lie on the tile frame) along one part's
/// boundary. Closed chains repeat the first vertex.
struct TileArc {
  std::uint32_t part = 0;
  std::uint32_t first = 0, count = 0;  ///< range in TileRegions::vertices
  bool closed = false;
};

/// What a tile hands to the assembler. Buffers are reused from tile to tile.
struct TileRegions {
  Window core;
  int bands = 0;
  std::vector<TilePart> parts;  ///< ordered by first pixel
  std::vector<TileArc> arcs;
  std::vector<Vertex> vertices;
  /// Pairs of parts that touch at a corner inside the tile (for 8-connectivity).
  std::vector<std::pair<std::uint32_t, std::uint32_t>> diagonal;
  /// Part index + 1 of each border pixel, 0 where unchanged: top and bottom rows, left and right columns.
  std::vector<std::uint32_t> top, bottom, left, right;

  void clear() noexcept;
};

/// Scratch memory for one worker.
class Extractor {
 public:
  void extract(const TileInput& input, TileRegions& out);

 private:
  struct Run {
    int x0, x1;  // columns [x0, x1)
    std::uint32_t part;
  };
  std::vector<Run> runs_;
  std::vector<std::uint32_t> row_start_;
  std::vector<std::uint32_t> parent_;
};

}  // namespace tuban::kernels
