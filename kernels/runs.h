// SPDX-License-Identifier: Apache-2.0
// Rows of the mask as runs of changed pixels, found by bit scanning: state changes by xor with the shifted
// word, ctz from one to the next. Cost: one word per 64 pixels plus O(runs).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bits.h"

namespace tuban::kernels {

/// Runs of the rows -1 .. height of a tile (the first and the last are the apron's), columns 0 .. width - 1.
/// Row y owns ends[row_start[y + 1] .. row_start[y + 2]): at even places the first column of a run, at odd
/// places one past its last. Run r has the ends 2r and 2r + 1.
struct Runs {
  static constexpr std::uint8_t kLeftApron = 1;   ///< the pixel left of the row is changed
  static constexpr std::uint8_t kRightApron = 2;  ///< the pixel right of the row is changed
  static constexpr std::uint8_t kHasInvalid = 4;  ///< some pixel of the row or its apron is invalid

  int width = 0, height = 0;
  std::vector<std::int32_t> ends;
  std::vector<std::uint32_t> row_start;  ///< height + 3 entries
  std::vector<std::uint8_t> flags;       ///< per row, height + 2 entries

  std::uint32_t begin(int y) const noexcept { return row_start[static_cast<std::size_t>(y) + 1]; }
  std::uint32_t end(int y) const noexcept { return row_start[static_cast<std::size_t>(y) + 2]; }
  std::uint8_t flag(int y) const noexcept { return flags[static_cast<std::size_t>(y + 1)]; }
};

/// The planes are (width + 2) x (height + 2): a tile with its apron.
void find_runs(const BitPlane& changed, const BitPlane& invalid, Runs& out);

}  // namespace tuban::kernels
