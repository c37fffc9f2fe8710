// SPDX-License-Identifier: Apache-2.0
#include "engine/io/cloud_mask.h"

#include <cpl_conv.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/io/gdal_errors.h"
#include "engine/io/grid_check.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::size_t kValues = 65536;
constexpr std::size_t kPieceBytes = 4'000'000;
constexpr std::size_t kHandleBytes = 1'000'000;
constexpr int kMostTimesLarger = 64;

constexpr const char* kExpected =
    "scl, qa_pixel or binary (scl and qa_pixel also with snow, as scl,snow; qa_pixel also with medium), or a "
    "list of the values that are cloud, such as 8,9,10";

[[noreturn]] void refuse(const std::vector<std::string>& words) {
  throw Error(ErrorCode::usage, fmt::format("--cloud-classes \"{}\" is no class map; expected {}",
                                            fmt::join(words, ","), kExpected));
}

void fill_scl(CloudClasses& classes, bool snow) {
  using enum CloudCode;
  constexpr CloudCode kOf[] = {missing, missing, clear, cloud, clear, clear,
                               clear,   clear,   cloud, cloud, cloud, clear};
  classes.of.assign(kValues, unknown);
  std::copy(std::begin(kOf), std::end(kOf), classes.of.begin());
  if (snow) classes.of[11] = cloud;
  classes.expected = "a class from 0 to 11";
}

void fill_qa_pixel(CloudClasses& classes, bool snow, bool medium) {
  constexpr unsigned kFill = 1U << 0, kSnow = 1U << 5;
  constexpr unsigned kCloud = 1U << 1 | 1U << 2 | 1U << 3 | 1U << 4;  // dilated, cirrus, cloud, shadow
  constexpr unsigned kConfidence = 8;                                 // of cloud, two bits; 2 is medium
  classes.of.resize(kValues);
  for (unsigned value = 0; value < kValues; ++value) {
    const bool cloud =
        (value & kCloud) || (snow && (value & kSnow)) || (medium && (value >> kConfidence & 3U) >= 2U);
    classes.of[value] = value & kFill ? CloudCode::missing : cloud ? CloudCode::cloud : CloudCode::clear;
  }
  classes.expected = "bits from 0 to 65535";
  // Collection 2 has dilated clouds and shadows by 3 pixels already.
  classes.dilate = 0;
}

void fill_binary(CloudClasses& classes) {
  classes.of.assign(kValues, CloudCode::unknown);
  classes.of[0] = CloudCode::clear;
  classes.of[1] = classes.of[255] = CloudCode::cloud;
  classes.expected = "0 (clear) or 1 (cloud); other class maps are named with --cloud-classes";
}

void fill_list(CloudClasses& classes, const std::vector<std::string>& words) {
  classes.of.assign(kValues, CloudCode::clear);
  for (const std::string& word : words) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || error != std::errc() || end != word.data() + word.size() || value >= kValues)
      refuse(words);
    classes.of[value] = CloudCode::cloud;
  }
  classes.expected = "a whole number from 0 to 65535";
}

Grid grid_of(GDALDataset& mask, const Grid& image) {
  Grid grid;
  grid.width = mask.GetRasterXSize();
  grid.height = mask.GetRasterYSize();
  if (mask.GetGeoTransform(grid.transform.data()) != CE_None) grid.transform = Grid{}.transform;
  const OGRSpatialReference* crs = mask.GetSpatialRef();
  char* text = nullptr;
  if (crs && !crs->IsEmpty() && crs->exportToWkt(&text) == OGRERR_NONE && text) grid.crs = text;
  CPLFree(text);
  // A mask that does not say where it lies is laid on its image.
  if (grid.crs.empty() && grid.transform == Grid{}.transform) {
    grid.crs = image.crs;
    grid.transform = image.transform;
    for (const auto i : {1U, 4U}) grid.transform[i] *= static_cast<double>(image.width) / grid.width;
    for (const auto i : {2U, 5U}) grid.transform[i] *= static_cast<double>(image.height) / grid.height;
  }
  return grid;
}

/// The image's grid with pixels `factor` times larger, the last of a row or column perhaps hanging over.
Grid coarsened(Grid grid, int factor) {
  grid.width = (grid.width + factor - 1) / factor;
  grid.height = (grid.height + factor - 1) / factor;
  for (const auto i : {1U, 2U, 4U, 5U}) grid.transform[i] *= factor;
  return grid;
}

GDALDataType gdal_type(kernels::SampleType type) {
  return type == kernels::SampleType::uint8    ? GDT_Byte
         : type == kernels::SampleType::uint16 ? GDT_UInt16
                                               : GDT_Float32;
}

}  // namespace

CloudCode CloudClasses::operator()(float value) const noexcept {
  if (!(value >= 0) || !(value < static_cast<float>(kValues))) return CloudCode::unknown;
  const auto whole = static_cast<std::size_t>(value);
  return static_cast<float>(whole) == value ? of[whole] : CloudCode::unknown;
}

