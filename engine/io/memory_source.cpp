// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstring>

#include "engine/io/crs_wkt.h"
#include "engine/io/sample_validity.h"
#include "kernels/view.h"
#include "tuban/error.h"
#include "tuban/io.h"

namespace tuban {
namespace {

kernels::SampleType kernel_type(SampleType type) {
  return static_cast<kernels::SampleType>(type);
}

/// Copies one row of samples out of the caller's array; byte strides may leave samples unaligned.
template <typename T>
void gather(const std::byte* from, std::ptrdiff_t pixel_stride, int count, std::byte* to) {
  for (int x = 0; x < count; ++x, from += pixel_stride, to += sizeof(T)) std::memcpy(to, from, sizeof(T));
}

class MemoryReader final : public Reader {
 public:
  explicit MemoryReader(std::shared_ptr<const MemoryRaster> raster) : raster_(std::move(raster)) {}

  void read(const Window& window, const PixelBuffer& into) override {
    const MemoryRaster& from = *raster_;
    if (window.x < 0 || window.y < 0 || window.width < 0 || window.height < 0 ||
        window.width > from.grid.width - window.x || window.height > from.grid.height - window.y)
      throw Error(
          ErrorCode::runtime,
          fmt::format("{} is {} x {} pixels and has no window {} x {} at ({}, {})", from.name,
                      from.grid.width, from.grid.height, window.width, window.height, window.x, window.y));
    const auto size = static_cast<std::ptrdiff_t>(kernels::sample_size(kernel_type(from.type)));
    for (std::size_t b = 0; b < from.bands.size(); ++b) {
      std::byte* plane = into.planes[b];
      for (int y = 0; y < window.height; ++y)
        copy_row(static_cast<std::ptrdiff_t>(b), window, y, plane + y * into.stride * size);
      if (into.valid)
        clear_invalid(kernel_type(from.type), plane, into.stride, window.width, window.height, from.nodata,
                      into.valid, into.valid_stride);
    }
    if (into.valid && from.valid)
      for (int y = 0; y < window.height; ++y) {
        const std::uint8_t* valid = from.valid + (window.y + y) * from.valid_row_stride + window.x;
        std::uint8_t* row = into.valid + y * into.valid_stride;
        for (int x = 0; x < window.width; ++x) row[x] = static_cast<std::uint8_t>(row[x] & (valid[x] != 0));
      }
  }

 private:
  void copy_row(std::ptrdiff_t band, const Window& window, int y, std::byte* to) const {
    const MemoryRaster& raster = *raster_;
    const auto* from = static_cast<const std::byte*>(raster.data) + band * raster.band_stride +
                       (window.y + y) * raster.row_stride + window.x * raster.pixel_stride;
    kernels::with_sample_type(kernel_type(raster.type), [&](auto zero) {
      using T = decltype(zero);
      if (raster.pixel_stride == static_cast<std::ptrdiff_t>(sizeof(T)))
        std::memcpy(to, from, static_cast<std::size_t>(window.width) * sizeof(T));
      else
        gather<T>(from, raster.pixel_stride, window.width, to);
    });
  }

  std::shared_ptr<const MemoryRaster> raster_;
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(const MemoryRaster& raster) : raster_(std::make_shared<const MemoryRaster>(raster)) {
    info_.name = info_.id = raster.name;
    info_.grid = raster.grid;
    info_.grid.crs = wkt2_of(raster.grid.crs, raster.name);
    info_.type = raster.type;
    info_.bands = raster.bands;
    for (std::size_t b = 0; b < info_.bands.size(); ++b)
      if (info_.bands[b].name.empty()) info_.bands[b].name = fmt::format("band {}", b + 1);
    info_.date = raster.date;
    if (raster.nodata) info_.validity = fmt::format("nodata {}", *raster.nodata);
    if (raster.valid) info_.validity += info_.validity.empty() ? "plane" : ", plane";
  }

  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return std::make_unique<MemoryReader>(raster_); }

 private:
  std::shared_ptr<const MemoryRaster> raster_;
  SourceInfo info_;
};

/// A stride of 0 (a broadcast array, or a field that was forgotten) would read one sample again and again.
void need_stride(const MemoryRaster& raster, const char* which, std::ptrdiff_t stride, std::int64_t count) {
  if (count > 1 && stride == 0)
    throw Error(ErrorCode::usage, fmt::format("{} of raster {} is 0; give the distance in bytes between two "
                                              "samples, which may be negative",
                                              which, raster.name));
}

}  // namespace

std::shared_ptr<const Source> wrap_memory(const MemoryRaster& raster) {
  if (raster.name.empty())
    throw Error(ErrorCode::usage, "a raster in memory has no name; the name stands for it in patch ids");
  if (raster.data == nullptr)
    throw Error(ErrorCode::usage, fmt::format("raster {} in memory has no data (null)", raster.name));
  if (raster.grid.width < 1 || raster.grid.height < 1)
    throw Error(ErrorCode::usage, fmt::format("raster {} in memory is {} x {} pixels; expected 1 x 1 or more",
                                              raster.name, raster.grid.width, raster.grid.height));
  if (raster.bands.empty())
    throw Error(ErrorCode::usage, fmt::format("raster {} in memory has no bands", raster.name));
  need_stride(raster, "pixel_stride", raster.pixel_stride, raster.grid.width);
  need_stride(raster, "row_stride", raster.row_stride, raster.grid.height);
  need_stride(raster, "band_stride", raster.band_stride, static_cast<std::int64_t>(raster.bands.size()));
  if (raster.valid) need_stride(raster, "valid_row_stride", raster.valid_row_stride, raster.grid.height);
  return std::make_shared<MemorySource>(raster);
}

}  // namespace tuban
