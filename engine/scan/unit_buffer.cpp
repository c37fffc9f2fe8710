// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/unit_buffer.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tuban {

UnitBuffer::UnitBuffer(const ScanPlan& plan)
    : stride_(plan.unit_width + kPad + kLag), rows_(plan.unit_height + kPad + kLag), bands_(plan.bands) {
  planes_.resize(2 + 2 * static_cast<std::size_t>(plan.bands));
  for (std::size_t p = 0; p < planes_.size(); ++p) {
    planes_[p].sample = p == 0 ? sizeof(float) : p == 1 ? 1 : kernels::sample_size(plan.type);
    planes_[p].data.resize(static_cast<std::size_t>(stride_) * static_cast<std::size_t>(rows_) *
                           planes_[p].sample);
  }
}

void UnitBuffer::reset(const kernels::Window& unit) noexcept {
  unit_ = unit;
  auto* scores = reinterpret_cast<float*>(planes_[0].data.data());
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto clear = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    std::fill(scores + begin, scores + end, nan);
    std::memset(planes_[1].data.data() + begin, 0, static_cast<std::size_t>(end - begin));
  };
  // Only pads and rims: the unit's own pixels are all written.
  const std::ptrdiff_t own_end = kPad + unit.width;
  clear(0, kPad * stride_);
  for (int row = kPad; row < kPad + unit.height; ++row) {
    clear(row * stride_, row * stride_ + kPad);
    clear(row * stride_ + own_end, (row + 1) * stride_);
  }
  clear((kPad + unit.height) * stride_, static_cast<std::ptrdiff_t>(rows_) * stride_);
}

kernels::View<float> UnitBuffer::scores(const kernels::Window& window) noexcept {
  return {reinterpret_cast<float*>(planes_[0].data.data()) + index(window.x, window.y), window.width,
          window.height, stride_};
}

kernels::View<std::uint8_t> UnitBuffer::valid(const kernels::Window& window) noexcept {
  return {reinterpret_cast<std::uint8_t*>(planes_[1].data.data()) + index(window.x, window.y), window.width,
          window.height, stride_};
}

void UnitBuffer::planes(int x, int y, std::vector<std::byte*>& before,
                        std::vector<std::byte*>& after) noexcept {
  const auto bands = static_cast<std::size_t>(bands_);
  before.resize(bands);
  after.resize(bands);
  for (std::size_t b = 0; b < bands; ++b) {
    const auto offset = index(x, y) * static_cast<std::ptrdiff_t>(planes_[2].sample);
    before[b] = planes_[2 + b].data.data() + offset;
    after[b] = planes_[2 + bands + b].data.data() + offset;
  }
}

UnitFrontier::UnitFrontier(const ScanPlan& plan) : width_(plan.width) {
  const std::size_t pixel = kernels::sample_size(plan.type);
  strips_.resize(2 + 2 * static_cast<std::size_t>(plan.bands));
  for (std::size_t p = 0; p < strips_.size(); ++p) {
    const std::size_t sample = p == 0 ? sizeof(float) : p == 1 ? 1 : pixel;
    strips_[p].above.resize(static_cast<std::size_t>(width_) * kPad * sample);
    strips_[p].left.resize(static_cast<std::size_t>(plan.unit_height + kPad) * kPad * sample);
  }
}

void UnitFrontier::exchange(UnitBuffer& buffer) {
  const kernels::Window& unit = buffer.unit();
  const auto stride = static_cast<std::size_t>(buffer.stride());
  const auto rows = static_cast<std::size_t>(unit.height) + kPad;
  for (std::size_t p = 0; p < strips_.size(); ++p) {
    Strip& strip = strips_[p];
    const std::size_t sample = buffer.planes_[p].sample;
    std::byte* plane = buffer.planes_[p].data.data();
    const std::size_t columns = kPad * sample;
    const std::size_t own = static_cast<std::size_t>(unit.width) * sample;
    const std::size_t above = static_cast<std::size_t>(width_) * sample;
    const std::size_t from = static_cast<std::size_t>(unit.x) * sample;
    if (unit.y > 0)
      for (std::size_t row = 0; row < kPad; ++row)
        std::memcpy(plane + row * stride * sample + columns, strip.above.data() + row * above + from, own);
    if (unit.x > 0)
      for (std::size_t row = 0; row < rows; ++row)
        std::memcpy(plane + row * stride * sample, strip.left.data() + row * columns, columns);
    for (std::size_t row = 0; row < rows; ++row)
      std::memcpy(strip.left.data() + row * columns, plane + row * stride * sample + own, columns);
    for (std::size_t row = 0; row < kPad; ++row)
      std::memcpy(strip.above.data() + row * above + from,
                  plane + (row + static_cast<std::size_t>(unit.height)) * stride * sample + columns, own);
  }
}

}  // namespace tuban
