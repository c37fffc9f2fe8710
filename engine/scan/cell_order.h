// SPDX-License-Identifier: Apache-2.0
// The order in which a sample visits the cells of a raster.
#pragma once

#include <cstdint>

namespace tuban {

/// A seeded permutation of 0 .. count-1 without a table: a four-round Feistel network over the next power of
/// four, walked until it lands inside (Black & Rogaway 2002).
class CellOrder {
 public:
  explicit CellOrder(std::uint64_t count) : count_(count) {
    while ((std::uint64_t{1} << (2 * half_bits_)) < count) ++half_bits_;
  }

  std::uint64_t operator[](std::uint64_t rank) const noexcept {
    do {
      rank = permute(rank);
    } while (rank >= count_);
    return rank;
  }

 private:
  static constexpr std::uint64_t kSeed = 0x7475'6261'6e00'0001;

  std::uint64_t permute(std::uint64_t value) const noexcept {
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next = left ^ (mix(right + (round << 40)) & mask);
      left = right;
      right = next;
    }
    return (left << half_bits_) | right;
  }

  // SplitMix64's finaliser.
  static std::uint64_t mix(std::uint64_t z) noexcept {
    z += kSeed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t count_;
  int half_bits_ = 1;
};

}  // namespace tuban
