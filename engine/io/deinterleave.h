// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace tuban {

/// Most channels that deinterleave_differences() takes.
inline constexpr int kMostSummedChannels = 4;

/// Copies pixels [first, first + width) of a row of `channels` interleaved samples of 1, 2 or 4 bytes into
/// one plane per channel; a channel whose plane is null is left out.
void deinterleave(const std::byte* row, int sample_bytes, int channels, int first, int width,
                  std::span<std::byte* const> planes) noexcept;

/// The same where the row holds the first pixel and then each pixel's difference to the one before, modulo
/// the sample (1 or 2 bytes): TIFF's horizontal predictor, summed on the way instead of in a pass of its own.
void deinterleave_differences(const std::byte* row, int sample_bytes, int channels, int first, int width,
                              std::span<std::byte* const> planes) noexcept;

}  // namespace tuban
