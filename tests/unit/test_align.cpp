// SPDX-License-Identifier: Apache-2.0
#include "engine/align/align.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

#include "engine/align/grid_map.h"
#include "tests/support/counting_driver.h"
#include "tests/support/raster_files.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using testing::Pixels;
using testing::RasterFile;
using testing::read_pixels;
using testing::TempFolder;
using testing::write_raster;

GridCut whole(const Grid& grid) {
  return {grid, {0, 0, grid.width, grid.height}};
}

Grid utm(int width, int height, double x, double y, double size, const Grid& like) {
  Grid grid = like;
  grid.width = width;
  grid.height = height;
  grid.transform = {x, size, 0, y, 0, -size};
  return grid;
}

std::string refused(ErrorCode code, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "";
}

void ignore(const std::string&) {}

void expect_same(const Pixels& a, const Pixels& b) {
  EXPECT_EQ(a.bands, b.bands);
  EXPECT_EQ(a.valid, b.valid);
}

TEST(Warp, OntoItsOwnGridEverySourceStaysTheSame) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.width = 300, .height = 170, .bands = 3, .type = "uint16", .nodata = {7}});
  const auto source = open_raster(folder / "a.tif");
  WarpReport report;
  const auto same = warp(source, whole(source->info().grid), {}, &report);
  EXPECT_TRUE(report.whole_pixels);
  expect_same(read_pixels(*same), read_pixels(*source));
}

TEST(Warp, AWholeShiftMovesPixelsAndAHalfOneMixesTwo) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.type = "float32", .value = [](int, int x, int y) { return 4 * x + y; }});
  const auto source = open_raster(folder / "a.tif");
  const Pixels moved = read_pixels(*warp(source, whole(source->info().grid), {.shift_x = 2, .shift_y = -1}));
  EXPECT_EQ(moved.at(0, 10, 10), 4 * 12 + 9);
  EXPECT_TRUE(moved.is_valid(61, 10));
  EXPECT_FALSE(moved.is_valid(62, 10));
  EXPECT_FALSE(moved.is_valid(10, 0));
  const Pixels away = read_pixels(*warp(source, whole(source->info().grid), {.shift_x = 500}));
  EXPECT_EQ(std::count(away.valid.begin(), away.valid.end(), 0), std::ssize(away.valid));
  const Pixels mixed = read_pixels(*warp(source, whole(source->info().grid), {.shift_x = 0.5}));
  EXPECT_EQ(mixed.at(0, 10, 10), 4 * 10.5 + 10);
  EXPECT_FALSE(mixed.is_valid(63, 10));
}

// The ground coordinates themselves are the samples, so a pixel says where it was taken.
std::shared_ptr<const Source> coordinates(const std::string& path, const std::string& crs,
                                          const std::array<double, 6>& t, int width, int height, double x0,
                                          double y0) {
  write_raster(path, {.width = width,
                      .height = height,
                      .bands = 2,
                      .type = "float32",
                      .transform = t,
                      .crs = crs,
                      .value = [&](int band, int x, int y) {
                        const double px = x + 0.5, py = y + 0.5;
                        return band == 0 ? t[0] + px * t[1] + py * t[2] - x0
                                         : t[3] + px * t[4] + py * t[5] - y0;
                      }});
  return open_raster(path);
}

