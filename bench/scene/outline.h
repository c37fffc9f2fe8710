// SPDX-License-Identifier: Apache-2.0
// Outlines of what is set in a small raster.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace tuban::scene {

/// Squares that are set or not; outside nothing is.
struct Cells {
  int width = 0, height = 0;
  std::vector<std::uint8_t> set;

  Cells(int w, int h) : width(w), height(h), set(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)) {}
  bool has(int x, int y) const noexcept {
    return x >= 0 && y >= 0 && x < width && y < height && set[index(x, y)] != 0;
  }
  std::size_t index(int x, int y) const noexcept {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
  }
};

/// Sets squares until no two meet at a corner only: then every outline is a simple ring.
void close_corners(Cells& cells);
/// Keeps the largest part whose squares share sides.
void keep_largest(Cells& cells);

using Corners = std::vector<std::pair<int, int>>;
struct Traced {
  Corners ring;  ///< the corners where it turns, not closed
  bool hole = false;
};
/// Needs close_corners(). A hole follows the outer ring that its squares belong to only where there is one
/// part.
std::vector<Traced> trace(const Cells& cells);

}  // namespace tuban::scene
