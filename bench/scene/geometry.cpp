// SPDX-License-Identifier: Apache-2.0
#include "bench/scene/geometry.h"

#include <ogr_geometry.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <stdexcept>

#include "bench/scene/noise.h"

namespace tuban::scene {
namespace {

OGRPolygon to_ogr(const Polygon& polygon) {
  OGRPolygon out;
  for (const Ring& ring : polygon) {
    OGRLinearRing line;
    for (const Point& p : ring) line.addPoint(p.x, p.y);
    line.closeRings();
    out.addRing(&line);
  }
  return out;
}

Ring from_ogr(const OGRLinearRing& line) {
  Ring ring;
  const int points = std::max(0, line.getNumPoints() - 1);
  ring.reserve(static_cast<std::size_t>(points));
  for (int i = 0; i < points; ++i) ring.push_back({line.getX(i), line.getY(i)});
  return ring;
}

Polygon from_ogr(const OGRPolygon& polygon) {
  Polygon out;
  out.push_back(from_ogr(*polygon.getExteriorRing()));
  for (int i = 0; i < polygon.getNumInteriorRings(); ++i)
    out.push_back(from_ogr(*polygon.getInteriorRing(i)));
  return out;
}

void collect(const OGRGeometry& geometry, double smallest, Polygons& out) {
  if (wkbFlatten(geometry.getGeometryType()) == wkbPolygon) {
    const OGRPolygon& polygon = *geometry.toPolygon();
    if (!polygon.IsEmpty() && polygon.get_Area() >= smallest) out.push_back(from_ogr(polygon));
  } else if (const auto* parts = dynamic_cast<const OGRGeometryCollection*>(&geometry)) {
    for (int i = 0; i < parts->getNumGeometries(); ++i) collect(*parts->getGeometryRef(i), smallest, out);
  }
}

double ring_area(const Ring& ring) noexcept {
  double twice = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i], b = ring[(i + 1) % ring.size()];
    twice += a.x * b.y - b.x * a.y;
  }
  return std::abs(twice) / 2;
}

}  // namespace

double distance(Point a, Point b) noexcept {
  return std::hypot(a.x - b.x, a.y - b.y);
}

double distance(Point p, const Ring& line) noexcept {
  double least = 1e300;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const Point a = line[i], b = line[i + 1];
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double t = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
    least = std::min(least, distance(p, Point{a.x + t * dx, a.y + t * dy}));
  }
  return least;
}

double area(const Polygon& polygon) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) sum += (i == 0 ? 1 : -1) * ring_area(polygon[i]);
  return sum;
}

Box box_of(const Polygon& polygon) noexcept {
  Box box{1e300, 1e300, -1e300, -1e300};
  for (const Point& p : polygon.front()) {
    box.x0 = std::min(box.x0, p.x);
    box.y0 = std::min(box.y0, p.y);
    box.x1 = std::max(box.x1, p.x);
    box.y1 = std::max(box.y1, p.y);
  }
  return box;
}

bool contains(const Polygon& polygon, Point p) noexcept {
  bool inside = false;
  for (const Ring& ring : polygon) {
    for (std::size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
      const Point a = ring[i], b = ring[j];
      if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) inside = !inside;
    }
  }
  return inside;
}

Ring blob(Random& random, Point centre, double radius, double roughness, int points) {
  constexpr int kHarmonics = 8;
  double amplitude[kHarmonics], phase[kHarmonics];
  for (int k = 0; k < kHarmonics; ++k) {
    amplitude[k] = roughness * random.uniform(0.3, 1.0) / (k + 1.5);
    phase[k] = random.uniform(0, 2 * std::numbers::pi);
  }
  Ring ring;
  for (int i = 0; i < points; ++i) {
    const double angle = 2 * std::numbers::pi * i / points;
    double r = 1;
    for (int k = 0; k < kHarmonics; ++k) r += amplitude[k] * std::sin((k + 2) * angle + phase[k]);
    r = std::max(r, 0.35);
    ring.push_back({centre.x + radius * r * std::cos(angle), centre.y + radius * r * std::sin(angle)});
  }
  return ring;
}

Ring rectangle(Point centre, double along, double across, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  Ring ring;
  for (const auto& [u, v] : {Point{-1, -1}, Point{1, -1}, Point{1, 1}, Point{-1, 1}}) {
    const double x = u * along / 2, y = v * across / 2;
    ring.push_back({centre.x + c * x - s * y, centre.y + s * x + c * y});
  }
  return ring;
}

Polygon widen(const Ring& line, double width) {
  OGRLineString string;
  for (const Point& p : line) string.addPoint(p.x, p.y);
  const std::unique_ptr<OGRGeometry> area(string.Buffer(width / 2, 6));
  Polygons parts;
  if (area) collect(*area, 0, parts);
  if (parts.size() != 1) throw std::runtime_error("a river or road of the scene could not be widened");
  return parts.front();
}

Polygons subtract(const Polygon& polygon, const std::vector<const Polygon*>& others, double smallest) {
  std::unique_ptr<OGRGeometry> left(to_ogr(polygon).clone());
  for (const Polygon* other : others) {
    const OGRPolygon taken = to_ogr(*other);
    if (!left->Intersects(&taken)) continue;
    left.reset(left->Difference(&taken));
    if (!left) throw std::runtime_error("two areas of the scene could not be overlaid");
    if (left->IsEmpty()) break;
  }
  Polygons out;
  collect(*left, smallest, out);
  return out;
}

double shared_area(const Polygon& a, const Polygon& b) {
  if (!box_of(a).meets(box_of(b))) return 0;
  const OGRPolygon first = to_ogr(a), second = to_ogr(b);
  const std::unique_ptr<OGRGeometry> both(first.Intersection(&second));
  if (!both) throw std::runtime_error("two areas could not be overlaid");
  Polygons parts;
  collect(*both, 0, parts);
  double sum = 0;
  for (const Polygon& part : parts) sum += area(part);
  return sum;
}

}  // namespace tuban::scene