TEST(Warp, EveryPixelComesFromItsPlaceAcrossSystemsResolutionsAndRotation) {
  const TempFolder folder;
  const auto before = coordinates(folder / "utm.tif", "EPSG:32650", {500000, 10, 0, 2600000, 0, -10}, 200,
                                  200, 501000, 2599000);
  // 117 E is the axis of both systems, so their axes run along each other here but for the false easting.
  const auto after = coordinates(folder / "gk.tif", "EPSG:4326",
                                 {116.999, 0.00007, 0.00001, 23.509, 0.00001, -0.00006}, 500, 500, 117, 23.5);
  GridCut target = whole(before->info().grid);
  target.window = overlap(target.whole, after->info().grid);
  ASSERT_GT(target.window.width, 50);
  for (const auto method : {kernels::Resampling::bilinear, kernels::Resampling::cubic}) {
    WarpReport report;
    const auto warped = warp(after, target, {.resampling = method}, &report);
    EXPECT_LT(report.largest_error, 0.01);
    EXPECT_EQ(report.node_spacing, 16);
    const Pixels pixels = read_pixels(*warped);
    const GridMap exact(target.whole, after->info().grid);
    int valid = 0;
    for (int y = 0; y < target.window.height; y += 3)
      for (int x = 0; x < target.window.width; x += 3) {
        if (!pixels.is_valid(x, y)) continue;
        ++valid;
        std::array<double, 1> sx{target.window.x + x + 0.5}, sy{target.window.y + y + 0.5};
        exact.map(sx, sy);
        const Grid& g = after->info().grid;
        // A hundredth of a pixel, and float32.
        EXPECT_NEAR(pixels.at(0, x, y), g.ground_x(sx[0], sy[0]) - 117, 8e-7);
        EXPECT_NEAR(pixels.at(1, x, y), g.ground_y(sx[0], sy[0]) - 23.5, 8e-7);
      }
    EXPECT_GT(valid, 500);
  }
}

TEST(Warp, APixelIsTheSameInEveryWindow) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.width = 230, .height = 310, .bands = 2, .type = "uint16", .nodata = {7}});
  const auto source = open_raster(folder / "a.tif");
  Grid grid = utm(400, 300, 500213, 2599801, 5.7, source->info().grid);
  grid.transform[2] = 0.6;
  grid.transform[4] = -0.4;
  const auto warped = warp(source, whole(grid), {.shift_x = 3.0 / 256});
  const Pixels all = read_pixels(*warped);
  const auto reader = warped->open();
  for (const Window window : {Window{0, 0, 1, 1}, Window{17, 33, 99, 41}, Window{129, 100, 271, 200}}) {
    const Pixels part = read_pixels(*reader, warped->info(), window);
    for (int y = window.y; y < window.y + window.height; ++y)
      for (int x = window.x; x < window.x + window.width; ++x) {
        ASSERT_EQ(part.at(1, x, y), all.at(1, x, y)) << x << " " << y;
        ASSERT_EQ(part.is_valid(x, y), all.is_valid(x, y));
      }
  }
  // A cut of the grid moves nothing.
  GridCut cut = whole(grid);
  cut.window = {37, 51, 200, 100};
  const Pixels inside = read_pixels(*warp(source, cut, {.shift_x = 3.0 / 256}));
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 200; ++x) ASSERT_EQ(inside.at(0, x, y), all.at(0, x + 37, y + 51));
}

TEST(Warp, NodataNeverBleedsIntoItsNeighbours) {
  const TempFolder folder;
  write_raster(folder / "a.tif",
               {.width = 100, .height = 100, .type = "uint16", .nodata = {0}, .value = [](int, int x, int y) {
                  return (x / 10 + y / 10) % 2 ? 0 : 1000;
                }});
  const auto source = open_raster(folder / "a.tif");
  const Grid grid = utm(280, 280, 500010, 2599990, 3, source->info().grid);
  for (const auto method : {kernels::Resampling::nearest, kernels::Resampling::bilinear,
                            kernels::Resampling::cubic, kernels::Resampling::average}) {
    const Pixels pixels = read_pixels(*warp(source, whole(grid), {.resampling = method}));
    std::size_t valid = 0;
    for (std::size_t i = 0; i < pixels.valid.size(); ++i)
      if (pixels.valid[i]) {
        ++valid;
        ASSERT_EQ(pixels.bands[0][i], 1000) << kernels::to_string(method);
      }
    EXPECT_GT(valid, pixels.valid.size() / 4);
  }
}

