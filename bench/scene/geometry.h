// SPDX-License-Identifier: Apache-2.0
// Plane geometry of the layout: metres, x east of the scene's left edge, y south of its top edge.
#pragma once

#include <vector>

namespace tuban::scene {

class Random;

struct Point {
  double x = 0, y = 0;
};
using Ring = std::vector<Point>;    ///< not closed: the last point is not the first
using Polygon = std::vector<Ring>;  ///< exterior, then holes
using Polygons = std::vector<Polygon>;

struct Box {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool meets(const Box& other) const noexcept {
    return x0 <= other.x1 && other.x0 <= x1 && y0 <= other.y1 && other.y0 <= y1;
  }
  bool within(const Box& outer) const noexcept {
    return x0 >= outer.x0 && x1 <= outer.x1 && y0 >= outer.y0 && y1 <= outer.y1;
  }
  Box grown(double by) const noexcept { return {x0 - by, y0 - by, x1 + by, y1 + by}; }
};

double distance(Point a, Point b) noexcept;
double distance(Point p, const Ring& line) noexcept;  ///< to an open polyline
double area(const Polygon& polygon) noexcept;
Box box_of(const Polygon& polygon) noexcept;
bool contains(const Polygon& polygon, Point p) noexcept;

/// A closed rounded outline about `centre`; `roughness` 0 is a circle, 0.3 a ragged blob.
Ring blob(Random& random, Point centre, double radius, double roughness, int points);
/// A rectangle `along` x `across`, its first side turned by `angle`.
Ring rectangle(Point centre, double along, double across, double angle);

/// A polyline as an area `width` wide.
Polygon widen(const Ring& line, double width);
/// What is left of `polygon`; parts below `smallest` m2 are dropped.
Polygons subtract(const Polygon& polygon, const std::vector<const Polygon*>& others, double smallest);
double shared_area(const Polygon& a, const Polygon& b);

}  // namespace tuban::scene