CloudClasses cloud_classes(const std::vector<std::string>& words) {
  CloudClasses classes;
  classes.name = words.empty() ? "binary" : fmt::format("{}", fmt::join(words, ","));
  const std::string map = words.empty() ? "binary" : words.front();
  bool snow = false, medium = false;
  if (map == "scl" || map == "qa_pixel" || map == "binary") {
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "snow" && map != "binary")
        snow = true;
      else if (words[i] == "medium" && map == "qa_pixel")
        medium = true;
      else
        refuse(words);
    }
  }
  if (map == "scl")
    fill_scl(classes, snow);
  else if (map == "qa_pixel")
    fill_qa_pixel(classes, snow, medium);
  else if (map == "binary")
    fill_binary(classes);
  else
    fill_list(classes, words);
  return classes;
}

CloudPlan plan_cloud_mask(const CloudChoice& choice, const std::string& image, const Grid& grid) {
  CloudPlan plan;
  plan.classes = cloud_classes(choice.classes);
  const DatasetHandle mask = open_dataset(choice.path, choice.open_options, ErrorCode::usage);
  const GdalErrors quiet;
  if (choice.band > mask->GetRasterCount())
    throw Error(ErrorCode::usage, fmt::format("the cloud mask {} holds no raster bands", choice.path));
  const Grid own = grid_of(*mask, grid);
  const int factor = static_cast<int>(
      std::clamp(std::lround(static_cast<double>(grid.width) / own.width), 1L, long{kMostTimesLarger}));
  const std::string difference = grid_difference(image, grid, choice.path, own);
  if (!difference.empty() &&
      (factor == 1 || !grid_difference(image, coarsened(grid, factor), choice.path, own).empty()))
    throw Error(ErrorCode::mismatch,
                fmt::format("a cloud mask must lie on the grid of its image or on one with pixels a whole "
                            "number of times larger, but {}; warp it to {} x {} pixels with gdalwarp -r near",
                            difference, grid.width, grid.height));
  GDALRasterBand& band = *mask->GetRasterBand(choice.band);
  plan.path = choice.path;
  plan.open_options = choice.open_options;
  plan.band = choice.band;
  plan.type = band.GetRasterDataType() == GDT_Byte     ? kernels::SampleType::uint8
              : band.GetRasterDataType() == GDT_UInt16 ? kernels::SampleType::uint16
                                                       : kernels::SampleType::float32;
  plan.block = band_blocks(*mask, {choice.band});
  int has_nodata = FALSE;
  const double nodata = band.GetNoDataValue(&has_nodata);
  if (has_nodata) plan.nodata = static_cast<float>(nodata);
  if (choice.by_tiff && choice.open_options.empty() && plan.type != kernels::SampleType::float32)
    plan.tiff = plan_tiff(*mask, choice.path, plan.type);
  plan.width = grid.width;
  plan.height = grid.height;
  plan.factor = factor;
  plan.dilate = choice.dilate.value_or(plan.classes.dilate);
  return plan;
}

CloudMask::CloudMask(const CloudPlan& plan) : plan_(plan) {
  if (plan.tiff)
    tiff_ = std::make_unique<TiffReader>(*plan.tiff);
  else
    dataset_ = open_dataset(plan.path, plan.open_options, ErrorCode::runtime);
}

CloudMask::~CloudMask() = default;

std::size_t CloudMask::memory(const CloudPlan& plan) {
  const auto columns = static_cast<std::size_t>(plan.width / plan.factor + 1);
  const auto rows = static_cast<std::size_t>(plan.block.height);
  const std::size_t block =
      rows * static_cast<std::size_t>(plan.block.width) * kernels::sample_size(plan.type);
  return (plan.tiff ? TiffReader::memory(*plan.tiff) : kHandleBytes + std::max(kPieceBytes, block)) +
         std::max(kPieceBytes, block) + columns * rows + 2 * sizeof(int) * columns +
         2 * sizeof(int) * static_cast<std::size_t>(plan.width);
}

void CloudMask::read_piece(const Window& part) {
  const auto fail = [&](const std::string& reason) {
    throw Error(ErrorCode::runtime,
                fmt::format("cannot read band {} of the cloud mask {} in window {} x {} at ({}, {}): {}",
                            plan_.band, plan_.path, part.width, part.height, part.x, part.y, reason));
  };
  samples_.resize(
      std::max(samples_.size(), static_cast<std::size_t>(part.width) * static_cast<std::size_t>(part.height) *
                                    kernels::sample_size(plan_.type)));
  if (tiff_) {
    const BandPlane plane{plan_.band, samples_.data(), part.width};
    try {
      tiff_->read(part, {&plane, 1});
    } catch (const TiffReader::Failure& failure) {
      fail(failure.reason);
    }
    return;
  }
  GDALRasterBand& band = *dataset_->GetRasterBand(plan_.band);
  GdalErrors errors;
  const CPLErr result = band.RasterIO(GF_Read, part.x, part.y, part.width, part.height, samples_.data(),
                                      part.width, part.height, gdal_type(plan_.type), 0, 0, nullptr);
  if (result != CE_None || errors.failed()) fail(errors.reason());
  for (int number = 1; number <= dataset_->GetRasterCount(); ++number)
    dataset_->GetRasterBand(number)->FlushCache(false);
}

