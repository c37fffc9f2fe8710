// SPDX-License-Identifier: Apache-2.0
// Small rasters for tests, of any type, layout and compression.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tuban/io.h"

namespace tuban::testing {

/// A folder of its own under the system's temporary folder, removed with all it holds.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  /// A path inside it.
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// What write_raster() writes. `value(band, x, y)` counts bands from 0 and defaults to raster_value().
struct RasterFile {
  int width = 64, height = 48, bands = 1;
  std::string type = "uint8";  ///< uint8, uint16, int16, float32, or GDAL's own name
  std::string driver = "GTiff";
  std::vector<std::string> creation_options = {};  ///< TILED=YES, INTERLEAVE=BAND, COMPRESS=DEFLATE ...
  std::optional<std::array<double, 6>> transform = std::array<double, 6>{500000, 10, 0, 2600000, 0, -10};
  std::string crs = "EPSG:32650";                  ///< anything OGR understands; empty: none
  std::vector<std::optional<double>> nodata = {};  ///< per band; a GeoTIFF keeps one for all
  std::vector<std::string> descriptions = {};      ///< per band
  std::vector<std::string> colours = {};           ///< per band: Red, Green, Blue, Alpha, Gray, Undefined ...
  std::map<std::string, std::string> metadata = {};
  /// A mask band of the dataset: 255 where true.
  std::function<bool(int x, int y)> mask = {};
  std::function<double(int band, int x, int y)> value = {};
};

/// A value that differs between neighbours and bands and fits every type; never 0.
double raster_value(int band, int x, int y);

/// Throws std::runtime_error if GDAL refuses.
void write_raster(const std::string& path, const RasterFile& file);

/// gdal_translate / gdalbuildvrt: `arguments` as on their command lines.
void translate_raster(const std::string& from, const std::string& to,
                      const std::vector<std::string>& arguments);
void build_vrt(const std::string& path, const std::vector<std::string>& sources,
               const std::vector<std::string>& arguments = {});

/// Pixels of a window as doubles, band after band, with validity.
struct Pixels {
  Window window;
  std::vector<std::vector<double>> bands;
  std::vector<std::uint8_t> valid;
  double at(std::size_t band, int x, int y) const {
    return bands[band][static_cast<std::size_t>(y - window.y) * static_cast<std::size_t>(window.width) +
                       static_cast<std::size_t>(x - window.x)];
  }
  bool is_valid(int x, int y) const {
    return valid[static_cast<std::size_t>(y - window.y) * static_cast<std::size_t>(window.width) +
                 static_cast<std::size_t>(x - window.x)] != 0;
  }
};

/// Reads through tuban's own contract, into planes with rows longer than the window.
Pixels read_pixels(Reader& reader, const SourceInfo& info, const Window& window);
Pixels read_pixels(const Source& source);  ///< the whole raster with a reader of its own

}  // namespace tuban::testing
