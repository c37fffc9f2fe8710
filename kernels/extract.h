// SPDX-License-Identifier: Apache-2.0
// One tile of the mask becomes runs, 4-connected parts with integer statistics, and directed boundary arcs.
// Runs: bit scanning of rows (runs.h); labelling: union-find over runs (He, Chao & Suzuki 2008); arcs: unit
// pixel sides directed with the changed pixel on the left, emitted at corners only (trace.h), owned by the
// tile that owns the pixel. Cost O(pixels / 64 + runs + boundary corners) beside the sums over the changed
// pixels. Halo: 1 px of mask.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/detector.h"
#include "kernels/region_stats.h"
#include "kernels/runs.h"
#include "kernels/trace.h"
#include "kernels/view.h"

namespace tuban::kernels {

struct TileInput {
  Window core;                    ///< the tile, in raster coordinates
  std::int64_t raster_width = 0;  ///< for linear pixel indices
  /// (core.width + 2) x (core.height + 2): core plus 1 px; invalid outside the raster. No pixel is both.
  const BitPlane* changed = nullptr;
  const BitPlane* invalid = nullptr;
  View<const float> score;  ///< core; NaN only where not changed; without data: scores count 0
  PairView pair;            ///< core; supplies the spectra; may have no bands
  std::span<const FixedPoint> fixed_before, fixed_after;  ///< one per band
};

inline constexpr std::uint32_t kNoPiece = 0xFFFFFFFFU;

/// A 4-connected part of one tile.
struct TilePart {
  std::uint64_t first_pixel = 0;  ///< linear index in the raster
  std::int64_t pixels = 0;
  std::int64_t horizontal_edges = 0, vertical_edges = 0;
  std::uint32_t first_piece = kNoPiece;        ///< in TileRegions::pieces
  std::uint32_t first_arc = 0, arc_count = 0;  ///< range in TileRegions::arcs
  bool border = false;  ///< has pixels on the tile's frame; the others are complete 4-connected parts
};

/// What is counted of a part within one cell of the cut lattice. A tile inside one cell has one piece per
/// part, of the same index. Sums are relative to the tile's first pixel; see add_piece().
struct TilePiece {
  std::uint32_t next = kNoPiece;  ///< the next piece of the same part
  std::int32_t cell_x = 0, cell_y = 0;
  int min_x = std::numeric_limits<int>::max(), min_y = 0, max_x = -1, max_y = -1;  ///< raster coordinates
  std::uint64_t first_pixel = 0;
  std::int64_t pixels = 0;
  std::int64_t sum_x = 0, sum_y = 0;
  Int128 sum_xx = 0, sum_yy = 0, sum_xy = 0;
  std::int64_t invalid_edges = 0;
  std::int64_t score_sum = 0, score_max = 0, clamped = 0;
};

/// BandSums of one piece: half the size, and wide enough for a tile of 2^32 pixels.
struct TileSums {
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;
  friend bool operator==(const TileSums&, const TileSums&) = default;
};

/// A directed chain of lattice vertices (corners; first and last may lie on the tile frame) along one part's
/// boundary, the part on its left. Closed chains start at their smallest vertex (row, then column) and repeat
/// it at the end.
struct TileArc {
  std::uint32_t part = 0;
  std::uint32_t first = 0, count = 0;  ///< range in TileRegions::vertices
  bool closed = false;
  bool saddle = false;  ///< has a vertex at which another chain, or itself, turns too
};

/// What a tile hands to the assembler. Buffers are reused from tile to tile.
struct TileRegions {
  Window core;
  int bands = 0;
  std::vector<TilePart> parts;  ///< ordered by first pixel
  std::vector<TilePiece> pieces;
  std::vector<TileSums> sums;  ///< per piece: the bands before, then the bands after
  std::vector<TileArc> arcs;   ///< ordered by part
  std::vector<Vertex> vertices;
  /// Pairs of parts that touch at a corner inside the tile (for 8-connectivity).
  std::vector<std::pair<std::uint32_t, std::uint32_t>> diagonal;
  /// Part index + 1 of each border pixel, 0 where unchanged: top and bottom rows, left and right columns.
  std::vector<std::uint32_t> top, bottom, left, right;

  void clear() noexcept;
};

/// Adds a piece to the counts of a region, edges excepted (they are counted per part), and its spectra to
/// `sums` (the bands before, then the bands after).
void add_piece(const TileRegions& tile, std::uint32_t piece, RegionCounts& counts,
               std::span<BandSums> sums) noexcept;

/// Scratch memory for one worker. Allocates nothing once its buffers and those of `out` have grown.
class Extractor {
 public:
  explicit Extractor(int cut_lattice = kCutLattice) : cut_lattice_(cut_lattice) {}
  void extract(const TileInput& input, TileRegions& out);

 private:
  struct Segment {
    std::int32_t y, x0, x1;  // tile columns [x0, x1) of one run, within one lattice cell
    std::uint32_t piece;
  };
  void number_parts(const TileInput& input, TileRegions& out);
  void count(const TileInput& input, TileRegions& out);
  void add_segment(const TileInput& input, Segment segment, TileRegions& out);
  std::uint32_t piece_of(std::uint32_t part, const Window& core, std::int32_t x, std::int32_t y,
                         TileRegions& out);
  void label_borders(TileRegions& out) const;
  void emit_arcs(TileRegions& out);
  void follow(std::uint32_t start, TileRegions& out);

  int cut_lattice_;
  Runs runs_;
  Sweep sweep_;
  std::vector<std::uint32_t> part_;  // per run
  std::vector<Segment> segments_;
  std::vector<TileArc> arcs_;
};

}  // namespace tuban::kernels
