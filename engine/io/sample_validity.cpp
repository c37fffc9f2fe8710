// SPDX-License-Identifier: Apache-2.0
#include "engine/io/sample_validity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace tuban {
namespace {

template <typename T>
std::optional<T> typed_nodata(const std::optional<double>& nodata) {
  if (!nodata || std::isnan(*nodata)) return {};  // NaN samples are invalid without being declared
  if constexpr (std::is_floating_point_v<T>) {
    const double most = std::numeric_limits<T>::max();
    return static_cast<T>(std::clamp(*nodata, -most, most));
  } else {
    if (*nodata < std::numeric_limits<T>::min() || *nodata > std::numeric_limits<T>::max()) return {};
    const T value = static_cast<T>(*nodata);
    return static_cast<double>(value) == *nodata ? std::optional<T>(value) : std::nullopt;
  }
}

// The square of a larger float, summed over bands and a window, is no float any more: one undeclared nodata
// of -3.4e38 would take every score with it.
constexpr float kLargest = 1e18F;

template <typename T>
void clear_rows(const T* samples, std::ptrdiff_t sample_stride, int width, int height,
                const std::optional<T>& nodata, std::uint8_t* valid, std::ptrdiff_t valid_stride) {
  for (int y = 0; y < height; ++y, samples += sample_stride, valid += valid_stride) {
    if (nodata) {
      const T value = *nodata;
      for (int x = 0; x < width; ++x) valid[x] = static_cast<std::uint8_t>(valid[x] & (samples[x] != value));
    }
    if constexpr (std::is_floating_point_v<T>)
      for (int x = 0; x < width; ++x)
        valid[x] = static_cast<std::uint8_t>(valid[x] & (std::abs(samples[x]) <= kLargest ? 1 : 0));
  }
}

template <typename T>
std::optional<WrongValidity> keep_rows(const T* samples, int width, int height, T nodata, std::uint8_t* valid,
                                       std::ptrdiff_t valid_stride) {
  const bool full_is_valid = nodata != T{255};
  for (int y = 0; y < height; ++y, samples += width, valid += valid_stride) {
    unsigned wrong = 0;
    for (int x = 0; x < width; ++x) {
      const T value = samples[x];
      const bool yes = (value == T{1}) | ((value == T{255}) & full_is_valid);
      const bool no = (value == T{0}) | (value == nodata) | (value != value);
      wrong |= !(yes | no);
      valid[x] = static_cast<std::uint8_t>(valid[x] & yes);
    }
    if (!wrong) continue;
    for (int x = 0; x < width; ++x) {
      const T value = samples[x];
      if (value != T{1} && value != T{255} && value != T{0} && value != nodata && value == value)
        return WrongValidity{x, y, static_cast<float>(value)};
    }
  }
  return {};
}

}  // namespace

std::optional<WrongValidity> keep_valid(kernels::SampleType type, const std::byte* samples, int width,
                                        int height, const std::optional<double>& nodata, std::uint8_t* valid,
                                        std::ptrdiff_t valid_stride) {
  if (type == kernels::SampleType::uint8)  // without nodata, 0 stands for it: it says the same
    return keep_rows(reinterpret_cast<const std::uint8_t*>(samples), width, height,
                     typed_nodata<std::uint8_t>(nodata).value_or(0), valid, valid_stride);
  return keep_rows(reinterpret_cast<const float*>(samples), width, height,
                   typed_nodata<float>(nodata).value_or(0), valid, valid_stride);
}

void clear_invalid(kernels::SampleType type, const std::byte* samples, std::ptrdiff_t sample_stride,
                   int width, int height, const std::optional<double>& nodata, std::uint8_t* valid,
                   std::ptrdiff_t valid_stride) {
  kernels::with_sample_type(type, [&](auto zero) {
    using T = decltype(zero);
    const auto value = typed_nodata<T>(nodata);
    if (!value && !std::is_floating_point_v<T>) return;
    clear_rows(reinterpret_cast<const T*>(samples), sample_stride, width, height, value, valid, valid_stride);
  });
}

}  // namespace tuban
