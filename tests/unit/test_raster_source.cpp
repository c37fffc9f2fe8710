// SPDX-License-Identifier: Apache-2.0
#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <thread>

#include "tests/support/counting_driver.h"
#include "tests/support/raster_files.h"
#include "tuban/error.h"
#include "tuban/io.h"

namespace tuban {

using testing::Pixels;
using testing::raster_value;
using testing::RasterFile;
using testing::read_pixels;
using testing::TempFolder;
using testing::write_raster;

int invalid_pixels(const Pixels& pixels) {
  return static_cast<int>(std::count(pixels.valid.begin(), pixels.valid.end(), 0));
}

/// Expects that `path` delivers what raster_value() says, `band_of` giving the file's band behind each.
void expect_values(const std::string& path, const RasterOptions& options = {},
                   const std::vector<int>& file_bands = {}) {
  const auto source = open_raster(path, options);
  const Pixels pixels = read_pixels(*source);
  for (std::size_t b = 0; b < pixels.bands.size(); ++b) {
    const int file_band = file_bands.empty() ? static_cast<int>(b) : file_bands[b];
    for (int y = 0; y < source->info().grid.height; ++y)
      for (int x = 0; x < source->info().grid.width; ++x)
        ASSERT_EQ(pixels.at(b, x, y), raster_value(file_band, x, y))
            << path << " band " << b << " at " << x << ", " << y;
  }
  EXPECT_EQ(invalid_pixels(pixels), 0);
}

TEST(RasterSource, ReadsEverySampleType) {
  const TempFolder folder;
  const std::pair<const char*, SampleType> types[] = {{"uint8", SampleType::uint8},
                                                      {"uint16", SampleType::uint16},
                                                      {"int16", SampleType::int16},
                                                      {"float32", SampleType::float32}};
  for (const auto& [name, type] : types) {
    RasterFile file{.bands = 3, .type = name};
    const std::string path = folder / (std::string(name) + ".tif");
    write_raster(path, file);
    EXPECT_EQ(open_raster(path)->info().type, type);
    expect_values(path);
  }
}

TEST(RasterSource, ReadsEveryLayoutOfTheSamePixels) {
  const TempFolder folder;
  const std::vector<std::vector<std::string>> layouts = {
      {},
      {"TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16"},
      {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "INTERLEAVE=BAND"},
      {"INTERLEAVE=BAND", "BLOCKYSIZE=5"},
      {"COMPRESS=DEFLATE", "PREDICTOR=2", "INTERLEAVE=PIXEL"},
      {"COMPRESS=LZW", "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=32"},
      {"COMPRESS=ZSTD", "BLOCKYSIZE=1"},
      {"BIGTIFF=YES", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"},
      {"ENDIANNESS=BIG"}};
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    const std::string path = folder / ("layout" + std::to_string(i) + ".tif");
    write_raster(path,
                 {.width = 75, .height = 50, .bands = 4, .type = "uint16", .creation_options = layouts[i]});
    expect_values(path);
    expect_values(path, {.bands = {"4", "2"}}, {3, 1});
  }
}

TEST(RasterSource, ReadsOtherDriversAndVirtualFileSystems) {
  const TempFolder folder;
  const std::string tif = folder / "plain.tif";
  write_raster(tif, {.bands = 3, .type = "uint8"});
  write_raster(folder / "picture.png", {.bands = 3, .driver = "PNG", .transform = {}, .crs = ""});
  expect_values(folder / "picture.png");
  testing::build_vrt(folder / "virtual.vrt", {tif});
  expect_values(folder / "virtual.vrt");
  write_raster("/vsimem/tuban_test_source.tif", {.bands = 2, .type = "int16"});
  expect_values("/vsimem/tuban_test_source.tif");
  VSIUnlink("/vsimem/tuban_test_source.tif");
  write_raster(folder / "inner.tif", {.type = "float32"});
  CPLCopyFile(("/vsizip/" + folder / "packed.zip" + "/inner.tif").c_str(), (folder / "inner.tif").c_str());
  expect_values("/vsizip/" + folder / "packed.zip" + "/inner.tif");
}

TEST(RasterSource, AWindowIsReadAtItsPlace) {
  const TempFolder folder;
  const std::string path = folder / "a.tif";
  write_raster(path, {.width = 75,
                      .height = 50,
                      .bands = 2,
                      .creation_options = {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"}});
  const auto source = open_raster(path);
  const auto reader = source->open();
  for (const Window window :
       {Window{0, 0, 1, 1}, {74, 49, 1, 1}, {13, 7, 40, 30}, {16, 16, 16, 16}, {32, 0, 43, 50}}) {
    const Pixels pixels = read_pixels(*reader, source->info(), window);
    for (int y = window.y; y < window.y + window.height; ++y)
      for (int x = window.x; x < window.x + window.width; ++x)
        ASSERT_EQ(pixels.at(1, x, y), raster_value(1, x, y)) << x << ", " << y;
  }
}

TEST(RasterSource, SaysWhatItIs) {
  const TempFolder folder;
  const std::string path = folder / "scene.v1.tif";
  write_raster(path, {.width = 75,
                      .height = 50,
                      .bands = 2,
                      .type = "uint16",
                      .creation_options = {"TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16"},
                      .descriptions = {"first", ""}});
  const SourceInfo info = open_raster(path)->info();
  EXPECT_EQ(info.name, path);
  EXPECT_EQ(info.id, "scene.v1");
  EXPECT_EQ(info.grid.width, 75);
  EXPECT_EQ(info.grid.height, 50);
  EXPECT_EQ(info.grid.transform, (std::array<double, 6>{500000, 10, 0, 2600000, 0, -10}));
  EXPECT_TRUE(info.grid.crs.starts_with("PROJCRS[\"WGS 84 / UTM zone 50N\"")) << info.grid.crs;
  EXPECT_EQ(info.block_width, 32);
  EXPECT_EQ(info.block_height, 16);
  EXPECT_EQ(info.bands[0].name, "first");
  EXPECT_EQ(info.bands[1].name, "band 2");
  EXPECT_GT(info.reader_bytes, 75u * 50u * 2u * 2u);
  EXPECT_FALSE(info.date);
  EXPECT_TRUE(info.fingerprint.starts_with("size=")) << info.fingerprint;
}

TEST(RasterSource, SaysHowValidityIsKnown) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.bands = 4, .creation_options = {"ALPHA=YES"}, .nodata = {0, 0, 0, 0}});
  write_raster(folder / "valid.tif", {.value = [](int, int, int) { return 1; }});
  EXPECT_EQ(open_raster(folder / "valid.tif")->info().validity, "");
  EXPECT_EQ(open_raster(folder / "a.tif", {.valid_path = folder / "valid.tif"})->info().validity,
            "nodata 0, alpha, " + folder / "valid.tif");
}

TEST(RasterSource, WithoutGeoreferenceEverythingIsInPixels) {
  const TempFolder folder;
  write_raster(folder / "none.tif", {.transform = {}, .crs = ""});
  write_raster(folder / "crs_only.tif", {.transform = {}});
  for (const char* name : {"none.tif", "crs_only.tif"}) {
    const Grid grid = open_raster(folder / name)->info().grid;
    EXPECT_FALSE(grid.has_crs());
    EXPECT_EQ(grid.transform, Grid{}.transform);
  }
}

TEST(RasterSource, TheFingerprintChangesWithTheHeader) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  write_raster(folder / "b.tif", {.value = [](int, int, int) { return 3; }});
  const auto head = [&](const char* name) {
    const std::string text = open_raster(folder / name)->info().fingerprint;
    return text.substr(text.find("head="));
  };
  EXPECT_EQ(head("a.tif"), head("a.tif"));
  EXPECT_NE(head("a.tif"), head("b.tif"));
}

