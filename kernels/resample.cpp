// SPDX-License-Identifier: Apache-2.0
#include "kernels/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace tuban::kernels {
namespace {

template <typename T>
T rounded(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    const double whole = value < 0 ? std::ceil(value - 0.5) : std::floor(value + 0.5);
    return static_cast<T>(
        std::clamp<double>(whole, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
}

// The same number as rounded(), by operations that every processor has for several at once.
template <typename T>
T near(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    constexpr double kLeast = std::numeric_limits<T>::min();
    constexpr double kMost = std::numeric_limits<T>::max();
    const double within = value < kLeast ? kLeast : value > kMost ? kMost : value;
    return static_cast<T>(static_cast<std::int32_t>(within < 0 ? within - 0.5 : within + 0.5));
  }
}

}  // namespace

const char* to_string(Resampling method) noexcept {
  switch (method) {
    case Resampling::nearest:
      return "nearest";
    case Resampling::bilinear:
      return "bilinear";
    case Resampling::cubic:
      return "cubic";
    case Resampling::average:
      break;
  }
  return "average";
}

int reach(Resampling method, double half_extent) noexcept {
  if (method == Resampling::average) return static_cast<int>(std::ceil(half_extent)) + 1;
  return method == Resampling::cubic ? 3 : 2;
}

Resampler::Resampler(Resampling method, double half_x, double half_y)
    : method_(method), half_x_(half_x), half_y_(half_y) {}

void Resampler::taps(Resampling method, double at, double half, Taps& out) const {
  out.weights.clear();
  if (method == Resampling::nearest) {
    out.first = static_cast<std::int64_t>(std::floor(at));
    out.weights.push_back(1);
    return;
  }
  if (method == Resampling::average) {
    const double begin = at - half;
    const double end = at + half;
    out.first = static_cast<std::int64_t>(std::floor(begin));
    for (double i = std::floor(begin); i < end; ++i)
      out.weights.push_back((std::min(i + 1, end) - std::max(i, begin)) / (2 * half));
    return;
  }
  const double centre = at - 0.5;
  const double base = std::floor(centre);
  const double f = centre - base;
  out.first = static_cast<std::int64_t>(base);
  if (f == 0) {
    out.weights.push_back(1);
  } else if (method == Resampling::bilinear) {
    out.weights.insert(out.weights.end(), {1 - f, f});
  } else {
    // Keys 1981 with a = -1/2.
    --out.first;
    out.weights.insert(out.weights.end(), {((-0.5 * f + 1) * f - 0.5) * f, (1.5 * f - 2.5) * f * f + 1,
                                           ((-1.5 * f + 2) * f + 0.5) * f, (0.5 * f - 0.5) * f * f});
  }
}

bool Resampler::whole(const RasterPart& from) const {
  const std::int64_t left = x_.first - from.window.x;
  const std::int64_t top = y_.first - from.window.y;
  const auto width = static_cast<std::int64_t>(x_.weights.size());
  const auto height = static_cast<std::int64_t>(y_.weights.size());
  if (left < 0 || top < 0 || left + width > from.window.width || top + height > from.window.height)
    return false;
  for (std::int64_t y = top; y < top + height; ++y) {
    const std::uint8_t* valid = from.valid + y * from.stride + left;
    for (std::int64_t x = 0; x < width; ++x)
      if (valid[x] == 0) return false;
  }
  return true;
}

template <typename T>
void Resampler::sum(const RasterPart& from, std::size_t i, std::span<std::byte* const> planes) const {
  const auto offset = (y_.first - from.window.y) * from.stride + (x_.first - from.window.x);
  for (std::size_t b = 0; b < planes.size(); ++b) {
    const T* row = reinterpret_cast<const T*>(from.planes[b]) + offset;
    double all = 0;
    for (const double wy : y_.weights) {
      double line = 0;
      for (std::size_t k = 0; k < x_.weights.size(); ++k) line += x_.weights[k] * static_cast<double>(row[k]);
      all += wy * line;
      row += from.stride;
    }
    reinterpret_cast<T*>(planes[b])[i] = rounded<T>(all);
  }
}

void Resampler::row(const RasterPart& from, std::span<const double> x, std::span<const double> y,
                    std::span<std::byte* const> planes, std::uint8_t* valid) {
  const std::size_t size = sample_size(from.type);
  for (std::size_t i = 0; i < x.size(); ++i) {
    bool found = x[i] == x[i] && y[i] == y[i];
    if (found) {
      taps(method_, x[i], half_x_, x_);
      taps(method_, y[i], half_y_, y_);
      found = whole(from);
      if (!found && method_ == Resampling::cubic) {
        taps(Resampling::bilinear, x[i], half_x_, x_);
        taps(Resampling::bilinear, y[i], half_y_, y_);
        found = whole(from);
      }
    }
    valid[i] = found ? 1 : 0;
    if (found)
      with_sample_type(from.type, [&](auto zero) { sum<decltype(zero)>(from, i, planes); });
    else
      for (std::byte* plane : planes) std::memset(plane + i * size, 0, size);
  }
}

// The order of additions is that of sum().
template <typename T>
void Resampler::block_of(const RasterPart& from, int width, int height, std::span<std::byte* const> planes,
                         std::ptrdiff_t stride) {
  const auto columns = static_cast<std::size_t>(width);
  const std::size_t taps = y_.weights.size();
  lines_.resize(taps * columns);
  sum_.resize(columns);
  const auto offset = (y_.first - from.window.y) * from.stride + (x_.first - from.window.x);
  for (std::size_t b = 0; b < planes.size(); ++b) {
    const T* row = reinterpret_cast<const T*>(from.planes[b]) + offset;
    T* out = reinterpret_cast<T*>(planes[b]);
    const std::size_t rows = static_cast<std::size_t>(height) + taps - 1;
    for (std::size_t y = 0; y < rows; ++y, row += from.stride) {
      double* line = lines_.data() + y % taps * columns;
      for (std::size_t k = 0; k < x_.weights.size(); ++k) {
        const double weight = x_.weights[k];
        const T* at = row + k;
        if (k == 0)
          for (std::size_t i = 0; i < columns; ++i) line[i] = weight * static_cast<double>(at[i]);
        else
          for (std::size_t i = 0; i < columns; ++i) line[i] += weight * static_cast<double>(at[i]);
      }
      if (y + 1 < taps) continue;
      for (std::size_t k = 0; k < taps; ++k) {
        const double weight = y_.weights[k];
        const double* at = lines_.data() + (y + 1 - taps + k) % taps * columns;
        if (k == 0)
          for (std::size_t i = 0; i < columns; ++i) sum_[i] = weight * at[i];
        else
          for (std::size_t i = 0; i < columns; ++i) sum_[i] += weight * at[i];
      }
      for (std::size_t i = 0; i < columns; ++i) out[i] = near<T>(sum_[i]);
      out += stride;
    }
  }
}

void Resampler::block(const RasterPart& from, double x, double y, int width, int height,
                      std::span<std::byte* const> planes, std::ptrdiff_t stride) {
  taps(method_, x, half_x_, x_);
  taps(method_, y, half_y_, y_);
  with_sample_type(from.type,
                   [&](auto zero) { block_of<decltype(zero)>(from, width, height, planes, stride); });
}

}  // namespace tuban::kernels
