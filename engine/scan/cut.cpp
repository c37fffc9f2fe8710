// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/cut.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>

#include "engine/scan/assemble.h"
#include "kernels/bits.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using kernels::BitPlane;
using kernels::Window;

// Rows of a cell traced at a time: what labelling and tracing hold of dense noise is some 40 bytes a pixel.
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

// The cells of one row of the lattice, from left to right.
class RowOfCells {
 public:
  RowOfCells(const CutOutline& outline, const Spool* spilled)
      : outline_(outline), spilled_(spilled), inside_(static_cast<std::size_t>(outline.lattice())) {}

  // Rasterises what lies in `window`, which holds the region's pixels in that cell, with an apron of
  // unchanged pixels; nothing where the window is empty. A pixel is inside where an odd number of vertical
  // sides lies left of it: those in cells further left are known by their parity.
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
  std::vector<std::uint8_t> inside_;  // per row: whether the pixel left of the next cell is the region's
};

void copy_rows(const BitPlane& from, int first, int rows, BitPlane& to) {
  to.reset(from.width(), rows);
  std::copy(from.row(first), from.row(first) + std::ptrdiff_t{rows} * from.words(), to.row(0));
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
                const std::function<void(Region&&)>& piece) {
  // Cells without pixels matter too where sides lie in them: those at their left edge end what is left of it.
  std::map<CutOutline::Place, std::optional<std::size_t>> cells;
  for (const CutOutline::Place& place : outline.places()) cells[place];
  for (std::size_t i = 0; i < sums.cells.size(); ++i) cells[{sums.cells[i].y, sums.cells[i].x}] = i;

  RowOfCells row(outline, spilled);
  BitPlane plane;
  for (const auto& [place, cell] : cells) {
    Region region;
    Window window;
    if (cell) {
      region.cut = true;
      region.stats = sums.cell_stats(*cell, bands);
      region.id = region.stats.first_pixel;
      window = {region.stats.min_x, region.stats.min_y, region.stats.max_x - region.stats.min_x + 1,
                region.stats.max_y - region.stats.min_y + 1};
    }
    row.paint(place, window, plane);
    if (!cell) continue;
    region.parts = trace_piece(plane, window, outline.lattice(), region.stats);
    piece(std::move(region));
  }
}

}  // namespace tuban