// Blocks and memory

std::string counted(const std::string& path) {
  testing::register_counting_driver();
  return "COUNT:" + path;
}

/// Reads everything by windows of `columns` x `rows` blocks.
void read_by_blocks(const Source& source, int columns, int rows) {
  const SourceInfo& info = source.info();
  const auto reader = source.open();
  for (int y = 0; y < info.grid.height; y += rows * info.block_height)
    for (int x = 0; x < info.grid.width; x += columns * info.block_width)
      read_pixels(*reader, info,
                  {x, y, std::min(columns * info.block_width, info.grid.width - x),
                   std::min(rows * info.block_height, info.grid.height - y)});
}

void expect_each_block_once(const std::string& path, std::size_t blocks, int columns, int rows,
                            const RasterOptions& options = {}) {
  const auto source = open_raster(path, options);
  testing::reset_block_counts();
  read_by_blocks(*source, columns, rows);
  const auto counts = testing::block_counts();
  EXPECT_EQ(counts.size(), blocks) << path;
  for (const auto& [key, count] : counts)
    EXPECT_EQ(count, 1) << path << " band " << key.band << " block " << key.x << ", " << key.y;
}

TEST(Blocks, AreCountedEachTimeTheyAreDecoded) {
  const TempFolder folder;
  write_raster(folder / "a.tif",
               {.bands = 2, .creation_options = {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"}});
  const auto source = open_raster(counted(folder / "a.tif"));
  const auto reader = source->open();
  testing::reset_block_counts();
  read_pixels(*reader, source->info(), {0, 0, 17, 16});
  read_pixels(*reader, source->info(), {0, 0, 16, 16});
  const auto counts = testing::block_counts();
  EXPECT_EQ(counts, (std::map<testing::BlockKey, int>{{{folder / "a.tif", 0, 0, 0}, 2},
                                                      {{folder / "a.tif", 0, 1, 0}, 1}}));
  EXPECT_EQ(testing::block_reads(), 3);
}

TEST(Blocks, EachIsDecodedOnceInEveryLayout) {
  const TempFolder folder;
  const std::vector<std::string> tiles = {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"};
  auto pixel = tiles;
  pixel.push_back("INTERLEAVE=PIXEL");
  auto band = tiles;
  band.push_back("INTERLEAVE=BAND");
  write_raster(folder / "pixel.tif", {.width = 75, .height = 50, .bands = 3, .creation_options = pixel});
  write_raster(folder / "band.tif", {.width = 75, .height = 50, .bands = 3, .creation_options = band});
  write_raster(
      folder / "rows.tif",
      {.width = 75, .height = 50, .bands = 3, .creation_options = {"BLOCKYSIZE=7", "INTERLEAVE=PIXEL"}});
  for (const auto& [columns, rows] : {std::pair{1, 1}, {2, 3}, {100, 1}, {100, 100}}) {
    expect_each_block_once(counted(folder / "pixel.tif"), 5 * 4, columns, rows);
    expect_each_block_once(counted(folder / "band.tif"), 5 * 4 * 3, columns, rows);
    expect_each_block_once(counted(folder / "rows.tif"), 8, columns, rows);
  }
  expect_each_block_once(counted(folder / "band.tif"), 5 * 4 * 2, 2, 2, {.bands = {"3", "1"}});
}

TEST(Blocks, EachIsDecodedOnceWithAlphaBesideTheBands) {
  const TempFolder folder;
  write_raster(folder / "a.tif",
               {.width = 75,
                .height = 50,
                .bands = 4,
                .creation_options = {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "ALPHA=YES"}});
  expect_each_block_once(counted(folder / "a.tif"), 5 * 4, 2, 2);
}

TEST(Blocks, EachIsDecodedOnceWhenTheCacheHoldsNone) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.width = 300,
                                  .height = 200,
                                  .bands = 3,
                                  .type = "uint16",
                                  .creation_options = {"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"}});
  const std::string path = counted(folder / "a.tif");
  const GIntBig before = GDALGetCacheMax64();
  GDALSetCacheMax64(1000);
  expect_each_block_once(path, 5 * 4, 1, 1);
  expect_each_block_once(path, 5 * 4, 100, 2);
  GDALSetCacheMax64(before);
}

TEST(Blocks, OfAVirtualStackAreThoseOfItsSources) {
  const TempFolder folder;
  const std::vector<std::string> tiles = {"TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=32"};
  write_raster(folder / "a.tif", {.width = 300, .height = 200, .creation_options = tiles});
  write_raster(folder / "b.tif", {.width = 300, .height = 200, .creation_options = tiles});
  testing::register_counting_driver();
  testing::build_vrt(folder / "stack.vrt", {"COUNT:" + folder / "a.tif", "COUNT:" + folder / "b.tif"},
                     {"-separate"});
  const SourceInfo info = open_raster(folder / "stack.vrt")->info();
  EXPECT_EQ(info.block_width, 256);
  EXPECT_EQ(info.block_height, 32);
  expect_each_block_once(folder / "stack.vrt", 2 * 2 * 7, 1, 1);
}

TEST(Blocks, CoverThoseOfTheValidityFileToo) {
  const TempFolder folder;
  const auto ones = [](int, int, int) { return 1; };
  write_raster(
      folder / "a.tif",
      {.width = 300, .height = 200, .creation_options = {"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"}});
  write_raster(folder / "valid.tif",
               {.width = 300, .height = 200, .creation_options = {"BLOCKYSIZE=8"}, .value = ones});
  const RasterOptions options{.valid_path = counted(folder / "valid.tif")};
  const SourceInfo info = open_raster(folder / "a.tif", options)->info();
  EXPECT_EQ(info.block_width, 300);
  EXPECT_EQ(info.block_height, 64);
  expect_each_block_once(folder / "a.tif", 25, 1, 1, options);
}

TEST(Blocks, LeaveTheCacheOfGdalAfterEachRead) {
  const TempFolder folder;
  const auto mask = [](int, int) { return true; };
  for (const char* interleave : {"INTERLEAVE=PIXEL", "INTERLEAVE=BAND"}) {
    write_raster(folder / "a.tif", {.width = 700,
                                    .height = 500,
                                    .bands = 4,
                                    .type = "uint16",
                                    .creation_options = {interleave, "TILED=YES"},
                                    .mask = mask});
    const auto source = open_raster(folder / "a.tif", {.bands = {"1", "3"}});
    const GIntBig before = GDALGetCacheUsed64();
    const auto reader = source->open();
    read_pixels(*reader, source->info(), {0, 0, 700, 500});
    EXPECT_EQ(GDALGetCacheUsed64(), before) << interleave;
  }
}

TEST(Blocks, OfAVirtualRasterLeaveTheCacheBeforeTheyPileUp) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.width = 3000,
                                  .height = 2000,
                                  .bands = 4,
                                  .type = "uint16",
                                  .creation_options = {"TILED=YES", "SPARSE_OK=YES"},
                                  .value = [](int, int, int) { return 0; }});
  testing::build_vrt(folder / "a.vrt", {folder / "a.tif"});
  const auto source = open_raster(folder / "a.vrt");
  const GIntBig before = GDALGetCacheUsed64();
  const auto reader = source->open();
  GIntBig most = 0;
  for (int y = 0; y < 2000; y += 250) {
    read_pixels(*reader, source->info(), {0, y, 3000, 250});
    most = std::max(most, GDALGetCacheUsed64() - before);
  }
  EXPECT_LT(most, static_cast<GIntBig>(source->info().reader_bytes));
  EXPECT_LT(most, 3000 * 2000 * 4 * 2);
}

