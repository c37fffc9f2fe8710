// SPDX-License-Identifier: Apache-2.0
#include "kernels/bits.h"

#include <algorithm>
#include <bit>

namespace tuban::kernels {

void BitPlane::reset(int width, int height) {
  width_ = width;
  height_ = height;
  words_ = (width + 63) / 64;
  data_.assign(static_cast<std::size_t>(words_) * static_cast<std::size_t>(height), 0);
}

bool BitPlane::any() const noexcept {
  return std::any_of(data_.begin(), data_.end(), [](std::uint64_t word) { return word != 0; });
}

std::int64_t count_bits(const std::uint64_t* row, int from, int count) noexcept {
  if (count <= 0) return 0;
  const int first = from / 64;
  const int last = (from + count - 1) / 64;
  std::int64_t sum = 0;
  for (int i = first; i <= last; ++i) {
    std::uint64_t word = row[i];
    if (word == 0) continue;
    if (i == first) word &= ~std::uint64_t{0} << (from % 64);
    if (i == last) word &= ~std::uint64_t{0} >> (63 - (from + count - 1) % 64);
    sum += std::popcount(word);
  }
  return sum;
}

void pack(View<const std::uint8_t> mask, BitPlane& changed, BitPlane& invalid) {
  changed.reset(mask.width, mask.height);
  invalid.reset(mask.width, mask.height);
  for (int y = 0; y < mask.height; ++y) {
    const std::uint8_t* from = mask.row(y);
    for (int x = 0; x < mask.width; ++x) {
      changed.row(y)[x / 64] |= std::uint64_t{from[x] == kChanged} << (x % 64);
      invalid.row(y)[x / 64] |= std::uint64_t{from[x] == kInvalid} << (x % 64);
    }
  }
}

void unpack(const BitPlane& changed, const BitPlane& invalid, int x, int y, View<std::uint8_t> out) noexcept {
  for (int row = 0; row < out.height; ++row) {
    const std::uint64_t* is_changed = changed.row(y + row);
    const std::uint64_t* is_invalid = invalid.row(y + row);
    std::uint8_t* to = out.row(row);
    for (int begin = 0; begin < out.width;) {
      const int bit = x + begin;
      const int count = std::min(out.width - begin, 64 - bit % 64);
      const std::uint64_t a = is_changed[bit / 64] >> (bit % 64);
      const std::uint64_t b = is_invalid[bit / 64] >> (bit % 64);
      if ((a | b) == 0)
        std::fill_n(to + begin, count, kUnchanged);
      else
        for (int i = 0; i < count; ++i)
          to[begin + i] = (b >> i & 1U) != 0 ? kInvalid : static_cast<std::uint8_t>(a >> i & 1U);
      begin += count;
    }
  }
}

}  // namespace tuban::kernels
