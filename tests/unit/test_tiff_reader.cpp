// SPDX-License-Identifier: Apache-2.0
// Plain GeoTIFF is read past GDAL: never other samples, never other validity.
#include <cpl_vsi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <random>

#include "engine/io/raster_reader.h"
#include "tests/support/raster_files.h"
#include "tuban/io.h"

namespace tuban {

using testing::RasterFile;
using testing::TempFolder;
using testing::write_raster;

struct Read {
  std::vector<std::byte> samples;  // plane after plane, rows without gaps
  std::vector<std::uint8_t> valid;
  bool operator==(const Read&) const = default;
};

Read read_window(Reader& reader, const SourceInfo& info, const Window& window) {
  const std::size_t bytes = kernels::sample_size(static_cast<kernels::SampleType>(info.type));
  const auto width = static_cast<std::size_t>(window.width);
  const auto height = static_cast<std::size_t>(window.height);
  // Rows longer than the window, so that one written too far shows.
  const std::size_t stride = width + 3;
  std::vector<std::byte> samples(stride * height * bytes * info.bands.size(), std::byte{0xA5});
  std::vector<std::uint8_t> valid(stride * height, 1);
  std::vector<std::byte*> planes;
  for (std::size_t b = 0; b < info.bands.size(); ++b)
    planes.push_back(samples.data() + b * stride * height * bytes);
  reader.read(window, {planes, static_cast<std::ptrdiff_t>(stride), valid.data(),
                       static_cast<std::ptrdiff_t>(stride)});
  return {samples, valid};
}

std::optional<TiffReader::Effort> effort(const Reader& reader) {
  return dynamic_cast<const RasterReader&>(reader).tiff_effort();
}

/// Windows at edges, across blocks and of everything.
std::vector<Window> windows_of(const Grid& grid) {
  return {{0, 0, grid.width, grid.height},
          {grid.width - 1, grid.height - 1, 1, 1},
          {grid.width / 3, grid.height / 4, grid.width / 2, grid.height / 2},
          {5, 3, 1, grid.height - 3},
          {0, grid.height / 2, grid.width, 1}};
}

void expect_same(const std::string& path, RasterOptions options, bool past_gdal = true) {
  const auto fast = open_raster(path, options);
  options.reader = ReaderKind::gdal;
  const auto slow = open_raster(path, options);
  const auto one = fast->open();
  const auto other = slow->open();
  for (const Window& window : windows_of(fast->info().grid))
    ASSERT_TRUE(read_window(*one, fast->info(), window) == read_window(*other, slow->info(), window))
        << path << " in window " << window.width << " x " << window.height << " at " << window.x << ", "
        << window.y;
  EXPECT_EQ(effort(*one).has_value(), past_gdal) << path;
  EXPECT_FALSE(effort(*other)) << path;
}

double noisy(int band, int x, int y) {
  const auto mixed = static_cast<unsigned>(x * 7919 + y * 104729 + band * 1299709) * 2654435761U;
  return (mixed >> 16) % 251 + 1;
}

double noisy_float(int band, int x, int y) {
  return noisy(band, x, y) * 1.37 - 100;
}

struct Codec {
  const char* compress;
  std::vector<const char*> predictors;
};

TEST(TiffReader, ReadsWhatGdalReadsInEveryTypeCodecAndLayout) {
  const TempFolder folder;
  const std::vector<Codec> codecs = {{"NONE", {"1"}},
                                     {"PACKBITS", {"1"}},
                                     {"LZW", {"1", "2", "3"}},
                                     {"DEFLATE", {"1", "2", "3"}},
                                     {"ZSTD", {"1", "2", "3"}}};
  const std::vector<std::vector<std::string>> layouts = {
      {"TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16"}, {"BLOCKYSIZE=7"}, {"BLOCKYSIZE=1000"}};
  std::minstd_rand random(7);
  int files = 0;
  for (const char* type : {"uint8", "uint16", "int16", "float32"})
    for (const Codec& codec : codecs)
      for (const char* predictor : codec.predictors)
        for (const auto& layout : layouts)
          for (const char* interleave : {"INTERLEAVE=PIXEL", "INTERLEAVE=BAND"}) {
            const bool is_float = std::string(type) == "float32";
            if (*predictor == '3' && !is_float) continue;
            RasterFile file{.width = 75, .height = 50, .type = type, .creation_options = layout};
            file.bands = 1 + static_cast<int>(random() % 6);
            file.value = is_float ? noisy_float : noisy;
            if (random() % 2) file.nodata.assign(6, 17);
            auto& options = file.creation_options;
            options.push_back(interleave);
            options.push_back(std::string("COMPRESS=") + codec.compress);
            if (codec.predictors.size() > 1) options.push_back(std::string("PREDICTOR=") + predictor);
            if (random() % 3 == 0) options.push_back("BIGTIFF=YES");
            if (random() % 3 == 0) options.push_back("ENDIANNESS=BIG");
            const std::string path = folder / (std::to_string(files++) + ".tif");
            write_raster(path, file);
            RasterOptions choice;
            if (file.bands > 2 && random() % 2) choice.bands = {std::to_string(file.bands), "1"};
            expect_same(path, choice);
            std::filesystem::remove(path);
          }
  EXPECT_EQ(files, 4 * 8 * 3 * 2 + 3 * 3 * 2);
}

TEST(TiffReader, FillsBlocksThatAreNotThereAsGdalDoes) {
  const TempFolder folder;
  const auto corner = [](int band, int x, int y) { return x > 40 && y > 30 ? noisy(band, x, y) : 0; };
  for (const char* compress : {"COMPRESS=NONE", "COMPRESS=DEFLATE"})
    for (const char* interleave : {"INTERLEAVE=PIXEL", "INTERLEAVE=BAND"})
      for (const char* type : {"uint8", "int16", "float32"})
        for (const std::optional<double> nodata : {std::optional<double>(), {0}, {7}, {-9999}}) {
          RasterFile file{.width = 75, .height = 50, .bands = 3, .type = type};
          file.creation_options = {compress,    interleave,      "SPARSE_OK=YES",
                                   "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"};
          file.nodata = {nodata, nodata, nodata};
          file.value = [&](int b, int x, int y) {
            const double value = corner(b, x, y);
            return value == 0 && nodata ? *nodata : value;
          };
          write_raster(folder / "sparse.tif", file);
          ASSERT_LT(std::filesystem::file_size(folder / "sparse.tif"), 75u * 50 * 3 * 4);
          expect_same(folder / "sparse.tif", {});
        }
}

TEST(TiffReader, FindsValidityInAlphaMasksAndFilesAsGdalDoes) {
  const TempFolder folder;
  const auto hole = [](double valid, double other) {
    return [=](int, int x, int y) { return (x / 9 + y / 5) % 3 == 0 ? other : valid; };
  };
  for (const char* interleave : {"INTERLEAVE=PIXEL", "INTERLEAVE=BAND"}) {
    const std::vector<std::string> layout = {interleave, "COMPRESS=DEFLATE", "PREDICTOR=2"};
    auto with_alpha = layout;
    with_alpha.push_back("ALPHA=YES");
    write_raster(
        folder / "alpha.tif",
        {.bands = 4, .type = "uint16", .creation_options = with_alpha, .value = [&](int b, int x, int y) {
           return b == 3 ? hole(9, 0)(b, x, y) : noisy(b, x, y);
         }});
    expect_same(folder / "alpha.tif", {});
    expect_same(folder / "alpha.tif", {.bands = {"4", "2"}});
    write_raster(folder / "mask.tif", {.bands = 3,
                                       .creation_options = layout,
                                       .mask = [](int x, int y) { return x % 7 != y % 5; },
                                       .value = noisy});
    expect_same(folder / "mask.tif", {});
    for (const char* type : {"uint8", "int16", "float32"}) {
      write_raster(folder / "valid.tif",
                   {.type = type, .creation_options = {"COMPRESS=LZW"}, .value = hole(1, 0)});
      expect_same(folder / "mask.tif", {.valid_path = folder / "valid.tif"});
    }
    write_raster(folder / "valid.tif", {.nodata = {255}, .value = hole(1, 255)});
    expect_same(folder / "alpha.tif", {.valid_path = folder / "valid.tif"});
  }
}

TEST(TiffReader, LeavesToGdalWhatLibtiffAloneWouldReadOtherwise) {
  const TempFolder folder;
  write_raster(folder / "twelve.tif", {.type = "uint16", .creation_options = {"NBITS=12"}});
  expect_same(folder / "twelve.tif", {}, false);
  write_raster(folder / "white.tif", {.creation_options = {"PHOTOMETRIC=MINISWHITE"}});
  expect_same(folder / "white.tif", {}, false);
  write_raster(folder / "jpeg.tif", {.bands = 3, .creation_options = {"COMPRESS=JPEG", "PHOTOMETRIC=YCBCR"}});
  expect_same(folder / "jpeg.tif", {}, false);
  write_raster(folder / "plain.tif", {});
  expect_same(folder / "plain.tif", {.open_options = {"NUM_THREADS=2"}}, false);
  expect_same("GTIFF_DIR:1:" + folder / "plain.tif", {}, false);
  write_raster("/vsimem/tuban_plain.tif", {});
  expect_same("/vsimem/tuban_plain.tif", {}, false);
  VSIUnlink("/vsimem/tuban_plain.tif");
  testing::build_vrt(folder / "plain.vrt", {folder / "plain.tif"});
  expect_same(folder / "plain.vrt", {}, false);
}

TEST(TiffReader, DecodesEveryBlockOnceWhenItIsReadByBlocks) {
  const TempFolder folder;
  const std::pair<std::vector<std::string>, int> layouts[] = {
      {{"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "INTERLEAVE=PIXEL"}, 5 * 4},
      {{"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "INTERLEAVE=BAND"}, 5 * 4 * 3},
      {{"BLOCKYSIZE=7", "INTERLEAVE=PIXEL"}, 8},
      {{"BLOCKYSIZE=7", "INTERLEAVE=BAND"}, 8 * 3}};
  for (const auto& [layout, blocks] : layouts) {
    auto options = layout;
    options.push_back("COMPRESS=DEFLATE");
    write_raster(folder / "a.tif", {.width = 75, .height = 50, .bands = 3, .creation_options = options});
    const auto source = open_raster(folder / "a.tif");
    const SourceInfo& info = source->info();
    for (const int columns : {1, 3, 100}) {
      const auto reader = source->open();
      const int step = columns * info.block_width;
      for (int y = 0; y < 50; y += info.block_height)
        for (int x = 0; x < 75; x += step)
          read_window(*reader, info, {x, y, std::min(step, 75 - x), std::min(info.block_height, 50 - y)});
      EXPECT_EQ(effort(*reader).value().blocks_decoded, blocks) << layout.back() << " by " << columns;
    }
  }
}

TEST(TiffReader, KeepsTheBlockItDecodedLast) {
  const TempFolder folder;
  write_raster(folder / "a.tif",
               {.width = 75, .height = 50, .creation_options = {"COMPRESS=LZW", "BLOCKYSIZE=50"}});
  const auto source = open_raster(folder / "a.tif");
  const auto reader = source->open();
  for (int x = 0; x < 60; x += 10) read_window(*reader, source->info(), {x, x / 2, 10, 10});
  EXPECT_EQ(effort(*reader).value().blocks_decoded, 1);
}

TEST(TiffReader, HoldsAboutABlockAndItsBytes) {
  const TempFolder folder;
  const std::vector<std::string> tiles = {"TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256"};
  auto packed = tiles;
  packed.push_back("COMPRESS=DEFLATE");
  const RasterFile file{.width = 600, .height = 500, .bands = 4, .type = "uint16", .value = noisy};
  auto stored_file = file, packed_file = file;
  stored_file.creation_options = tiles;
  packed_file.creation_options = packed;
  write_raster(folder / "stored.tif", stored_file);
  write_raster(folder / "packed.tif", packed_file);
  const std::size_t block = 256 * 256 * 4 * 2;
  const std::size_t stored = open_raster(folder / "stored.tif")->info().reader_bytes;
  const std::size_t decoded = open_raster(folder / "packed.tif")->info().reader_bytes;
  EXPECT_LT(stored, 1'500'000u);
  EXPECT_GT(decoded, 1'000'000 + block);
  EXPECT_LT(decoded, 1'100'000 + 2 * block);
}

}  // namespace tuban
