// SPDX-License-Identifier: Apache-2.0
// A small pair of images with one new square, as files or in memory.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/support/raster_files.h"
#include "tuban/io.h"

namespace tuban::testing {

constexpr int kSquareWidth = 300;
constexpr int kSquareHeight = 260;

// Four bands of texture; the second date has a gain, an offset and, if asked for, a bright square.
inline double texture(int band, int x, int y) {
  const unsigned hash = (static_cast<unsigned>(x) * 374761393U + static_cast<unsigned>(y) * 668265263U +
                         static_cast<unsigned>(band) * 974711U) *
                        2246822519U;
  return 800 + 200 * band + 300 * ((x / 25 + y / 20) % 4) + static_cast<double>(hash >> 26);
}

inline RasterFile square_scene(bool after, bool changed) {
  RasterFile file;
  file.width = kSquareWidth;
  file.height = kSquareHeight;
  file.bands = 4;
  file.type = "uint16";
  file.descriptions = {"blue", "green", "red", "nir"};
  file.creation_options = {"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE",
                           "INTERLEAVE=BAND"};
  file.value = [after, changed](int band, int x, int y) {
    const bool square = changed && x >= 100 && x < 130 && y >= 90 && y < 120;
    const double noise = static_cast<double>((x * 7919 + y * 104729 + band * 31 + (after ? 17 : 0)) % 23);
    if (after && square) return 4200.0 + 10 * band + noise;
    return after ? 60 + 1.2 * texture(band, x, y) + noise : texture(band, x, y) + noise;
  };
  return file;
}

// The scene in memory the test owns, bands interleaved by pixel.
struct SquareInMemory {
  explicit SquareInMemory(bool after) {
    const RasterFile file = square_scene(after, true);
    for (int y = 0; y < kSquareHeight; ++y)
      for (int x = 0; x < kSquareWidth; ++x)
        for (int band = 0; band < 4; ++band)
          samples.push_back(static_cast<std::uint16_t>(file.value(band, x, y)));
    raster.name = after ? "after" : "before";
    raster.grid = {kSquareWidth, kSquareHeight, *file.transform, {}};
    raster.type = SampleType::uint16;
    raster.data = samples.data();
    raster.pixel_stride = 8;
    raster.row_stride = 8 * kSquareWidth;
    raster.band_stride = 2;
    raster.bands = {
        {"blue", BandRole::blue}, {"green", BandRole::green}, {"red", BandRole::red}, {"nir", BandRole::nir}};
  }
  std::vector<std::uint16_t> samples;
  MemoryRaster raster;
};

}  // namespace tuban::testing
