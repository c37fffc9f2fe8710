// SPDX-License-Identifier: Apache-2.0
// How pixels come in: from files (open_raster) or from memory the caller owns (wrap_memory).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tuban/export.h"
#include "tuban/grid.h"

namespace tuban {

enum class SampleType : std::uint8_t { uint8, uint16, int16, float32 };

/// What a band shows. Rules and indices use roles only, never band numbers.
enum class BandRole : std::uint8_t { unknown, blue, green, red, red_edge, nir, swir1, swir2, sar };

struct BandInfo {
  std::string name;  ///< description of the band, or "band N"
  BandRole role = BandRole::unknown;
  double scale = 1, offset = 0;  ///< physical value = scale * sample + offset
};

struct Window {
  int x = 0, y = 0, width = 0, height = 0;
};

/// What a source is, known without reading a pixel.
struct SourceInfo {
  std::string name;  ///< path, or the name the caller gave
  std::string
      id;  ///< identity of the scene in patch ids: file name without folder and extension, or the name
  Grid grid;
  SampleType type = SampleType::uint8;
  std::vector<BandInfo> bands;  ///< the bands that read() delivers, in that order
  /// Storage blocks; fetching works in whole blocks. Where masks or the validity file have blocks of another
  /// shape, this is one in which both are whole.
  int block_width = 1, block_height = 1;
  bool rows_apart = false;       ///< some rows of a block cost no more than their share: nothing is decoded
  int max_readers = 1 << 20;     ///< how many readers may work at once
  bool remote = false;           ///< reads wait for a network, not for a processor: many run at once
  std::size_t reader_bytes = 0;  ///< memory one open reader holds beside the caller's buffers
  std::size_t shared_bytes = 0;  ///< memory that all its readers hold together
  std::optional<std::string> date;  ///< ISO 8601, from metadata; never guessed
  std::string fingerprint;          ///< size, time, hash of header; for the manifest
  std::string validity;             ///< how it is known: "nodata 0", "alpha"; empty: all valid
};

/// Where read() puts samples. Plane b starts at planes[b]; `stride` counts samples and serves all planes.
/// `valid` is ANDed: a pixel stays 1 only if it was 1 and every band is valid there (nodata per band, NaN,
/// infinity, alpha 0, mask band 0, a validity file that is 0, a cloud within reach).
struct PixelBuffer {
  std::span<std::byte* const> planes;
  std::ptrdiff_t stride = 0;
  std::uint8_t* valid = nullptr;
  std::ptrdiff_t valid_stride = 0;
};

/// One open handle; used by one thread at a time.
class TUBAN_API Reader {
 public:
  virtual ~Reader() = default;
  /// Reads the window's native samples of all bands. Throws Error(runtime) naming file, band and window.
  virtual void read(const Window& window, const PixelBuffer& into) = 0;
};

/// A raster of one date. Thread-safe; open() gives each worker a handle of its own.
class TUBAN_API Source {
 public:
  virtual ~Source() = default;
  virtual const SourceInfo& info() const noexcept = 0;
  virtual std::unique_ptr<Reader> open() const = 0;
};

/// What reads the pixels of a file. The samples are the same; `automatic` reads plain local GeoTIFF past
/// GDAL, which is faster.
enum class ReaderKind : std::uint8_t { automatic, gdal };

/// How a raster file is to be read.
struct RasterOptions {
  std::vector<std::string> bands = {};         ///< "1" or "B02" or "blue=1" each; empty: all bands but alpha
  std::vector<std::string> open_options = {};  ///< GDAL open options, KEY=VALUE
  std::string valid_path = {};  ///< raster on the same grid, 1 (or 255) = valid, 0 or its nodata = not
  ReaderKind reader = ReaderKind::automatic;
  std::string profile = {};  ///< kind of sensor, as in Job
  /// A raster whose values tell clouds, on the same grid or one with pixels a whole number of times larger;
  /// "band=5" and "band=SCL" are a band of the image itself, which is then none to compare.
  std::string cloud = {};
  std::vector<std::string> cloud_classes = {};  ///< what its values mean, as in Job
  std::optional<int> cloud_dilate = {};         ///< pixels of this raster, as in Job
};

/// Opens any raster GDAL opens. Throws Error(usage) if it is missing or no raster, Error(mismatch) if a band
/// does not exist, the profile does not fit the bands, a type is not supported, or the validity file or cloud
/// mask lies on another grid. A mask band and alpha count towards validity unless alpha is asked for as a
/// band.
TUBAN_API std::shared_ptr<const Source> open_raster(const std::string& path,
                                                    const RasterOptions& options = {});

/// Pixels the caller owns and keeps alive and unchanged until run() returns. Strides are in bytes and may be
/// negative (north-down arrays) or interleaved (band stride smaller than the pixel stride).
struct MemoryRaster {
  std::string name;  ///< stands for the scene in patch ids and messages
  Grid grid;
  SampleType type = SampleType::uint8;
  const void* data = nullptr;  ///< sample (0, 0) of band 0
  std::ptrdiff_t pixel_stride = 0, row_stride = 0, band_stride = 0;
  std::vector<BandInfo> bands;
  std::optional<double> nodata;
  const std::uint8_t* valid = nullptr;  ///< optional plane, nonzero = valid
  std::ptrdiff_t valid_row_stride = 0;
  std::optional<std::string> date;
};

/// A source whose pixels a function of the caller delivers: `read` does what Reader::read() says and is
/// called from several threads at once, at most info.max_readers of them, with windows of whole blocks of
/// info.block_width x info.block_height but at the edges. What it throws ends the run, which throws it on.
/// Throws Error(usage) on an info without name, bands, size or block, an empty function, or a CRS as
/// wrap_memory() does.
TUBAN_API std::shared_ptr<const Source> wrap_callback(
    const SourceInfo& info, std::function<void(const Window&, const PixelBuffer&)> read);

/// Wraps without copying. The CRS may be WKT or a code such as "EPSG:4549"; the source has it as WKT2. Throws
/// Error(usage) on null data, zero sizes, no bands, no name, a stride of 0 along a dimension longer than 1,
/// or a CRS that PROJ does not understand.
TUBAN_API std::shared_ptr<const Source> wrap_memory(const MemoryRaster& raster);

}  // namespace tuban
