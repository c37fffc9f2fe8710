// SPDX-License-Identifier: Apache-2.0
#include "kernels/extract.h"

#include <algorithm>

#include "kernels/sums.h"

namespace tuban::kernels {
namespace {

constexpr std::uint32_t kVisited = kNoCorner - 1;

// Sums of x and x^2 over [x0, x1). n^3 overflows 64 bits in rows of more than 2^20 pixels only.
template <typename Int>
void row_moments(std::int64_t x0, std::int64_t x1, std::int64_t& sum, Int128& squares) noexcept {
  const Int n = x1 - x0;
  sum = static_cast<std::int64_t>(n * (x0 + x1 - 1) / 2);
  squares = n * x0 * x0 + x0 * n * (n - 1) + (n - 1) * n * (2 * n - 1) / 6;
}

template <typename T>
const T* samples(const std::byte* plane, std::ptrdiff_t stride, int x, int y) noexcept {
  return reinterpret_cast<const T*>(plane) + stride * y + x;
}

}  // namespace

void TileRegions::clear() noexcept {
  parts.clear();
  pieces.clear();
  sums.clear();
  arcs.clear();
  vertices.clear();
  diagonal.clear();
  top.clear();
  bottom.clear();
  left.clear();
  right.clear();
}

void add_piece(const TileRegions& tile, std::uint32_t piece, RegionCounts& counts,
               std::span<BandSums> sums) noexcept {
  const TilePiece& from = tile.pieces[piece];
  const std::int64_t n = from.pixels;
  const std::int64_t x = tile.core.x;
  const std::int64_t y = tile.core.y;
  RegionCounts global;
  global.first_pixel = from.first_pixel;
  global.pixels = from.pixels;
  global.min_x = from.min_x;
  global.min_y = from.min_y;
  global.max_x = from.max_x;
  global.max_y = from.max_y;
  // Products of two 63-bit factors, widened: a tile has fewer than 2^32 pixels.
  global.sum_x = Int128{n * x} + from.sum_x;
  global.sum_y = Int128{n * y} + from.sum_y;
  global.sum_xx = Int128{n * x} * x + Int128{2 * x} * from.sum_x + from.sum_xx;
  global.sum_yy = Int128{n * y} * y + Int128{2 * y} * from.sum_y + from.sum_yy;
  global.sum_xy = Int128{n * x} * y + Int128{x} * from.sum_y + Int128{y} * from.sum_x + from.sum_xy;
  global.invalid_edges = from.invalid_edges;
  global.score_sum = from.score_sum;
  global.score_max = from.score_max;
  global.clamped = from.clamped;
  counts.merge(global);
  const TileSums* add = tile.sums.data() + static_cast<std::size_t>(piece) * sums.size();
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i].sum += static_cast<std::int64_t>(add[i].sum);
    sums[i].squares += add[i].squares;
  }
}

void Extractor::extract(const TileInput& input, TileRegions& out) {
  out.clear();
  out.core = input.core;
  out.bands = input.pair.bands();
  find_runs(*input.changed, *input.invalid, runs_);
  sweep(runs_, sweep_);
  number_parts(input, out);
  count(input, out);
  label_borders(out);
  emit_arcs(out);
  for (const auto& [a, b] : sweep_.diagonal)
    if (part_[a] != part_[b]) out.diagonal.emplace_back(part_[a], part_[b]);
}

// Roots are the smallest runs of their parts, so one pass in run order meets every root before its members
// and numbers the parts by their first pixels.
void Extractor::number_parts(const TileInput& input, TileRegions& out) {
  part_.resize(sweep_.parent.size());
  for (int y = 0; y < runs_.height; ++y) {
    for (std::uint32_t run = runs_.begin(y) / 2; run < runs_.end(y) / 2; ++run) {
      const std::uint32_t parent = sweep_.parent[run];
      if (parent != run) {
        part_[run] = part_[parent];
        continue;
      }
      part_[run] = static_cast<std::uint32_t>(out.parts.size());
      TilePart part;
      part.first_pixel =
          static_cast<std::uint64_t>(input.core.y + y) * static_cast<std::uint64_t>(input.raster_width) +
          static_cast<std::uint64_t>(input.core.x + runs_.ends[std::size_t{run} * 2]);
      out.parts.push_back(part);
    }
  }
}

std::uint32_t Extractor::piece_of(std::uint32_t part, const Window& core, std::int32_t x, std::int32_t y,
                                  TileRegions& out) {
  const std::int32_t cell_x = (core.x + x) / cut_lattice_;
  const std::int32_t cell_y = (core.y + y) / cut_lattice_;
  std::uint32_t* link = &out.parts[part].first_piece;
  while (*link != kNoPiece) {
    TilePiece& piece = out.pieces[*link];
    if (piece.cell_x == cell_x && piece.cell_y == cell_y) return *link;
    link = &piece.next;
  }
  const auto index = static_cast<std::uint32_t>(out.pieces.size());
  *link = index;
  TilePiece piece;
  piece.cell_x = cell_x;
  piece.cell_y = cell_y;
  out.pieces.push_back(piece);
  return index;
}

