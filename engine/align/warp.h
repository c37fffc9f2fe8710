// SPDX-License-Identifier: Apache-2.0
// A source seen on another grid. What reads it does not notice.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "kernels/resample.h"
#include "tuban/io.h"

namespace tuban {

/// Part of a grid. Coordinates are those of the whole, so that a cut changes no pixel.
struct GridCut {
  Grid whole;
  Window window;

  /// The part as a grid of its own.
  Grid grid() const noexcept;
};

struct Warp {
  /// None: bilinear, or average where pixels are larger than 1.5 of the source's.
  std::optional<kernels::Resampling> resampling = {};
  /// Pixel (x, y) shows what would else be seen at (x + shift_x, y + shift_y); multiples of 1/256.
  double shift_x = 0, shift_y = 0;
  std::uint64_t cache_bytes = 0;  ///< most that decoded blocks may take; 0: what they need
};

/// What warp() chose.
struct WarpReport {
  kernels::Resampling resampling = kernels::Resampling::nearest;
  bool whole_pixels = false;       ///< pixels are moved, not resampled
  int node_spacing = 0;            ///< pixels between nodes that are transformed exactly
  double largest_error = 0;        ///< of interpolating between nodes, in source pixels
  std::uint64_t cache_bytes = 0;   ///< for decoded blocks
  std::uint64_t wanted_bytes = 0;  ///< with which no block is decoded much more than once
};

/// `inner` on `target`. Coordinates are transformed exactly at nodes every 16 px (fewer where that is worse
/// than 0.01 source pixels) from (0, 0) of the whole grid, and interpolated; then rounded to 1/1024 source
/// pixel. A pixel whose samples are not all there and valid is invalid. Thread-safe as every source; blocks
/// decoded are shared by its readers. Throws Error(mismatch) where the grids cannot be brought together, or
/// the way between them has a break (antimeridian, pole).
std::shared_ptr<const Source> warp(std::shared_ptr<const Source> inner, const GridCut& target,
                                   const Warp& how, WarpReport* report = nullptr);

}  // namespace tuban
