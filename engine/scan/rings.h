// SPDX-License-Identifier: Apache-2.0
// Boundary arcs become rings: open arcs are joined at their ends, rings are split where they touch
// themselves, collinear joints dropped, and each ring starts at its smallest vertex. The result does not
// depend on where tiles cut the boundary, nor on the order of the arcs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/scan/region.h"
#include "kernels/extract.h"

namespace tuban {

/// 4-connected parts with their rings, flat: few allocations whatever the number of parts. Rings as in
/// RegionPart, the closing vertex left out.
struct TracedParts {
  struct Part {
    std::uint64_t first_pixel = 0;
    std::uint64_t vertices = 0;
    std::uint32_t rings = 0;
  };
  std::vector<Part> parts;
  std::vector<std::uint32_t> ring_sizes;
  std::vector<kernels::Vertex> vertices;

  void append(const TracedParts& other);
  void clear() noexcept;
  std::size_t bytes() const noexcept;
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

/// Scratch memory for linking, for one thread. What a giant part took is given back when it is linked.
class RingLinker {
 public:
  /// Appends to `out` one part with all the rings that `arcs`, the whole boundary of a 4-connected part,
  /// make. Cost O(vertices + arcs log arcs). Throws Error(runtime) where an arc has no continuation.
  void link(std::uint64_t first_pixel, std::span<const ArcRange> arcs,
            std::span<const kernels::Vertex> vertices, TracedParts& out);

 private:
  struct Ring {
    std::uint64_t first, count;
  };
  void reserve(std::span<const ArcRange> arcs, TracedParts& out);
  void join_open(std::span<const ArcRange> arcs, std::span<const kernels::Vertex> vertices);
  void close_chain(bool saddle);
  void split_chain();
  void add_ring(std::span<const kernels::Vertex> ring);

  std::vector<kernels::Vertex> chain_, loop_, vertices_;
  std::vector<Ring> rings_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> starts_;
  std::vector<std::pair<std::uint64_t, std::size_t>> places_;
  std::vector<std::size_t> twin_, stack_;
  std::vector<bool> used_;
};

/// The rings of one part of a tile that lies wholly inside the tile.
void link_inner_part(RingLinker& linker, const kernels::TileRegions& tile, std::uint32_t part,
                     std::vector<ArcRange>& scratch, TracedParts& out);

}  // namespace tuban
