// SPDX-License-Identifier: Apache-2.0
// What is counted about a region while it is labelled: integers only, so that merging is associative and the
// result cannot depend on tiling or thread count (G1).
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <limits>

#include "kernels/view.h"

namespace tuban::kernels {

/// Wide enough for second moments of regions over any raster GDAL can open (2^31 pixels a side).
__extension__ using Int128 = __int128;

/// A point of the pixel-corner lattice: (x, y) is the upper-left corner of pixel (x, y).
struct Vertex {
  std::int32_t x = 0;
  std::int32_t y = 0;
  friend auto operator<=>(const Vertex&, const Vertex&) = default;
};

/// Fixed point for one band: q = round((value - offset) * scale), half up, clamped to [0, 65535]. Integer
/// samples use scale 1 (offset -32768 for int16), float32 a scale from the sample's range with a margin;
/// clamps are counted.
struct FixedPoint {
  float offset = 0;
  float scale = 1;
};

/// Sums over the pixels of a region for one band and one date, in the band's fixed point.
struct BandSums {
  std::int64_t sum = 0;
  Int128 squares = 0;
  friend bool operator==(const BandSums&, const BandSums&) = default;
};

/// Scores enter as round(score * 2^16), clamped to [0, 2^31 - 1].
inline constexpr float kScoreScale = 65536.0F;

/// Spacing of the fixed lattice, anchored at pixel (0, 0), for whose cells regions are counted, so that
/// oversized ones can be cut on it (G2).
inline constexpr int kCutLattice = 1024;

/// All that is counted but the spectra.
struct RegionCounts {
  std::uint64_t first_pixel = std::numeric_limits<std::uint64_t>::max();  ///< y * raster width + x, the id
  std::int64_t pixels = 0;
  int min_x = std::numeric_limits<int>::max();
  int min_y = std::numeric_limits<int>::max();
  int max_x = -1;                                                   ///< inclusive
  int max_y = -1;                                                   ///< inclusive: the last raster row
  Int128 sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_xy = 0;  ///< of pixel indices (not centres)
  std::int64_t horizontal_edges = 0;                                ///< boundary pixel sides that run along x
  std::int64_t vertical_edges = 0;                                  ///< boundary pixel sides that run along y
  std::int64_t invalid_edges = 0;  ///< of these, those next to an invalid pixel or the raster's frame
  std::int64_t score_sum = 0;      ///< fixed point, see kScoreScale
  std::int64_t score_max = 0;
  std::int64_t clamped = 0;  ///< samples outside their band's fixed-point range

  /// Adds another part of the same region; commutative and associative.
  void merge(const RegionCounts& other) noexcept;
  friend bool operator==(const RegionCounts&, const RegionCounts&) = default;
};

struct RegionStats : RegionCounts {
  std::array<BandSums, kMaxBands> before{};
  std::array<BandSums, kMaxBands> after{};

  /// Adds another part of the same region; commutative and associative.
  void merge(const RegionStats& other, int bands) noexcept;
  friend bool operator==(const RegionStats&, const RegionStats&) = default;
};

}  // namespace tuban::kernels
