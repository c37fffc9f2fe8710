// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/rings.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "tuban/error.h"

namespace tuban {
namespace {

using kernels::Vertex;

constexpr std::size_t kGiant = 1 << 18;  // vertices
constexpr std::uint32_t kNoTwin = std::numeric_limits<std::uint32_t>::max();

// Row first, so that sorting by it is the order of rings.
std::uint64_t key(const Vertex& vertex) noexcept {
  return std::uint64_t{static_cast<std::uint32_t>(vertex.y)} << 32 | static_cast<std::uint32_t>(vertex.x);
}

bool is_exterior(const Vertex& first, const Vertex& second) noexcept {
  return first.x == second.x;
}

// Where arcs are taken from: their starts, and chains appended without the last vertex, which is told.
struct PlainArcs {
  std::span<const Vertex> vertices;

  Vertex start(const ArcRange& arc) const noexcept { return vertices[arc.first]; }
  Vertex append(const ArcRange& arc, std::vector<Vertex>& to) const {
    const auto chain = vertices.subspan(arc.first, arc.count);
    to.insert(to.end(), chain.begin(), chain.end() - 1);
    return chain.back();
  }
};

struct PackedArcs {
  const PackedBytes& packed;

  Vertex start(const ArcRange& arc) const noexcept { return PackedReader(packed, arc.first).first(); }
  Vertex append(const ArcRange& arc, std::vector<Vertex>& to) const {
    PackedReader reader(packed, arc.first);
    Vertex vertex = reader.first();
    for (std::uint32_t i = 1; i < arc.count; ++i) {
      to.push_back(vertex);
      vertex = reader.next();
    }
    return vertex;
  }
};

}  // namespace

void TracedParts::append(const TracedParts& other) {
  append_bytes(other.packed, packed);
  parts += other.parts;
  vertices += other.vertices;
}

void TracedParts::clear() noexcept {
  packed.clear();
  parts = 0;
  vertices = 0;
}

std::vector<RegionPart> TracedParts::unpack() const {
  std::vector<RegionPart> result(parts);
  PackedReader reader(packed);
  for (RegionPart& part : result) {
    part.rings.resize(reader.number());
    for (LatticeRing& ring : part.rings) {
      const std::uint64_t size = reader.number();
      ring.resize(size + 1);
      ring[0] = reader.first();
      for (std::uint64_t i = 1; i < size; ++i) ring[i] = reader.next();
      ring[size] = ring[0];
    }
  }
  // An exterior begins at the upper left corner of its part's first pixel.
  if (result.size() > 1)
    std::sort(result.begin(), result.end(), [](const RegionPart& a, const RegionPart& b) {
      return key(a.rings[0][0]) < key(b.rings[0][0]);
    });
  return result;
}

void pack_arc(const kernels::TileRegions& tile, const kernels::TileArc& arc, PackedBytes& to) {
  pack_number(std::uint64_t{arc.count} << 2 | (arc.closed ? 2U : 0U) | (arc.saddle ? 1U : 0U), to);
  pack_chain(std::span(tile.vertices).subspan(arc.first, arc.count), {}, to);
}

void RingLinker::link(std::uint64_t first_pixel, std::span<const ArcRange> arcs,
                      std::span<const Vertex> vertices, TracedParts& out) {
  link_arcs(first_pixel, arcs, PlainArcs{vertices}, out);
}

void RingLinker::link(std::uint64_t first_pixel, const PackedBytes& arcs, TracedParts& out) {
  arcs_.clear();
  PackedReader reader(arcs);
  while (reader.more()) {
    const std::uint64_t head = reader.number();
    const auto count = static_cast<std::uint32_t>(head >> 2);
    arcs_.push_back({reader.offset(), count, (head & 2U) != 0, (head & 1U) != 0});
    reader.first();
    for (std::uint32_t i = 1; i < count; ++i) reader.number();
  }
  link_arcs(first_pixel, arcs_, PackedArcs{arcs}, out);
}

template <typename Source>
void RingLinker::link_arcs(std::uint64_t first_pixel, std::span<const ArcRange> arcs, const Source& source,
                           TracedParts& out) {
  packed_.clear();
  vertices_ = 0;
  rings_.clear();
  bool open = false;
  for (const ArcRange& arc : arcs) {
    if (!arc.closed) {
      open = true;
      continue;
    }
    chain_.clear();
    source.append(arc, chain_);
    if (arc.saddle)
      split_chain();
    else
      add_ring(chain_);
  }
  if (open) join_open(arcs, source);

  if (rings_.size() > 1)
    std::sort(rings_.begin(), rings_.end(), [](const Ring& a, const Ring& b) {
      return a.exterior != b.exterior ? a.exterior : a.start < b.start;
    });
  if (rings_.empty() || !rings_[0].exterior || (rings_.size() > 1 && rings_[1].exterior))
    throw Error(ErrorCode::runtime, "Internal: the boundary of the part that begins at pixel " +
                                        std::to_string(first_pixel) + " has not exactly one exterior ring.");
  ++out.parts;
  out.vertices += vertices_;
  pack_number(rings_.size(), out.packed);
  for (const Ring& ring : rings_)
    append_bytes(std::span(packed_).subspan(ring.first, ring.bytes), out.packed);
  if (vertices_ >= kGiant) *this = RingLinker();
}

// One line at most passes a point where an arc ends (trace.h), so the point alone finds the continuation.
template <typename Source>
void RingLinker::join_open(std::span<const ArcRange> arcs, const Source& source) {
  starts_.clear();
  for (std::uint32_t i = 0; i < arcs.size(); ++i)
    if (!arcs[i].closed) starts_.emplace_back(key(source.start(arcs[i])), i);
  std::sort(starts_.begin(), starts_.end());
  used_.assign(starts_.size(), false);
  for (std::size_t start = 0; start < starts_.size(); ++start) {
    if (used_[start]) continue;
    chain_.clear();
    bool saddle = false;
    std::size_t at = start;
    do {
      used_[at] = true;
      const ArcRange& arc = arcs[starts_[at].second];
      const Vertex last = source.append(arc, chain_);
      saddle = saddle || arc.saddle;
      const std::uint64_t end = key(last);
      const auto next = std::lower_bound(starts_.begin(), starts_.end(), end,
                                         [](const auto& entry, std::uint64_t k) { return entry.first < k; });
      at = static_cast<std::size_t>(next - starts_.begin());
      if (at == starts_.size() || starts_[at].first != end || (used_[at] && at != start))
        throw Error(ErrorCode::runtime, "Internal: a boundary arc that ends at column " +
                                            std::to_string(last.x) + ", row " + std::to_string(last.y) +
                                            " has no continuation.");
    } while (at != start);
    close_chain(saddle);
  }
}

// Drops the joints at which the chain goes straight on, which are those that a tile's frame made.
void RingLinker::close_chain(bool saddle) {
  const Vertex first = chain_.front();
  Vertex before = chain_.back();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < chain_.size(); ++i) {
    const Vertex here = chain_[i];
    const Vertex after = i + 1 == chain_.size() ? first : chain_[i + 1];
    if ((before.x == here.x) != (here.x == after.x)) chain_[kept++] = here;
    before = here;
  }
  chain_.resize(kept);
  if (saddle)
    split_chain();
  else
    add_ring(chain_);
}

