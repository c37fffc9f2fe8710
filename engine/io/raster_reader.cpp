// SPDX-License-Identifier: Apache-2.0
#include "engine/io/raster_reader.h"

#include <cpl_conv.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gdal_priv.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/io/cloud_mask.h"
#include "engine/io/gdal_errors.h"
#include "engine/io/sample_validity.h"
#include "engine/io/thread_option.h"

namespace tuban {
namespace {

// A piece of a window: large enough that a call into GDAL costs nothing, small beside any memory budget.
constexpr std::size_t kPieceBytes = 4'000'000;
// Blocks of a VRT's sources stay in GDAL's cache until the VRT is closed: it is reopened after this much.
constexpr std::size_t kNestedBytes = 16'000'000;
constexpr std::size_t kHandleBytes = 1'000'000;
constexpr std::size_t kCachedBytes = 300'000;

GDALDataType gdal_type(kernels::SampleType type) {
  switch (type) {
    case kernels::SampleType::uint8:
      return GDT_Byte;
    case kernels::SampleType::uint16:
      return GDT_UInt16;
    case kernels::SampleType::int16:
      return GDT_Int16;
    case kernels::SampleType::float32:
      break;
  }
  return GDT_Float32;
}

std::size_t pixels(int width, int height) {
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

std::size_t piece_pixels(const BlockShape& block, std::size_t pixel_bytes) {
  return std::max(kPieceBytes / pixel_bytes, pixels(block.width, block.height));
}

/// Cuts a window into pieces of at most `most` pixels (or one block) whose cuts lie between blocks, and calls
/// visit(piece) row by row.
template <typename Visit>
void for_each_piece(const Window& window, const BlockShape& block, std::size_t most, Visit visit) {
  const std::size_t across = static_cast<std::size_t>((window.width + block.width - 1) / block.width) + 1;
  const std::size_t block_pixels = pixels(block.width, block.height);
  const std::size_t columns = std::clamp<std::size_t>(most / block_pixels, 1, across);
  const std::size_t rows = columns < across ? 1 : std::max<std::size_t>(most / (block_pixels * across), 1);
  const auto next = [](int at, int end, int size, std::size_t count) {
    const std::int64_t cut = (at / size + static_cast<std::int64_t>(count)) * size;
    return static_cast<int>(std::min<std::int64_t>(cut, end));
  };
  const int right = window.x + window.width;
  const int bottom = window.y + window.height;
  for (int y = window.y; y < bottom;) {
    const int below = next(y, bottom, block.height, rows);
    for (int x = window.x; x < right;) {
      const int beyond = next(x, right, block.width, columns);
      visit(Window{x, y, beyond - x, below - y});
      x = beyond;
    }
    y = below;
  }
}

std::uint8_t* valid_at(const Window& part, const Window& window, const PixelBuffer& into) {
  return into.valid + (part.y - window.y) * into.valid_stride + (part.x - window.x);
}

std::string text_of(const Window& window) {
  return fmt::format("window {} x {} at ({}, {})", window.width, window.height, window.x, window.y);
}

BlockShape shape_of(GDALRasterBand& band) {
  BlockShape shape;
  band.GetBlockSize(&shape.width, &shape.height);
  return shape;
}

CPLErr read_band(GDALRasterBand& band, const Window& part, void* into, GDALDataType type,
                 std::ptrdiff_t line_bytes) {
  return band.RasterIO(GF_Read, part.x, part.y, part.width, part.height, into, part.width, part.height, type,
                       0, line_bytes, nullptr);
}

/// While it lives, GDAL decodes on the calling thread: the engine has workers of its own, and errors on
/// threads of GDAL's would go to the terminal instead of to us.
struct OneDecoder : ThreadOption {
  OneDecoder() : ThreadOption("GDAL_NUM_THREADS", "1") {}
};

std::vector<int> bands_read_together(const RasterPlan& plan) {
  std::vector<int> bands = plan.bands;
  if (plan.alpha_of_same_type) bands.insert(bands.end(), plan.alpha_bands.begin(), plan.alpha_bands.end());
  return bands;
}

}  // namespace

void DatasetCloser::operator()(GDALDataset* dataset) const noexcept {
  const GdalErrors quiet;
  GDALClose(dataset);
}

DatasetHandle open_dataset(const std::string& path, const std::vector<std::string>& open_options,
                           ErrorCode code) {
  register_gdal_drivers();
  std::vector<const char*> options;
  for (const std::string& option : open_options) options.push_back(option.c_str());
  options.push_back(nullptr);
  const OneDecoder decoder;
  const WithoutSpatiaLite host_keeps_its_locale;  // a GeoPackage of tiles
  GdalErrors errors;
  DatasetHandle dataset(GDALDataset::Open(path.c_str(),
                                          GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, nullptr,
                                          options.data(), nullptr));
  if (!dataset) throw Error(code, fmt::format("cannot open {}: {}", path, errors.reason()));
  for (const std::string& warning : errors.warnings())
    if (!open_options.empty() && warning.find("open option") != std::string::npos)
      throw Error(ErrorCode::usage, fmt::format("cannot open {} as asked: {} (--oo)", path, warning));
  return dataset;
}

RasterReader::RasterReader(std::shared_ptr<const RasterPlan> plan) : plan_(std::move(plan)) {}
RasterReader::~RasterReader() = default;

std::size_t RasterReader::memory(const RasterPlan& plan) {
  const std::size_t sample = kernels::sample_size(plan.type);
  const std::size_t chosen = bands_read_together(plan).size();
  const std::size_t file_bands = std::max<std::size_t>(chosen, static_cast<std::size_t>(plan.file_bands));
  const std::size_t piece = piece_pixels(plan.block, sample * chosen) * sample;
  const std::size_t block = pixels(plan.block.width, plan.block.height) * sample;
  // Scratch, the same in GDAL's cache (with the bands that share the blocks), and the block being decoded.
  std::size_t bytes = 0;
  if (plan.tiff) bytes += TiffReader::memory(*plan.tiff) + piece * plan.alpha_bands.size();
  if (!plan.tiff || !plan.mask_bands.empty()) {
    bytes += kHandleBytes + piece * chosen;
    bytes += plan.interleaved ? (piece + 2 * block) * file_bands : piece * chosen + 2 * block;
  }
  if (!plan.mask_bands.empty()) bytes += kPieceBytes;
  if (plan.valid)
    bytes += kPieceBytes + (plan.valid->tiff ? TiffReader::memory(*plan.valid->tiff) : kHandleBytes);
  if (plan.cloud) bytes += CloudMask::memory(*plan.cloud);
  if (plan.nested) bytes += kNestedBytes;
  return bytes;
}

void RasterReader::open() {
  if (plan_->tiff && !tiff_) tiff_ = std::make_unique<TiffReader>(*plan_->tiff);
  if (!dataset_ && (!plan_->tiff || !plan_->mask_bands.empty())) {
    dataset_ = open_dataset(plan_->path, plan_->open_options, ErrorCode::runtime);
    bytes_since_open_ = 0;
    if (dataset_->GetRasterXSize() != plan_->width || dataset_->GetRasterYSize() != plan_->height ||
        dataset_->GetRasterCount() != plan_->file_bands)
      throw Error(
          ErrorCode::runtime,
          fmt::format("{} changed while it was read: it was {} x {} pixels in {} bands and is {} x {} in {}",
                      plan_->path, plan_->width, plan_->height, plan_->file_bands, dataset_->GetRasterXSize(),
                      dataset_->GetRasterYSize(), dataset_->GetRasterCount()));
  }
  if (plan_->cloud && !cloud_) cloud_ = std::make_unique<CloudMask>(*plan_->cloud);
  if (!plan_->valid) return;
  const ValidPlan& valid = *plan_->valid;
  if (valid.tiff && !valid_tiff_) valid_tiff_ = std::make_unique<TiffReader>(*valid.tiff);
  if (!valid.tiff && !valid_) valid_ = open_dataset(valid.path, {}, ErrorCode::runtime);
}

std::optional<TiffReader::Effort> RasterReader::tiff_effort() const {
  return tiff_ ? std::optional(tiff_->effort()) : std::nullopt;
}

void RasterReader::read(const Window& window, const PixelBuffer& into) {
  if (window.x < 0 || window.y < 0 || window.width < 1 || window.height < 1 ||
      window.width > plan_->width - window.x || window.height > plan_->height - window.y)
    throw Error(ErrorCode::runtime, fmt::format("{} is {} x {} pixels and has no {}", plan_->path,
                                                plan_->width, plan_->height, text_of(window)));
  const OneDecoder decoder;
  open();
  const std::size_t pixel_bytes = kernels::sample_size(plan_->type) * bands_read_together(*plan_).size();
  // Stored rows are still in the second-level cache when their validity is looked at.
  const bool by_rows = plan_->tiff && plan_->tiff->layout.stored;
  const BlockShape block = by_rows ? BlockShape{plan_->block.width, 1} : plan_->block;
  const std::size_t most = by_rows ? kCachedBytes / pixel_bytes : piece_pixels(block, pixel_bytes);
  for_each_piece(window, block, most, [&](const Window& part) {
    read_bands(part, window, into);
    bytes_since_open_ += pixels(part.width, part.height) * pixel_bytes;
  });
  if (into.valid) {
    for (const int band : plan_->mask_bands) apply_mask(band, window, into);
    if (plan_->valid) apply_valid_file(window, into);
    if (cloud_) cloud_->apply(window, into.valid, into.valid_stride);
  }
  if (plan_->nested && bytes_since_open_ >= kNestedBytes) dataset_.reset();
}

void RasterReader::read_bands(const Window& part, const Window& window, const PixelBuffer& into) {
  const bool alpha = into.valid && !plan_->alpha_bands.empty();
  if (plan_->tiff)
    read_tiff(part, window, into);
  else if (plan_->interleaved && (plan_->bands.size() > 1 || alpha))
    read_together(part, window, into);
  else
    read_apart(part, window, into);
  if (into.valid) {
    const auto sample = static_cast<std::ptrdiff_t>(kernels::sample_size(plan_->type));
    const std::ptrdiff_t offset = ((part.y - window.y) * into.stride + (part.x - window.x)) * sample;
    for (std::size_t b = 0; b < plan_->bands.size(); ++b)
      clear_invalid(plan_->type, into.planes[b] + offset, into.stride, part.width, part.height,
                    plan_->nodata[b], valid_at(part, window, into), into.valid_stride);
    if (alpha && !plan_->tiff && !(plan_->interleaved && plan_->alpha_of_same_type))
      apply_alpha(part, window, into);
  }
  if (!plan_->tiff) drop_blocks();
}

void RasterReader::read_tiff(const Window& part, const Window& window, const PixelBuffer& into) {
  const std::size_t sample = kernels::sample_size(plan_->type);
  const std::size_t plane = pixels(part.width, part.height) * sample;
  const std::ptrdiff_t offset = (part.y - window.y) * into.stride + (part.x - window.x);
  planes_.clear();
  for (std::size_t b = 0; b < plan_->bands.size(); ++b)
    planes_.push_back(
        {plan_->bands[b], into.planes[b] + offset * static_cast<std::ptrdiff_t>(sample), into.stride});
  const std::size_t alphas = into.valid ? plan_->alpha_bands.size() : 0;
  scratch_.resize(std::max(scratch_.size(), plane * alphas));
  for (std::size_t b = 0; b < alphas; ++b)
    planes_.push_back({plan_->alpha_bands[b], scratch_.data() + b * plane, part.width});
  try {
    tiff_->read(part, planes_);
  } catch (const TiffReader::Failure& failure) {
    fail(part, fmt::format("band {}", failure.band), failure.reason);
  }
  for (std::size_t b = 0; b < alphas; ++b)
    clear_invalid(plan_->type, scratch_.data() + b * plane, part.width, part.width, part.height, 0.0,
                  valid_at(part, window, into), into.valid_stride);
}

/// All bands of a block in one call: a driver whose blocks hold all bands then decodes each block once,
/// however small GDAL's cache is.
void RasterReader::read_together(const Window& part, const Window& window, const PixelBuffer& into) {
  const std::size_t sample = kernels::sample_size(plan_->type);
  const std::size_t plane = pixels(part.width, part.height) * sample;
  std::vector<int> bands = bands_read_together(*plan_);
  scratch_.resize(std::max(scratch_.size(), plane * bands.size()));
  const GDALDataType type = gdal_type(plan_->type);
  {
    GdalErrors errors;
    const CPLErr result = dataset_->RasterIO(
        GF_Read, part.x, part.y, part.width, part.height, scratch_.data(), part.width, part.height, type,
        static_cast<int>(bands.size()), bands.data(), 0, 0, static_cast<GSpacing>(plane), nullptr);
    if (result != CE_None || errors.failed()) {
      const std::string reason = errors.reason();
      // Which band it was, if it fails alone too.
      for (const int band : bands) {
        GdalErrors alone;
        if (read_band(*dataset_->GetRasterBand(band), part, scratch_.data(), type, 0) != CE_None ||
            alone.failed())
          fail(part, fmt::format("band {}", band), reason);
      }
      fail(part, fmt::format("bands {}", fmt::join(bands, ", ")), reason);
    }
  }
  const std::size_t row = static_cast<std::size_t>(part.width) * sample;
  for (std::size_t b = 0; b < plan_->bands.size(); ++b)
    for (int y = 0; y < part.height; ++y) {
      const std::ptrdiff_t at = (part.y - window.y + y) * into.stride + (part.x - window.x);
      std::memcpy(into.planes[b] + at * static_cast<std::ptrdiff_t>(sample),
                  scratch_.data() + b * plane + static_cast<std::size_t>(y) * row, row);
    }
  if (into.valid)
    for (std::size_t b = plan_->bands.size(); b < bands.size(); ++b)
      clear_invalid(plan_->type, scratch_.data() + b * plane, part.width, part.width, part.height, 0.0,
                    valid_at(part, window, into), into.valid_stride);
}

void RasterReader::read_apart(const Window& part, const Window& window, const PixelBuffer& into) {
  const auto sample = static_cast<std::ptrdiff_t>(kernels::sample_size(plan_->type));
  for (std::size_t b = 0; b < plan_->bands.size(); ++b) {
    const int band = plan_->bands[b];
    std::byte* plane = into.planes[b] + ((part.y - window.y) * into.stride + (part.x - window.x)) * sample;
    GdalErrors errors;
    const CPLErr result =
        read_band(*dataset_->GetRasterBand(band), part, plane, gdal_type(plan_->type), into.stride * sample);
    if (result != CE_None || errors.failed()) fail(part, fmt::format("band {}", band), errors.reason());
  }
}

/// As float32: every alpha that is not 0 stays so.
void RasterReader::apply_alpha(const Window& part, const Window& window, const PixelBuffer& into) {
  scratch_.resize(std::max(scratch_.size(), pixels(part.width, part.height) * sizeof(float)));
  for (const int band : plan_->alpha_bands) {
    GdalErrors errors;
    if (read_band(*dataset_->GetRasterBand(band), part, scratch_.data(), GDT_Float32, 0) != CE_None ||
        errors.failed())
      fail(part, fmt::format("band {} (alpha)", band), errors.reason());
    clear_invalid(kernels::SampleType::float32, scratch_.data(), part.width, part.width, part.height, 0.0,
                  valid_at(part, window, into), into.valid_stride);
  }
}

void RasterReader::apply_mask(int band, const Window& window, const PixelBuffer& into) {
  GDALRasterBand& mask = *dataset_->GetRasterBand(band)->GetMaskBand();
  const BlockShape block = shape_of(mask);
  for_each_piece(window, block, piece_pixels(block, 1), [&](const Window& part) {
    scratch_.resize(std::max(scratch_.size(), pixels(part.width, part.height)));
    GdalErrors errors;
    if (read_band(mask, part, scratch_.data(), GDT_Byte, 0) != CE_None || errors.failed())
      fail(part, fmt::format("the mask of band {}", band), errors.reason());
    clear_invalid(kernels::SampleType::uint8, scratch_.data(), part.width, part.width, part.height, 0.0,
                  valid_at(part, window, into), into.valid_stride);
    mask.FlushCache(false);
    drop_blocks();  // some masks are computed from the bands
  });
}

void RasterReader::apply_valid_file(const Window& window, const PixelBuffer& into) {
  const ValidPlan& file = *plan_->valid;
  const std::size_t bytes = file.bytes ? 1 : sizeof(float);
  for_each_piece(window, file.block, piece_pixels(file.block, bytes), [&](const Window& part) {
    scratch_.resize(std::max(scratch_.size(), pixels(part.width, part.height) * bytes));
    read_valid_file(part);
    const auto wrong =
        keep_valid(file.bytes ? kernels::SampleType::uint8 : kernels::SampleType::float32, scratch_.data(),
                   part.width, part.height, file.nodata, valid_at(part, window, into), into.valid_stride);
    if (wrong)
      throw Error(
          ErrorCode::mismatch,
          fmt::format("the validity file {} holds {} at pixel ({}, {}); expected 1 (valid) or 0 (not)",
                      file.path, wrong->value, part.x + wrong->x, part.y + wrong->y));
  });
}

void RasterReader::read_valid_file(const Window& part) {
  const ValidPlan& file = *plan_->valid;
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorCode::runtime, fmt::format("cannot read band 1 of the validity file {} in {}: {}",
                                                file.path, text_of(part), reason));
  };
  if (valid_tiff_) {
    const BandPlane plane{1, scratch_.data(), part.width};
    try {
      valid_tiff_->read(part, {&plane, 1});
    } catch (const TiffReader::Failure& failure) {
      refuse(failure.reason);
    }
    return;
  }
  GDALRasterBand& band = *valid_->GetRasterBand(1);
  GdalErrors errors;
  if (read_band(band, part, scratch_.data(), file.bytes ? GDT_Byte : GDT_Float32, 0) != CE_None ||
      errors.failed())
    refuse(errors.reason());
  band.FlushCache(false);
}

/// A handle opened for reading has no dirty blocks: flushing only frees. Drivers may have loaded the blocks
/// of bands that were not asked for.
void RasterReader::drop_blocks() {
  for (int band = 1; band <= plan_->file_bands; ++band) dataset_->GetRasterBand(band)->FlushCache(false);
}

void RasterReader::fail(const Window& part, const std::string& bands, const std::string& reason) const {
  throw Error(ErrorCode::runtime,
              fmt::format("cannot read {} of {} in {}: {}", bands, plan_->path, text_of(part), reason));
}

}  // namespace tuban
