// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/assemble.h"

#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/scan/cut.h"
#include "engine/scan/cut_outline.h"
#include "engine/scan/open_regions.h"
#include "engine/scan/rings.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using Handle = OpenRegions::Handle;
using kernels::TileRegions;

// Where four tiles meet: the pixels there by quadrant (north-west, north-east, south-west, south-east; 3 - q
// is opposite of q). A pixel whose opposite is still to come is held.
struct Meeting {
  std::array<Handle, 4> pixels{};
  unsigned seen = 0;
};

}  // namespace

struct Assembler::Impl {
  Impl(int w, int h, int c, int b, std::int64_t fewest, Closed f, CutLimit limit, OutlineSpill s)
      : width(w),
        height(h),
        eight(c == 8),
        bands(b),
        fewest_pixels(fewest),
        closed(std::move(f)),
        cut(limit),
        spill(s),
        open(b, {fewest, static_cast<std::uint64_t>(limit.vertices), limit.square(), s.to, s.resident_bytes},
             [this](RegionSums& of, TracedParts& parts, const CutOutline* outline) {
               hand_out(of, parts, outline);
             }),
        above(static_cast<std::size_t>(w)),
        beside(static_cast<std::size_t>(h)),
        next_row(static_cast<std::size_t>(w)),
        next_column(static_cast<std::size_t>(h)) {}

  void check_place(const kernels::Window& core) const;
  void group_parts(const TileRegions& tile);
  void add_parts(const TileRegions& tile);
  void add_group(const TileRegions& tile, std::uint32_t root);
  void join(const std::vector<std::uint32_t>& labels, Handle* line);
  void replace(const std::vector<std::uint32_t>& labels, Handle* line, bool more_to_come);
  void meet(int x, int y, unsigned quadrant, Handle pixel);
  void hand_out(RegionSums& sums, TracedParts& parts, const CutOutline* outline = nullptr);
  Handle handle(std::uint32_t label) const noexcept { return label == 0 ? 0 : handles[label - 1]; }

  int width, height;
  bool eight;
  int bands;
  std::int64_t fewest_pixels;
  Closed closed;
  CutLimit cut;
  OutlineSpill spill;
  OpenRegions open;

  // The frontier: the lowest committed pixel of each column and the rightmost one of each row, as held
  // handles.
  std::vector<Handle> above, beside;
  std::vector<std::int32_t> next_row, next_column;
  std::unordered_map<std::uint64_t, Meeting> meetings;
  std::int64_t committed = 0;
  RegionTotals totals;

  // Of the tile being committed.
  std::vector<std::uint32_t> root, head, next;  // parts grouped where they touch at corners inside the tile
  std::vector<bool> reaches_out;
  std::vector<Handle> handles;
  std::vector<std::pair<Handle, std::uint32_t>> to_release;
  RegionSums sums;
  TracedParts traced;
  RingLinker linker;
  std::vector<ArcRange> arcs;
};

void Assembler::Impl::check_place(const kernels::Window& core) const {
  const bool inside = core.x >= 0 && core.y >= 0 && !core.empty() && core.width <= width - core.x &&
                      core.height <= height - core.y;
  if (inside && next_row[static_cast<std::size_t>(core.x)] == core.y &&
      next_row[static_cast<std::size_t>(core.right() - 1)] == core.y &&
      next_column[static_cast<std::size_t>(core.y)] == core.x &&
      next_column[static_cast<std::size_t>(core.bottom() - 1)] == core.x)
    return;
  throw Error(ErrorCode::runtime, "Internal: the tile at column " + std::to_string(core.x) + ", row " +
                                      std::to_string(core.y) + " (" + std::to_string(core.width) + " x " +
                                      std::to_string(core.height) +
                                      ") does not follow its left and its upper neighbours.");
}

