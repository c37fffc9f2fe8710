// SPDX-License-Identifier: Apache-2.0
// What cannot be read is refused with a sentence that names the thing, and nothing is ever printed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>

#include "engine/io/grid_check.h"
#include "tests/support/counting_driver.h"
#include "tests/support/raster_files.h"
#include "tuban/error.h"
#include "tuban/io.h"

namespace tuban {

using testing::RasterFile;
using testing::read_pixels;
using testing::TempFolder;
using testing::write_raster;

struct Refusal {
  ErrorCode code = ErrorCode::cancelled;
  std::string sentence = "nothing was refused";
};

/// Runs `action`; expects silence on both streams.
template <typename Action>
Refusal refusal(Action action) {
  Refusal result;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  try {
    action();
  } catch (const Error& error) {
    result = {error.code(), error.what()};
  }
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  return result;
}

::testing::AssertionResult says(const Refusal& found, std::initializer_list<std::string> parts) {
  for (const std::string& part : parts)
    if (found.sentence.find(part) == std::string::npos)
      return ::testing::AssertionFailure() << "\"" << found.sentence << "\" does not say \"" << part << "\"";
  return ::testing::AssertionSuccess();
}

Refusal open_refusal(const std::string& path, const RasterOptions& options = {}) {
  return refusal([&] { open_raster(path, options); });
}

TEST(BadRaster, AMissingFileIsNamed) {
  const Refusal found = open_refusal("/nowhere/before.tif");
  EXPECT_EQ(found.code, ErrorCode::usage);
  EXPECT_TRUE(says(found, {"cannot open /nowhere/before.tif", "No such file"}));
}

TEST(BadRaster, WhatIsNoRasterIsRefused) {
  const TempFolder folder;
  std::ofstream(folder / "notes.txt") << "not a raster";
  std::ofstream(folder / "empty.tif");
  for (const char* name : {"notes.txt", "empty.tif"}) {
    const Refusal found = open_refusal(folder / name);
    EXPECT_EQ(found.code, ErrorCode::usage);
    EXPECT_TRUE(says(found, {"cannot open", name, "not recognized"}));
  }
}

TEST(BadRaster, ADatasetOfSubdatasetsListsThem) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  testing::translate_raster(folder / "a.tif", folder / "many.gpkg",
                            {"-of", "GPKG", "-co", "RASTER_TABLE=one"});
  testing::translate_raster(folder / "a.tif", folder / "many.gpkg",
                            {"-of", "GPKG", "-co", "RASTER_TABLE=two", "-co", "APPEND_SUBDATASET=YES"});
  const Refusal found = open_refusal(folder / "many.gpkg");
  EXPECT_EQ(found.code, ErrorCode::usage);
  EXPECT_TRUE(says(found, {"only subdatasets", "its 2 instead: GPKG:", ":one, GPKG:", ":two"}));
}

TEST(BadRaster, AnUnsupportedTypeIsNamedWithItsBand) {
  const TempFolder folder;
  for (const char* type : {"Float64", "UInt32", "CFloat32"}) {
    write_raster(folder / "a.tif", {.type = type});
    const Refusal found = open_refusal(folder / "a.tif");
    EXPECT_EQ(found.code, ErrorCode::mismatch);
    EXPECT_TRUE(says(found, {"band 1 of " + folder / "a.tif" + " is "}));
    EXPECT_TRUE(says(found, {"supported are uint8, uint16, int16 and float32"}));
  }
  write_raster(folder / "signed.tif", {.creation_options = {"PIXELTYPE=SIGNEDBYTE"}});
  EXPECT_TRUE(says(open_refusal(folder / "signed.tif"), {"is int8; supported are"}));
}

TEST(BadRaster, BandsOfTwoTypesAreRefusedUnlessOneIsChosen) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.type = "uint8"});
  write_raster(folder / "b.tif", {.type = "uint16"});
  testing::build_vrt(folder / "both.vrt", {folder / "a.tif", folder / "b.tif"}, {"-separate"});
  const Refusal found = open_refusal(folder / "both.vrt");
  EXPECT_EQ(found.code, ErrorCode::mismatch);
  EXPECT_TRUE(says(found, {"band 1", "is uint8 but band 2 is uint16", "--bands"}));
  EXPECT_EQ(open_raster(folder / "both.vrt", {.bands = {"2"}})->info().type, SampleType::uint16);
}

