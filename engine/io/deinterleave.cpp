// SPDX-License-Identifier: Apache-2.0
#include "engine/io/deinterleave.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace tuban {
namespace {

// So much of a row stays in the first-level cache while its channels are taken out one after another, and is
// the room for a channel that nobody wants.
constexpr int kStretch = 512;

template <typename T>
T* plane_at(std::byte* plane, int x) {
  return reinterpret_cast<T*>(plane) + x;
}

// Four bands of 16 bits, the commonest image, by hand: eight pixels a turn, transposed with shuffles that any
// 128-bit instruction set has. Compilers find them for splitting only at half the speed, for sums not at all.
using Vector = std::uint16_t __attribute__((vector_size(16)));
constexpr int kTurn = 8;

Vector load(const std::uint16_t* from) {
  Vector value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void store(std::uint16_t* to, Vector value) {
  std::memcpy(to, &value, sizeof value);
}

Vector zip_low(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

Vector zip_high(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/// Pixels 0-1, 2-3, 4-5 and 6-7 to channels 0, 1, 2 and 3.
std::array<Vector, 4> transposed(const std::array<Vector, 4>& pixels) {
  const auto half = [](Vector a, Vector b) {
    const Vector even = zip_low(a, b);
    const Vector odd = zip_high(a, b);
    return std::array{zip_low(even, odd), zip_high(even, odd)};
  };
  const auto low = half(pixels[0], pixels[1]);
  const auto high = half(pixels[2], pixels[3]);
  const auto lows = [](Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
  };
  const auto highs = [](Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  };
  return {lows(low[0], high[0]), highs(low[0], high[0]), lows(low[1], high[1]), highs(low[1], high[1])};
}

/// Takes whole turns of pixels; returns how many pixels that were. With kSum each pixel is added to the sum
/// of those before it, `sum`, which goes on.
template <bool kSum>
int split_turns(const std::uint16_t* in, int width, const std::array<std::uint16_t*, 4>& planes,
                std::array<std::uint16_t, 4>& sum) {
  Vector carry{sum[0], sum[1], sum[2], sum[3], sum[0], sum[1], sum[2], sum[3]};
  int x = 0;
  for (; x + kTurn <= width; x += kTurn) {
    std::array<Vector, 4> pixels;
    for (std::size_t i = 0; i < 4; ++i) {
      pixels[i] = load(in + 4 * x + 8 * static_cast<int>(i));
      if constexpr (kSum) {
        const Vector shifted = __builtin_shufflevector(Vector{}, pixels[i], 0, 1, 2, 3, 8, 9, 10, 11);
        pixels[i] += shifted + carry;
        carry = __builtin_shufflevector(pixels[i], pixels[i], 4, 5, 6, 7, 4, 5, 6, 7);
      }
    }
    const auto channels = transposed(pixels);
    for (std::size_t c = 0; c < 4; ++c) store(planes[c] + x, channels[c]);
  }
  if constexpr (kSum)
    for (std::size_t c = 0; c < 4; ++c) sum[c] = carry[c];
  return x;
}

// A constant number of channels and distinct planes: what compilers turn into shuffles.
template <typename T, int kChannels>
void split(const T* __restrict in, int width, const std::array<T*, kChannels>& planes) {
  int first = 0;
  if constexpr (sizeof(T) == 2 && kChannels == 4) {
    std::array<std::uint16_t, 4> none{};
    first = split_turns<false>(in, width, planes, none);
  }
  for (int c = 0; c < kChannels; ++c) {
    T* __restrict out = planes[static_cast<std::size_t>(c)];
    for (int x = first; x < width; ++x) out[x] = in[x * kChannels + c];
  }
}

template <typename T, int kChannels>
void split_row(const std::byte* row, int first, int width, std::span<std::byte* const> planes) {
  const T* in = reinterpret_cast<const T*>(row) + static_cast<std::ptrdiff_t>(first) * kChannels;
  std::array<T, kStretch> unwanted;
  for (int x = 0; x < width; x += kStretch, in += kStretch * kChannels) {
    std::array<T*, kChannels> at;
    for (std::size_t c = 0; c < at.size(); ++c)
      at[c] = planes[c] ? plane_at<T>(planes[c], x) : unwanted.data();
    split<T, kChannels>(in, std::min(kStretch, width - x), at);
  }
}

template <typename T>
void split_any(const std::byte* row, int channels, int first, int width, std::span<std::byte* const> planes) {
  const T* in = reinterpret_cast<const T*>(row) + static_cast<std::ptrdiff_t>(first) * channels;
  for (int x = 0; x < width; x += kStretch, in += static_cast<std::ptrdiff_t>(kStretch) * channels) {
    const int stretch = std::min(kStretch, width - x);
    for (std::size_t c = 0; c < planes.size(); ++c) {
      if (!planes[c]) continue;
      T* __restrict out = plane_at<T>(planes[c], x);
      for (int i = 0; i < stretch; ++i)
        out[i] = in[static_cast<std::ptrdiff_t>(i) * channels + static_cast<int>(c)];
    }
  }
}

template <typename T>
void split_type(const std::byte* row, int channels, int first, int width,
                std::span<std::byte* const> planes) {
  switch (channels) {
    case 1:
      std::memcpy(planes[0], row + static_cast<std::size_t>(first) * sizeof(T),
                  static_cast<std::size_t>(width) * sizeof(T));
      return;
    case 2:
      return split_row<T, 2>(row, first, width, planes);
    case 3:
      return split_row<T, 3>(row, first, width, planes);
    case 4:
      return split_row<T, 4>(row, first, width, planes);
    default:
      return split_any<T>(row, channels, first, width, planes);
  }
}

template <typename T, int kChannels>
void sum_row(const std::byte* row, int first, int width, std::span<std::byte* const> planes) {
  std::array<T, kChannels> sum{};
  const T* in = reinterpret_cast<const T*>(row);
  const auto add = [&] {
    for (std::size_t c = 0; c < kChannels; ++c) sum[c] = static_cast<T>(sum[c] + in[c]);
    in += kChannels;
  };
  for (int x = 0; x < first; ++x) add();
  std::array<T, kStretch> unwanted;
  for (int x = 0; x < width; x += kStretch) {
    std::array<T*, kChannels> at;
    for (std::size_t c = 0; c < kChannels; ++c)
      at[c] = planes[c] ? plane_at<T>(planes[c], x) : unwanted.data();
    const int stretch = std::min(kStretch, width - x);
    int i = 0;
    if constexpr (sizeof(T) == 2 && kChannels == 4) {
      i = split_turns<true>(in, stretch, at, sum);
      in += i * kChannels;
    }
    for (; i < stretch; ++i) {
      add();
      for (std::size_t c = 0; c < kChannels; ++c) at[c][i] = sum[c];
    }
  }
}

template <typename T>
void sum_type(const std::byte* row, int channels, int first, int width, std::span<std::byte* const> planes) {
  switch (channels) {
    case 1:
      return sum_row<T, 1>(row, first, width, planes);
    case 2:
      return sum_row<T, 2>(row, first, width, planes);
    case 3:
      return sum_row<T, 3>(row, first, width, planes);
    default:
      return sum_row<T, 4>(row, first, width, planes);
  }
}

}  // namespace

void deinterleave(const std::byte* row, int sample_bytes, int channels, int first, int width,
                  std::span<std::byte* const> planes) noexcept {
  if (sample_bytes == 1) return split_type<std::uint8_t>(row, channels, first, width, planes);
  if (sample_bytes == 2) return split_type<std::uint16_t>(row, channels, first, width, planes);
  split_type<std::uint32_t>(row, channels, first, width, planes);
}

void deinterleave_differences(const std::byte* row, int sample_bytes, int channels, int first, int width,
                              std::span<std::byte* const> planes) noexcept {
  if (sample_bytes == 1) return sum_type<std::uint8_t>(row, channels, first, width, planes);
  sum_type<std::uint16_t>(row, channels, first, width, planes);
}

}  // namespace tuban
