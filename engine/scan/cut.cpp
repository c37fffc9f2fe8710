// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/cut.h"

#include <algorithm>
#include <numeric>

#include "tuban/error.h"

namespace tuban {
namespace {

struct Side {
  std::int32_t x, y0, y1;  // a vertical side of the outline, rows [y0, y1)
};

std::vector<Side> vertical_sides(const TracedParts& parts) {
  std::vector<Side> sides;
  sides.reserve(parts.vertices.size() / 2);
  const kernels::Vertex* ring = parts.vertices.data();
  for (const std::uint32_t size : parts.ring_sizes) {
    for (std::uint32_t i = 0; i < size; ++i) {
      const kernels::Vertex& a = ring[i];
      const kernels::Vertex& b = ring[i + 1 == size ? 0 : i + 1];
      if (a.x == b.x) sides.push_back({a.x, std::min(a.y, b.y), std::max(a.y, b.y)});
    }
    ring += size;
  }
  return sides;
}

// Rasterises what lies in `window`, with an apron of unchanged pixels. A pixel is inside where an odd number
// of vertical sides lies left of it.
void paint(const std::vector<Side>& sides, const kernels::Window& window, std::vector<std::uint8_t>& mask) {
  const std::size_t stride = static_cast<std::size_t>(window.width) + 2;
  mask.assign(stride * (static_cast<std::size_t>(window.height) + 2), kernels::kUnchanged);
  for (const Side& side : sides) {
    if (side.x >= window.right()) continue;
    const auto column = static_cast<std::size_t>(std::max(side.x, window.x) - window.x) + 1;
    const std::int32_t end = std::min(side.y1, window.bottom());
    for (std::int32_t y = std::max(side.y0, window.y); y < end; ++y)
      mask[(static_cast<std::size_t>(y - window.y) + 1) * stride + column] ^= 1U;
  }
  for (std::size_t row = stride; row + stride < mask.size(); row += stride)
    for (std::size_t x = 1; x + 1 < stride; ++x) {
      const std::uint8_t inside = x == 1 ? 0 : mask[row + x - 1];
      mask[row + x] = mask[row + x] ^ inside;
    }
}

}  // namespace

void cut_region(const RegionSums& sums, const TracedParts& parts, int width, int bands, int lattice,
                const std::function<void(Region&&)>& piece) {
  const std::vector<Side> sides = vertical_sides(parts);
  std::vector<std::size_t> order(sums.cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(sums.cells[a].y, sums.cells[a].x) < std::pair(sums.cells[b].y, sums.cells[b].x);
  });

  kernels::Extractor extractor(lattice);
  kernels::TileRegions tile;
  RingLinker linker;
  TracedParts traced;
  std::vector<ArcRange> arcs;
  std::vector<std::uint8_t> mask;
  kernels::BitPlane changed;
  kernels::BitPlane invalid;
  for (const std::size_t cell : order) {
    Region region;
    region.cut = true;
    region.stats = sums.cell_stats(cell, bands);
    const kernels::RegionStats& stats = region.stats;
    const kernels::Window window{stats.min_x, stats.min_y, stats.max_x - stats.min_x + 1,
                                 stats.max_y - stats.min_y + 1};
    paint(sides, window, mask);
    kernels::TileInput input;
    input.core = window;
    input.raster_width = width;
    kernels::pack({mask.data(), window.width + 2, window.height + 2, window.width + 2}, changed, invalid);
    input.changed = &changed;
    input.invalid = &invalid;
    extractor.extract(input, tile);

    traced.clear();
    region.stats.horizontal_edges = 0;
    region.stats.vertical_edges = 0;
    std::int64_t pixels = 0;
    for (std::uint32_t part = 0; part < tile.parts.size(); ++part) {
      link_inner_part(linker, tile, part, arcs, traced);
      region.stats.horizontal_edges += tile.parts[part].horizontal_edges;
      region.stats.vertical_edges += tile.parts[part].vertical_edges;
      pixels += tile.parts[part].pixels;
    }
    if (pixels != stats.pixels)
      throw Error(ErrorCode::runtime, "Internal: a piece of the region cut at column " +
                                          std::to_string(window.x) + ", row " + std::to_string(window.y) +
                                          " has " + std::to_string(pixels) + " pixels, its sums " +
                                          std::to_string(stats.pixels) + ".");
    region.id = stats.first_pixel;
    region.parts = traced.unpack();
    piece(std::move(region));
  }
}

}  // namespace tuban