TEST(BadRaster, AnUnknownOpenOptionIsRefused) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  const Refusal found = open_refusal(folder / "a.tif", {.open_options = {"NUM_THREDS=2"}});
  EXPECT_EQ(found.code, ErrorCode::usage);
  EXPECT_TRUE(says(found, {"NUM_THREDS", "--oo"}));
}

TEST(BadBands, AMissingBandComesWithTheListOfThoseThereAre) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.bands = 3, .type = "uint16", .descriptions = {"B02", "B03", ""}});
  for (const char* band : {"B99", "4", "0", "nir=7", "99999999999999999999", "nir"}) {
    const Refusal found = open_refusal(folder / "a.tif", {.bands = {"1", band}});
    EXPECT_EQ(found.code, ErrorCode::mismatch) << band;
    EXPECT_TRUE(says(found, {"it has 3: 1 (B02), 2 (B03), 3"})) << band;
  }
}

TEST(BadBands, ASelectionWithoutSenseIsRefused) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {.bands = 3, .type = "uint16", .descriptions = {"same", "same", "B04"}});
  const std::pair<std::vector<std::string>, const char*> selections[] = {
      {{"purple=1"}, "no role"},    {{""}, "names no band"},           {{"red="}, "names no band"},
      {{"1", "1"}, "chosen twice"}, {{"red=1", "red=2"}, "two bands"}, {{"same"}, "both band 1 and band 2"}};
  for (const auto& [bands, words] : selections) {
    const Refusal found = open_refusal(folder / "a.tif", {.bands = bands});
    EXPECT_EQ(found.code, ErrorCode::usage) << words;
    EXPECT_TRUE(says(found, {words}));
  }
}

TEST(BadValidity, AnotherGridIsRefusedWithBothValues) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  write_raster(folder / "valid.tif", {.width = 32, .height = 48});
  const Refusal found = open_refusal(folder / "a.tif", {.valid_path = folder / "valid.tif"});
  EXPECT_EQ(found.code, ErrorCode::mismatch);
  EXPECT_TRUE(says(found, {"validity file", "the size is 64 x 48 in", "32 x 48 in"}));
}

TEST(BadValidity, AValueThatMeansNothingIsNamedWithItsPlace) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  write_raster(folder / "classes.tif", {.value = [](int, int x, int y) { return x == 5 && y == 7 ? 4 : 1; }});
  const auto source = open_raster(folder / "a.tif", {.valid_path = folder / "classes.tif"});
  const Refusal found = refusal([&] { read_pixels(*source); });
  EXPECT_EQ(found.code, ErrorCode::mismatch);
  EXPECT_TRUE(says(found, {"classes.tif holds 4 at pixel (5, 7)", "expected 1 (valid) or 0"}));
}

/// Cuts a file to a share of its size.
void truncate(const std::string& path, double share) {
  const auto size = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, static_cast<std::uintmax_t>(static_cast<double>(size) * share));
}

TEST(BadRead, ATruncatedFileIsNamedWithBandAndWindow) {
  const TempFolder folder;
  for (const char* interleave : {"INTERLEAVE=PIXEL", "INTERLEAVE=BAND"})
    for (const char* compress : {"COMPRESS=NONE", "COMPRESS=DEFLATE"}) {
      write_raster(folder / "cut.tif", {.width = 256,
                                        .height = 256,
                                        .bands = 2,
                                        .creation_options = {interleave, compress, "TILED=YES",
                                                             "BLOCKXSIZE=64", "BLOCKYSIZE=64"}});
      truncate(folder / "cut.tif", 0.6);
      for (const ReaderKind reader : {ReaderKind::automatic, ReaderKind::gdal}) {
        const auto source = open_raster(folder / "cut.tif", {.reader = reader});
        const Refusal found = refusal([&] { read_pixels(*source); });
        EXPECT_EQ(found.code, ErrorCode::runtime);
        EXPECT_TRUE(says(found, {"cannot read band ", "cut.tif in window 256 x ", " at (0, "}));
      }
    }
}

/// Hardly compressible, so that a cut or a scar meets the pixels' own bytes.
double rough_value(int /*band*/, int x, int y) {
  return (x * x % 257 * 31 + y * y % 263 * x * 17) % 251;
}

