// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/common_ground.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <utility>

#include "engine/rules/plain_ring.h"

namespace tuban {
namespace {

double twice_area(const Ring& ring) {
  const Point o = ring.front();
  double sum = 0;
  for (std::size_t i = 1; i + 1 < ring.size(); ++i)
    sum += (ring[i].x - o.x) * (ring[i + 1].y - o.y) - (ring[i + 1].x - o.x) * (ring[i].y - o.y);
  return sum;
}

/// Of the vertices from `first` to `last`, both included.
Bounds bounds_of(const Ring& ring, std::size_t first, std::size_t last) {
  Bounds b{ring[first].x, ring[first].y, ring[first].x, ring[first].y};
  for (std::size_t i = first + 1; i <= last; ++i) {
    b.x0 = std::min(b.x0, ring[i].x);
    b.y0 = std::min(b.y0, ring[i].y);
    b.x1 = std::max(b.x1, ring[i].x);
    b.y1 = std::max(b.y1, ring[i].y);
  }
  return b;
}

bool same(Point p, Point q) {
  return p.x == q.x && p.y == q.y;
}

Outline::OutlineRing outlined(Ring points, bool reversed = false) {
  Outline::OutlineRing ring{std::move(points), reversed, {}, {}};
  const std::size_t edges = ring.points.size() - 1;
  for (std::size_t first = 0; first < edges; first += Outline::kBlock)
    ring.blocks.push_back(bounds_of(ring.points, first, std::min(first + Outline::kBlock, edges)));
  ring.bounds = bounds_of(ring.points, 0, edges);
  return ring;
}

enum class Place { outside, inside, unclear };

int turn(const geos::Context& geos, Point a, Point b, Point c) {
  return GEOSOrientationIndex_r(geos.handle(), a.x, a.y, b.x, b.y, c.x, c.y);
}

Place place(const geos::Context& geos, Point p, const Outline::OutlineRing& ring) {
  bool inside = false;
  // Edges to the right of the point count, so blocks to its left do not matter.
  const bool clear = ring.each_block(
      [&](const Bounds& block) { return block.y0 <= p.y && p.y <= block.y1 && p.x <= block.x1; },
      [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
          const Point a = ring.points[i], b = ring.points[i + 1];
          if ((a.y > p.y) == (b.y > p.y)) {
            const bool level = a.y == p.y && b.y == p.y;
            if (same(a, p) || (level && std::min(a.x, b.x) <= p.x && p.x <= std::max(a.x, b.x))) return false;
            continue;
          }
          const int side = turn(geos, a, b, p);
          if (side == 0) return false;
          if ((side > 0) == (b.y > a.y)) inside = !inside;
        }
        return true;
      });
  if (!clear) return Place::unclear;
  return inside ? Place::inside : Place::outside;
}

/// Every hole in the one shell around it.
std::optional<MultiPolygon> assemble(const geos::Context& geos, std::vector<Ring> shells,
                                     std::vector<Ring> holes) {
  MultiPolygon result;
  for (Ring& shell : shells) result.push_back({{std::move(shell)}});
  for (Ring& hole : holes) {
    Polygon* around = nullptr;
    for (Polygon& polygon : result) {
      const Place where =
          result.size() == 1 ? Place::inside : place(geos, hole.front(), outlined(polygon.rings.front()));
      if (where == Place::unclear || (where == Place::inside && around != nullptr)) return std::nullopt;
      if (where == Place::inside) around = &polygon;
    }
    if (around == nullptr) return std::nullopt;
    around->rings.push_back(std::move(hole));
  }
  return result;
}

/// Where outlines cross: an edge of each, named by ring and first vertex.
struct Crossing {
  Point point;
  std::size_t ring[2], edge[2];
  double along[2];      ///< grows along the edge
  bool a_enters;        ///< the first outline enters the second here, and the second leaves the first
  std::size_t next[2];  ///< the next crossing along each ring
  bool used = false;
};

class Walk {
 public:
  Walk(const geos::Context& geos, const Outline& a, const Outline& b) : geos_(geos), sides_{&a, &b} {}

  std::optional<MultiPolygon> result() {
    if (!find_crossings() || !order_crossings(0) || !order_crossings(1) || !link() || !add_whole_rings(0) ||
        !add_whole_rings(1))
      return std::nullopt;
    return assemble(geos_, std::move(shells_), std::move(holes_));
  }

 private:
  using OutlineRing = Outline::OutlineRing;

  int turn(Point a, Point b, Point c) const { return tuban::turn(geos_, a, b, c); }

