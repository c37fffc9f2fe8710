// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/open_regions.h"

#include <algorithm>
#include <utility>

namespace tuban {
namespace {

// Slots are used again, so small buffers are kept; large ones belong to a region that is gone.
constexpr std::size_t kKeptBytes = 1024;

// What is spilled first, and what is too small ever to be: a record's own head takes 16 bytes.
constexpr std::size_t kMostSpill = std::size_t{1} << 20;
constexpr std::size_t kLeastSpill = std::size_t{1} << 8;

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

std::int64_t RegionSums::edges() const noexcept {
  std::int64_t sum = 0;
  for (const Cell& cell : cells) sum += cell.counts.horizontal_edges + cell.counts.vertical_edges;
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
  region.corners = complete.vertices;
  region.sums = sums;
  region.complete = complete;
  outlines_ += outline(region);
  sums_ += region.sums.bytes();
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
  to.corners = 0;
  for (std::uint32_t i = from.first_arc; i < from.first_arc + from.arc_count; ++i) {
    const kernels::TileArc& arc = tile.arcs[i];
    pack_arc(tile, arc, to.arcs);
    // The ends of an open arc may be no corners, but joints.
    to.corners += arc.closed ? arc.count - 1 : arc.count - std::min(arc.count, 2U);
  }
  to.weight = to.arcs.size();
  outlines_ += to.arcs.size();

  Region& owner = regions_[region];
  to.previous = 0;
  to.next = owner.first_open;
  if (owner.first_open != 0) parts_[owner.first_open].previous = handle;
  owner.first_open = handle;
  owner.corners += to.corners;
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

// The lighter is always appended to the heavier, so a byte is copied O(log n) times and find() takes
// O(log n) steps. What was spilled or went into cells counts on, else the tree of parts would grow high.
void OpenRegions::unite_parts(Handle p, Handle q) {
  p = find(p);
  q = find(q);
  if (p == q) return;
  unite_regions(p, q);
  if (parts_[p].weight < parts_[q].weight) std::swap(p, q);
  Part& to = parts_[p];
  Part& from = parts_[q];
  append_bytes(from.arcs, to.arcs);
  drop(from.arcs);
  to.spilled.insert(to.spilled.end(), from.spilled.begin(), from.spilled.end());
  drop(from.spilled);
  to.weight += from.weight;
  to.corners += from.corners;
  to.first_pixel = std::min(to.first_pixel, from.first_pixel);
  unlink(from, q);
  from.parent = p;
  ++to.refs;
}

void OpenRegions::unite_regions(Handle p, Handle q) {
  std::uint32_t larger = parts_[find(p)].region;
  std::uint32_t smaller = parts_[find(q)].region;
  if (larger == smaller) return;
  if (regions_[larger].cut || regions_[smaller].cut ||
      regions_[larger].corners + regions_[smaller].corners > limits_.vertices) {
    start_cutting(larger);
    start_cutting(smaller);
  }
  if (weight(regions_[larger]) < weight(regions_[smaller])) std::swap(larger, smaller);
  Region& to = regions_[larger];
  Region& from = regions_[smaller];
  sums_ -= to.sums.bytes() + from.sums.bytes();
  to.sums.merge(from.sums, bands_);
  sums_ += to.sums.bytes();
  to.corners += from.corners;
  to.complete.append(from.complete);
  to.spilled.insert(to.spilled.end(), from.spilled.begin(), from.spilled.end());
  if (to.cut) to.cut->merge(*from.cut);
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
  give_back(from);
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

// From here on the region's outline is kept as what cutting takes.
void OpenRegions::start_cutting(std::uint32_t index) {
  Region& region = regions_[index];
  if (region.cut) return;
  auto cut = std::make_unique<CutOutline>(limits_.lattice);
  for (Handle handle = region.first_open; handle != 0; handle = parts_[handle].next) {
    Part& part = parts_[handle];
    for (const std::uint64_t offset : part.spilled) cut->add_arcs(limits_.spill->read(offset));
    cut->add_arcs(part.arcs);
    outlines_ -= part.arcs.size();
    drop(part.arcs);
    drop(part.spilled);
  }
  for (const std::uint64_t offset : region.spilled) cut->add_rings(limits_.spill->read(offset));
  cut->add_rings(region.complete.packed);
  outlines_ -= outline(region);
  drop(region.complete.packed);
  region.complete.clear();
  drop(region.spilled);
  region.cut = std::move(cut);
  outlines_ += outline(region);
}

// A part that is linked, and a region that is handed out with its parts, has hardly more vertices than the
// limit, so it may be in memory as a whole.
void OpenRegions::gather(const std::vector<std::uint64_t>& spilled, PackedBytes& bytes) const {
  for (const std::uint64_t offset : spilled) append_bytes(limits_.spill->read(offset), bytes);
}

void OpenRegions::complete(Handle handle) {
  Part& part = parts_[handle];
  const std::uint32_t index = part.region;
  Region& region = regions_[index];
  unlink(part, handle);
  const bool dropped = region.open == 0 && region.sums.pixels() < limits_.fewest_pixels;
  outlines_ -= part.arcs.size();
  if (!dropped && !region.cut) {
    gather(part.spilled, part.arcs);
    outlines_ -= outline(region);
    const std::uint64_t before = region.complete.vertices;
    linker_.link(part.first_pixel, part.arcs, region.complete);
    region.corners += region.complete.vertices - before - part.corners;
    outlines_ += outline(region);
  }
  drop(part.arcs);
  drop(part.spilled);
  free_part(handle);
  if (region.open == 0) close(index);
}

void OpenRegions::close(std::uint32_t index) {
  Region& region = regions_[index];
  outlines_ -= outline(region);
  sums_ -= region.sums.bytes();
  if (region.sums.pixels() < limits_.fewest_pixels) {
    region.complete.clear();
    region.cut.reset();
  } else {
    gather(region.spilled, region.complete.packed);
  }
  closed_(region.sums, region.complete, region.cut.get());
  give_back(region);
  free_regions_.push_back(index);
}

void OpenRegions::give_back(Region& region) {
  drop(region.sums.cells);
  drop(region.sums.spectra);
  drop(region.complete.packed);
  region.complete.clear();
  drop(region.spilled);
  region.cut.reset();
}

void OpenRegions::free_part(Handle part) {
  --open_parts_;
  // States are saved with their free slots, and a closed region may be one that nobody may know of.
  parts_[part].first_pixel = 0;
  drop(parts_[part].arcs);
  free_parts_.push_back(part);
}

void OpenRegions::spill(PackedBytes& bytes, std::size_t least, std::vector<std::uint64_t>& spilled) {
  if (bytes.empty() || bytes.size() < least) return;
  spilled.push_back(limits_.spill->append(bytes));
  outlines_ -= bytes.size();
  drop(bytes);
}

void OpenRegions::spill() {
  if (limits_.spill == nullptr || outlines_ <= spill_at_) return;
  const std::size_t enough = limits_.outline_bytes / 2;
  for (std::size_t least = kMostSpill; outlines_ > enough && least >= kLeastSpill; least /= 16) {
    for (Part& part : parts_) spill(part.arcs, least, part.spilled);
    for (Region& region : regions_) {
      spill(region.complete.packed, least, region.spilled);
      if (!region.cut) continue;
      outlines_ -= outline(region);
      region.cut->spill(*limits_.spill, least);
      outlines_ += outline(region);
    }
  }
  limits_.spill->settle();
  // Where much remains in small pieces, looking for large ones after every tile would be in vain.
  spill_at_ = std::max(limits_.outline_bytes, outlines_ + enough);
}

void OpenRegions::save(StateWriter& to) const {
  to.put(free_parts_, free_regions_, open_parts_, outlines_, sums_, parts_.size());
  for (const Part& part : parts_)
    to.put(part.parent, part.refs, part.region, part.previous, part.next, part.first_pixel, part.weight,
           part.corners, part.arcs, part.spilled);
  to.put(regions_.size());
  for (const Region& region : regions_) {
    to.put(region.first_open, region.open, region.corners, region.sums.cells, region.sums.spectra,
           region.complete.packed, region.complete.parts, region.complete.vertices, region.spilled,
           region.cut != nullptr);
    if (region.cut) region.cut->save(to);
  }
}

void OpenRegions::restore(StateReader& from) {
  std::size_t count = 0;
  from.get(free_parts_, free_regions_, open_parts_, outlines_, sums_, count);
  parts_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Part& part = parts_.emplace_back();
    from.get(part.parent, part.refs, part.region, part.previous, part.next, part.first_pixel, part.weight,
             part.corners, part.arcs, part.spilled);
  }
  from.get(count);
  regions_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Region& region = regions_.emplace_back();
    bool cut = false;
    from.get(region.first_open, region.open, region.corners, region.sums.cells, region.sums.spectra,
             region.complete.packed, region.complete.parts, region.complete.vertices, region.spilled, cut);
    if (!cut) continue;
    region.cut = std::make_unique<CutOutline>(limits_.lattice);
    region.cut->restore(from);
  }
}

std::size_t OpenRegions::outline(const Region& region) noexcept {
  return region.complete.bytes() + (region.cut ? region.cut->bytes() : 0);
}

std::size_t OpenRegions::bytes() const noexcept {
  return outlines_ + sums_ + parts_.size() * sizeof(Part) + regions_.size() * sizeof(Region);
}

}  // namespace tuban
