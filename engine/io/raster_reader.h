// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/tiff_reader.h"
#include "kernels/view.h"
#include "tuban/error.h"
#include "tuban/io.h"

class GDALDataset;

namespace tuban {

class CloudMask;
struct CloudPlan;

struct DatasetCloser {
  void operator()(GDALDataset* dataset) const noexcept;
};
using DatasetHandle = std::unique_ptr<GDALDataset, DatasetCloser>;

/// Opens a raster for reading; throws Error(code) "cannot open PATH: GDAL's reason".
DatasetHandle open_dataset(const std::string& path, const std::vector<std::string>& open_options,
                           ErrorCode code);

struct BlockShape {
  int width = 1, height = 1;
  friend bool operator==(const BlockShape&, const BlockShape&) = default;
};

/// The file that says where a raster is valid.
struct ValidPlan {
  std::string path;
  bool bytes = false;  ///< its samples are bytes; others are read as float32
  BlockShape block;
  std::optional<double> nodata;
  std::optional<TiffPlan> tiff;
};

/// What open_raster() settled about a file; all readers of a source share it.
struct RasterPlan {
  std::string path;
  std::vector<std::string> open_options;
  int width = 0, height = 0;
  int file_bands = 0;
  kernels::SampleType type = kernels::SampleType::uint8;
  std::vector<int> bands;                     ///< GDAL's numbers, in the order of read()
  std::vector<std::optional<double>> nodata;  ///< one per band of `bands`
  std::vector<int> alpha_bands;
  bool alpha_of_same_type = true;  ///< then alpha is read together with the bands
  std::vector<int> mask_bands;     ///< bands whose mask band must be read
  BlockShape block;                ///< of the bands
  bool interleaved = false;        ///< one storage block may hold all bands
  bool nested = false;             ///< the dataset keeps other datasets open, whose blocks only closing frees
  std::optional<TiffPlan> tiff;    ///< the bands are read by libtiff; masks always are by GDAL
  std::optional<ValidPlan> valid;
  std::shared_ptr<const CloudPlan> cloud;

  /// Nothing is decoded, so that windows need not be whole blocks.
  bool rows_apart() const noexcept {
    const auto stored = [](const std::optional<TiffPlan>& file) { return file && file->layout.stored; };
    return stored(tiff) && mask_bands.empty() && (!valid || stored(valid->tiff)) && !cloud;
  }
};

/// Reads in pieces of whole blocks, so that memory beside the caller's does not grow with the window, and
/// drops each piece from GDAL's block cache. Opens on the first read.
class RasterReader final : public Reader {
 public:
  explicit RasterReader(std::shared_ptr<const RasterPlan> plan);
  ~RasterReader() override;
  void read(const Window& window, const PixelBuffer& into) override;

  /// The most memory a reader of this plan holds beside the caller's buffers.
  static std::size_t memory(const RasterPlan& plan);

  /// What libtiff has read of the bands so far; empty where GDAL reads them.
  std::optional<TiffReader::Effort> tiff_effort() const;

 private:
  void open();
  void read_bands(const Window& part, const Window& window, const PixelBuffer& into);
  void read_together(const Window& part, const Window& window, const PixelBuffer& into);
  void read_tiff(const Window& part, const Window& window, const PixelBuffer& into);
  void read_apart(const Window& part, const Window& window, const PixelBuffer& into);
  void apply_alpha(const Window& part, const Window& window, const PixelBuffer& into);
  void apply_mask(int band, const Window& window, const PixelBuffer& into);
  void apply_valid_file(const Window& window, const PixelBuffer& into);
  void read_valid_file(const Window& part);
  void drop_blocks();
  [[noreturn]] void fail(const Window& part, const std::string& bands, const std::string& reason) const;

  std::shared_ptr<const RasterPlan> plan_;
  DatasetHandle dataset_;
  DatasetHandle valid_;
  std::unique_ptr<TiffReader> tiff_, valid_tiff_;
  std::unique_ptr<CloudMask> cloud_;
  std::vector<BandPlane> planes_;
  std::vector<std::byte> scratch_;
  std::size_t bytes_since_open_ = 0;
};

/// The block shape of the dataset's bands; of a VRT that lays its sources' blocks on one lattice, theirs, so
/// that a reader by whole blocks decodes each of them once.
BlockShape band_blocks(GDALDataset& dataset, const std::vector<int>& bands);

/// A block shape in which blocks of both shapes are whole, or the larger one where that would be far larger.
BlockShape common_blocks(const BlockShape& a, const BlockShape& b, int width, int height);

}  // namespace tuban