  /// False where it cannot be said whether, or where, they cross.
  bool cross(std::size_t ra, std::size_t i, std::size_t rb, std::size_t j) {
    const OutlineRing &ring_a = sides_[0]->rings()[ra], &ring_b = sides_[1]->rings()[rb];
    const Point a0 = ring_a.points[i], a1 = ring_a.points[i + 1];
    const Point b0 = ring_b.points[j], b1 = ring_b.points[j + 1];
    const int from = turn(b0, b1, a0), to = turn(b0, b1, a1);
    if (from == 0 || to == 0) return false;
    const int other_from = turn(a0, a1, b0), other_to = turn(a0, a1, b1);
    if (other_from == 0 || other_to == 0) return false;
    if (from == to || other_from == other_to) return true;
    Crossing crossing;
    const auto ends = [](const OutlineRing& ring, Point p, Point q) {
      return ring.reversed ? std::pair(q, p) : std::pair(p, q);
    };
    const auto [p0, p1] = ends(ring_a, a0, a1);
    const auto [q0, q1] = ends(ring_b, b0, b1);
    if (GEOSSegmentIntersection_r(geos_.handle(), p0.x, p0.y, p1.x, p1.y, q0.x, q0.y, q1.x, q1.y,
                                  &crossing.point.x, &crossing.point.y) != 1)
      return false;
    const Point at = crossing.point;
    if (same(at, a0) || same(at, a1) || same(at, b0) || same(at, b1)) return false;
    const auto along = [&](Point p, Point q) {
      const double dx = q.x - p.x, dy = q.y - p.y;
      if (std::abs(dx) >= std::abs(dy)) return dx > 0 ? at.x - p.x : p.x - at.x;
      return dy > 0 ? at.y - p.y : p.y - at.y;
    };
    crossing.ring[0] = ra;
    crossing.ring[1] = rb;
    crossing.edge[0] = i;
    crossing.edge[1] = j;
    crossing.along[0] = along(a0, a1);
    crossing.along[1] = along(b0, b1);
    crossing.a_enters = from < 0;
    crossings_.push_back(crossing);
    return true;
  }

  struct Edge {
    std::size_t first;
    Bounds box;
  };
  /// The edges of a ring that reach into a box.
  static void edges_in(const OutlineRing& ring, const Bounds& box, std::vector<Edge>& into) {
    into.clear();
    ring.each_block([&](const Bounds& block) { return block.meets(box); },
                    [&](std::size_t first, std::size_t last) {
                      for (std::size_t i = first; i < last; ++i) {
                        const Bounds own = bounds_of(ring.points, i, i + 1);
                        if (own.meets(box)) into.push_back({i, own});
                      }
                      return true;
                    });
  }

  bool find_crossings() {
    const auto& ring_as = sides_[0]->rings();
    const auto& ring_bs = sides_[1]->rings();
    std::vector<Edge> edges_a, edges_b;
    for (std::size_t rb = 0; rb < ring_bs.size(); ++rb) {
      const Bounds& b = ring_bs[rb].bounds;
      for (std::size_t ra = 0; ra < ring_as.size(); ++ra) {
        const Bounds& a = ring_as[ra].bounds;
        if (!a.meets(b)) continue;
        const Bounds both{std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1),
                          std::min(a.y1, b.y1)};
        edges_in(ring_as[ra], both, edges_a);
        if (edges_a.empty()) continue;
        edges_in(ring_bs[rb], both, edges_b);
        for (const Edge& one : edges_a)
          for (const Edge& other : edges_b)
            if (one.box.meets(other.box) && !cross(ra, one.first, rb, other.first)) return false;
      }
    }
    return true;
  }

