// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/cut.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <tuple>

#include "kernels/bits.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using kernels::BitPlane;
using kernels::Window;

// Rows of a piece traced at a time: what labelling and tracing hold of dense noise is some 40 bytes a pixel.
constexpr int kStrip = 128;

// Every bit becomes the parity of the bits up to it.
void fill_between(std::uint64_t* row, int words) {
  std::uint64_t carry = 0;
  for (int i = 0; i < words; ++i) {
    std::uint64_t word = row[i];
    for (unsigned shift = 1; shift < 64; shift *= 2) word ^= word << shift;
    row[i] = word ^ carry;
    carry = 0 - (row[i] >> 63);
  }
}

// The squares of one row of the lattice of squares, from left to right.
class RowOfSquares {
 public:
  RowOfSquares(const CutOutline& outline, const Spool* spilled)
      : outline_(outline), spilled_(spilled), inside_(static_cast<std::size_t>(outline.lattice())) {}

  // Rasterises what lies in `window`, which holds the region's pixels in that square, with an apron of
  // unchanged pixels; nothing where the window is empty. A pixel is inside where an odd number of vertical
  // sides lies left of it: those in squares further left are known by their parity.
  void paint(const CutOutline::Place& place, const Window& window, BitPlane& plane) {
    const int lattice = outline_.lattice();
    const int left = place.second * lattice;
    const int top = place.first * lattice;
    if (place.first != row_) std::fill(inside_.begin(), inside_.end(), std::uint8_t{0});
    row_ = place.first;
    const bool any = !window.empty();
    if (any) plane.reset(window.width + 2, window.height + 2);
    const auto toggle = [&](int x, int y) {
      if (x < window.right() && y >= window.y && y < window.bottom()) {
        const int bit = std::max(x, window.x) - window.x + 1;
        plane.row(y - window.y + 1)[bit / 64] ^= std::uint64_t{1} << (bit % 64);
      }
    };
    if (any)
      for (int y = window.y; y < window.bottom(); ++y)
        if (inside_[static_cast<std::size_t>(y - top)] != 0) toggle(left, y);
    outline_.for_sides(place, spilled_, [&](const CutOutline::Side& side) {
      for (int y = side.y; y < side.y + side.rows; ++y) {
        inside_[static_cast<std::size_t>(y)] ^= 1U;
        if (any) toggle(left + side.x, top + y);
      }
    });
    if (!any) return;
    const int end = window.width + 1;
    for (int y = 1; y <= window.height; ++y) {
      std::uint64_t* row = plane.row(y);
      fill_between(row, plane.words());
      row[end / 64] &= (std::uint64_t{1} << (end % 64)) - 1;
      std::fill(row + end / 64 + 1, row + plane.words(), std::uint64_t{0});
    }
  }

 private:
  const CutOutline& outline_;
  const Spool* spilled_;
  int row_ = -1;
  std::vector<std::uint8_t> inside_;  // per row: whether the pixel left of the next square is the region's
};

Window bounds(const kernels::RegionStats& of) {
  return {of.min_x, of.min_y, of.max_x - of.min_x + 1, of.max_y - of.min_y + 1};
}

void copy_rows(const BitPlane& from, int first, int rows, BitPlane& to) {
  to.reset(from.width(), rows);
  std::copy(from.row(first), from.row(first) + std::ptrdiff_t{rows} * from.words(), to.row(0));
}

// The `width` x `height` pixels from pixel (x, y) on, with an apron of unchanged ones; both planes have one.
void crop(const BitPlane& from, int x, int y, int width, int height, BitPlane& to) {
  to.reset(width + 2, height + 2);
  for (int row = 1; row <= height; ++row) {
    const std::uint64_t* in = from.row(y + row);
    std::uint64_t* out = to.row(row);
    for (int i = 0; i < to.words(); ++i) {
      const int bit = x + 64 * i;
      out[i] = in[bit / 64] >> (bit % 64);
      if (bit % 64 != 0 && bit / 64 + 1 < from.words()) out[i] |= in[bit / 64 + 1] << (64 - bit % 64);
    }
    const int end = width + 1;
    out[0] &= ~std::uint64_t{1};
    out[end / 64] &= (std::uint64_t{1} << (end % 64)) - 1;
    std::fill(out + end / 64 + 1, out + to.words(), std::uint64_t{0});
  }
}

