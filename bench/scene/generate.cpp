// SPDX-License-Identifier: Apache-2.0
// Rasters of a scene: painted band of rows by band of rows, so memory grows with the width alone.
#include <cpl_conv.h>
#include <cpl_string.h>
#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "bench/scene/paint.h"
#include "bench/scene/write.h"

namespace tuban::scene {
namespace {

constexpr int kChunk = 256;  // pixels painted at a time, per thread

void check(const Options& options) {
  const auto refuse = [](const std::string& sentence) { throw std::runtime_error(sentence); };
  if (options.width < 128 || options.height < 128) {
    refuse("a scene needs at least 128 x 128 pixels, got " + std::to_string(options.width) + " x " +
           std::to_string(options.height));
  }
  if (!(options.gsd >= 0.2 && options.gsd <= 60)) {
    refuse("ground sampling must lie in 0.2 to 60 m, got " + std::to_string(options.gsd));
  }
  if (options.width * options.gsd < 250 || options.height * options.gsd < 250) {
    refuse("a scene needs at least 250 m a side to have a landscape; raise --width, --height or --gsd");
  }
  if (options.compression != "DEFLATE" && options.compression != "ZSTD" && options.compression != "NONE") {
    refuse("compression must be DEFLATE, ZSTD or NONE, got " + options.compression);
  }
  if (options.tile < 0 || options.tile % 16 != 0) {
    refuse("tile must be a multiple of 16, or 0 for strips, got " + std::to_string(options.tile));
  }
  if (!(options.phenology >= 0 && options.phenology <= 2)) {
    refuse("phenology must lie in 0 to 2, got " + std::to_string(options.phenology));
  }
  if (!(options.restless >= 0 && options.restless <= 2)) {
    refuse("restless must lie in 0 to 2, got " + std::to_string(options.restless));
  }
  if (!(options.field_width >= 10 && options.field_width <= 250)) {
    refuse("field width must lie in 10 to 250 m, got " + std::to_string(options.field_width));
  }
  if (!(options.shift >= 0 && options.shift <= 1)) {
    refuse("shift must lie in 0 to 1 px, got " + std::to_string(options.shift));
  }
  if (options.validity != "files" && options.validity != "nodata") {
    refuse("validity must be files or nodata, got " + options.validity);
  }
  if (options.threads < 1) refuse("threads must be at least 1, got " + std::to_string(options.threads));
  if (options.folder.empty()) refuse("no folder given for the scene");
}

GDALDatasetUniquePtr create(const Layout& layout, const Options& options, const std::string& name, int bands,
                            GDALDataType type, const char* date) {
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  if (driver == nullptr) throw std::runtime_error("this GDAL has no GTiff driver");
  CPLStringList settings;
  settings.SetNameValue("COMPRESS", options.compression.c_str());
  if (options.compression != "NONE") settings.SetNameValue("PREDICTOR", bands > 1 ? "2" : "1");
  // Sensor noise does not compress: more effort takes three times as long for a few percent.
  if (options.compression == "DEFLATE") settings.SetNameValue("ZLEVEL", "1");
  if (options.compression == "ZSTD") settings.SetNameValue("ZSTD_LEVEL", "1");
  settings.SetNameValue("INTERLEAVE", "PIXEL");
  settings.SetNameValue("BIGTIFF", "IF_SAFER");
  if (options.tile > 0) {
    settings.SetNameValue("TILED", "YES");
    settings.SetNameValue("BLOCKXSIZE", std::to_string(options.tile).c_str());
    settings.SetNameValue("BLOCKYSIZE", std::to_string(options.tile).c_str());
  }
  const std::string path = (std::filesystem::path(options.folder) / name).string();
  GDALDatasetUniquePtr dataset(
      driver->Create(path.c_str(), options.width, options.height, bands, type, settings.List()));
  if (!dataset) throw std::runtime_error("cannot create " + path + ": " + CPLGetLastErrorMsg());
  OGRSpatialReference crs;
  if (crs.importFromEPSG(4526) != OGRERR_NONE) throw std::runtime_error("this PROJ does not know EPSG:4526");
  dataset->SetSpatialRef(&crs);
  double transform[6]{layout.left, options.gsd, 0, layout.top, 0, -options.gsd};
  dataset->SetGeoTransform(transform);
  std::string stamp = std::string(date) + " 02:56:00";
  std::replace(stamp.begin(), stamp.begin() + 10, '-', ':');
  dataset->SetMetadataItem("TIFFTAG_DATETIME", stamp.c_str());
  for (int b = 0; b < bands; ++b) {
    dataset->GetRasterBand(b + 1)->SetDescription(bands > 1 ? kBandNames[static_cast<std::size_t>(b)]
                                                            : "valid");
  }
  return dataset;
}

struct Pair {
  GDALDatasetUniquePtr image, valid;
};

/// A band of rows, pixel-interleaved.
struct Rows {
  std::vector<std::uint16_t> image;
  std::vector<std::uint8_t> valid;
};

void write(Pair& pair, int width, int y, int height, Rows& rows) {
  constexpr GSpacing kPixel = kBands * sizeof(std::uint16_t);
  if (pair.image->RasterIO(GF_Write, 0, y, width, height, rows.image.data(), width, height, GDT_UInt16,
                           kBands, nullptr, kPixel, kPixel * width, sizeof(std::uint16_t),
                           nullptr) != CE_None ||
      (pair.valid && pair.valid->RasterIO(GF_Write, 0, y, width, height, rows.valid.data(), width, height,
                                          GDT_Byte, 1, nullptr, 1, width, 0, nullptr) != CE_None)) {
    throw std::runtime_error(std::string("writing the scene failed: ") + CPLGetLastErrorMsg());
  }
}

/// Runs `work(0 .. count - 1)` on some threads; the first exception is rethrown.
template <typename Work>
void in_parallel(int threads, int count, const Work& work) {
  std::atomic<int> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  const auto loop = [&] {
    try {
      for (int i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::lock_guard lock(guard);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  std::vector<std::jthread> pool;
  for (int t = 1; t < std::min(threads, count); ++t) pool.emplace_back(loop);
  loop();
  pool.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void write_rasters(const Layout& layout, const Options& options, Summary& summary) {
  const Painter painter(layout, options);
  std::array<Pair, 2> pairs;
  const bool nodata = options.validity == "nodata";
  pairs[0].image = create(layout, options, "before.tif", kBands, GDT_UInt16, kBeforeDate);
  pairs[1].image = create(layout, options, "after.tif", kBands, GDT_UInt16, kAfterDate);
  if (nodata) {
    for (Pair& pair : pairs) pair.image->GetRasterBand(1)->SetNoDataValue(0);  // of all bands: GTiff has one
  } else {
    pairs[0].valid = create(layout, options, "before_valid.tif", 1, GDT_Byte, kBeforeDate);
    pairs[1].valid = create(layout, options, "after_valid.tif", 1, GDT_Byte, kAfterDate);
  }
  const int band_height = options.tile > 0 ? options.tile : kChunk;
  const int across = (options.width + kChunk - 1) / kChunk;
  std::array<Rows, 2> rows;
  std::array<std::int64_t, 2> valid{};
  for (int y = 0; y < options.height; y += band_height) {
    const int height = std::min(band_height, options.height - y);
    const auto pixels = static_cast<std::size_t>(options.width) * static_cast<std::size_t>(height);
    for (Rows& date : rows) {
      date.image.resize(pixels * kBands);
      date.valid.resize(pixels);
    }
    const int down = (height + kChunk - 1) / kChunk;
    in_parallel(options.threads, across * down, [&](int i) {
      const int x0 = i % across * kChunk, y0 = i / across * kChunk;
      const int w = std::min(kChunk, options.width - x0), h = std::min(kChunk, height - y0);
      Painted painted;
      painter.paint(x0, y + y0, w, h, painted);
      for (std::size_t date = 0; date < 2; ++date) {
        for (int row = 0; row < h; ++row) {
          const auto from = static_cast<std::size_t>(row) * static_cast<std::size_t>(w);
          const auto to = static_cast<std::size_t>(y0 + row) * static_cast<std::size_t>(options.width) +
                          static_cast<std::size_t>(x0);
          std::copy_n(painted.valid[date].begin() + static_cast<std::ptrdiff_t>(from), w,
                      rows[date].valid.begin() + static_cast<std::ptrdiff_t>(to));
          for (std::size_t b = 0; b < kBands; ++b) {
            for (std::size_t p = 0; p < static_cast<std::size_t>(w); ++p) {
              const bool seen = !nodata || painted.valid[date][from + p] != 0;
              rows[date].image[(to + p) * kBands + b] = seen ? painted.samples[date][b][from + p] : 0;
            }
          }
        }
      }
    });
    in_parallel(options.threads, 2, [&](int date) {
      const auto d = static_cast<std::size_t>(date);
      valid[d] += std::count(rows[d].valid.begin(), rows[d].valid.end(), std::uint8_t{1});
      write(pairs[d], options.width, y, height, rows[d]);
    });
  }
  const double total = static_cast<double>(options.width) * options.height;
  summary.before_valid_share = static_cast<double>(valid[0]) / total;
  summary.after_valid_share = static_cast<double>(valid[1]) / total;
  for (Pair& pair : pairs) {
    for (GDALDatasetUniquePtr* dataset : {&pair.image, &pair.valid}) {
      if (!*dataset) continue;
      CPLErrorReset();
      dataset->reset();
      if (CPLGetLastErrorType() >= CE_Failure) {
        throw std::runtime_error(std::string("closing a raster of the scene failed: ") +
                                 CPLGetLastErrorMsg());
      }
    }
  }
}

Summary generate(const Options& options) {
  check(options);
  GDALAllRegister();
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) throw std::runtime_error("cannot make the folder " + options.folder + ": " + error.message());
  const Layout layout = make_layout(options);
  Summary summary;
  for (const Planted& planted : layout.planted) {
    ++summary.planted;
    summary.planted_400 += planted.area >= 400 ? 1 : 0;
    ++summary.by_situation[planted.situation];
  }
  double paddies = 0, changed = 0;
  for (const Parcel& parcel : layout.parcels) {
    if (parcel.cover != Cover::paddy) continue;
    ++summary.paddies;
    paddies += parcel.area;
    changed += parcel.lost_green() ? parcel.area : 0;
  }
  summary.paddy_changed_share = paddies > 0 ? changed / paddies : 0;
  write_layers(layout, options);
  write_truth(layout, options);
  write_job(options);
  write_rasters(layout, options, summary);
  return summary;
}

}  // namespace tuban::scene
