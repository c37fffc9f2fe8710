// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/unit_buffer.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace tuban {

UnitBuffer::UnitBuffer(const ScanPlan& plan)
    : stride_(plan.unit_width + plan.pad() + plan.lag()),
      pad_(plan.pad()),
      rows_(plan.unit_height + plan.pad() + plan.lag()),
      bands_(plan.bands) {
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
  const std::ptrdiff_t own_end = pad_ + unit.width;
  clear(0, pad_ * stride_);
  for (int row = pad_; row < pad_ + unit.height; ++row) {
    clear(row * stride_, row * stride_ + pad_);
    clear(row * stride_ + own_end, (row + 1) * stride_);
  }
  clear((pad_ + unit.height) * stride_, static_cast<std::ptrdiff_t>(rows_) * stride_);
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

UnitFrontier::UnitFrontier(const ScanPlan& plan)
    : width_(plan.width), pad_(static_cast<std::size_t>(plan.pad())) {
  strips_.resize(2 + 2 * static_cast<std::size_t>(plan.bands));
  for (std::size_t p = 0; p < strips_.size(); ++p) {
    const std::size_t sample = p == 0 ? sizeof(float) : p == 1 ? 1 : kernels::sample_size(plan.type);
    Strip& strip = strips_[p];
    strip.pad = p == 0 ? pad_ : static_cast<std::size_t>(plan.sample_pad());
    strip.above.resize(static_cast<std::size_t>(width_) * strip.pad * sample);
    strip.left.resize((static_cast<std::size_t>(plan.unit_height) + strip.pad) * strip.pad * sample);
  }
}

void UnitFrontier::exchange(UnitBuffer& buffer) {
  const kernels::Window& unit = buffer.unit();
  for (std::size_t p = 0; p < strips_.size(); ++p) {
    Strip& strip = strips_[p];
    const std::size_t sample = buffer.planes_[p].sample;
    const std::size_t stride = static_cast<std::size_t>(buffer.stride()) * sample;
    const std::size_t columns = strip.pad * sample;
    const std::size_t rows = static_cast<std::size_t>(unit.height) + strip.pad;
    const std::size_t own = static_cast<std::size_t>(unit.width) * sample;
    const std::size_t above = static_cast<std::size_t>(width_) * sample;
    const std::size_t from = static_cast<std::size_t>(unit.x) * sample;
    // Where the strips begin, which may be narrower than the buffer's pads.
    std::byte* plane = buffer.planes_[p].data.data() + (pad_ - strip.pad) * (stride + sample);
    if (unit.y > 0)
      for (std::size_t row = 0; row < strip.pad; ++row)
        std::memcpy(plane + row * stride + columns, strip.above.data() + row * above + from, own);
    if (unit.x > 0)
      for (std::size_t row = 0; row < rows; ++row)
        std::memcpy(plane + row * stride, strip.left.data() + row * columns, columns);
    for (std::size_t row = 0; row < rows; ++row)
      std::memcpy(strip.left.data() + row * columns, plane + row * stride + own, columns);
    for (std::size_t row = 0; row < strip.pad; ++row)
      std::memcpy(strip.above.data() + row * above + from,
                  plane + (row + static_cast<std::size_t>(unit.height)) * stride + columns, own);
  }
}

}  // namespace tuban
