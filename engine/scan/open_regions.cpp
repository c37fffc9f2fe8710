// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/open_regions.h"

#include <utility>

namespace tuban {
namespace {

// Slots are used again, so small buffers are kept; large ones belong to a region that is gone.
constexpr std::size_t kKeptBytes = 1024;

template <typename T>
void drop(std::vector<T>& values) {
  if (values.capacity() * sizeof(T) > kKeptBytes)
    std::vector<T>().swap(values);
  else
    values.clear();
}

}  // namespace

std::size_t RegionSums::cell_at(std::int32_t x, std::int32_t y, std::size_t bands) {
  for (std::size_t i = cells.size(); i-- > 0;)
    if (cells[i].x == x && cells[i].y == y) return i;
  cells.push_back({x, y, {}});
  spectra.resize(cells.size() * bands * 2);
  return cells.size() - 1;
}

void RegionSums::add(const kernels::TileRegions& tile, std::uint32_t part) {
  const auto bands = static_cast<std::size_t>(tile.bands);
  const kernels::TilePart& from = tile.parts[part];
  for (std::uint32_t i = from.first_piece; i != kernels::kNoPiece; i = tile.pieces[i].next) {
    const kernels::TilePiece& piece = tile.pieces[i];
    const std::size_t cell = cell_at(piece.cell_x, piece.cell_y, bands);
    kernels::add_piece(tile, i, cells[cell].counts, std::span(spectra).subspan(cell * bands * 2, bands * 2));
    if (i != from.first_piece) continue;
    // Edges are counted per part. Where a region is cut they are counted anew on the pieces' outlines, else
    // all cells are summed, so it does not matter to which of them they go.
    cells[cell].counts.horizontal_edges += from.horizontal_edges;
    cells[cell].counts.vertical_edges += from.vertical_edges;
  }
}

void RegionSums::merge(const RegionSums& other, int bands) {
  const std::size_t stride = static_cast<std::size_t>(bands) * 2;
  for (std::size_t i = 0; i < other.cells.size(); ++i) {
    const std::size_t cell = cell_at(other.cells[i].x, other.cells[i].y, static_cast<std::size_t>(bands));
    cells[cell].counts.merge(other.cells[i].counts);
    for (std::size_t k = 0; k < stride; ++k) {
      spectra[cell * stride + k].sum += other.spectra[i * stride + k].sum;
      spectra[cell * stride + k].squares += other.spectra[i * stride + k].squares;
    }
  }
}

void RegionSums::clear() noexcept {
  cells.clear();
  spectra.clear();
}

std::int64_t RegionSums::pixels() const noexcept {
  std::int64_t sum = 0;
  for (const Cell& cell : cells) sum += cell.counts.pixels;
  return sum;
}

std::size_t RegionSums::bytes() const noexcept {
  return cells.size() * sizeof(Cell) + spectra.size() * sizeof(kernels::BandSums);
}

kernels::RegionStats RegionSums::cell_stats(std::size_t cell, int bands) const {
  const auto count = static_cast<std::size_t>(bands);
  kernels::RegionStats stats;
  stats.RegionCounts::merge(cells[cell].counts);
  for (std::size_t b = 0; b < count; ++b) {
    stats.before[b] = spectra[cell * count * 2 + b];
    stats.after[b] = spectra[cell * count * 2 + count + b];
  }
  return stats;
}

kernels::RegionStats RegionSums::total(int bands) const {
  kernels::RegionStats stats = cell_stats(0, bands);
  for (std::size_t i = 1; i < cells.size(); ++i) stats.merge(cell_stats(i, bands), bands);
  return stats;
}

std::uint32_t OpenRegions::add_region(const RegionSums& sums, const TracedParts& complete) {
  if (free_regions_.empty()) {
    free_regions_.push_back(static_cast<std::uint32_t>(regions_.size()));
    regions_.emplace_back();
  }
  const std::uint32_t index = free_regions_.back();
  free_regions_.pop_back();
  Region& region = regions_[index];
  region.first_open = 0;
  region.open = 0;
  region.sums = sums;
  region.complete = complete;
  held_ += held(region);
  return index;
}

OpenRegions::Handle OpenRegions::add_part(std::uint32_t region, const kernels::TileRegions& tile,
                                          std::uint32_t part) {
  if (free_parts_.empty()) {
    free_parts_.push_back(static_cast<std::uint32_t>(parts_.size()));
    parts_.emplace_back();
  }
  const Handle handle = free_parts_.back();
  free_parts_.pop_back();
  ++open_parts_;
  Part& to = parts_[handle];
  const kernels::TilePart& from = tile.parts[part];
  to.parent = handle;
  to.refs = 1;
  to.region = region;
  to.first_pixel = from.first_pixel;
  for (std::uint32_t i = from.first_arc; i < from.first_arc + from.arc_count; ++i)
    pack_arc(tile, tile.arcs[i], to.arcs);
  held_ += held(to);

  Region& owner = regions_[region];
  to.previous = 0;
  to.next = owner.first_open;
  if (owner.first_open != 0) parts_[owner.first_open].previous = handle;
  owner.first_open = handle;
  ++owner.open;
  return handle;
}

OpenRegions::Handle OpenRegions::find(Handle part) const noexcept {
  while (parts_[part].parent != part) part = parts_[part].parent;
  return part;
}

void OpenRegions::release(Handle handle, std::uint32_t times) {
  while (true) {
    Part& part = parts_[handle];
    part.refs -= times;
    if (part.refs != 0) return;
    if (part.parent == handle) {
      complete(handle);
      return;
    }
    const Handle parent = part.parent;
    free_part(handle);
    handle = parent;
    times = 1;
  }
}

// The smaller is always appended to the larger, so a byte is copied O(log n) times and find() takes
// O(log n) steps.
void OpenRegions::unite_parts(Handle p, Handle q) {
  p = find(p);
  q = find(q);
  if (p == q) return;
  unite_regions(p, q);
  if (weight(parts_[p]) < weight(parts_[q])) std::swap(p, q);
  Part& to = parts_[p];
  Part& from = parts_[q];
  append_bytes(from.arcs, to.arcs);
  drop(from.arcs);
  to.first_pixel = std::min(to.first_pixel, from.first_pixel);
  unlink(from, q);
  from.parent = p;
  ++to.refs;
}

void OpenRegions::unite_regions(Handle p, Handle q) {
  std::uint32_t larger = parts_[find(p)].region;
  std::uint32_t smaller = parts_[find(q)].region;
  if (larger == smaller) return;
  if (weight(regions_[larger]) < weight(regions_[smaller])) std::swap(larger, smaller);
  Region& to = regions_[larger];
  Region& from = regions_[smaller];
  held_ -= held(to) + held(from);
  to.sums.merge(from.sums, bands_);
  to.complete.append(from.complete);
  Handle last = 0;
  for (Handle part = from.first_open; part != 0; part = parts_[part].next) {
    parts_[part].region = larger;
    last = part;
  }
  if (last != 0) {
    parts_[last].next = to.first_open;
    if (to.first_open != 0) parts_[to.first_open].previous = last;
    to.first_open = from.first_open;
    to.open += from.open;
  }
  held_ += held(to);
  drop(from.sums.cells);
  drop(from.sums.spectra);
  drop(from.complete.packed);
  from.complete.clear();
  free_regions_.push_back(smaller);
}

void OpenRegions::unlink(Part& part, Handle handle) {
  Region& region = regions_[part.region];
  if (region.first_open == handle)
    region.first_open = part.next;
  else
    parts_[part.previous].next = part.next;
  if (part.next != 0) parts_[part.next].previous = part.previous;
  --region.open;
}

void OpenRegions::complete(Handle handle) {
  Part& part = parts_[handle];
  const std::uint32_t index = part.region;
  Region& region = regions_[index];
  unlink(part, handle);
  const bool dropped = region.open == 0 && region.sums.pixels() < fewest_pixels_;
  if (!dropped) {
    held_ -= region.complete.bytes();
    linker_.link(part.first_pixel, part.arcs, region.complete);
    held_ += region.complete.bytes();
  }
  held_ -= held(part);
  drop(part.arcs);
  free_part(handle);
  if (region.open == 0) close(index);
}

void OpenRegions::close(std::uint32_t index) {
  Region& region = regions_[index];
  held_ -= held(region);
  if (region.sums.pixels() < fewest_pixels_) region.complete.clear();
  closed_(region.sums, region.complete);
  drop(region.sums.cells);
  drop(region.sums.spectra);
  drop(region.complete.packed);
  region.complete.clear();
  free_regions_.push_back(index);
}

void OpenRegions::free_part(Handle part) {
  --open_parts_;
  free_parts_.push_back(part);
}

void OpenRegions::save(StateWriter& to) const {
  to.put(free_parts_, free_regions_, open_parts_, held_, parts_.size());
  for (const Part& part : parts_)
    to.put(part.parent, part.refs, part.region, part.previous, part.next, part.first_pixel, part.arcs);
  to.put(regions_.size());
  for (const Region& region : regions_)
    to.put(region.first_open, region.open, region.sums.cells, region.sums.spectra, region.complete.packed,
           region.complete.parts, region.complete.vertices);
}

void OpenRegions::restore(StateReader& from) {
  std::size_t count = 0;
  from.get(free_parts_, free_regions_, open_parts_, held_, count);
  parts_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Part& part = parts_.emplace_back();
    from.get(part.parent, part.refs, part.region, part.previous, part.next, part.first_pixel, part.arcs);
  }
  from.get(count);
  regions_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Region& region = regions_.emplace_back();
    from.get(region.first_open, region.open, region.sums.cells, region.sums.spectra, region.complete.packed,
             region.complete.parts, region.complete.vertices);
  }
}

std::size_t OpenRegions::held(const Part& part) noexcept {
  return part.arcs.size();
}

std::size_t OpenRegions::held(const Region& region) noexcept {
  return region.sums.bytes() + region.complete.bytes();
}

std::size_t OpenRegions::bytes() const noexcept {
  return held_ + parts_.size() * sizeof(Part) + regions_.size() * sizeof(Region);
}

}  // namespace tuban
