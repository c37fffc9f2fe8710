// SPDX-License-Identifier: Apache-2.0
// Rectangles of pixels, and strided views over memory that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tuban::kernels {

/// A rectangle of pixels in raster coordinates: columns [x, x + width), rows [y, y + height).
struct Window {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const noexcept { return x + width; }
  int bottom() const noexcept { return y + height; }
  std::int64_t pixels() const noexcept { return static_cast<std::int64_t>(width) * height; }
  bool empty() const noexcept { return width <= 0 || height <= 0; }
  friend bool operator==(const Window&, const Window&) = default;
};

/// The common part of two windows; empty (width or height 0) where they do not meet.
Window intersect(const Window& a, const Window& b) noexcept;

/// The window grown by `margin` pixels on every side (shrunk where negative); not clipped.
Window grown(const Window& window, int margin) noexcept;

/// A strided plane of samples, row after row. Does not own; stride counts samples, not bytes.
template <typename T>
struct View {
  T* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride = 0;

  T* row(int y) const noexcept { return data + y * stride; }
  T& at(int x, int y) const noexcept { return data[y * stride + x]; }
  View sub(int x, int y, int w, int h) const noexcept { return {data + y * stride + x, w, h, stride}; }
  operator View<const T>() const noexcept { return {data, width, height, stride}; }
};

/// The sample types a raster may have; every value of the integer types is exact in float32.
enum class SampleType : std::uint8_t { uint8, uint16, int16, float32 };

constexpr std::size_t sample_size(SampleType type) noexcept {
  return type == SampleType::uint8 ? 1 : type == SampleType::float32 ? 4 : 2;
}

const char* to_string(SampleType type) noexcept;

/// Calls `f(T{})` with the C++ type of `type`: the one place where sample types become templates.
template <typename F>
decltype(auto) with_sample_type(SampleType type, F&& f) {
  switch (type) {
    case SampleType::uint8:
      return f(std::uint8_t{});
    case SampleType::uint16:
      return f(std::uint16_t{});
    case SampleType::int16:
      return f(std::int16_t{});
    case SampleType::float32:
      break;
  }
  return f(float{});
}

/// What the mask planes hold, in memory and in `--mask`.
inline constexpr std::uint8_t kUnchanged = 0;
inline constexpr std::uint8_t kChanged = 1;
inline constexpr std::uint8_t kInvalid = 255;

/// Most bands a job may use; bounds every per-band array on a stack.
inline constexpr int kMaxBands = 16;

}  // namespace tuban::kernels