void Extractor::add_segment(const TileInput& input, Segment segment, TileRegions& out) {
  const Window& core = input.core;
  segments_.push_back(segment);
  TilePiece& piece = out.pieces[segment.piece];
  const std::int64_t n = segment.x1 - segment.x0;
  const std::int64_t y = segment.y;
  if (piece.pixels == 0) {
    piece.min_y = core.y + segment.y;
    piece.first_pixel =
        static_cast<std::uint64_t>(core.y + y) * static_cast<std::uint64_t>(input.raster_width) +
        static_cast<std::uint64_t>(core.x + segment.x0);
  }
  piece.pixels += n;
  piece.min_x = std::min(piece.min_x, core.x + segment.x0);
  piece.max_x = std::max(piece.max_x, core.x + segment.x1 - 1);
  piece.max_y = core.y + segment.y;
  std::int64_t sum_x = 0;
  Int128 sum_xx = 0;
  if (core.width <= 1 << 20)
    row_moments<std::int64_t>(segment.x0, segment.x1, sum_x, sum_xx);
  else
    row_moments<Int128>(segment.x0, segment.x1, sum_x, sum_xx);
  piece.sum_x += sum_x;
  piece.sum_xx += sum_xx;
  piece.sum_y += n * y;
  piece.sum_yy += Int128{n * y} * y;
  piece.sum_xy += Int128{sum_x} * y;

  const std::uint8_t near = runs_.flag(segment.y - 1) | runs_.flag(segment.y) | runs_.flag(segment.y + 1);
  if ((near & Runs::kHasInvalid) == 0) return;
  const auto invalid = [&](int dy, int x, int length) {
    return count_bits(input.invalid->row(segment.y + 1 + dy), segment.x0 + 1 + x, length);
  };
  const int length = segment.x1 - segment.x0;
  // Beside the segment: where it ends at a lattice line inside a run, the neighbour is changed, not invalid.
  piece.invalid_edges +=
      invalid(-1, 0, length) + invalid(1, 0, length) + invalid(0, -1, 1) + invalid(0, length, 1);
}

void Extractor::count(const TileInput& input, TileRegions& out) {
  const Window& core = input.core;
  segments_.clear();
  const std::int32_t cell_x = core.x / cut_lattice_;
  const std::int32_t cell_y = core.y / cut_lattice_;
  const bool one_cell =
      (core.right() - 1) / cut_lattice_ == cell_x && (core.bottom() - 1) / cut_lattice_ == cell_y;
  if (one_cell) {
    out.pieces.resize(out.parts.size());
    for (std::uint32_t i = 0; i < out.parts.size(); ++i) {
      out.parts[i].first_piece = i;
      out.pieces[i].cell_x = cell_x;
      out.pieces[i].cell_y = cell_y;
    }
  }
  for (int y = 0; y < runs_.height; ++y) {
    for (std::uint32_t run = runs_.begin(y) / 2; run < runs_.end(y) / 2; ++run) {
      const std::int32_t x0 = runs_.ends[std::size_t{run} * 2];
      const std::int32_t x1 = runs_.ends[std::size_t{run} * 2 + 1];
      TilePart& part = out.parts[part_[run]];
      part.pixels += x1 - x0;
      part.border = part.border || y == 0 || y == runs_.height - 1 || x0 == 0 || x1 == runs_.width;
      if (one_cell) {
        add_segment(input, {y, x0, x1, part_[run]}, out);
        continue;
      }
      for (std::int32_t x = x0; x < x1;) {
        const std::int64_t line = (std::int64_t{core.x + x} / cut_lattice_ + 1) * cut_lattice_ - core.x;
        const auto end = static_cast<std::int32_t>(std::min<std::int64_t>(x1, line));
        add_segment(input, {y, x, end, piece_of(part_[run], core, x, y, out)}, out);
        x = end;
      }
    }
  }

  if (input.score.data != nullptr) {
    for (const Segment& segment : segments_) {
      TilePiece& piece = out.pieces[segment.piece];
      const float* score = input.score.row(segment.y);
      for (std::int32_t x = segment.x0; x < segment.x1; ++x) {
        const std::int64_t fixed = score_to_fixed(score[x]);
        piece.score_sum += fixed;
        piece.score_max = std::max(piece.score_max, fixed);
      }
    }
  }

  const auto bands = static_cast<std::size_t>(out.bands);
  out.sums.resize(out.pieces.size() * bands * 2);
  with_sample_type(input.pair.type, [&](auto zero) {
    using T = decltype(zero);
    // Row by row and plane by plane: samples are read in the order they lie in, and the sums of a row's parts
    // stay in the cache meanwhile.
    for (auto row = segments_.cbegin(); row != segments_.cend();) {
      const auto row_end =
          std::find_if(row, segments_.cend(), [&](const Segment& segment) { return segment.y != row->y; });
      const auto add = [&](const std::byte* plane, const FixedPoint& fixed, std::size_t at) {
        const T* from = samples<T>(plane, input.pair.stride, 0, row->y);
        for (auto segment = row; segment != row_end; ++segment) {
          const RowSums sums = sum_row(from + segment->x0, segment->x1 - segment->x0, fixed);
          TileSums& to = out.sums[std::size_t{segment->piece} * bands * 2 + at];
          to.sum += sums.sum;
          to.squares += sums.squares;
          if (sums.clamped != 0) out.pieces[segment->piece].clamped += sums.clamped;
        }
      };
      for (std::size_t b = 0; b < bands; ++b) {
        add(input.pair.before[b], input.fixed_before[b], b);
        add(input.pair.after[b], input.fixed_after[b], bands + b);
      }
      row = row_end;
    }
  });
}

