// SPDX-License-Identifier: Apache-2.0
// Pixels of a source on another grid, chunk by chunk.
#pragma once

#include <memory>
#include <utility>

#include "engine/align/tile_cache.h"
#include "engine/align/warp.h"

namespace tuban {

inline constexpr int kWarpNodeSpacing = 16;
inline constexpr int kWarpChunk = 128;         ///< pixels resampled together, of the finer grid
inline constexpr double kWarpPerPixel = 1024;  ///< coordinates are rounded to so many parts of a source pixel

/// What all readers of a warped source share; filled by warp().
struct WarpShared {
  WarpShared(std::shared_ptr<const Source> source, const GridCut& cut, const Warp& warp)
      : inner(std::move(source)), target(cut), how(warp), cache(inner->info()) {}

  std::shared_ptr<const Source> inner;
  GridCut target;
  Warp how;
  kernels::Resampling method = kernels::Resampling::bilinear;
  double half_x = 0.5, half_y = 0.5;  // of a target pixel, in source pixels
  int spacing = kWarpNodeSpacing;
  bool whole_pixels = false;
  int offset_x = 0, offset_y = 0;  // where pixels are only moved
  bool translated = false;         // the grids differ by (away_x, away_y) alone
  double away_x = 0, away_y = 0;
  int chunk = kWarpChunk;
  mutable TileCache cache;
};

std::unique_ptr<Reader> open_warped(std::shared_ptr<const WarpShared> shared);

}  // namespace tuban
