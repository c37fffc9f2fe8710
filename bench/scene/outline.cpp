// SPDX-License-Identifier: Apache-2.0
#include "bench/scene/outline.h"

namespace tuban::scene {

void close_corners(Cells& cells) {
  for (bool again = true; again;) {
    again = false;
    for (int y = 0; y + 1 < cells.height; ++y) {
      for (int x = 0; x + 1 < cells.width; ++x) {
        const bool a = cells.has(x, y), b = cells.has(x + 1, y), c = cells.has(x, y + 1),
                   d = cells.has(x + 1, y + 1);
        if (a != d || b != c || a == b) continue;
        cells.set[cells.index(a ? x + 1 : x, y)] = 1;
        again = true;
      }
    }
  }
}

void keep_largest(Cells& cells) {
  std::vector<int> part(cells.set.size());
  std::vector<std::size_t> size{0};
  std::vector<std::pair<int, int>> stack;
  for (int y = 0; y < cells.height; ++y) {
    for (int x = 0; x < cells.width; ++x) {
      if (!cells.has(x, y) || part[cells.index(x, y)] != 0) continue;
      const int label = static_cast<int>(size.size());
      size.push_back(0);
      stack.emplace_back(x, y);
      part[cells.index(x, y)] = label;
      while (!stack.empty()) {
        const auto [px, py] = stack.back();
        stack.pop_back();
        ++size.back();
        for (const auto& [qx, qy] : {std::pair{px + 1, py}, {px - 1, py}, {px, py + 1}, {px, py - 1}}) {
          if (!cells.has(qx, qy) || part[cells.index(qx, qy)] != 0) continue;
          part[cells.index(qx, qy)] = label;
          stack.emplace_back(qx, qy);
        }
      }
    }
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < size.size(); ++i)
    if (size[i] > size[best]) best = i;
  for (std::size_t i = 0; i < part.size(); ++i)
    cells.set[i] = part[i] != 0 && part[i] == static_cast<int>(best);
}

std::vector<Traced> trace(const Cells& cells) {
  static constexpr int kX[] = {1, 0, -1, 0}, kY[] = {0, 1, 0, -1};
  std::vector<Traced> rings;
  std::vector<std::uint8_t> seen(cells.set.size());  // upper sides walked along
  for (int y0 = 0; y0 < cells.height; ++y0) {
    for (int x0 = 0; x0 < cells.width; ++x0) {
      if (!cells.has(x0, y0) || cells.has(x0, y0 - 1) || seen[cells.index(x0, y0)] != 0) continue;
      // The squares lie to the right; right of east is south.
      Traced traced;
      long long twice = 0;
      int x = x0, y = y0, heading = 0;
      do {
        if (heading == 0) seen[cells.index(x, y)] = 1;
        twice += static_cast<long long>(x) * kY[heading] - static_cast<long long>(y) * kX[heading];
        x += kX[heading];
        y += kY[heading];
        // The squares ahead of the corner, left and right of the line walked.
        const int ax = x + (heading == 1 || heading == 2 ? -1 : 0), ay = y + (heading >= 2 ? -1 : 0);
        const int bx = x + (heading >= 2 ? -1 : 0), by = y + (heading == 0 || heading == 3 ? -1 : 0);
        const bool right = cells.has(ax, ay), left = cells.has(bx, by);
        if (right && !left) continue;
        traced.ring.emplace_back(x, y);
        heading = (heading + (right ? 3 : 1)) % 4;
      } while (x != x0 || y != y0 || heading != 0);
      traced.hole = twice < 0;
      rings.push_back(std::move(traced));
    }
  }
  return rings;
}

}  // namespace tuban::scene