TEST(Readers, OfOneSourceWorkInTwoThreadsAtOnce) {
  const TempFolder folder;
  write_raster(
      folder / "a.tif",
      {.width = 300, .height = 200, .bands = 3, .creation_options = {"TILED=YES", "COMPRESS=DEFLATE"}});
  testing::build_vrt(folder / "a.vrt", {folder / "a.tif"});
  for (const char* name : {"a.tif", "a.vrt"}) {
    const auto source = open_raster(folder / name);
    const Pixels expected = read_pixels(*source);
    // Opened and used once by one thread, as a pool of readers would, then used by two.
    const std::array readers{source->open(), source->open()};
    for (const auto& reader : readers) read_pixels(*reader, source->info(), {0, 0, 8, 8});
    std::array<int, 2> same{};
    {
      std::array<std::jthread, 2> threads;
      for (std::size_t t = 0; t < 2; ++t)
        threads[t] = std::jthread([&, t] {
          for (int i = 0; i < 20; ++i)
            same[t] += read_pixels(*readers[t], source->info(), {0, 0, 300, 200}).bands == expected.bands;
        });
    }
    EXPECT_EQ(same, (std::array{20, 20})) << name;
  }
}

TEST(Readers, OutliveTheirSource) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  auto source = open_raster(folder / "a.tif");
  const SourceInfo info = source->info();
  const auto reader = source->open();
  source.reset();
  EXPECT_EQ(read_pixels(*reader, info, {5, 6, 1, 1}).at(0, 5, 6), raster_value(0, 5, 6));
}