TEST(BadRead, ErrorsOfDecodersTheHostAskedForStayWithTheReader) {
  const TempFolder folder;
  write_raster(folder / "cut.tif", {.width = 512,
                                    .height = 512,
                                    .creation_options = {"COMPRESS=DEFLATE", "TILED=YES"},
                                    .value = rough_value});
  truncate(folder / "cut.tif", 0.6);
  setenv("GDAL_NUM_THREADS", "4", 1);
  const auto source = open_raster(folder / "cut.tif", {.reader = ReaderKind::gdal});
  const Refusal found = refusal([&] { read_pixels(*source); });
  unsetenv("GDAL_NUM_THREADS");
  EXPECT_EQ(found.code, ErrorCode::runtime);
  EXPECT_FALSE(says(found, {"gives no reason"}));
}

TEST(BadRead, CorruptBlocksAreNotTakenForPixels) {
  const TempFolder folder;
  write_raster(
      folder / "bad.tif",
      {.width = 256, .height = 256, .creation_options = {"COMPRESS=LZW", "TILED=YES"}, .value = rough_value});
  {
    std::fstream file(folder / "bad.tif", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(folder / "bad.tif") / 2));
    for (int i = 0; i < 64; ++i) file.put('\xFF');  // a code LZW never has in its table
  }
  for (const ReaderKind reader : {ReaderKind::automatic, ReaderKind::gdal}) {
    const auto source = open_raster(folder / "bad.tif", {.reader = reader});
    EXPECT_EQ(refusal([&] { read_pixels(*source); }).code, ErrorCode::runtime);
  }
}

TEST(BadRead, ASourceOfAVirtualRasterThatIsGoneIsNoHole) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  testing::build_vrt(folder / "a.vrt", {folder / "a.tif"});
  const auto source = open_raster(folder / "a.vrt");
  std::filesystem::remove(folder / "a.tif");
  const Refusal found = refusal([&] { read_pixels(*source); });
  EXPECT_EQ(found.code, ErrorCode::runtime);
  EXPECT_TRUE(says(found, {"a.vrt", "a.tif"}));
}

TEST(BadRead, AFileThatChangesItsShapeIsNoticed) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  const auto source = open_raster(folder / "a.tif");
  write_raster(folder / "a.tif", {.width = 65});
  EXPECT_TRUE(says(refusal([&] { read_pixels(*source); }), {"changed while it was read: it was 64 x 48"}));
}

TEST(BadRead, OneThatFailsOnceInTheMiddleFailsTheCall) {
  const TempFolder folder;
  testing::register_counting_driver();
  write_raster(folder / "a.tif", {.width = 256,
                                  .height = 256,
                                  .bands = 2,
                                  .creation_options = {"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"}});
  const auto source = open_raster("COUNT:" + folder / "a.tif");
  testing::fail_at_block_read(7);
  const Refusal found = refusal([&] { read_pixels(*source); });
  EXPECT_EQ(found.code, ErrorCode::runtime);
  EXPECT_TRUE(says(found, {"deliberate failure at block (2, 1)"}));
  EXPECT_EQ(refusal([&] { read_pixels(*source); }).code, ErrorCode::cancelled) << "it fails once";
}

TEST(BadRead, AWindowOutsideTheRasterIsRefused) {
  const TempFolder folder;
  write_raster(folder / "a.tif", {});
  const auto source = open_raster(folder / "a.tif");
  for (const Window window : {Window{60, 0, 5, 1}, {0, 48, 1, 1}, {-1, 0, 1, 1}, {0, 0, 0, 1}})
    EXPECT_EQ(refusal([&] { read_pixels(*source->open(), source->info(), window); }).code,
              ErrorCode::runtime);
}

// Two scenes that do not fit together

SourceInfo scene(const std::string& name) {
  SourceInfo info;
  info.name = name;
  info.grid = {400, 300, {500000, 10, 0, 2600000, 0, -10}, ""};
  info.bands.resize(2);
  return info;
}

Refusal grid_refusal(const SourceInfo& before, const SourceInfo& after) {
  return refusal([&] { check_same_grid(before, after); });
}

std::string crs(const std::string& code) {
  const TempFolder folder;
  write_raster(folder / "crs.tif", {.width = 1, .height = 1, .crs = code});
  return open_raster(folder / "crs.tif")->info().grid.crs;
}

TEST(GridCheck, EqualGridsPass) {
  EXPECT_EQ(grid_refusal(scene("a"), scene("b")).code, ErrorCode::cancelled);
}

