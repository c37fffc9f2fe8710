// SPDX-License-Identifier: Apache-2.0
// Cloud masks: what their values mean, coarser ones, and dilation that no window shows in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "engine/align/warp.h"
#include "engine/io/cloud_mask.h"
#include "tests/support/raster_files.h"
#include "tuban/error.h"
#include "tuban/io.h"
#include "tuban/job.h"

namespace tuban {

using testing::Pixels;
using testing::read_pixels;
using testing::TempFolder;
using testing::write_raster;

namespace {

constexpr int kWidth = 64, kHeight = 48;

using Value = std::function<double(int x, int y)>;

// A mask beside an image of 64 x 48 pixels, `factor` times coarser.
void write_mask(const std::string& path, const Value& value, int factor = 1,
                const std::string& type = "uint8", std::optional<double> nodata = {}) {
  write_raster(path,
               {.width = (kWidth + factor - 1) / factor,
                .height = (kHeight + factor - 1) / factor,
                .type = type,
                .transform = std::array<double, 6>{500000, 10.0 * factor, 0, 2600000, 0, -10.0 * factor},
                .nodata = {nodata},
                .value = [=](int, int x, int y) { return value(x, y); }});
}

class Clouds : public ::testing::Test {
 protected:
  void SetUp() override { write_raster(image(), {.bands = 2, .type = "uint16"}); }

  std::string image() const { return folder_ / "image.tif"; }
  std::string mask() const { return folder_ / "mask.tif"; }

  RasterOptions options(std::vector<std::string> classes, std::optional<int> dilate = {}) const {
    RasterOptions options;
    options.cloud = mask();
    options.cloud_classes = std::move(classes);
    options.cloud_dilate = dilate;
    return options;
  }

  Pixels read(std::vector<std::string> classes, std::optional<int> dilate = {}) const {
    return read_pixels(*open_raster(image(), options(std::move(classes), dilate)));
  }