// Of all rings around the pixels that are set: one at each lattice point where the parity of the four pixels
// is odd, two where only opposite ones are set.
std::int64_t count_vertices(const BitPlane& plane) {
  std::int64_t count = 0;
  for (int y = 0; y + 1 < plane.height(); ++y) {
    const std::uint64_t* above = plane.row(y);
    const std::uint64_t* below = plane.row(y + 1);
    std::uint64_t last_above = 0;
    std::uint64_t last_below = 0;
    for (int i = 0; i < plane.words(); ++i) {
      const std::uint64_t ne = above[i];
      const std::uint64_t se = below[i];
      const std::uint64_t nw = ne << 1 | last_above >> 63;
      const std::uint64_t sw = se << 1 | last_below >> 63;
      count += std::popcount(ne ^ nw ^ se ^ sw) + 2 * std::popcount((ne ^ nw) & ~(ne ^ sw) & ~(nw ^ se));
      last_above = ne;
      last_below = se;
    }
  }
  return count;
}

// The outlines of the pixels that are set; sets their edge counts.
std::vector<RegionPart> trace_piece(const BitPlane& plane, const Window& window, int lattice,
                                    kernels::RegionStats& piece) {
  std::vector<RegionPart> parts;
  std::int64_t pixels = 0;
  piece.horizontal_edges = 0;
  piece.vertical_edges = 0;
  const auto keep = [&](Region&& part) {
    pixels += part.stats.pixels;
    piece.horizontal_edges += part.stats.horizontal_edges;
    piece.vertical_edges += part.stats.vertical_edges;
    for (LatticeRing& ring : part.parts[0].rings)
      for (kernels::Vertex& vertex : ring) vertex = {vertex.x + window.x, vertex.y + window.y};
    parts.push_back(std::move(part.parts[0]));
  };
  Assembler assembler(window.width, window.height, 4, 0, 0, keep,
                      {std::numeric_limits<std::int64_t>::max(), lattice});
  kernels::Extractor extractor(lattice);
  kernels::TileRegions tile;
  BitPlane changed;
  BitPlane invalid;
  for (int y = 0; y < window.height; y += kStrip) {
    const int rows = std::min(kStrip, window.height - y);
    copy_rows(plane, y, rows + 2, changed);
    invalid.reset(changed.width(), changed.height());
    kernels::TileInput input;
    input.core = {0, y, window.width, rows};
    input.raster_width = window.width;
    input.changed = &changed;
    input.invalid = &invalid;
    extractor.extract(input, tile);
    assembler.commit(tile);
  }
  assembler.finish();
  if (pixels != piece.pixels)
    throw Error(ErrorCode::runtime, "Internal: a piece of the region cut at column " +
                                        std::to_string(window.x) + ", row " + std::to_string(window.y) +
                                        " has " + std::to_string(pixels) + " pixels, its sums " +
                                        std::to_string(piece.pixels) + ".");
  std::sort(parts.begin(), parts.end(), [](const RegionPart& a, const RegionPart& b) {
    const kernels::Vertex& first = a.rings[0][0];
    const kernels::Vertex& second = b.rings[0][0];
    return std::tie(first.y, first.x) < std::tie(second.y, second.x);
  });
  return parts;
}

}  // namespace

void cut_region(const RegionSums& sums, const CutOutline& outline, const Spool* spilled, int bands,
                const CutLimit& limit, const std::function<void(Region&&)>& piece) {
  // Squares without pixels matter too where sides lie in them: those at their left edge end what is left of
  // it.
  std::map<CutOutline::Place, std::vector<std::size_t>> squares;
  for (const CutOutline::Place& place : outline.places()) squares[place];
  for (std::size_t i = 0; i < sums.cells.size(); ++i)
    squares[{sums.cells[i].y / limit.block, sums.cells[i].x / limit.block}].push_back(i);

  RowOfSquares row(outline, spilled);
  BitPlane plane;
  const auto hand_out = [&](const kernels::RegionStats& stats, const BitPlane& pixels) {
    Region region;
    region.cut = true;
    region.stats = stats;
    region.id = stats.first_pixel;
    region.parts = trace_piece(pixels, bounds(stats), limit.lattice, region.stats);
    piece(std::move(region));
  };
  for (const auto& [place, cells] : squares) {
    if (cells.empty()) {
      row.paint(place, {}, plane);
      continue;
    }
    kernels::RegionStats all = sums.cell_stats(cells[0], bands);
    for (std::size_t i = 1; i < cells.size(); ++i) all.merge(sums.cell_stats(cells[i], bands), bands);
    const Window square = bounds(all);
    row.paint(place, square, plane);
    if (cells.size() == 1 || count_vertices(plane) <= limit.vertices) {
      hand_out(all, plane);
      continue;
    }
    BitPlane part;
    for (const std::size_t cell : cells) {
      const kernels::RegionStats stats = sums.cell_stats(cell, bands);
      const Window window = bounds(stats);
      crop(plane, window.x - square.x, window.y - square.y, window.width, window.height, part);
      hand_out(stats, part);
    }
  }
}

}  // namespace tuban