/// Codes of the mask's rows from `row` to the end of its block, at most to `last_row`.
void CloudMask::load(int row, int last_row, int column, int columns) {
  first_row_ = row;
  end_row_ = std::min((row / plan_.block.height + 1) * plan_.block.height, last_row + 1);
  codes_.resize(static_cast<std::size_t>(columns) * static_cast<std::size_t>(end_row_ - first_row_));
  const int rows = end_row_ - first_row_;
  const std::size_t block_bytes = static_cast<std::size_t>(plan_.block.width) *
                                  static_cast<std::size_t>(rows) * kernels::sample_size(plan_.type);
  const int blocks =
      static_cast<int>(std::max<std::size_t>(1, kPieceBytes / std::max<std::size_t>(1, block_bytes)));
  for (int x = column; x < column + columns;) {
    const std::int64_t cut = (x / plan_.block.width + std::int64_t{blocks}) * plan_.block.width;
    const Window part{x, row, static_cast<int>(std::min<std::int64_t>(cut, column + columns)) - x, rows};
    read_piece(part);
    kernels::with_sample_type(plan_.type, [&](auto zero) {
      const auto* value = reinterpret_cast<const decltype(zero)*>(samples_.data());
      for (int y = 0; y < rows; ++y) {
        CloudCode* code = codes_.data() + static_cast<std::ptrdiff_t>(y) * columns + (part.x - column);
        for (int i = 0; i < part.width; ++i, ++value, ++code) {
          const auto number = static_cast<float>(*value);
          *code = plan_.classes(number);
          // A mask often declares its 0, clear, as nodata.
          if (number != number || (plan_.nodata == number && *code != CloudCode::clear))
            *code = CloudCode::missing;
          if (*code == CloudCode::unknown)
            throw Error(ErrorCode::mismatch,
                        fmt::format("the cloud mask {} holds {} at pixel ({}, {}); expected {}", plan_.path,
                                    number, part.x + i, row + y, plan_.classes.expected));
        }
      }
    });
    x += part.width;
  }
}

void CloudMask::apply(const Window& window, std::uint8_t* valid, std::ptrdiff_t stride) {
  const int factor = plan_.factor;
  const int reach = plan_.dilate;
  // The mask's pixels within reach of the image's `at`, along one axis.
  const auto first = [&](int at) { return std::max(0, at - reach) / factor; };
  const auto last = [&](int at, int size) { return std::min(size - 1, at + reach) / factor; };
  const int right = window.x + window.width;
  const int bottom = window.y + window.height;
  const int column = first(window.x);
  const int columns = last(right - 1, plan_.width) + 1 - column;
  const int last_row = last(bottom - 1, plan_.height);

  from_.resize(static_cast<std::size_t>(window.width));
  to_.resize(from_.size());
  for (int x = 0; x < window.width; ++x) {
    from_[static_cast<std::size_t>(x)] = first(window.x + x) - column;
    to_[static_cast<std::size_t>(x)] = last(window.x + x, plan_.width) + 1 - column;
  }
  const auto clear = [&](int mask_x, int mask_y) {
    const int x0 = std::max(mask_x * factor, window.x);
    const int x1 = std::min(mask_x * factor + factor, right);
    if (x0 >= x1) return;
    for (int y = std::max(mask_y * factor, window.y); y < std::min(mask_y * factor + factor, bottom); ++y)
      std::memset(valid + (y - window.y) * stride + (x0 - window.x), 0, static_cast<std::size_t>(x1 - x0));
  };
  last_cloud_.assign(static_cast<std::size_t>(columns), -1);
  count_.resize(static_cast<std::size_t>(columns) + 1);
  int taken = first(window.y);
  first_row_ = end_row_ = taken;
  int known_top = -1, known_bottom = -1;  // rows that count_ holds for
  for (int y = window.y; y < bottom; ++y) {
    const int top = first(y);
    const int below = last(y, plan_.height);
    for (; taken <= below; ++taken) {
      if (taken >= end_row_) load(taken, last_row, column, columns);
      const CloudCode* code = codes_.data() + static_cast<std::ptrdiff_t>(taken - first_row_) * columns;
      for (int c = 0; c < columns; ++c) {
        if (code[c] == CloudCode::cloud) last_cloud_[static_cast<std::size_t>(c)] = taken;
        if (code[c] == CloudCode::missing) clear(column + c, taken);
      }
    }
    if (top != known_top || below != known_bottom) {
      for (std::size_t c = 0; c < last_cloud_.size(); ++c)
        count_[c + 1] = count_[c] + (last_cloud_[c] >= top ? 1 : 0);
      known_top = top;
      known_bottom = below;
    }
    if (count_.back() == 0) continue;
    std::uint8_t* const row = valid + (y - window.y) * stride;
    for (std::size_t x = 0; x < from_.size(); ++x)
      if (count_[static_cast<std::size_t>(to_[x])] > count_[static_cast<std::size_t>(from_[x])]) row[x] = 0;
  }
}

}  // namespace tuban
