// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gdal_priv.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/io/sink.h"
#include "engine/io/staged_output.h"
#include "tuban/error.h"

namespace tuban {

namespace {

constexpr int kBlock = 512;

/// Whole blocks go straight to the driver: GDAL's block cache, which belongs to the host, stays untouched.
class GeoTiffSink final : public RasterSink {
 public:
  GeoTiffSink(const std::string& path, const Grid& grid, kernels::SampleType type,
              const std::string& description, bool overwrite)
      : grid_(grid),
        sample_(kernels::sample_size(type)),
        row_bytes_(static_cast<std::size_t>(grid.width) * sample_),
        staged_(path, overwrite),
        block_(kBlock * kBlock * sample_) {
    const GdalErrors errors;
    const bool mask = type == kernels::SampleType::uint8;
    CPLStringList options;
    options.SetNameValue("TILED", "YES");
    options.SetNameValue("BLOCKXSIZE", "512");
    options.SetNameValue("BLOCKYSIZE", "512");
    options.SetNameValue("COMPRESS", "DEFLATE");
    options.SetNameValue("PREDICTOR", mask ? "1" : "3");
    options.SetNameValue("BIGTIFF", "IF_SAFER");
    GDALDriver* const driver = GetGDALDriverManager()->GetDriverByName("GTiff");
    if (driver != nullptr) {
      dataset_.reset(driver->Create(staged_.path().c_str(), grid.width, grid.height, 1,
                                    mask ? GDT_Byte : GDT_Float32, options.List()));
    }
    if (dataset_ == nullptr) staged_.fail(errors.reason());
    describe(mask, description);
    if (errors.failed()) staged_.fail(errors.reason());
  }

  void write_rows(int y, kernels::View<const std::byte> rows) override {
    if (y != next_row_ || rows.height > grid_.height - y ||
        static_cast<std::size_t>(rows.width) != row_bytes_) {
      throw Error(
          ErrorCode::runtime,
          fmt::format("a raster of {} x {} samples of {} bytes was given rows {} to {} of {} bytes after "
                      "its row {}",
                      grid_.width, grid_.height, sample_, y, y + rows.height, rows.width, next_row_));
    }
    int row = 0;
    while (row < rows.height) {
      const int in_block = next_row_ % kBlock;
      const int wanted = std::min(kBlock, grid_.height - (next_row_ - in_block)) - in_block;
      const int count = std::min(wanted, rows.height - row);
      if (in_block == 0 && count == wanted) {
        write_blocks(next_row_ / kBlock, rows.row(row), rows.stride, count);
      } else {
        keep(in_block, rows.sub(0, row, rows.width, count));
        if (count == wanted) {
          write_blocks(next_row_ / kBlock, pending_.data(), static_cast<std::ptrdiff_t>(row_bytes_),
                       in_block + count);
        }
      }
      row += count;
      next_row_ += count;
    }
  }

  void prepare() override {
    if (next_row_ != grid_.height) {
      throw Error(ErrorCode::runtime,
                  fmt::format("a raster of {} rows was finished after {} of them", grid_.height, next_row_));
    }
    const GdalErrors errors;
    GDALClose(dataset_.release());
    if (errors.failed()) staged_.fail(errors.reason());
    staged_.sync();
  }

  void publish() override { staged_.publish(); }
  void withdraw() noexcept override { staged_.withdraw(); }

 private:
  void describe(bool mask, const std::string& description) {
    GDALRasterBand& band = *dataset_->GetRasterBand(1);
    if (const OgrCrs crs = make_ogr_crs(grid_, false)) dataset_->SetSpatialRef(crs.get());
    if (grid_.transform != Grid().transform) {
      std::array<double, 6> transform = grid_.transform;
      dataset_->SetGeoTransform(transform.data());
    }
    band.SetDescription(description.c_str());
    if (!mask) {
      band.SetNoDataValue(std::numeric_limits<double>::quiet_NaN());
      return;
    }
    band.SetNoDataValue(kernels::kInvalid);
    GDALColorTable colours;
    const GDALColorEntry unchanged{235, 235, 235, 255}, changed{215, 25, 28, 255}, invalid{0, 0, 0, 0};
    colours.SetColorEntry(kernels::kUnchanged, &unchanged);
    colours.SetColorEntry(kernels::kChanged, &changed);
    colours.SetColorEntry(kernels::kInvalid, &invalid);
    band.SetColorTable(&colours);
    CPLStringList names;
    names.AddString("unchanged");
    names.AddString("changed");
    band.SetCategoryNames(names.List());
  }

  void keep(int in_block, kernels::View<const std::byte> rows) {
    pending_.resize(kBlock * row_bytes_);
    for (int y = 0; y < rows.height; ++y) {
      std::memcpy(pending_.data() + static_cast<std::size_t>(in_block + y) * row_bytes_, rows.row(y),
                  row_bytes_);
    }
  }

  void write_blocks(int block_y, const std::byte* rows, std::ptrdiff_t stride, int height) {
    const GdalErrors errors;
    GDALRasterBand& band = *dataset_->GetRasterBand(1);
    for (int x = 0; x < grid_.width; x += kBlock) {
      const std::size_t bytes = static_cast<std::size_t>(std::min(kBlock, grid_.width - x)) * sample_;
      // What lies outside the raster is never read; zeros make it small.
      if (height < kBlock || bytes < kBlock * sample_) std::fill(block_.begin(), block_.end(), std::byte{0});
      for (int y = 0; y < height; ++y) {
        std::memcpy(block_.data() + static_cast<std::size_t>(y) * kBlock * sample_,
                    rows + y * stride + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(x) * sample_),
                    bytes);
      }
      if (band.WriteBlock(x / kBlock, block_y, block_.data()) != CE_None || errors.failed()) {
        staged_.fail(errors.reason());
      }
    }
  }

  Grid grid_;
  std::size_t sample_, row_bytes_;
  StagedOutput staged_;
  OgrDataset dataset_;
  std::vector<std::byte> block_, pending_;
  int next_row_ = 0;
};

}  // namespace

std::unique_ptr<RasterSink> make_raster_sink(const std::string& path, const Grid& grid,
                                             kernels::SampleType type, const std::string& description,
                                             bool overwrite) {
  if (type != kernels::SampleType::uint8 && type != kernels::SampleType::float32) {
    throw Error(ErrorCode::runtime, fmt::format("'{}': rasters are written as uint8 or float32, not {}", path,
                                                kernels::to_string(type)));
  }
  register_gdal_drivers();
  return std::make_unique<GeoTiffSink>(path, grid, type, description, overwrite);
}

std::size_t raster_sink_bytes(const Grid& grid, kernels::SampleType type) noexcept {
  return kBlock * kernels::sample_size(type) * (static_cast<std::size_t>(grid.width) + 3 * kBlock);
}

}  // namespace tuban
