// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/plain_ring.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace tuban {
namespace {

/// Blocks of edges are held against each other in pairs, so there must not be too many.
constexpr std::size_t kLeastPoints = 4, kMostPoints = 4096;
constexpr std::size_t kBlock = 16;
constexpr std::size_t kLeastPolygon = 9;  // bytes
constexpr std::uint32_t kPolygon = 3, kMultiPolygon = 6;

/// Reads little-endian WKB from the front.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> bytes) : bytes_(bytes) {}
  template <typename T>
  bool take(T& value) {
    if (bytes_.size() < sizeof value) return false;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
    return true;
  }
  /// As many as count() has found to be there.
  void take(std::span<Point> points) {
    static_assert(sizeof(Point) == 2 * sizeof(double));
    std::memcpy(points.data(), bytes_.data(), points.size_bytes());
    bytes_ = bytes_.subspan(points.size_bytes());
  }
  bool header(std::uint32_t type) {
    std::uint8_t order = 0;
    std::uint32_t found = 0;
    return take(order) && order == 1 && take(found) && found == type;
  }
  /// A count of things of which each takes `bytes` or more.
  bool count(std::uint32_t& count, std::size_t bytes) {
    return take(count) && count <= bytes_.size() / bytes;
  }
  bool at_end() const { return bytes_.empty(); }

 private:
  std::span<const unsigned char> bytes_;
};

bool read_polygon(Reader& reader, Polygon& polygon) {
  std::uint32_t rings = 0;
  if (!reader.header(kPolygon) || !reader.count(rings, sizeof(std::uint32_t))) return false;
  polygon.rings.resize(rings);
  for (Ring& ring : polygon.rings) {
    std::uint32_t points = 0;
    if (!reader.count(points, sizeof(Point)) || points < kLeastPoints || points > kMostPoints) return false;
    ring.resize(points);
    reader.take(std::span(ring));
    if (ring.front() != ring.back()) return false;
    for (const Point& p : ring)
      if (!std::isfinite(p.x + p.y)) return false;
  }
  return rings > 0;
}

bool read_polygons(Reader reader, MultiPolygon& polygons) {
  Reader inner = reader;
  std::uint32_t count = 1;
  if (inner.header(kMultiPolygon)) {
    if (!inner.count(count, kLeastPolygon)) return false;
    reader = inner;
  }
  polygons.resize(count);
  for (Polygon& polygon : polygons)
    if (!read_polygon(reader, polygon)) return false;
  return reader.at_end();
}

/// On which side of a-b c lies: 1, -1, or 0 where rounding could tell otherwise (Shewchuk 1997, filter A).
int side(const Point& a, const Point& b, const Point& c) {
  const double left = (a.x - c.x) * (b.y - c.y), right = (a.y - c.y) * (b.x - c.x);
  const double det = left - right;
  const double bound = 3.3306690738754716e-16 * (std::abs(left) + std::abs(right));
  return det > bound ? 1 : det < -bound ? -1 : 0;
}

bool apart(const Point& a, const Point& b, const Point& c, const Point& d) {
  if (std::max(a.x, b.x) < std::min(c.x, d.x) || std::max(c.x, d.x) < std::min(a.x, b.x) ||
      std::max(a.y, b.y) < std::min(c.y, d.y) || std::max(c.y, d.y) < std::min(a.y, b.y))
    return true;
  return side(a, b, c) * side(a, b, d) > 0 || side(c, d, a) * side(c, d, b) > 0;
}

struct Box {
  double x0, y0, x1, y1;
  bool meets(const Box& other) const {
    return x0 <= other.x1 && other.x0 <= x1 && y0 <= other.y1 && other.y0 <= y1;
  }
};

/// Edges of a ring that follow each other.
struct Block {
  const Ring* ring;
  std::size_t first, last;  ///< the edges first .. last - 1
  Box box;
};