TEST(GridCheck, AnotherCrsIsRefusedWithBothNames) {
  SourceInfo before = scene("a.tif"), after = scene("b.tif");
  before.grid.crs = crs("EPSG:32650");
  after.grid.crs = crs("EPSG:4526");
  const Refusal found = grid_refusal(before, after);
  EXPECT_EQ(found.code, ErrorCode::mismatch);
  EXPECT_TRUE(
      says(found, {"same grid, but the CRS is EPSG:32650 (WGS 84 / UTM zone 50N) in a.tif and EPSG:4526 "
                   "(CGCS2000 / 3-degree Gauss-Kruger zone 38) in b.tif"}));
  before.grid.crs.clear();
  EXPECT_TRUE(says(grid_refusal(before, after), {"the CRS is none in a.tif and EPSG:4526"}));
}

TEST(GridCheck, CustomCrsOfOneNameShowTheirParameters) {
  SourceInfo before = scene("a.tif"), after = scene("b.tif");
  before.grid.crs = crs("+proj=tmerc +lon_0=114 +x_0=500000 +ellps=GRS80");
  after.grid.crs = crs("+proj=tmerc +lon_0=117 +x_0=500000 +ellps=GRS80");
  EXPECT_TRUE(says(grid_refusal(before, after), {"+lon_0=114", "+lon_0=117"}));
}

TEST(GridCheck, TheSameCrsInOtherWordsPasses) {
  SourceInfo before = scene("a.tif"), after = scene("b.tif");
  before.grid.crs = crs("EPSG:32650");
  after.grid.crs = before.grid.crs;
  after.grid.crs.replace(after.grid.crs.find("WGS 84 / UTM zone 50N"), 21, "WGS_1984_UTM_Zone_50N");
  EXPECT_EQ(grid_refusal(before, after).code, ErrorCode::cancelled);
}

TEST(GridCheck, SizeOriginAndPixelSizeAreNamedWithBothValues) {
  const SourceInfo before = scene("a.tif");
  SourceInfo after = scene("b.tif");
  after.grid.width = 401;
  EXPECT_TRUE(says(grid_refusal(before, after), {"the size is 400 x 300 in a.tif and 401 x 300 in b.tif"}));
  after = scene("b.tif");
  after.grid.transform[0] += 5;
  EXPECT_TRUE(says(grid_refusal(before, after),
                   {"the origin is (500000, 2600000) in a.tif and (500005, 2600000) in b.tif"}));
  after = scene("b.tif");
  after.grid.transform[5] = -10.01;
  EXPECT_TRUE(
      says(grid_refusal(before, after), {"the pixel size is 10 x -10 in a.tif and 10 x -10.01 in b.tif"}));
  after = scene("b.tif");
  after.grid.transform[2] = 0.001;
  EXPECT_TRUE(says(grid_refusal(before, after),
                   {"the pixel size is 10 x -10 in a.tif and (10, 0.001; 0, -10) in b.tif"}));
}

TEST(GridCheck, AThousandthOfAPixelIsRounding) {
  SourceInfo after = scene("b.tif");
  after.grid.transform[0] += 0.009;
  EXPECT_EQ(grid_refusal(scene("a.tif"), after).code, ErrorCode::cancelled);
  after.grid.transform[0] += 0.002;
  EXPECT_EQ(grid_refusal(scene("a.tif"), after).code, ErrorCode::mismatch);
}

TEST(GridCheck, GridsApartAreSaidNotToOverlap) {
  SourceInfo after = scene("b.tif");
  after.grid.transform[0] += 4000;
  EXPECT_TRUE(
      says(grid_refusal(scene("a.tif"), after),
           {"no overlap", "x 500000 to 504000, y 2597000 to 2600000 in a.tif", "x 504000 to 508000"}));
}

TEST(GridCheck, BandsThatDoNotMatchAreRefused) {
  const SourceInfo before = scene("a.tif");
  SourceInfo after = scene("b.tif");
  after.bands.resize(3);
  EXPECT_TRUE(says(grid_refusal(before, after), {"a.tif has 2 and b.tif has 3"}));
  after = scene("b.tif");
  after.type = SampleType::uint16;
  EXPECT_TRUE(
      says(grid_refusal(before, after), {"one sample type, but it is uint8 in a.tif and uint16 in b.tif"}));
}

TEST(GridCheck, BandsInAnotherOrderAreRefused) {
  SourceInfo before = scene("a.tif"), after = scene("b.tif");
  before.bands[0].role = BandRole::red;
  after.bands[1].role = BandRole::nir;
  EXPECT_EQ(grid_refusal(before, after).code, ErrorCode::cancelled);
  after.bands[0].role = BandRole::blue;
  EXPECT_TRUE(says(grid_refusal(before, after), {"band 1 shows red in a.tif and blue in b.tif"}));
}

}  // namespace tuban
