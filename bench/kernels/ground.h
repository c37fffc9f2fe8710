// SPDX-License-Identifier: Apache-2.0
// What the kernels are measured on: a pair of 4 bands uint16 in memory with a fitted model, and masks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/bits.h"
#include "kernels/detector.h"
#include "kernels/region_stats.h"
#include "kernels/threshold.h"

namespace tuban::bench {

inline constexpr int kTile = 512;
inline constexpr std::size_t kBands = 4;
inline constexpr int kScoreFrame = 14;  // px: what the widest smoothing looks beyond a pixel

/// A mask in bytes with a frame of 1 px of invalid around it, and its tiles as bit planes with their aprons.
struct Mask {
  Mask(int width, int height, std::vector<std::uint8_t> framed);

  struct Tile {
    kernels::Window core;
    kernels::BitPlane changed, invalid;
  };
  int width, height;
  std::vector<std::uint8_t> framed;  ///< (width + 2) x (height + 2)
  std::vector<Tile> tiles;           ///< by rows
};

/// Discs and rectangles, about `share` of the pixels.
Mask patches(int width, int height, double share);
/// What a cut through noise leaves: ragged specks of a few pixels, about 750 in each million pixels.
Mask specks(int width, int height);

/// Smooth ground with sensor noise on both dates, changed where the mask of 1 % is.
struct Ground {
  Ground(int width, int height);

  int width, height;
  std::vector<std::vector<std::uint16_t>> before, after;
  std::vector<std::uint8_t> valid;
  std::vector<float> scores;  ///< with a frame of kScoreFrame: what smoothing reads
  std::vector<kernels::FixedPoint> fixed;
  kernels::Model model;  ///< of the default detector
  float cut = 0;         ///< that leaves about the mask's pixels
  Mask mask;

  std::size_t pixels() const { return before.front().size(); }
  kernels::Sample sample() const;
  /// `planes` hold the pointers and must outlive the view.
  kernels::PairView pair(const kernels::Window& window, std::vector<const std::byte*>& planes_before,
                         std::vector<const std::byte*>& planes_after) const;
};

}  // namespace tuban::bench
