// SPDX-License-Identifier: Apache-2.0
// The mask as bits, 64 pixels to a word: counting, growing and scanning it cost a few operations a word, and
// a tile's planes stay in the first cache.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/view.h"

namespace tuban::kernels {

/// One bit per pixel, lowest bit first; every row begins with a word. Bits beyond the width are 0.
class BitPlane {
 public:
  /// All bits 0. Allocates only where it grows beyond what it ever was.
  void reset(int width, int height);

  int width() const noexcept { return width_; }
  int height() const noexcept { return height_; }
  int words() const noexcept { return words_; }  ///< per row
  std::uint64_t* row(int y) noexcept { return data_.data() + std::ptrdiff_t{y} * words_; }
  const std::uint64_t* row(int y) const noexcept { return data_.data() + std::ptrdiff_t{y} * words_; }
  bool at(int x, int y) const noexcept { return (row(y)[x / 64] >> (x % 64) & 1U) != 0; }
  bool any() const noexcept;

 private:
  int width_ = 0, height_ = 0, words_ = 0;
  std::vector<std::uint64_t> data_;
};

/// Set bits among the `count` that begin at bit `from` of a row.
std::int64_t count_bits(const std::uint64_t* row, int from, int count) noexcept;

/// A mask in bytes (kChanged, kUnchanged, kInvalid) as two planes of its size.
void pack(View<const std::uint8_t> mask, BitPlane& changed, BitPlane& invalid);

/// The bytes of the rectangle of out's size whose first pixel is (x, y).
void unpack(const BitPlane& changed, const BitPlane& invalid, int x, int y, View<std::uint8_t> out) noexcept;

}  // namespace tuban::kernels
