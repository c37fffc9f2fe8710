// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/plain_ring.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tuban/geometry.h"

namespace tuban {
namespace {

/// Every pair of edges is looked at, so rings are short.
constexpr std::uint32_t kMostPoints = 97;
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
  bool header(std::uint32_t type) {
    std::uint8_t order = 0;
    std::uint32_t found = 0;
    return take(order) && order == 1 && take(found) && found == type;
  }
  bool one() {
    std::uint32_t count = 0;
    return take(count) && count == 1;
  }

 private:
  std::span<const unsigned char> bytes_;
};

bool read_ring(Reader reader, Ring& ring) {
  Reader inner = reader;
  if (inner.header(kMultiPolygon) && inner.one()) reader = inner;
  std::uint32_t points = 0;
  if (!reader.header(kPolygon) || !reader.one() || !reader.take(points)) return false;
  if (points < 4 || points > kMostPoints) return false;
  ring.resize(points);
  for (Point& p : ring)
    if (!reader.take(p.x) || !reader.take(p.y) || !std::isfinite(p.x + p.y)) return false;
  return ring.front().x == ring.back().x && ring.front().y == ring.back().y;
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

}  // namespace

bool surely_valid(std::span<const unsigned char> wkb) {
  static_assert(std::endian::native == std::endian::little);
  Ring ring;
  if (!read_ring(Reader(wkb), ring)) return false;
  const std::size_t edges = ring.size() - 1;
  for (std::size_t i = 0; i < edges; ++i) {
    // Edges that follow each other meet where they should unless one turns back upon the other.
    const Point &a = ring[i], &b = ring[i + 1], &c = i + 2 < ring.size() ? ring[i + 2] : ring[1];
    const bool ahead = (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) > 0;
    if (!ahead && side(a, b, c) == 0) return false;
    const std::size_t last = i == 0 ? edges - 1 : edges;
    for (std::size_t k = i + 2; k < last; ++k)
      if (!apart(a, b, ring[k], ring[k + 1])) return false;
  }
  return true;
}

}  // namespace tuban