TEST(Warp, MuchLargerPixelsAreAveragedUnlessSomethingElseIsAskedFor) {
  const TempFolder folder;
  write_raster(folder / "a.tif",
               {.width = 120, .height = 120, .type = "float32", .value = [](int, int x, int y) {
                  return (x + y) % 2;
                }});
  const auto source = open_raster(folder / "a.tif");
  const Grid grid = utm(30, 30, 500000, 2600000, 40, source->info().grid);
  WarpReport report;
  const Pixels pixels = read_pixels(*warp(source, whole(grid), {}, &report));
  EXPECT_EQ(report.resampling, kernels::Resampling::average);
  for (std::size_t i = 0; i < pixels.valid.size(); ++i) EXPECT_EQ(pixels.bands[0][i], 0.5);
  warp(source, whole(grid), {.resampling = kernels::Resampling::nearest}, &report);
  EXPECT_EQ(report.resampling, kernels::Resampling::nearest);
  const Grid finer = utm(30, 30, 500000, 2600000, 14, source->info().grid);
  warp(source, whole(finer), {}, &report);
  EXPECT_EQ(report.resampling, kernels::Resampling::bilinear);
}

// Reads a source as the scan does: units in order, two readers at once.
void read_in_units(const Source& source, int width, int height) {
  const Grid& grid = source.info().grid;
  std::vector<Window> units;
  for (int y = 0; y < grid.height; y += height)
    for (int x = 0; x < grid.width; x += width)
      units.push_back({x, y, std::min(width, grid.width - x), std::min(height, grid.height - y)});
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    const auto reader = source.open();
    for (std::size_t i = next++; i < units.size(); i = next++) read_pixels(*reader, source.info(), units[i]);
  };
  std::thread other(work);
  work();
  other.join();
}

double decodes_per_block() {
  double reads = 0;
  const auto counts = testing::block_counts();
  for (const auto& [block, count] : counts) reads += count;
  return reads / static_cast<double>(counts.size());
}