TEST(RealRasters, OfSentinel2AndLandsatOpenWithTheirRoles) {
  const char* given = std::getenv("TUBAN_DATA");
  const char* source_folder = std::getenv("TUBAN_SOURCE_DIR");
  const std::filesystem::path data =
      given ? std::filesystem::path(given)
            : std::filesystem::path(source_folder ? source_folder : ".") / "../shared/data";
  if (!std::filesystem::exists(data / "oscd"))
    GTEST_SKIP() << "no real imagery at " << data << " (set TUBAN_DATA)";
  const SourceInfo rennes =
      open_raster((data / "oscd/rennes_t1.tif").string(), {.bands = {"1", "2", "3", "4"}})->info();
  std::vector<BandRole> roles;
  for (const BandInfo& band : rennes.bands) roles.push_back(band.role);
  EXPECT_EQ(roles, (std::vector<BandRole>{BandRole::blue, BandRole::green, BandRole::red, BandRole::nir}));
  EXPECT_TRUE(rennes.grid.crs.starts_with("GEOGCRS"));
  const auto taizhou = open_raster((data / "landsat/taizhou_t2.tif").string());
  EXPECT_EQ(taizhou->info().bands.size(), 6u);
  EXPECT_EQ(read_pixels(*taizhou).valid.size(), 160000u);
}

}  // namespace tuban