  /// Links the crossings along the rings of one side; entering and leaving must take turns.
  bool order_crossings(std::size_t side) {
    std::vector<std::size_t> order(crossings_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto key = [&](std::size_t i) {
      const Crossing& c = crossings_[i];
      return std::tuple(c.ring[side], c.edge[side], c.along[side]);
    };
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return key(i) < key(j); });
    for (std::size_t first = 0; first < order.size();) {
      std::size_t last = first;
      while (last < order.size() && crossings_[order[last]].ring[side] == crossings_[order[first]].ring[side])
        ++last;
      for (std::size_t k = first; k < last; ++k) {
        const std::size_t next = k + 1 < last ? order[k + 1] : order[first];
        if (next == order[k] || crossings_[next].a_enters == crossings_[order[k]].a_enters) return false;
        if (k + 1 < last && key(order[k]) == key(next)) return false;
        crossings_[order[k]].next[side] = next;
      }
      first = last;
    }
    return true;
  }

  /// Appends the ring's vertices from one crossing to the next, the latter included.
  void follow(std::size_t side, const Crossing& from, const Crossing& to, Ring& into) const {
    const Ring& ring = sides_[side]->rings()[from.ring[side]].points;
    const std::size_t count = ring.size() - 1;
    const bool same_edge = from.edge[side] == to.edge[side] && from.along[side] < to.along[side];
    if (!same_edge) {
      std::size_t at = from.edge[side];
      do {
        at = (at + 1) % count;
        into.push_back(ring[at]);
      } while (at != to.edge[side]);
    }
    into.push_back(to.point);
  }

  bool link() {
    for (Crossing& start : crossings_) {
      if (!start.a_enters || start.used) continue;
      Ring loop{start.point};
      for (std::size_t at = static_cast<std::size_t>(&start - crossings_.data()); !crossings_[at].used;) {
        crossings_[at].used = true;
        const std::size_t leave = crossings_[at].next[0];
        follow(0, crossings_[at], crossings_[leave], loop);
        const std::size_t back = crossings_[leave].next[1];
        follow(1, crossings_[leave], crossings_[back], loop);
        at = back;
      }
      if (!add(std::move(loop))) return false;
    }
    return true;
  }

  bool add(Ring loop) {
    for (std::size_t i = 0; i + 1 < loop.size(); ++i)
      if (same(loop[i], loop[i + 1])) return false;
    if (loop.size() < 4 || !same(loop.front(), loop.back())) return false;
    const double area = twice_area(loop);
    if (area == 0) return false;
    (area > 0 ? shells_ : holes_).push_back(std::move(loop));
    return true;
  }

  Place place(Point p, const Outline& outline) const {
    bool inside = false;
    for (const OutlineRing& ring : outline.rings()) {
      if (!ring.bounds.meets({p.x, p.y, p.x, p.y})) continue;
      const Place one = tuban::place(geos_, p, ring);
      if (one == Place::unclear) return one;
      if (one == Place::inside) inside = !inside;
    }
    return inside ? Place::inside : Place::outside;
  }

  /// Rings that cross nothing lie wholly inside the other side or wholly outside.
  bool add_whole_rings(std::size_t side) {
    const auto& rings = sides_[side]->rings();
    std::vector<bool> crossed(rings.size());
    for (const Crossing& crossing : crossings_) crossed[crossing.ring[side]] = true;
    for (std::size_t r = 0; r < rings.size(); ++r) {
      if (crossed[r]) continue;
      const Place where = place(rings[r].points.front(), *sides_[1 - side]);
      if (where == Place::unclear) return false;
      if (where == Place::inside && !add(rings[r].points)) return false;
    }
    return true;
  }

  const geos::Context& geos_;
  const Outline* sides_[2];
  std::vector<Crossing> crossings_;
  std::vector<Ring> shells_, holes_;
};

/// Outlines of polygons side by side: what borders on both sides goes, the rest is the outline of all.
class Seams {
 public:
  explicit Seams(std::span<const Outline* const> parts) {
    for (const Outline* part : parts)
      for (const Outline::OutlineRing& ring : part->rings())
        for (std::size_t i = 0; i + 1 < ring.points.size(); ++i)
          edges_.push_back({ring.points[i], ring.points[i + 1]});
  }

