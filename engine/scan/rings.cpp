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
constexpr std::size_t kNoTwin = std::numeric_limits<std::size_t>::max();

// Row first, so that sorting by it is the order of rings.
std::uint64_t key(const Vertex& vertex) noexcept {
  return std::uint64_t{static_cast<std::uint32_t>(vertex.y)} << 32 | static_cast<std::uint32_t>(vertex.x);
}

bool is_exterior(const Vertex& first, const Vertex& second) noexcept {
  return first.x == second.x;
}

}  // namespace

void TracedParts::append(const TracedParts& other) {
  parts.insert(parts.end(), other.parts.begin(), other.parts.end());
  ring_sizes.insert(ring_sizes.end(), other.ring_sizes.begin(), other.ring_sizes.end());
  vertices.insert(vertices.end(), other.vertices.begin(), other.vertices.end());
}

void TracedParts::clear() noexcept {
  parts.clear();
  ring_sizes.clear();
  vertices.clear();
}

std::size_t TracedParts::bytes() const noexcept {
  return parts.size() * sizeof(Part) + ring_sizes.size() * sizeof(std::uint32_t) +
         vertices.size() * sizeof(Vertex);
}

std::vector<RegionPart> TracedParts::unpack() const {
  std::vector<RegionPart> result(parts.size());
  const auto fill = [&](RegionPart& part, std::uint32_t rings, std::size_t ring, std::size_t vertex) {
    part.rings.resize(rings);
    const Vertex* from = vertices.data() + vertex;
    for (LatticeRing& to : part.rings) {
      const std::uint32_t size = ring_sizes[ring++];
      to.reserve(std::size_t{size} + 1);
      to.assign(from, from + size);
      to.push_back(*from);
      from += size;
    }
  };
  if (parts.size() == 1) {
    fill(result[0], parts[0].rings, 0, 0);
    return result;
  }
  struct Place {
    std::uint64_t first_pixel;
    std::size_t part, ring, vertex;
  };
  std::vector<Place> order;
  order.reserve(parts.size());
  Place next{0, 0, 0, 0};
  for (const Part& part : parts) {
    next.first_pixel = part.first_pixel;
    order.push_back(next);
    ++next.part;
    next.ring += part.rings;
    next.vertex += part.vertices;
  }
  std::sort(order.begin(), order.end(),
            [](const Place& a, const Place& b) { return a.first_pixel < b.first_pixel; });
  for (std::size_t i = 0; i < order.size(); ++i)
    fill(result[i], parts[order[i].part].rings, order[i].ring, order[i].vertex);
  return result;
}

// Giant parts get just the memory they need: vectors that grow by themselves hold up to three times as much.
void RingLinker::reserve(std::span<const ArcRange> arcs, TracedParts& out) {
  std::size_t total = 0;
  for (const ArcRange& arc : arcs) total += arc.count;
  if (total < kGiant) return;
  vertices_.reserve(total);
  out.vertices.reserve(out.vertices.size() + total);
}

void RingLinker::link(std::uint64_t first_pixel, std::span<const ArcRange> arcs,
                      std::span<const Vertex> vertices, TracedParts& out) {
  vertices_.clear();
  rings_.clear();
  reserve(arcs, out);
  bool open = false;
  for (const ArcRange& arc : arcs) {
    if (!arc.closed) {
      open = true;
      continue;
    }
    const auto ring = vertices.subspan(arc.first, arc.count - 1);
    if (!arc.saddle) {
      add_ring(ring);
      continue;
    }
    chain_.assign(ring.begin(), ring.end());
    split_chain();
  }
  if (open) join_open(arcs, vertices);

  const auto exterior = [&](const Ring& ring) {
    return is_exterior(vertices_[ring.first], vertices_[ring.first + 1]);
  };
  if (rings_.size() > 1)
    std::sort(rings_.begin(), rings_.end(), [&](const Ring& a, const Ring& b) {
      if (exterior(a) != exterior(b)) return exterior(a);
      return key(vertices_[a.first]) < key(vertices_[b.first]);
    });
  if (rings_.empty() || !exterior(rings_[0]) || (rings_.size() > 1 && exterior(rings_[1])))
    throw Error(ErrorCode::runtime, "Internal: the boundary of the part that begins at pixel " +
                                        std::to_string(first_pixel) + " has not exactly one exterior ring.");
  out.parts.push_back({first_pixel, vertices_.size(), static_cast<std::uint32_t>(rings_.size())});
  for (const Ring& ring : rings_) {
    out.ring_sizes.push_back(static_cast<std::uint32_t>(ring.count));
    const auto from = vertices_.begin() + static_cast<std::ptrdiff_t>(ring.first);
    out.vertices.insert(out.vertices.end(), from, from + static_cast<std::ptrdiff_t>(ring.count));
  }
  if (vertices_.capacity() >= kGiant) *this = RingLinker();
}

// One line at most passes a point where an arc ends (trace.h), so the point alone finds the continuation.
void RingLinker::join_open(std::span<const ArcRange> arcs, std::span<const Vertex> vertices) {
  starts_.clear();
  for (std::uint32_t i = 0; i < arcs.size(); ++i)
    if (!arcs[i].closed) starts_.emplace_back(key(vertices[arcs[i].first]), i);
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
      const auto chain = vertices.subspan(arc.first, arc.count);
      chain_.insert(chain_.end(), chain.begin(), chain.end() - 1);
      saddle = saddle || arc.saddle;
      const std::uint64_t end = key(chain.back());
      const auto next = std::lower_bound(starts_.begin(), starts_.end(), end,
                                         [](const auto& entry, std::uint64_t k) { return entry.first < k; });
      at = static_cast<std::size_t>(next - starts_.begin());
      if (at == starts_.size() || starts_[at].first != end || (used_[at] && at != start))
        throw Error(ErrorCode::runtime, "Internal: a boundary arc that ends at column " +
                                            std::to_string(chain.back().x) + ", row " +
                                            std::to_string(chain.back().y) + " has no continuation.");
    } while (at != start);
    close_chain(saddle);
  }
}

// Drops the joints at which the chain goes straight on, which are those that a tile's frame made.
void RingLinker::close_chain(bool saddle) {
  loop_.clear();
  const std::size_t count = chain_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Vertex& before = chain_[i == 0 ? count - 1 : i - 1];
    const Vertex& after = chain_[i + 1 == count ? 0 : i + 1];
    if ((before.x == chain_[i].x) != (chain_[i].x == after.x)) loop_.push_back(chain_[i]);
  }
  chain_.swap(loop_);
  if (saddle)
    split_chain();
  else
    add_ring(chain_);
}

// A boundary touches itself only where two of its passages turn at one point, each around its own pixel. Such
// pairs of passages never interleave along the boundary, so a stack splits it in one way, wherever it starts.
void RingLinker::split_chain() {
  places_.clear();
  for (std::size_t i = 0; i < chain_.size(); ++i) places_.emplace_back(key(chain_[i]), i);
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
  const auto pop_loop = [&](std::size_t down_to) {
    loop_.clear();
    while (stack_.back() != down_to) {
      loop_.push_back(chain_[stack_.back()]);
      stack_.pop_back();
    }
    loop_.push_back(chain_[down_to]);
    std::reverse(loop_.begin(), loop_.end());
    add_ring(loop_);
  };
  for (std::size_t i = 0; i < chain_.size(); ++i) {
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
  rings_.push_back({vertices_.size(), ring.size()});
  vertices_.insert(vertices_.end(), smallest, ring.end());
  vertices_.insert(vertices_.end(), ring.begin(), smallest);
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
