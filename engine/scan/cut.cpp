// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/cut.h"

#include <algorithm>
#include <numeric>

#include "tuban/error.h"

namespace tuban {
namespace {

// Calls side(x, y0, y1) for each vertical side of the outlines, rows [y0, y1).
template <typename Function>
void for_vertical_sides(const TracedParts& parts, Function side) {
  PackedReader reader(parts.packed);
  for (std::uint64_t part = 0; part < parts.parts; ++part)
    for (std::uint64_t rings = reader.number(); rings > 0; --rings) {
      const std::uint64_t size = reader.number();
      const kernels::Vertex first = reader.first();
      kernels::Vertex a = first;
      for (std::uint64_t i = 1; i <= size; ++i) {
        const kernels::Vertex b = i == size ? first : reader.next();
        if (a.x == b.x) side(a.x, std::min(a.y, b.y), std::max(a.y, b.y));
        a = b;
      }
    }
}

// Rasterises what lies in `window`, with an apron of unchanged pixels. A pixel is inside where an odd number
// of vertical sides lies left of it.
void paint(const TracedParts& parts, const kernels::Window& window, std::vector<std::uint8_t>& mask) {
  const std::size_t stride = static_cast<std::size_t>(window.width) + 2;
  mask.assign(stride * (static_cast<std::size_t>(window.height) + 2), kernels::kUnchanged);
  for_vertical_sides(parts, [&](std::int32_t side, std::int32_t y0, std::int32_t y1) {
    if (side >= window.right()) return;
    const auto column = static_cast<std::size_t>(std::max(side, window.x) - window.x) + 1;
    const std::int32_t end = std::min(y1, window.bottom());
    for (std::int32_t y = std::max(y0, window.y); y < end; ++y)
      mask[(static_cast<std::size_t>(y - window.y) + 1) * stride + column] ^= 1U;
  });
  for (std::size_t row = stride; row + stride < mask.size(); row += stride)
    for (std::size_t x = 1; x + 1 < stride; ++x) {
      const std::uint8_t inside = x == 1 ? 0 : mask[row + x - 1];
      mask[row + x] = mask[row + x] ^ inside;
    }
}

// The outlines of the region's pixels in the cell that `piece` has the statistics of; sets their edge counts.
// What it takes beside them is given back: the pieces are handed out one by one, each large.
TracedParts trace_piece(const TracedParts& parts, int width, int lattice, kernels::RegionStats& piece) {
  const kernels::Window window{piece.min_x, piece.min_y, piece.max_x - piece.min_x + 1,
                               piece.max_y - piece.min_y + 1};
  kernels::BitPlane changed;
  kernels::BitPlane invalid;
  {
    std::vector<std::uint8_t> mask;
    paint(parts, window, mask);
    kernels::pack({mask.data(), window.width + 2, window.height + 2, window.width + 2}, changed, invalid);
  }
  kernels::TileInput input;
  input.core = window;
  input.raster_width = width;
  input.changed = &changed;
  input.invalid = &invalid;
  kernels::TileRegions tile;
  kernels::Extractor(lattice).extract(input, tile);

  TracedParts traced;
  RingLinker linker;
  std::vector<ArcRange> arcs;
  piece.horizontal_edges = 0;
  piece.vertical_edges = 0;
  std::int64_t pixels = 0;
  for (std::uint32_t part = 0; part < tile.parts.size(); ++part) {
    link_inner_part(linker, tile, part, arcs, traced);
    piece.horizontal_edges += tile.parts[part].horizontal_edges;
    piece.vertical_edges += tile.parts[part].vertical_edges;
    pixels += tile.parts[part].pixels;
  }
  if (pixels != piece.pixels)
    throw Error(ErrorCode::runtime, "Internal: a piece of the region cut at column " +
                                        std::to_string(window.x) + ", row " + std::to_string(window.y) +
                                        " has " + std::to_string(pixels) + " pixels, its sums " +
                                        std::to_string(piece.pixels) + ".");
  return traced;
}

}  // namespace

void cut_region(const RegionSums& sums, const TracedParts& parts, int width, int bands, int lattice,
                const std::function<void(Region&&)>& piece) {
  std::vector<std::size_t> order(sums.cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(sums.cells[a].y, sums.cells[a].x) < std::pair(sums.cells[b].y, sums.cells[b].x);
  });

  for (const std::size_t cell : order) {
    Region region;
    region.cut = true;
    region.stats = sums.cell_stats(cell, bands);
    region.id = region.stats.first_pixel;
    region.parts = trace_piece(parts, width, lattice, region.stats).unpack();
    piece(std::move(region));
  }
}

}  // namespace tuban
