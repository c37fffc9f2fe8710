// SPDX-License-Identifier: Apache-2.0
// One pixel is spoiled, and only that one must be invalid.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "tests/support/raster_files.h"
#include "tuban/io.h"

namespace tuban {

using testing::Pixels;
using testing::raster_value;
using testing::read_pixels;
using testing::TempFolder;
using testing::write_raster;

int invalid_pixels(const Pixels& pixels) {
  return static_cast<int>(std::count(pixels.valid.begin(), pixels.valid.end(), 0));
}

void expect_one_invalid(const std::string& path, int x, int y, const RasterOptions& options = {}) {
  const Pixels pixels = read_pixels(*open_raster(path, options));
  EXPECT_FALSE(pixels.is_valid(x, y));
  EXPECT_EQ(invalid_pixels(pixels), 1);
}

std::function<double(int, int, int)> spoiled(int band, double with) {
  return [=](int b, int x, int y) { return b == band && x == 3 && y == 2 ? with : raster_value(b, x, y); };
}

TEST(Validity, NodataOfAnyBandCounts) {
  const TempFolder folder;
  for (const char* type : {"uint8", "uint16", "int16", "float32"}) {
    const std::string path = folder / (std::string(type) + ".tif");
    write_raster(path, {.bands = 3, .type = type, .nodata = {200, 200, 200}, .value = spoiled(2, 200)});
    expect_one_invalid(path, 3, 2);
    EXPECT_EQ(invalid_pixels(read_pixels(*open_raster(path, {.bands = {"1", "2"}}))), 0);
  }
}

TEST(Validity, EachBandHasItsOwnNodata) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.bands = 1, .value = [](int, int, int) { return 5; }});
  write_raster(folder / "b.tif",
               {.bands = 1, .value = [](int, int x, int y) { return x == 3 && y == 2 ? 9 : 5; }});
  testing::translate_raster(folder / "a.tif", folder / "a.vrt", {"-of", "VRT", "-a_nodata", "9"});
  testing::translate_raster(folder / "b.tif", folder / "b.vrt", {"-of", "VRT", "-a_nodata", "9"});
  testing::build_vrt(folder / "both.vrt", {folder / "a.vrt", folder / "b.vrt"}, {"-separate"});
  expect_one_invalid(folder / "both.vrt", 3, 2);
}

TEST(Validity, NodataIsComparedInTheTypeOfTheSamples) {
  const TempFolder folder;
  // -3.4e38 as written has no float32 equal; -9999 and 1.5 cannot occur in bytes.
  write_raster(folder / "f.tif", {.type = "float32", .nodata = {-3.4e38}, .value = spoiled(0, -3.4e38)});
  expect_one_invalid(folder / "f.tif", 3, 2);
  write_raster(folder / "b.tif", {.type = "uint8", .nodata = {1.5}, .value = spoiled(0, 1)});
  EXPECT_EQ(invalid_pixels(read_pixels(*open_raster(folder / "b.tif"))), 0);
  write_raster(folder / "i.tif", {.type = "int16", .nodata = {-9999}, .value = spoiled(0, -9999)});
  expect_one_invalid(folder / "i.tif", 3, 2);
}

TEST(Validity, NanAndInfinityAreInvalidWithOrWithoutNodata) {
  const TempFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  write_raster(folder / "a.tif", {.type = "float32", .value = spoiled(0, nan)});
  expect_one_invalid(folder / "a.tif", 3, 2);
  write_raster(folder / "b.tif", {.type = "float32", .nodata = {nan}, .value = spoiled(0, nan)});
  expect_one_invalid(folder / "b.tif", 3, 2);
  write_raster(folder / "c.tif",
               {.type = "float32", .value = spoiled(0, std::numeric_limits<double>::infinity())});
  expect_one_invalid(folder / "c.tif", 3, 2);
}

TEST(Validity, AlphaZeroIsInvalidAndAlphaIsNoData) {
  const TempFolder folder;
  for (const char* interleave : {"INTERLEAVE=PIXEL", "INTERLEAVE=BAND"}) {
    write_raster(folder / "a.tif",
                 {.bands = 4, .creation_options = {interleave, "ALPHA=YES"}, .value = spoiled(3, 0)});
    EXPECT_EQ(open_raster(folder / "a.tif")->info().bands.size(), 3u);
    expect_one_invalid(folder / "a.tif", 3, 2);
    // Asked for by number it is a band like any other.
    EXPECT_EQ(invalid_pixels(read_pixels(*open_raster(folder / "a.tif", {.bands = {"1", "4"}}))), 0);
  }
}

TEST(Validity, AlphaMayHaveATypeOfItsOwn) {
  const TempFolder folder;
  write_raster(folder / "data.tif", {.type = "uint16"});
  write_raster(folder / "alpha.tif",
               {.type = "float32", .value = [](int, int x, int y) { return x == 3 && y == 2 ? 0.0 : 0.25; }});
  testing::build_vrt(folder / "a.vrt", {folder / "data.tif", folder / "alpha.tif"}, {"-separate"});
  testing::translate_raster(folder / "a.vrt", folder / "b.vrt", {"-of", "VRT", "-colorinterp_2", "alpha"});
  expect_one_invalid(folder / "b.vrt", 3, 2);
}

TEST(Validity, TheMaskBandOfTheDatasetCounts) {
  const TempFolder folder;
  write_raster(folder / "a.tif",
               {.bands = 2, .type = "uint16", .mask = [](int x, int y) { return x != 3 || y != 2; }});
  expect_one_invalid(folder / "a.tif", 3, 2);
}

TEST(Validity, AFileOfZerosAndOnesCounts) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.bands = 2});
  const auto mask = [](double valid, double other) {
    return [=](int, int x, int y) { return x == 3 && y == 2 ? other : valid; };
  };
  write_raster(folder / "one.tif", {.value = mask(1, 0)});
  expect_one_invalid(folder / "a.tif", 3, 2, {.valid_path = folder / "one.tif"});
  write_raster(folder / "gdal.tif", {.value = mask(255, 0)});
  expect_one_invalid(folder / "a.tif", 3, 2, {.valid_path = folder / "gdal.tif"});
  write_raster(folder / "nodata.tif", {.nodata = {255}, .value = mask(1, 255)});
  expect_one_invalid(folder / "a.tif", 3, 2, {.valid_path = folder / "nodata.tif"});
  write_raster(folder / "float.tif", {.type = "float32", .value = mask(1, 0)});
  expect_one_invalid(folder / "a.tif", 3, 2, {.valid_path = folder / "float.tif"});
}

}  // namespace tuban