  /// False where an edge has the same side in two parts.
  bool open() {
    // Most edges have no other that could be the same, which a number tells sooner than four ordinates.
    std::vector<std::pair<std::uint64_t, std::size_t>> order;
    order.reserve(edges_.size());
    for (std::size_t i = 0; i < edges_.size(); ++i) order.emplace_back(mixed(edges_[i]), i);
    std::sort(order.begin(), order.end());
    std::vector<Edge> rest;
    std::vector<bool> met(edges_.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (met[i]) continue;
      const Edge& one = edges_[order[i].second];
      std::size_t others = 0;
      for (std::size_t k = i + 1; k < order.size() && order[k].first == order[i].first; ++k) {
        const Edge& other = edges_[order[k].second];
        if (same(one.from, other.from) && same(one.to, other.to)) return false;
        if (!same(one.from, other.to) || !same(one.to, other.from)) continue;
        if (++others > 1) return false;
        met[k] = true;
      }
      if (others == 0) rest.push_back(one);
    }
    edges_ = std::move(rest);
    std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) {
      return same(a.from, b.from) ? less(a.to, b.to) : less(a.from, b.from);
    });
    return true;
  }

  /// What is left of the edges as rings that meet no vertex twice, by the side on which they have the ground.
  bool trace(std::vector<Ring>& shells, std::vector<Ring>& holes) {
    for (const Edge& start : edges_) {
      Ring path{start.from};
      auto here = leaving(start.from);
      while (const Edge* const edge = leave(here, path.back())) {
        path.push_back(edge->to);
        here = leaving(edge->to);
        if (!same(edge->to, path.front()) && !forks(here, edge->to)) continue;
        const auto first = std::find_if(path.begin(), path.end(), [&](Point p) { return same(p, edge->to); });
        if (first + 1 == path.end()) continue;
        Ring ring(first, path.end());
        path.erase(first + 1, path.end());
        const double area = twice_area(ring);
        if (area == 0) return false;
        (area > 0 ? shells : holes).push_back(std::move(ring));
      }
      if (path.size() > 1) return false;
    }
    return true;
  }

 private:
  struct Edge {
    Point from, to;
    bool used = false;
  };
  static bool less(Point a, Point b) { return std::tie(a.x, a.y) < std::tie(b.x, b.y); }
  std::vector<Edge>::iterator leaving(Point from) {
    return std::lower_bound(edges_.begin(), edges_.end(), from,
                            [](const Edge& e, Point p) { return less(e.from, p); });
  }
  /// Whether more than one edge leaves from a point, the first of them at `edge`.
  bool forks(std::vector<Edge>::iterator edge, Point from) {
    return edges_.end() - edge > 1 && same(edge[1].from, from);
  }
  /// An edge from there that has not been walked.
  const Edge* leave(std::vector<Edge>::iterator edge, Point from) {
    while (edge != edges_.end() && same(edge->from, from) && edge->used) ++edge;
    if (edge == edges_.end() || !same(edge->from, from)) return nullptr;
    edge->used = true;
    return &*edge;
  }
  /// The same for both directions of an edge.
  static std::uint64_t mixed(const Edge& edge) {
    const auto of = [](Point p) {
      const auto x = std::bit_cast<std::uint64_t>(p.x + 0.0), y = std::bit_cast<std::uint64_t>(p.y + 0.0);
      const auto both = x * 0x9e3779b97f4a7c15U ^ y * 0xc2b2ae3d27d4eb4fU;
      return (both ^ both >> 29) * 0x9e3779b97f4a7c15U;
    };
    return of(edge.from) + of(edge.to);
  }

  std::vector<Edge> edges_;
};

}  // namespace

Outline::Outline(MultiPolygon polygons) {
  for (Polygon& polygon : polygons) {
    for (std::size_t r = 0; r < polygon.rings.size(); ++r) {
      Ring& points = polygon.rings[r];
      if (points.size() < 4) continue;
      const bool reversed = (twice_area(points) > 0) != (r == 0);
      if (reversed) std::reverse(points.begin(), points.end());
      rings_.push_back(outlined(std::move(points), reversed));
    }
  }
}

bool Outline::is(const MultiPolygon& polygons) const {
  auto own = rings_.begin();
  for (const Polygon& polygon : polygons) {
    for (const Ring& ring : polygon.rings)
      if (own == rings_.end() || ring != own++->points) return false;
  }
  return own == rings_.end();
}

std::optional<MultiPolygon> common_ground(const geos::Context& geos, const Outline& a, const Outline& b) {
  return Walk(geos, a, b).result();
}

std::vector<geos::Geometry> joined(const geos::Context& geos, std::span<const Outline* const> parts) {
  std::vector<geos::Geometry> result;
  Seams seams(parts);
  std::vector<Ring> shells, holes;
  if (!seams.open() || !seams.trace(shells, holes)) return result;
  // Count at each place the parts that cover it: the count changes by one across each edge that is left, with
  // the higher side to its left, and is 0 far away. So does the number of shells there less that of holes,
  // and the two are the same. Shells without holes that are simple then cover what the parts cover.
  if (holes.empty() && shells.size() > 1) {
    MultiPolygon apart;
    for (const Ring& shell : shells) apart.push_back({{shell}});
    if (surely_valid(apart)) {  // then they share no ground either
      result.push_back(geos.from(apart));
      return result;
    }
    for (Ring& shell : shells) {
      const MultiPolygon one{{{std::move(shell)}}};
      result.push_back(geos.from(one));
      if (!surely_valid(one) && !geos.valid(result.back().get())) return {};
    }
    return result;
  }
  // A valid shape covers each place 0 or 1 times, so the parts share no ground and it is their union.
  if (const auto polygons = assemble(geos, std::move(shells), std::move(holes))) {
    auto all = geos.from(*polygons);
    if (surely_valid(*polygons) || geos.valid(all.get())) result.push_back(std::move(all));
  }
  return result;
}

}  // namespace tuban
