// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernels/view.h"

namespace tuban {

/// Clears `valid` where a sample is nodata, or in a float raster not finite or beyond 1e18. `samples` points
/// at row after row of `type`, `sample_stride` samples apart. A nodata value that the type cannot hold
/// matches nothing, as a byte raster's -9999; beyond float's range it means the largest float, as GDAL clamps
/// it when converting.
void clear_invalid(kernels::SampleType type, const std::byte* samples, std::ptrdiff_t sample_stride,
                   int width, int height, const std::optional<double>& nodata, std::uint8_t* valid,
                   std::ptrdiff_t valid_stride);

/// A sample that says neither valid nor not.
struct WrongValidity {
  int x = 0, y = 0;
  float value = 0;
};

/// Clears `valid` where a validity file, uint8 or float32 in rows of `width` samples, does not hold 1, or 255
/// unless that is its nodata. Any other value than those, 0, nodata and NaN is wrong, and the first is named.
std::optional<WrongValidity> keep_valid(kernels::SampleType type, const std::byte* samples, int width,
                                        int height, const std::optional<double>& nodata, std::uint8_t* valid,
                                        std::ptrdiff_t valid_stride);

}  // namespace tuban