void Assembler::Impl::group_parts(const TileRegions& tile) {
  const std::size_t count = tile.parts.size();
  root.resize(count);
  std::iota(root.begin(), root.end(), 0U);
  if (eight) {
    const auto find = [&](std::uint32_t part) {
      while (root[part] != part) part = root[part] = root[root[part]];
      return part;
    };
    for (const auto& [a, b] : tile.diagonal) {
      const std::uint32_t p = find(a);
      const std::uint32_t q = find(b);
      root[std::max(p, q)] = std::min(p, q);
    }
  }
  reaches_out.assign(count, false);
  head.assign(count, kernels::kNoPiece);
  next.resize(count);
  for (std::uint32_t part = 0; part < count; ++part) {
    root[part] = root[root[part]];  // smaller roots come first, so they are final already
    if (tile.parts[part].border) reaches_out[root[part]] = true;
  }
  for (auto part = static_cast<std::uint32_t>(count); part-- > 0;) {
    next[part] = head[root[part]];
    head[root[part]] = part;
  }
}

void Assembler::Impl::add_parts(const TileRegions& tile) {
  group_parts(tile);
  handles.assign(tile.parts.size(), 0);
  for (std::uint32_t part = 0; part < tile.parts.size(); ++part)
    if (root[part] == part) add_group(tile, part);
}

// A group that stays away from the tile's frame is a whole region: it never enters the open ones.
void Assembler::Impl::add_group(const TileRegions& tile, std::uint32_t first) {
  if (!reaches_out[first]) {
    std::int64_t pixels = 0;
    for (std::uint32_t part = first; part != kernels::kNoPiece; part = next[part])
      pixels += tile.parts[part].pixels;
    if (pixels < fewest_pixels) {
      ++totals.regions;
      for (std::uint32_t part = first; part != kernels::kNoPiece; part = next[part])
        totals.edges += tile.parts[part].horizontal_edges + tile.parts[part].vertical_edges;
      return;
    }
  }
  sums.clear();
  traced.clear();
  for (std::uint32_t part = first; part != kernels::kNoPiece; part = next[part]) {
    sums.add(tile, part);
    if (!tile.parts[part].border) link_inner_part(linker, tile, part, arcs, traced);
  }
  if (!reaches_out[first]) {
    hand_out(sums, traced);
    return;
  }
  const std::uint32_t region = open.add_region(sums, traced);
  for (std::uint32_t part = first; part != kernels::kNoPiece; part = next[part]) {
    if (!tile.parts[part].border) continue;
    handles[part] = open.add_part(region, tile, part);
    to_release.emplace_back(handles[part], 1);
  }
}

// Pixels of the tile against those across a seam.
void Assembler::Impl::join(const std::vector<std::uint32_t>& labels, Handle* line) {
  Handle last_here = 0;
  Handle last_there = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Handle here = handle(labels[i]);
    const Handle there = line[i];
    if (here != 0 && there != 0) {
      if (here != last_here || there != last_there) open.unite_parts(here, there);
    } else if (eight) {
      if (here != 0 && last_there != 0 && last_here == 0) open.unite_regions(here, last_there);
      if (there != 0 && last_here != 0 && last_there == 0) open.unite_regions(there, last_here);
    }
    last_here = here;
    last_there = there;
  }
}

void Assembler::Impl::replace(const std::vector<std::uint32_t>& labels, Handle* line, bool more_to_come) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (const Handle old = line[i]; old != 0) {
      if (!to_release.empty() && to_release.back().first == old)
        ++to_release.back().second;
      else
        to_release.emplace_back(old, 1);
    }
    line[i] = more_to_come ? handle(labels[i]) : 0;
    if (line[i] != 0) open.hold(line[i]);
  }
}

void Assembler::Impl::meet(int x, int y, unsigned quadrant, Handle pixel) {
  if (x == 0 || y == 0 || x == width || y == height) return;
  const std::uint64_t key =
      std::uint64_t{static_cast<std::uint32_t>(y)} << 32 | static_cast<std::uint32_t>(x);
  Meeting& meeting = meetings[key];
  meeting.pixels[quadrant] = pixel;
  meeting.seen |= 1U << quadrant;
  if ((meeting.seen >> (3 - quadrant) & 1U) == 0) {
    if (pixel != 0) open.hold(pixel);
  } else if (const Handle opposite = meeting.pixels[3 - quadrant]; opposite != 0) {
    if (pixel != 0) open.unite_regions(pixel, opposite);
    to_release.emplace_back(opposite, 1);
  }
  if (meeting.seen == 15U) meetings.erase(key);
}

