// SPDX-License-Identifier: Apache-2.0
#include "kernels/runs.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tuban::kernels {
namespace {

constexpr std::uint64_t kLowBits = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

std::uint64_t load(const std::uint8_t* from) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// Bit i of the result: byte i is kChanged. Of the mask's values 0, 1 and 255 only 1 has bit 0 without bit 1;
// the product gathers the eight low bits in the highest byte.
std::uint64_t changed_bits(std::uint64_t bytes) noexcept {
  return ((bytes & ~(bytes >> 1) & kLowBits) * 0x0102040810204080U) >> 56;
}

struct RowScan {
  std::vector<std::int32_t>& ends;
  std::uint64_t carry = 0;
  std::uint64_t seen = 0;

  void word(std::uint64_t bits, std::int32_t x) {
    for (std::uint64_t turns = bits ^ (bits << 1 | carry); turns != 0; turns &= turns - 1)
      ends.push_back(x + std::countr_zero(turns));
    carry = bits >> 63;
  }

  void row(const std::uint8_t* from, std::int32_t width) {
    std::int32_t x = 0;
    for (; x + 64 <= width; x += 64, from += 64) {
      std::uint64_t any = 0;
      for (int i = 0; i < 64; i += 8) any |= load(from + i);
      seen |= any;
      if (any == 0 && carry == 0) continue;
      std::uint64_t bits = 0;
      for (int i = 0; i < 64; i += 8) bits |= changed_bits(load(from + i)) << i;
      word(bits, x);
    }
    std::uint64_t bits = 0;
    const std::int32_t rest = width - x;
    for (std::int32_t i = 0; i < rest; i += 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, from + i, static_cast<std::size_t>(std::min(8, rest - i)));
      seen |= bytes;
      bits |= changed_bits(bytes) << i;
    }
    if (rest > 0) {
      word(bits, x);
      // Beyond the row the bits are 0, so a run that reaches the end was closed at x + rest.
      return;
    }
    if (carry != 0) ends.push_back(width);
  }
};

}  // namespace

void find_runs(View<const std::uint8_t> mask, Runs& out) {
  out.width = mask.width - 2;
  out.height = mask.height - 2;
  out.ends.clear();
  out.row_start.clear();
  out.flags.clear();
  for (int y = 0; y < mask.height; ++y) {
    const std::uint8_t* row = mask.row(y);
    const std::uint8_t left = row[0];
    const std::uint8_t right = row[mask.width - 1];
    RowScan scan{out.ends};
    out.row_start.push_back(static_cast<std::uint32_t>(out.ends.size()));
    scan.row(row + 1, out.width);
    const bool invalid = ((scan.seen | left | right) & kHighBits) != 0;
    out.flags.push_back(static_cast<std::uint8_t>((left == kChanged ? Runs::kLeftApron : 0) |
                                                  (right == kChanged ? Runs::kRightApron : 0) |
                                                  (invalid ? Runs::kHasInvalid : 0)));
  }
  out.row_start.push_back(static_cast<std::uint32_t>(out.ends.size()));
}

}  // namespace tuban::kernels