void Extractor::label_borders(TileRegions& out) const {
  out.top.resize(static_cast<std::size_t>(runs_.width));
  out.bottom.resize(static_cast<std::size_t>(runs_.width));
  out.left.resize(static_cast<std::size_t>(runs_.height));
  out.right.resize(static_cast<std::size_t>(runs_.height));
  const auto label_row = [&](int y, std::vector<std::uint32_t>& to) {
    for (std::uint32_t run = runs_.begin(y) / 2; run < runs_.end(y) / 2; ++run)
      std::fill(to.begin() + runs_.ends[std::size_t{run} * 2],
                to.begin() + runs_.ends[std::size_t{run} * 2 + 1], part_[run] + 1);
  };
  label_row(0, out.top);
  label_row(runs_.height - 1, out.bottom);
  for (int y = 0; y < runs_.height; ++y) {
    const std::uint32_t begin = runs_.begin(y);
    const std::uint32_t end = runs_.end(y);
    if (begin == end) continue;
    const auto row = static_cast<std::size_t>(y);
    if (runs_.ends[begin] == 0) out.left[row] = part_[begin / 2] + 1;
    if (runs_.ends[end - 1] == runs_.width) out.right[row] = part_[end / 2 - 1] + 1;
  }
}

void Extractor::follow(std::uint32_t start, TileRegions& out) {
  TileArc arc;
  arc.part = part_[sweep_.corners[start].run];
  arc.first = static_cast<std::uint32_t>(out.vertices.size());
  TilePart& part = out.parts[arc.part];
  const auto step = [&](const Vertex& from, const Vertex& to) {
    part.horizontal_edges += from.x < to.x ? to.x - from.x : from.x - to.x;
    part.vertical_edges += from.y < to.y ? to.y - from.y : from.y - to.y;
  };
  std::uint32_t at = start;
  do {
    Corner& corner = sweep_.corners[at];
    const Vertex vertex{out.core.x + corner.x, out.core.y + corner.y};
    if (at != start) step(out.vertices.back(), vertex);
    out.vertices.push_back(vertex);
    arc.saddle = arc.saddle || corner.saddle != 0;
    at = corner.next;
    corner.next = kVisited;
  } while (at != kNoCorner && at != start);
  if (at == start) {
    const Vertex first = out.vertices[arc.first];
    step(out.vertices.back(), first);
    out.vertices.push_back(first);
    arc.closed = true;
  }
  arc.count = static_cast<std::uint32_t>(out.vertices.size()) - arc.first;
  ++part.arc_count;
  arcs_.push_back(arc);
}

void Extractor::emit_arcs(TileRegions& out) {
  arcs_.clear();
  for (const std::uint32_t start : sweep_.starts) follow(start, out);
  // What is left is closed, and corners are in row order: each chain is met at its smallest vertex.
  for (std::uint32_t i = 0; i < sweep_.corners.size(); ++i)
    if (sweep_.corners[i].next != kVisited) follow(i, out);

  std::uint32_t first = 0;
  for (TilePart& part : out.parts) {
    part.first_arc = first;
    first += part.arc_count;
    part.arc_count = 0;
  }
  out.arcs.resize(arcs_.size());
  for (const TileArc& arc : arcs_) {
    TilePart& part = out.parts[arc.part];
    out.arcs[part.first_arc + part.arc_count++] = arc;
  }
}

}  // namespace tuban::kernels