void add_blocks(const Ring& ring, std::vector<Block>& blocks) {
  const std::size_t edges = ring.size() - 1;
  for (std::size_t first = 0; first < edges; first += kBlock) {
    const std::size_t last = std::min(first + kBlock, edges);
    Box box{ring[first].x, ring[first].y, ring[first].x, ring[first].y};
    for (std::size_t i = first + 1; i <= last; ++i) {
      box.x0 = std::min(box.x0, ring[i].x);
      box.y0 = std::min(box.y0, ring[i].y);
      box.x1 = std::max(box.x1, ring[i].x);
      box.y1 = std::max(box.y1, ring[i].y);
    }
    blocks.push_back({&ring, first, last, box});
  }
}

/// Whether edges do not touch but where one follows the other. `b` is `a` or a later block.
bool apart(const Block& a, const Block& b) {
  const bool one_ring = a.ring == b.ring;
  const std::size_t edges = a.ring->size() - 1;
  for (std::size_t i = a.first; i < a.last; ++i) {
    const Point &p = (*a.ring)[i], &q = (*a.ring)[i + 1];
    if (!b.box.meets({std::min(p.x, q.x), std::min(p.y, q.y), std::max(p.x, q.x), std::max(p.y, q.y)}))
      continue;
    const std::size_t first = one_ring ? std::max(b.first, i + 2) : b.first;
    const std::size_t last = one_ring && i == 0 ? std::min(b.last, edges - 1) : b.last;
    for (std::size_t k = first; k < last; ++k)
      if (!apart(p, q, (*b.ring)[k], (*b.ring)[k + 1])) return false;
  }
  return true;
}

/// Edges that follow each other meet where they should unless one turns back upon the other.
bool turns_back(const Ring& ring) {
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    const Point &a = ring[i], &b = ring[i + 1], &c = i + 2 < ring.size() ? ring[i + 2] : ring[1];
    const bool ahead = (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) > 0;
    if (!ahead && side(a, b, c) == 0) return true;
  }
  return false;
}

/// 1 inside the ring, -1 outside, 0 where rounding could tell otherwise. Of a point that is not on it.
int inside(const Point& p, const Ring& ring) {
  int result = -1;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    const Point &a = ring[i], &b = ring[i + 1];
    if ((a.y > p.y) == (b.y > p.y)) continue;
    const int where = side(a, b, p);
    if (where == 0) return 0;
    if ((where > 0) == (b.y > a.y)) result = -result;
  }
  return result;
}

/// Of rings that do not touch: holes in their shells and nowhere else, and no polygon in another.
bool well_nested(const MultiPolygon& polygons) {
  for (const Polygon& polygon : polygons) {
    for (std::size_t r = 1; r < polygon.rings.size(); ++r) {
      const Point& p = polygon.rings[r].front();
      for (std::size_t k = 0; k < polygon.rings.size(); ++k)
        if (k != r && inside(p, polygon.rings[k]) != (k == 0 ? 1 : -1)) return false;
    }
    for (const Polygon& other : polygons)
      if (&other != &polygon && inside(polygon.rings.front().front(), other.rings.front()) != -1)
        return false;
  }
  return true;
}

}  // namespace

bool surely_valid(const MultiPolygon& polygons) {
  std::vector<Block> blocks;
  std::size_t points = 0;
  for (const Polygon& polygon : polygons) {
    if (polygon.rings.empty()) return false;
    for (const Ring& ring : polygon.rings) {
      points += ring.size();
      if (ring.size() < kLeastPoints || points > kMostPoints || ring.front() != ring.back()) return false;
      for (const Point& p : ring)
        if (!std::isfinite(p.x + p.y)) return false;
      if (turns_back(ring)) return false;
      add_blocks(ring, blocks);
    }
  }
  for (std::size_t i = 0; i < blocks.size(); ++i)
    for (std::size_t k = i; k < blocks.size(); ++k)
      if (blocks[i].box.meets(blocks[k].box) && !apart(blocks[i], blocks[k])) return false;
  return well_nested(polygons);
}

std::optional<MultiPolygon> plain_polygons(std::span<const unsigned char> wkb) {
  static_assert(std::endian::native == std::endian::little);
  MultiPolygon polygons;
  if (!read_polygons(Reader(wkb), polygons)) return std::nullopt;
  return polygons;
}

}  // namespace tuban