  std::string refusal(const RasterOptions& options) const {
    try {
      read_pixels(*open_raster(image(), options));
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing";
  }

  TempFolder folder_;
};

void expect_says(const std::string& sentence, const std::string& text) {
  EXPECT_NE(sentence.find(text), std::string::npos) << '"' << sentence << "\" lacks \"" << text << '"';
}

// The values of a column that are valid, one value for each row of the mask.
std::vector<int> valid_rows(const Pixels& pixels, int count) {
  std::vector<int> rows;
  for (int y = 0; y < count; ++y)
    if (pixels.is_valid(5, y)) rows.push_back(y);
  return rows;
}

}  // namespace

TEST_F(Clouds, OfASceneClassificationAreNoDataDefectsShadowsCloudsAndCirrus) {
  write_mask(mask(), [](int, int y) { return std::min(y, 11); });
  EXPECT_EQ(valid_rows(read({"scl"}, 0), 12), (std::vector<int>{2, 4, 5, 6, 7, 11}));
  EXPECT_EQ(valid_rows(read({"scl", "snow"}, 0), 12), (std::vector<int>{2, 4, 5, 6, 7}));
}

TEST_F(Clouds, OfLandsatAreItsBits) {
  // The combinations that the Collection 2 guide lists.
  constexpr int kValues[] = {1,      // fill
                             21824,  // clear
                             21890,  // dilated cloud
                             21952,  // water
                             22080,  // medium confidence of cloud
                             22280,  // cloud
                             23888,  // shadow
                             30048,  // snow
                             54596,  // cirrus
                             5440};  // clear, without the bits of Landsat 8
  write_mask(
      mask(), [&](int, int y) { return kValues[std::min(y, 9)]; }, 1, "uint16", 1);
  EXPECT_EQ(valid_rows(read({"qa_pixel"}), 10), (std::vector<int>{1, 3, 4, 7, 9}));
  EXPECT_EQ(valid_rows(read({"qa_pixel", "snow"}), 10), (std::vector<int>{1, 3, 4, 9}));
  EXPECT_EQ(valid_rows(read({"qa_pixel", "medium"}), 10), (std::vector<int>{1, 3, 7, 9}));
}

TEST_F(Clouds, OfAPlainMaskAreOnes) {
  write_mask(mask(), [](int, int y) { return y == 2 ? 1 : y == 4 ? 255 : 0; });
  EXPECT_EQ(valid_rows(read({}, 0), 6), (std::vector<int>{0, 1, 3, 5}));
  // Writers declare the 0 of a mask as nodata, as if nothing were there.
  write_mask(
      mask(), [](int, int y) { return y == 2 ? 1 : 0; }, 1, "uint8", 0);
  EXPECT_EQ(valid_rows(read({"binary"}, 0), 4), (std::vector<int>{0, 1, 3}));
}

TEST_F(Clouds, MayBeAListOfValues) {
  write_mask(mask(), [](int, int y) { return y; });
  EXPECT_EQ(valid_rows(read({"0", "3", "4"}, 0), 6), (std::vector<int>{1, 2, 5}));
}

TEST_F(Clouds, WhatTheMaskDoesNotKnowIsInvalid) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  write_mask(
      mask(), [=](int, int y) { return y == 1   ? nan
                                       : y == 3 ? -1
                                                : 0; }, 1, "float32", -1);
  EXPECT_EQ(valid_rows(read({"binary"}, 0), 5), (std::vector<int>{0, 2, 4}));
}

TEST_F(Clouds, OfACoarserMaskCoverAllPixelsThatLieInOneOfIts) {
  write_mask(
      mask(), [](int x, int y) { return x == 3 && y == 2 ? 9 : 4; }, 2);
  const Pixels pixels = read({"scl"}, 0);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      EXPECT_EQ(pixels.is_valid(x, y), !(x / 2 == 3 && y / 2 == 2)) << x << ' ' << y;
}

TEST_F(Clouds, OfAMaskWhoseLastPixelsHangOverAreRead) {
  write_mask(
      mask(), [](int x, int y) { return x == 12 && y == 9 ? 1 : 0; }, 5);
  const Pixels pixels = read({}, 0);
  EXPECT_FALSE(pixels.is_valid(63, 47));
  EXPECT_FALSE(pixels.is_valid(60, 45));
  EXPECT_TRUE(pixels.is_valid(59, 45));
}

TEST_F(Clouds, AreDilatedByPixelsOfTheImageInASquare) {
  write_mask(
      mask(), [](int x, int y) { return x == 10 && y == 10 ? 8 : 4; }, 2);
  const Pixels pixels = read({"scl"});
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      EXPECT_EQ(pixels.is_valid(x, y), !(x >= 17 && x <= 24 && y >= 17 && y <= 24)) << x << ' ' << y;
}

TEST_F(Clouds, WhatIsMissingOrDefectiveIsNotDilated) {
  write_mask(mask(), [](int x, int y) { return x == 10 && y == 10 ? 1 : 4; });
  const Pixels pixels = read({"scl"}, 5);
  EXPECT_EQ(std::count(pixels.valid.begin(), pixels.valid.end(), 0), 1);
}

TEST_F(Clouds, OfLandsatAreNotDilatedTwice) {
  write_mask(
      mask(), [](int x, int y) { return x == 10 && y == 10 ? 22280 : 21824; }, 1, "uint16");
  const Pixels pixels = read({"qa_pixel"});
  EXPECT_EQ(std::count(pixels.valid.begin(), pixels.valid.end(), 0), 1);
}

// G1: whatever windows it is read in, as if the mask were dilated as a whole.
TEST_F(Clouds, AreTheSameInAnyWindow) {
  const auto cloudy = [](int x, int y) { return (x * 7 + y * 13 + x * y) % 41 == 0; };
  for (const int factor : {1, 2, 3})
    for (const int dilate : {0, 1, 3, 9, 100}) {
      write_mask(
          mask(), [&](int x, int y) { return cloudy(x, y) ? 1 : 0; }, factor);
      const auto naive = [&](int x, int y) {
        for (int v = std::max(0, y - dilate); v <= std::min(kHeight - 1, y + dilate); ++v)
          for (int u = std::max(0, x - dilate); u <= std::min(kWidth - 1, x + dilate); ++u)
            if (cloudy(u / factor, v / factor)) return false;
        return true;
      };
      const auto source = open_raster(image(), options({}, dilate));
      const auto reader = source->open();
      for (const Window& size :
           {Window{0, 0, kWidth, kHeight}, {0, 0, 5, 7}, {0, 0, kWidth, 1}, {0, 0, 1, 1}})
        for (int y = 0; y < kHeight; y += size.height)
          for (int x = 0; x < kWidth; x += size.width) {
            const Window window{x, y, std::min(size.width, kWidth - x), std::min(size.height, kHeight - y)};
            const Pixels pixels = read_pixels(*reader, source->info(), window);
            for (int v = y; v < y + window.height; ++v)
              for (int u = x; u < x + window.width; ++u)
                ASSERT_EQ(pixels.is_valid(u, v), naive(u, v))
                    << factor << ' ' << dilate << ' ' << u << ' ' << v << " of " << size.width;
          }
    }
}

TEST_F(Clouds, AreTheSameWithEitherReader) {
  write_mask(
      mask(), [](int x, int y) { return (x * y) % 17 == 3 ? 22280 : 21824; }, 2, "uint16");
  RasterOptions how = options({"qa_pixel"}, 2);
  const Pixels fast = read_pixels(*open_raster(image(), how));
  how.reader = ReaderKind::gdal;
  EXPECT_EQ(fast.valid, read_pixels(*open_raster(image(), how)).valid);
}

TEST_F(Clouds, MayBeABandOfTheImageWhichIsThenNoneToCompare) {
  write_raster(image(), {.bands = 3,
                         .type = "uint16",
                         .descriptions = {"B04", "SCL", "B08"},
                         .value = [](int band, int x, int) { return band == 1 ? (x == 3 ? 9 : 4) : 100; }});
  RasterOptions how = options({"scl"}, 0);
  for (const char* band : {"band=SCL", "band=scl", "band=2"}) {
    how.cloud = band;
    const auto source = open_raster(image(), how);
    ASSERT_EQ(source->info().bands.size(), 2U);
    EXPECT_EQ(source->info().bands[1].name, "B08");
    const Pixels pixels = read_pixels(*source);
    EXPECT_FALSE(pixels.is_valid(3, 7));
    EXPECT_EQ(std::count(pixels.valid.begin(), pixels.valid.end(), 0), kHeight);
  }
  how.cloud = "band=QA60";
  expect_says(refusal(how), "has no band \"QA60\" to tell its clouds; it has 3: 1 (B04), 2 (SCL), 3 (B08)");
  how.cloud = "band=2";
  how.bands = {"1", "2"};
  expect_says(refusal(how), "band 2 of " + image() + " holds its clouds");
}

TEST_F(Clouds, AreReadByTheClassesOfTheProfile) {
  write_mask(mask(), [](int, int y) { return y == 3 ? 9 : 4; });
  RasterOptions how = options({}, 0);
  how.profile = "sentinel2";
  how.bands = {"red=1", "nir=2"};
  EXPECT_EQ(valid_rows(read_pixels(*open_raster(image(), how)), 5), (std::vector<int>{0, 1, 2, 4}));
}

TEST_F(Clouds, AreThoseOfTheSourceOnAnyGrid) {
  write_mask(
      mask(), [](int x, int y) { return x == 10 && y == 10 ? 9 : 4; }, 2);
  const auto source = open_raster(image(), options({"scl"}, 1));
  const Grid& grid = source->info().grid;
  const auto moved = warp(source, {grid, {0, 0, grid.width, grid.height}}, {.shift_x = 2});
  const Pixels here = read_pixels(*source);
  const Pixels there = read_pixels(*moved);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth - 2; ++x)
      EXPECT_EQ(there.is_valid(x, y), here.is_valid(x + 2, y)) << x << ' ' << y;
  EXPECT_FALSE(there.is_valid(17, 19));
}

