// SPDX-License-Identifier: Apache-2.0
// Boundary arcs become rings: open arcs are joined at their ends, rings are split where they touch
// themselves, collinear joints dropped, and each ring starts at its smallest vertex. The result does not
// depend on where tiles cut the boundary, nor on the order of the arcs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/scan/packed_outline.h"
#include "engine/scan/region.h"
#include "kernels/extract.h"

namespace tuban {

/// 4-connected parts with their rings, packed: few allocations and few bytes whatever the number of parts.
/// A part is the number of its rings; a ring, as in RegionPart, its size and its chain, the closing vertex
/// left out.
struct TracedParts {
  PackedBytes packed;
  std::uint64_t parts = 0;
  std::uint64_t vertices = 0;  ///< of all rings

  void append(const TracedParts& other);
  void clear() noexcept;
  std::size_t bytes() const noexcept { return packed.size(); }
  /// The parts in the order of their first pixels, rings closed.
  std::vector<RegionPart> unpack() const;
};

/// A chain of vertices in some array. Closed chains repeat the first vertex and start at the smallest.
struct ArcRange {
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  bool closed = false;
  bool saddle = false;  ///< may touch itself or another chain at a vertex
};

void pack_arc(const kernels::TileRegions& tile, const kernels::TileArc& arc, PackedBytes& to);

/// Scratch memory for linking, for one thread. What a giant part took is given back when it is linked.
class RingLinker {
 public:
  /// Appends to `out` one part with all the rings that `arcs`, the whole boundary of a 4-connected part,
  /// make. Cost O(vertices + arcs log arcs). Throws Error(runtime) where an arc has no continuation.
  void link(std::uint64_t first_pixel, std::span<const ArcRange> arcs,
            std::span<const kernels::Vertex> vertices, TracedParts& out);
  /// The same of packed arcs. Unpacks one ring at a time.
  void link(std::uint64_t first_pixel, const PackedBytes& arcs, TracedParts& out);

 private:
  struct Ring {
    std::uint64_t start;  // sorts by the first vertex
    std::size_t first, bytes;
    bool exterior;
  };
  template <typename Source>
  void link_arcs(std::uint64_t first_pixel, std::span<const ArcRange> arcs, const Source& source,
                 TracedParts& out);
  template <typename Source>
  void join_open(std::span<const ArcRange> arcs, const Source& source);
  void close_chain(bool saddle);
  void split_chain();
  void add_ring(std::span<const kernels::Vertex> ring);

  std::vector<kernels::Vertex> chain_, loop_;
  PackedBytes packed_;
  std::uint64_t vertices_ = 0;
  std::vector<Ring> rings_;
  std::vector<ArcRange> arcs_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> starts_, places_;
  std::vector<std::uint32_t> twin_, stack_;
  std::vector<bool> used_;
};

/// The rings of one part of a tile that lies wholly inside the tile.
void link_inner_part(RingLinker& linker, const kernels::TileRegions& tile, std::uint32_t part,
                     std::vector<ArcRange>& scratch, TracedParts& out);

}  // namespace tuban
