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

// A constant number of channels and distinct planes: what compilers turn into shuffles.
template <typename T, int kChannels>
void split(const T* __restrict in, int width, const std::array<T*, kChannels>& planes) {
  for (int c = 0; c < kChannels; ++c) {
    if (!planes[static_cast<std::size_t>(c)]) continue;
    T* __restrict out = planes[static_cast<std::size_t>(c)];
    for (int x = 0; x < width; ++x) out[x] = in[x * kChannels + c];
  }
}

template <typename T, int kChannels>
void split_row(const std::byte* row, int first, int width, std::span<std::byte* const> planes) {
  const T* in = reinterpret_cast<const T*>(row) + static_cast<std::ptrdiff_t>(first) * kChannels;
  for (int x = 0; x < width; x += kStretch, in += kStretch * kChannels) {
    std::array<T*, kChannels> at;
    for (std::size_t c = 0; c < at.size(); ++c) at[c] = planes[c] ? plane_at<T>(planes[c], x) : nullptr;
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
    for (int i = 0; i < stretch; ++i) {
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
