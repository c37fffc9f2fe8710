// SPDX-License-Identifier: Apache-2.0
#include "bindings/c/raster.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tuban::c {
namespace {

constexpr std::int32_t kDefaultBlockHeight = 64;

static_assert(static_cast<int>(SampleType::uint8) == TUBAN_UINT8);
static_assert(static_cast<int>(SampleType::uint16) == TUBAN_UINT16);
static_assert(static_cast<int>(SampleType::int16) == TUBAN_INT16);
static_assert(static_cast<int>(SampleType::float32) == TUBAN_FLOAT32);
static_assert(static_cast<int>(BandRole::unknown) == TUBAN_BAND_UNKNOWN);
static_assert(static_cast<int>(BandRole::nir) == TUBAN_BAND_NIR);
static_assert(static_cast<int>(BandRole::sar) == TUBAN_BAND_SAR);

SampleType sample_type(const tuban_raster& raster) {
  if (raster.type < TUBAN_UINT8 || raster.type > TUBAN_FLOAT32)
    refuse(
        fmt::format("raster {} has type {}; expected TUBAN_UINT8, TUBAN_UINT16, TUBAN_INT16 or TUBAN_FLOAT32",
                    raster.name, raster.type));
  return static_cast<SampleType>(raster.type);
}

std::vector<BandInfo> bands_of(const tuban_raster& raster) {
  std::vector<BandInfo> bands(raster.band_count);
  for (std::size_t b = 0; b < bands.size(); ++b) {
    BandInfo& band = bands[b];
    if (raster.band_names != nullptr) band.name = text_or_empty(raster.band_names[b]);
    if (raster.band_scales != nullptr) band.scale = raster.band_scales[b];
    if (raster.band_offsets != nullptr) band.offset = raster.band_offsets[b];
    const std::int32_t role = raster.band_roles == nullptr ? TUBAN_BAND_UNKNOWN : raster.band_roles[b];
    if (role < TUBAN_BAND_UNKNOWN || role > TUBAN_BAND_SAR)
      refuse(fmt::format(
          "band {} of raster {} has role {}; expected one of TUBAN_BAND_UNKNOWN to TUBAN_BAND_SAR", b + 1,
          raster.name, role));
    band.role = static_cast<BandRole>(role);
  }
  return bands;
}

Grid grid_of(const tuban_raster& raster) {
  Grid grid;
  grid.width = raster.width;
  grid.height = raster.height;
  const auto& given = raster.transform;
  if (std::any_of(std::begin(given), std::end(given), [](double t) { return t != 0; }))
    std::copy(std::begin(given), std::end(given), grid.transform.begin());
  grid.crs = text_or_empty(raster.crs);
  return grid;
}

std::optional<std::string> date_of(const tuban_raster& raster) {
  if (raster.date == nullptr) return std::nullopt;
  return raster.date;
}

std::shared_ptr<const Source> in_memory(const tuban_raster& raster) {
  MemoryRaster memory;
  memory.name = raster.name;
  memory.grid = grid_of(raster);
  memory.type = sample_type(raster);
  memory.data = raster.data;
  memory.pixel_stride = raster.pixel_stride;
  memory.row_stride = raster.row_stride;
  memory.band_stride = raster.band_stride;
  memory.bands = bands_of(raster);
  if (raster.nodata != nullptr) memory.nodata = *raster.nodata;
  memory.valid = raster.valid;
  memory.valid_row_stride = raster.valid_row_stride;
  memory.date = date_of(raster);
  return wrap_memory(memory);
}

std::shared_ptr<const Source> by_function(const tuban_raster& raster) {
  if (raster.data != nullptr || raster.nodata != nullptr || raster.valid != nullptr)
    refuse(fmt::format(
        "raster {} has a read function and also data, nodata or valid; the function itself clears "
        "what is not valid",
        raster.name));
  SourceInfo info;
  info.name = raster.name;
  info.grid = grid_of(raster);
  info.type = sample_type(raster);
  info.bands = bands_of(raster);
  info.date = date_of(raster);
  info.block_width = raster.block_width == 0 ? raster.width : raster.block_width;
  info.block_height =
      raster.block_height == 0 ? std::min(raster.height, kDefaultBlockHeight) : raster.block_height;
  info.max_readers = raster.max_readers == 0 ? 1 : raster.max_readers;
  return wrap_callback(info, [name = info.name, read = raster.read, user = raster.user](
                                 const Window& part, const PixelBuffer& into) {
    const std::vector<void*> planes(into.planes.begin(), into.planes.end());
    const tuban_window window{part.x, part.y, part.width, part.height};
    const tuban_buffer buffer{sizeof(tuban_buffer), static_cast<std::uint32_t>(planes.size()),
                              planes.data(),        into.stride,
                              into.valid,           into.valid_stride};
    if (const int answer = read(user, &window, &buffer); answer != 0)
      throw Error(ErrorCode::runtime,
                  fmt::format("the read function of raster {} returned {} for the window {} x {} at ({}, {})",
                              name, answer, part.width, part.height, part.x, part.y));
  });
}

}  // namespace

std::shared_ptr<const Source> wrap(const tuban_raster& raster) {
  needed(raster.name, "tuban_raster.name");
  return raster.read == nullptr ? in_memory(raster) : by_function(raster);
}

}  // namespace tuban::c