void Assembler::Impl::hand_out(RegionSums& of, TracedParts& parts, const CutOutline* outline) {
  ++totals.regions;
  totals.edges += of.edges();
  if (parts.parts == 0 && outline == nullptr) return;
  std::optional<CutOutline> whole;
  if (outline == nullptr && static_cast<std::int64_t>(parts.vertices) > cut.vertices) {
    outline = &whole.emplace(cut.square());
    whole->add_rings(parts.packed);
  }
  if (outline != nullptr) {
    ++totals.cut;
    totals.cut_pixels += of.pixels();
    cut_region(of, *outline, spill.to, bands, cut, closed);
    return;
  }
  // In place: the statistics are large beside a small region's outline.
  Region region{0, kernels::Kind::other, of.total(bands), parts.unpack()};
  region.id = region.stats.first_pixel;
  closed(std::move(region));
}

Assembler::Assembler(int width, int height, int connectivity, int bands, std::int64_t fewest_pixels,
                     Closed closed, CutLimit cut, OutlineSpill spill)
    : impl_(std::make_unique<Impl>(width, height, connectivity, bands, fewest_pixels, std::move(closed), cut,
                                   spill)) {}

Assembler::~Assembler() = default;

void Assembler::commit(const TileRegions& tile) {
  Impl& my = *impl_;
  const kernels::Window& core = tile.core;
  my.check_place(core);
  my.to_release.clear();
  my.add_parts(tile);

  Handle* above = my.above.data() + core.x;
  Handle* beside = my.beside.data() + core.y;
  my.join(tile.top, above);
  my.join(tile.left, beside);
  my.replace(tile.bottom, above, core.bottom() < my.height);
  my.replace(tile.right, beside, core.right() < my.width);
  if (my.eight) {
    my.meet(core.x, core.y, 3, my.handle(tile.top.front()));
    my.meet(core.right(), core.y, 2, my.handle(tile.top.back()));
    my.meet(core.x, core.bottom(), 1, my.handle(tile.bottom.front()));
    my.meet(core.right(), core.bottom(), 0, my.handle(tile.bottom.back()));
  }
  // Only now, with all that the tile touches joined, may parts complete and regions close.
  for (const auto& [handle, times] : my.to_release) my.open.release(handle, times);
  my.open.spill();

  std::fill_n(my.next_row.begin() + core.x, core.width, core.bottom());
  std::fill_n(my.next_column.begin() + core.y, core.height, core.right());
  my.committed += core.pixels();
}

void Assembler::finish() {
  const std::int64_t pixels = static_cast<std::int64_t>(impl_->width) * impl_->height;
  if (impl_->committed != pixels)
    throw Error(ErrorCode::runtime, "Internal: the tiles committed cover " +
                                        std::to_string(impl_->committed) + " of " + std::to_string(pixels) +
                                        " pixels.");
  if (!impl_->open.empty() || !impl_->meetings.empty())
    throw Error(ErrorCode::runtime, "Internal: regions are still open after the last tile.");
}

const RegionTotals& Assembler::totals() const noexcept {
  return impl_->totals;
}

std::size_t Assembler::outline_bytes() const noexcept {
  return impl_->open.outline_bytes();
}

std::size_t Assembler::open_bytes() const noexcept {
  return impl_->open.bytes() + (impl_->above.size() + impl_->beside.size()) * sizeof(Handle);
}

void Assembler::save(StateWriter& to) const {
  const Impl& my = *impl_;
  to.put(my.above, my.beside, my.next_row, my.next_column, my.committed, my.totals, my.meetings.size());
  for (const auto& [place, meeting] : my.meetings) to.put(place, meeting);
  my.open.save(to);
}

void Assembler::restore(StateReader& from) {
  Impl& my = *impl_;
  std::size_t meetings = 0;
  from.get(my.above, my.beside, my.next_row, my.next_column, my.committed, my.totals, meetings);
  for (std::size_t i = 0; i < meetings; ++i) {
    std::uint64_t place = 0;
    Meeting meeting;
    from.get(place, meeting);
    my.meetings.emplace(place, meeting);
  }
  my.open.restore(from);
}

}  // namespace tuban
