// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/shape.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tuban {
namespace {

using kernels::Int128;

/// Twice the area on the lattice (y down), exact.
Int128 twice_area(const LatticeRing& ring) noexcept {
  Int128 sum = 0;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    sum += static_cast<Int128>(ring[i].x) * ring[i + 1].y - static_cast<Int128>(ring[i + 1].x) * ring[i].y;
  }
  return sum;
}

double length(Point v) noexcept {
  return std::sqrt(v.x * v.x + v.y * v.y);
}

double cross(Point a, Point b) noexcept {
  return a.x * b.y - a.y * b.x;
}

/// Of pixels as unit squares: the spread of their indices plus that inside a square.
double variance(Int128 n, Int128 squares, Int128 sum) noexcept {
  return static_cast<double>(n * squares - sum * sum) / (static_cast<double>(n) * static_cast<double>(n));
}

}  // namespace

PixelSides PixelSides::of(const Grid& grid, Point scale) noexcept {
  const auto& t = grid.transform;
  return {{t[1] * scale.x, t[4] * scale.y}, {t[2] * scale.x, t[5] * scale.y}};
}

double PixelSides::length_x() const noexcept {
  return length(along_x);
}
double PixelSides::length_y() const noexcept {
  return length(along_y);
}
double PixelSides::area() const noexcept {
  return std::abs(cross(along_x, along_y));
}

MultiPolygon ground_outline(const Region& region, const Grid& grid) {
  const auto& t = grid.transform;
  const bool mirrored = t[1] * t[5] - t[2] * t[4] < 0;
  MultiPolygon result;
  result.reserve(region.parts.size());
  for (const RegionPart& part : region.parts) {
    Polygon& polygon = result.emplace_back();
    polygon.rings.reserve(part.rings.size());
    // Exterior and holes run with the pixels on one side, so one look decides for all rings of the part.
    const bool turn = !part.rings.empty() && (twice_area(part.rings.front()) < 0) != mirrored;
    for (const LatticeRing& lattice : part.rings) {
      Ring& ring = polygon.rings.emplace_back();
      ring.reserve(lattice.size());
      for (const kernels::Vertex& v : lattice)
        ring.push_back({grid.ground_x(v.x, v.y), grid.ground_y(v.x, v.y)});
      if (turn) std::reverse(ring.begin(), ring.end());
    }
  }
  return result;
}

std::int64_t frame_edges(const Region& region, const Grid& grid) noexcept {
  std::int64_t edges = 0;
  for (const RegionPart& part : region.parts) {
    for (const LatticeRing& ring : part.rings) {
      for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
        const kernels::Vertex a = ring[i];
        const kernels::Vertex b = ring[i + 1];
        if (a.x == b.x && (a.x == 0 || a.x == grid.width)) edges += std::abs(std::int64_t{b.y} - a.y);
        if (a.y == b.y && (a.y == 0 || a.y == grid.height)) edges += std::abs(std::int64_t{b.x} - a.x);
      }
    }
  }
  return edges;
}

double compactness(const kernels::RegionStats& stats, const PixelSides& sides) noexcept {
  constexpr double kFourPi = 12.566370614359172954;
  const double perimeter = static_cast<double>(stats.horizontal_edges) * sides.length_x() +
                           static_cast<double>(stats.vertical_edges) * sides.length_y();
  if (!(perimeter > 0)) return 0;
  const double area = static_cast<double>(stats.pixels) * sides.area();
  return std::min(kFourPi * area / (perimeter * perimeter), 1.0);
}

double elongation(const kernels::RegionStats& stats, const PixelSides& sides) noexcept {
  if (stats.pixels <= 0) return 1;
  // From the box's corner, so that products stay small.
  const Int128 n = stats.pixels;
  const Int128 x0 = stats.min_x;
  const Int128 y0 = stats.min_y;
  const Int128 sx = stats.sum_x - n * x0;
  const Int128 sy = stats.sum_y - n * y0;
  const Int128 sxx = stats.sum_xx - 2 * x0 * stats.sum_x + n * x0 * x0;
  const Int128 syy = stats.sum_yy - 2 * y0 * stats.sum_y + n * y0 * y0;
  const Int128 sxy = stats.sum_xy - x0 * stats.sum_y - y0 * stats.sum_x + n * x0 * y0;
  const double nn = static_cast<double>(n) * static_cast<double>(n);
  const double vx = variance(n, sxx, sx) + 1.0 / 12;
  const double vy = variance(n, syy, sy) + 1.0 / 12;
  const double vxy = static_cast<double>(n * sxy - sx * sy) / nn;

  const Point u = sides.along_x;
  const Point v = sides.along_y;
  const double a = vx * u.x * u.x + 2 * vxy * u.x * v.x + vy * v.x * v.x;
  const double d = vx * u.y * u.y + 2 * vxy * u.y * v.y + vy * v.y * v.y;
  const double b = vx * u.x * u.y + vxy * (u.x * v.y + v.x * u.y) + vy * v.x * v.y;
  const double half = (a - d) / 2;
  const double large = (a + d) / 2 + std::sqrt(half * half + b * b);
  const double across = cross(u, v);
  const double small = (vx * vy - vxy * vxy) * across * across / large;
  if (!(small > 0)) return 1;
  return std::max(std::sqrt(large / small), 1.0);
}

Point lattice_centroid(const kernels::RegionStats& stats) noexcept {
  if (stats.pixels <= 0) return {};
  const double n = static_cast<double>(stats.pixels);
  return {static_cast<double>(stats.sum_x) / n + 0.5, static_cast<double>(stats.sum_y) / n + 0.5};
}

Moments moments(const kernels::BandSums& sums, std::int64_t pixels,
                const kernels::FixedPoint& fixed) noexcept {
  if (pixels <= 0) return {};
  const double n = static_cast<double>(pixels);
  const double scale = static_cast<double>(fixed.scale);
  return {static_cast<double>(sums.sum) / n / scale + static_cast<double>(fixed.offset),
          std::sqrt(std::max(variance(pixels, sums.squares, sums.sum), 0.0)) / scale};
}

}  // namespace tuban
