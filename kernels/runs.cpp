// SPDX-License-Identifier: Apache-2.0
#include "kernels/runs.h"

#include <algorithm>
#include <bit>

namespace tuban::kernels {
namespace {

// Runs of the bits 1 .. width of a row: bit 0 is the left apron.
void scan_row(const std::uint64_t* row, int words, std::int32_t width, std::vector<std::int32_t>& ends) {
  std::uint64_t carry = 0;
  for (std::int32_t x = 0; x < width; x += 64) {
    const int i = x / 64;
    std::uint64_t bits = row[i] >> 1 | (i + 1 < words ? row[i + 1] << 63 : 0);
    if (width - x < 64) bits &= (std::uint64_t{1} << (width - x)) - 1;
    if ((bits | carry) == 0) continue;
    for (std::uint64_t turns = bits ^ (bits << 1 | carry); turns != 0; turns &= turns - 1)
      ends.push_back(x + std::countr_zero(turns));
    carry = bits >> 63;
  }
  if (carry != 0) ends.push_back(width);
}

bool any(const std::uint64_t* row, int words) noexcept {
  return std::any_of(row, row + words, [](std::uint64_t word) { return word != 0; });
}

}  // namespace

void find_runs(const BitPlane& changed, const BitPlane& invalid, Runs& out) {
  out.width = changed.width() - 2;
  out.height = changed.height() - 2;
  out.ends.clear();
  out.row_start.clear();
  out.flags.clear();
  const int words = changed.words();
  for (int y = 0; y < changed.height(); ++y) {
    const std::uint64_t* row = changed.row(y);
    out.row_start.push_back(static_cast<std::uint32_t>(out.ends.size()));
    unsigned flags = any(invalid.row(y), words) ? Runs::kHasInvalid : 0U;
    if (any(row, words)) {
      scan_row(row, words, out.width, out.ends);
      flags |= (changed.at(0, y) ? Runs::kLeftApron : 0U) |
               (changed.at(changed.width() - 1, y) ? Runs::kRightApron : 0U);
    }
    out.flags.push_back(static_cast<std::uint8_t>(flags));
  }
  out.row_start.push_back(static_cast<std::uint32_t>(out.ends.size()));
}

}  // namespace tuban::kernels