TEST_F(Clouds, ThatLeaveHardlyAPixelLeaveAFitThatSaysSo) {
  write_mask(mask(), [](int x, int y) { return x >= 30 && x < 42 && y >= 20 && y < 32 ? 0 : 1; });
  Job job;
  job.before.path = job.after.path = image();
  job.after.cloud = mask();
  job.cloud_dilate = 1;
  job.mask_path = folder_ / "changed.tif";
  const Report report = run(job);
  EXPECT_EQ(report.valid_pixels, 100);
  expect_says(report.manifest,
              "the sample has 100 pixels, IR-MAD needs 8000; the dates were matched by robust");
  expect_says(report.manifest, "clouds of " + mask() + " (binary, dilated by 1 px)");
}

TEST_F(Clouds, AllOverTheImageAreRefused) {
  write_mask(mask(), [](int, int) { return 1; });
  Job job;
  job.before.path = job.after.path = image();
  job.after.cloud = mask();
  job.mask_path = folder_ / "changed.tif";
  try {
    run(job);
    ADD_FAILURE();
  } catch (const Error& error) {
    expect_says(error.what(), "no pixel is valid on both dates");
  }
}

TEST_F(Clouds, OfAnotherSizeAreRefusedWithBothSizes) {
  write_raster(mask(), {.width = 48, .height = 48});
  expect_says(refusal(options({})), "the size is 64 x 48 in " + image() + " and 48 x 48 in " + mask());
  // Of that size, but elsewhere.
  write_raster(
      mask(),
      {.width = 32, .height = 24, .transform = std::array<double, 6>{500010, 20, 0, 2600000, 0, -20}});
  expect_says(refusal(options({})), "a cloud mask must lie on the grid of its image");
  write_raster(
      mask(), {.width = 128, .height = 96, .transform = std::array<double, 6>{500000, 5, 0, 2600000, 0, -5}});
  expect_says(refusal(options({})), "the size is 64 x 48 in " + image() + " and 128 x 96 in " + mask());
}

TEST_F(Clouds, OfNoKnownClassAreRefused) {
  write_mask(mask(), [](int x, int y) { return x == 6 && y == 7 ? 12 : 4; });
  expect_says(refusal(options({"scl"})), "holds 12 at pixel (6, 7); expected a class from 0 to 11");
  expect_says(refusal(options({})), "expected 0 (clear) or 1 (cloud); other class maps are named with");
}

TEST(CloudClassMaps, ThatAreUnknownAreRefused) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"sclx"}, {"binary", "snow"}, {"scl", "medium"}, {"3", "scl"}, {"70000"}, {"-1"}, {"8", ""}}) {
    try {
      cloud_classes(words);
      ADD_FAILURE() << words.front();
    } catch (const Error& error) {
      expect_says(error.what(), "is no class map; expected scl, qa_pixel or binary");
    }
  }
}

}  // namespace tuban
