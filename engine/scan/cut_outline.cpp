// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/cut_outline.h"

#include <algorithm>
#include <cstring>

namespace tuban {

using kernels::Vertex;

void CutOutline::add(const Vertex& a, const Vertex& b) {
  if (a.x != b.x) return;
  const std::int32_t end = std::max(a.y, b.y);
  for (std::int32_t y = std::min(a.y, b.y); y < end;) {
    const std::int32_t row = y / lattice_;
    const std::int32_t rows = std::min(end, (row + 1) * lattice_) - y;
    cells_[{row, a.x / lattice_}].sides.push_back({static_cast<std::uint16_t>(a.x % lattice_),
                                                   static_cast<std::uint16_t>(y % lattice_),
                                                   static_cast<std::uint16_t>(rows)});
    held_ += sizeof(Side);
    y += rows;
  }
}

void CutOutline::add_arcs(const PackedBytes& arcs) {
  PackedReader reader(arcs);
  while (reader.more()) {
    const std::uint64_t count = reader.number() >> 2;
    Vertex a = reader.first();
    for (std::uint64_t i = 1; i < count; ++i) {
      const Vertex b = reader.next();
      add(a, b);
      a = b;
    }
  }
}

void CutOutline::add_rings(const PackedBytes& parts) {
  PackedReader reader(parts);
  while (reader.more())
    for (std::uint64_t rings = reader.number(); rings > 0; --rings) {
      const std::uint64_t size = reader.number();
      const Vertex first = reader.first();
      Vertex a = first;
      for (std::uint64_t i = 1; i <= size; ++i) {
        const Vertex b = i == size ? first : reader.next();
        add(a, b);
        a = b;
      }
    }
}

void CutOutline::merge(CutOutline& other) {
  if (cells_.size() < other.cells_.size()) std::swap(cells_, other.cells_);
  for (auto& [place, from] : other.cells_) {
    Cell& to = cells_[place];
    if (to.sides.size() < from.sides.size()) std::swap(to.sides, from.sides);
    to.sides.insert(to.sides.end(), from.sides.begin(), from.sides.end());
    if (to.spilled.size() < from.spilled.size()) std::swap(to.spilled, from.spilled);
    to.spilled.insert(to.spilled.end(), from.spilled.begin(), from.spilled.end());
  }
  held_ += other.held_;
  other.cells_.clear();
  other.held_ = 0;
}

void CutOutline::spill(Spool& to, std::size_t least) {
  for (auto& [place, cell] : cells_) {
    const auto bytes = std::as_bytes(std::span(cell.sides));
    if (bytes.empty() || bytes.size() < least) continue;
    cell.spilled.push_back(to.append(bytes));
    held_ -= bytes.size();
    std::vector<Side>().swap(cell.sides);
  }
}

std::vector<CutOutline::Place> CutOutline::places() const {
  std::vector<Place> result;
  for (const auto& [place, cell] : cells_) result.push_back(place);
  return result;
}

std::vector<CutOutline::Side> CutOutline::read(const Spool& from, std::uint64_t offset) {
  const std::vector<std::byte> bytes = from.read(offset);
  std::vector<Side> sides(bytes.size() / sizeof(Side));
  std::memcpy(sides.data(), bytes.data(), sides.size() * sizeof(Side));
  return sides;
}

void CutOutline::save(StateWriter& to) const {
  to.put(held_, cells_.size());
  for (const auto& [place, cell] : cells_) to.put(place.first, place.second, cell.sides, cell.spilled);
}

void CutOutline::restore(StateReader& from) {
  std::size_t count = 0;
  from.get(held_, count);
  cells_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Place place;
    from.get(place.first, place.second);
    Cell& cell = cells_[place];
    from.get(cell.sides, cell.spilled);
  }
}

}  // namespace tuban
