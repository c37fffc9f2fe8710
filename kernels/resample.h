// SPDX-License-Identifier: Apache-2.0
// Samples between samples. Weights are doubles from a coordinate alone and sums have one order, so a pixel's
// value depends on nothing but its coordinate (G1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/view.h"

namespace tuban::kernels {

/// `average` is the mean of the area that a pixel covers.
enum class Resampling : std::uint8_t { nearest, bilinear, cubic, average };

const char* to_string(Resampling method) noexcept;

/// How far from a coordinate samples count, in samples; `half_extent` as in Resampler.
int reach(Resampling method, double half_extent) noexcept;

/// Part of a raster: planes of `type` that begin with pixel (window.x, window.y). `valid` has the same
/// stride.
struct RasterPart {
  SampleType type = SampleType::uint8;
  Window window;
  std::span<const std::byte* const> planes;
  std::ptrdiff_t stride = 0;
  const std::uint8_t* valid = nullptr;
};

/// Holds scratch memory: one per worker.
class Resampler {
 public:
  /// `half_x`, `half_y`: half the extent of a pixel in samples, for `average`.
  Resampler(Resampling method, double half_x, double half_y);

  /// Pixel i becomes the sample at (x[i], y[i]) on the pixel-corner lattice of the raster (the centre of its
  /// first pixel is (.5, .5)). Integers are rounded, halves away from 0, and kept within their type. A pixel
  /// is valid where every sample with a weight other than 0 lies in the part and is valid; `cubic` takes
  /// `bilinear` where that fails. Else, and where a coordinate is NaN, it is invalid and 0.
  void row(const RasterPart& from, std::span<const double> x, std::span<const double> y,
           std::span<std::byte* const> planes, std::uint8_t* valid);

  /// What row() gives for `width` x `height` pixels whose coordinates are (x, y), (x + 1, y) and so on, where
  /// every sample they need is there and valid. Weights are the same all over, so this is many times faster.
  void block(const RasterPart& from, double x, double y, int width, int height,
             std::span<std::byte* const> planes, std::ptrdiff_t stride);

 private:
  struct Taps {
    std::int64_t first = 0;
    std::vector<double> weights;
  };
  void taps(Resampling method, double at, double half, Taps& out) const;
  // Whether all samples under the taps are there and valid.
  bool whole(const RasterPart& from) const;
  template <typename T>
  void block_of(const RasterPart& from, int width, int height, std::span<std::byte* const> planes,
                std::ptrdiff_t stride);
  template <typename T>
  void sum(const RasterPart& from, std::size_t i, std::span<std::byte* const> planes) const;

  Resampling method_;
  double half_x_, half_y_;
  Taps x_, y_;
  std::vector<double> lines_, sum_;  // of block(): rows filtered along x, as many as there are taps along y
};

}  // namespace tuban::kernels