// A boundary touches itself only where two of its passages turn at one point, each around its own pixel. Such
// pairs of passages never interleave along the boundary, so a stack splits it in one way, wherever it starts.
void RingLinker::split_chain() {
  places_.clear();
  for (std::uint32_t i = 0; i < chain_.size(); ++i) places_.emplace_back(key(chain_[i]), i);
  std::sort(places_.begin(), places_.end());
  twin_.assign(chain_.size(), kNoTwin);
  bool touches = false;
  for (std::size_t i = 1; i < places_.size(); ++i) {
    if (places_[i - 1].first != places_[i].first) continue;
    twin_[places_[i].second] = places_[i - 1].second;
    touches = true;
  }
  if (!touches) {
    add_ring(chain_);
    return;
  }
  stack_.clear();
  const auto pop_loop = [&](std::uint32_t down_to) {
    loop_.clear();
    while (stack_.back() != down_to) {
      loop_.push_back(chain_[stack_.back()]);
      stack_.pop_back();
    }
    loop_.push_back(chain_[down_to]);
    std::reverse(loop_.begin(), loop_.end());
    add_ring(loop_);
  };
  for (std::uint32_t i = 0; i < chain_.size(); ++i) {
    if (twin_[i] != kNoTwin)
      pop_loop(twin_[i]);
    else
      stack_.push_back(i);
  }
  pop_loop(stack_.front());
}

void RingLinker::add_ring(std::span<const Vertex> ring) {
  const auto smallest = std::min_element(ring.begin(), ring.end(),
                                         [](const Vertex& a, const Vertex& b) { return key(a) < key(b); });
  const Vertex& second = smallest + 1 == ring.end() ? ring.front() : *(smallest + 1);
  const std::size_t first = packed_.size();
  pack_number(ring.size(), packed_);
  pack_chain({smallest, ring.end()}, {ring.begin(), smallest}, packed_);
  rings_.push_back({key(*smallest), first, packed_.size() - first, is_exterior(*smallest, second)});
  vertices_ += ring.size();
}

void link_inner_part(RingLinker& linker, const kernels::TileRegions& tile, std::uint32_t part,
                     std::vector<ArcRange>& scratch, TracedParts& out) {
  const kernels::TilePart& from = tile.parts[part];
  scratch.clear();
  for (std::uint32_t i = from.first_arc; i < from.first_arc + from.arc_count; ++i) {
    const kernels::TileArc& arc = tile.arcs[i];
    scratch.push_back({arc.first, arc.count, arc.closed, arc.saddle});
  }
  linker.link(from.first_pixel, scratch, tile.vertices, out);
}

}  // namespace tuban