TEST(Warp, BlocksAreDecodedHardlyMoreThanOnce) {
  testing::register_counting_driver();
  const TempFolder folder;
  write_raster(folder / "a.tif",
               {.width = 1500,
                .height = 1400,
                .type = "uint8",
                .creation_options = {"TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128", "COMPRESS=DEFLATE"}});
  const auto source = open_raster("COUNT:" + folder / "a.tif");
  Grid grid = utm(1400, 1400, 500100, 2599900, 9.3, source->info().grid);
  grid.transform[2] = grid.transform[4] = 0.7;
  for (const auto& [width, height] : {std::pair{512, 512}, {256, 64}, {700, 300}}) {
    const auto warped = warp(source, whole(grid), {});
    testing::reset_block_counts();
    read_in_units(*warped, width, height);
    EXPECT_LE(decodes_per_block(), 1.15) << width << " x " << height;
  }
  WarpReport report;
  const auto small = warp(source, whole(grid), {.cache_bytes = 400'000}, &report);
  EXPECT_LT(report.cache_bytes, report.wanted_bytes);
  EXPECT_LE(report.cache_bytes, 400'000U);
  EXPECT_LT(small->info().shared_bytes, warp(source, whole(grid), {})->info().shared_bytes);
  expect_same(read_pixels(*small), read_pixels(*warp(source, whole(grid), {})));
}

TEST(Warp, AFailedReadFailsEveryReaderThatWantsTheBlock) {
  testing::register_counting_driver();
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  const auto source = open_raster("COUNT:" + folder / "a.tif");
  const auto warped = warp(source, whole(utm(60, 40, 500003, 2599997, 10, source->info().grid)), {});
  testing::fail_at_block_read(1);
  EXPECT_NE(refused(ErrorCode::runtime, [&] { read_pixels(*warped); }).find("deliberate failure"),
            std::string::npos);
  EXPECT_NO_THROW(read_pixels(*warped)) << "what failed once is tried again";
}

TEST(Warp, ABreakBetweenTheGridsIsRefused) {
  const TempFolder folder;
  write_raster(folder / "world.tif",
               {.width = 360, .height = 180, .transform = {{-180, 1, 0, 90, 0, -1}}, .crs = "EPSG:4326"});
  const auto world = open_raster(folder / "world.tif");
  write_raster(folder / "zone1.tif", {.width = 100,
                                      .height = 100,
                                      .transform = {{200000, 2000, 0, 1000000, 0, -2000}},
                                      .crs = "EPSG:32601"});
  write_raster(folder / "pole.tif", {.width = 100,
                                     .height = 100,
                                     .transform = {{-500000, 10000, 0, 500000, 0, -10000}},
                                     .crs = "EPSG:3413"});
  write_raster(folder / "zone60.tif", {.width = 100,
                                       .height = 100,
                                       .transform = {{700000, 2000, 0, 1000000, 0, -2000}},
                                       .crs = "EPSG:32660"});
  for (const char* name : {"zone60.tif", "pole.tif"}) {
    const auto grid = open_raster(folder / name)->info().grid;
    EXPECT_NE(refused(ErrorCode::mismatch, [&] { warp(world, whole(grid), {}); }).find("break"),
              std::string::npos)
        << name;
  }
}

TEST(Align, WithoutCommonGroundThePairIsRefused) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  write_raster(folder / "far.tif", {.transform = {{900000, 10, 0, 2600000, 0, -10}}});
  write_raster(folder / "gk.tif", {.transform = {{38500000, 10, 0, 2600000, 0, -10}}, .crs = "EPSG:4526"});
  for (const char* other : {"far.tif", "gk.tif"}) {
    Job job;
    job.reproject = true;
    auto before = open_raster(folder / "a.tif");
    auto after = open_raster(folder / other);
    EXPECT_NE(refused(ErrorCode::mismatch, [&] { align(job, before, after, 0, ignore); })
                  .find("no ground in common"),
              std::string::npos)
        << other;
  }
}

TEST(Align, AGridWithACrsAndOneWithoutAreRefusedAndTwoWithoutAreOneSpace) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  write_raster(folder / "none.tif", {.crs = ""});
  write_raster(folder / "half.tif",
               {.width = 100, .height = 90, .transform = {{500000, 5, 0, 2600000, 0, -5}}, .crs = ""});
  Job job;
  job.reproject = true;
  auto before = open_raster(folder / "a.tif");
  auto after = open_raster(folder / "none.tif");
  EXPECT_NE(
      refused(ErrorCode::mismatch, [&] { align(job, before, after, 0, ignore); }).find("the other has none"),
      std::string::npos);
  before = open_raster(folder / "half.tif");
  align(job, before, after, 0, ignore);
  EXPECT_EQ(before->info().grid.width, 100);
  EXPECT_EQ(after->info().grid.transform, before->info().grid.transform);
  EXPECT_EQ(after->info().grid.width, 100);
}

TEST(Align, TheGridChosenIsCutToWhatBothShow) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});                                                 // 64 x 48
  write_raster(folder / "b.tif", {.transform = {{500200, 10, 0, 2599905, 0, -10}}});  // half a pixel off
  write_raster(folder / "c.tif", {.transform = {{500000, 20, 0, 2600000, 0, -20}}});
  for (const auto& [name, left, top, width, height] : {std::tuple{std::string(), 500200.0, 2599910.0, 44, 39},
                                                       {std::string("after"), 500200.0, 2599905.0, 44, 39},
                                                       {folder / "c.tif", 500200.0, 2599920.0, 22, 20}}) {
    Job job;
    job.reproject = name.empty();
    job.grid = name;
    auto before = open_raster(folder / "a.tif");
    auto after = open_raster(folder / "b.tif");
    const Alignment done = align(job, before, after, 0, ignore);
    EXPECT_TRUE(done.before && done.after) << name;
    for (const auto& source : {before, after}) {
      const Grid& grid = source->info().grid;
      EXPECT_EQ(grid.transform[0], left) << name;
      EXPECT_EQ(grid.transform[3], top) << name;
      EXPECT_EQ(grid.width, width) << name;
      EXPECT_EQ(grid.height, height) << name;
    }
  }
}

TEST(Align, OptionsThatDoNotFitTogetherAreRefused) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  auto source = open_raster(folder / "a.tif");
  Job both;
  both.reproject = true;
  both.grid = "after";
  EXPECT_NE(refused(ErrorCode::usage, [&] { align(both, source, source, 0, ignore); }).find("--grid after"),
            std::string::npos);
  Job alone;
  alone.resampling = ResamplingKind::cubic;
  alone.registration = RegistrationKind::off;
  EXPECT_NE(refused(ErrorCode::usage, [&] { align(alone, source, source, 0, ignore); }).find("--reproject"),
            std::string::npos);
}

}  // namespace
}  // namespace tuban
