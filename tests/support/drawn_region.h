// SPDX-License-Identifier: Apache-2.0
// Regions drawn as text, for tests that need no raster: '#' is changed, anything else is not. Traced here in
// the plainest way, independent of the engine's tracing.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/scan/region.h"

namespace tuban {

namespace drawing {

using Pixel = std::pair<int, int>;  ///< row, column

/// The rings around one 4-connected part, pixels on the right as seen on the screen; straight vertices left
/// out.
inline RegionPart trace(const std::set<Pixel>& part) {
  struct Side {
    kernels::Vertex from, to;
    Pixel pixel;
  };
  std::map<std::pair<Pixel, Pixel>, Side> open;  // (row, column of the start), pixel
  for (const auto& [y, x] : part) {
    const auto add = [&, y = y, x = x](int dy, int dx, kernels::Vertex from, kernels::Vertex to) {
      if (!part.contains({y + dy, x + dx})) open[{{from.y, from.x}, {y, x}}] = {from, to, {y, x}};
    };
    add(-1, 0, {x, y}, {x + 1, y});
    add(0, 1, {x + 1, y}, {x + 1, y + 1});
    add(1, 0, {x + 1, y + 1}, {x, y + 1});
    add(0, -1, {x, y + 1}, {x, y});
  }
  RegionPart result;
  while (!open.empty()) {
    std::vector<Side> sides{open.begin()->second};
    open.erase(open.begin());
    for (;;) {
      const Pixel at{sides.back().to.y, sides.back().to.x};
      auto next = open.find({at, sides.back().pixel});  // at a saddle the ring stays with its pixel
      if (next == open.end()) {
        next = open.lower_bound({at, {-1, -1}});
        if (next == open.end() || next->first.first != at) break;
      }
      sides.push_back(next->second);
      open.erase(next);
    }
    LatticeRing ring;
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const Side& last = sides[(i + sides.size() - 1) % sides.size()];
      const bool straight = (last.from.x == last.to.x) == (sides[i].from.x == sides[i].to.x);
      if (!straight) ring.push_back(sides[i].from);
    }
    ring.push_back(ring.front());
    result.rings.push_back(ring);
  }
  return result;
}

}  // namespace drawing

/// The region of all '#', in a raster `width` pixels wide, the picture's corner at (x0, y0). Every pixel has
/// score 1 and before/after sums are left at 0.
inline Region drawn_region(const std::vector<std::string>& picture, int x0 = 0, int y0 = 0, int width = 100) {
  std::set<drawing::Pixel> left;
  for (std::size_t y = 0; y < picture.size(); ++y) {
    for (std::size_t x = 0; x < picture[y].size(); ++x) {
      if (picture[y][x] == '#') left.insert({y0 + static_cast<int>(y), x0 + static_cast<int>(x)});
    }
  }
  Region region;
  kernels::RegionStats& s = region.stats;
  for (const auto& [y, x] : left) {
    const auto id =
        static_cast<std::uint64_t>(y) * static_cast<std::uint64_t>(width) + static_cast<std::uint64_t>(x);
    s.first_pixel = std::min(s.first_pixel, id);
    ++s.pixels;
    s.min_x = std::min(s.min_x, x);
    s.min_y = std::min(s.min_y, y);
    s.max_x = std::max(s.max_x, x);
    s.max_y = std::max(s.max_y, y);
    const kernels::Int128 wx = x, wy = y;
    s.sum_x += wx;
    s.sum_y += wy;
    s.sum_xx += wx * wx;
    s.sum_yy += wy * wy;
    s.sum_xy += wx * wy;
    s.horizontal_edges += !left.contains({y - 1, x}) + !left.contains({y + 1, x});
    s.vertical_edges += !left.contains({y, x - 1}) + !left.contains({y, x + 1});
    s.score_sum += 65536;
    s.score_max = 65536;
  }
  region.id = s.first_pixel;
  while (!left.empty()) {
    std::set<drawing::Pixel> part;
    std::vector<drawing::Pixel> reach{*left.begin()};
    left.erase(left.begin());
    while (!reach.empty()) {
      const auto [y, x] = reach.back();
      reach.pop_back();
      part.insert({y, x});
      for (const auto& [dy, dx] : {std::pair{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
        if (left.erase({y + dy, x + dx}) != 0) reach.push_back({y + dy, x + dx});
      }
    }
    region.parts.push_back(drawing::trace(part));
  }
  return region;
}

}  // namespace tuban
