// SPDX-License-Identifier: Apache-2.0
// What a file says of its date and its bands, and how bands are chosen.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "tests/support/raster_files.h"
#include "tuban/io.h"

namespace tuban {

using testing::Pixels;
using testing::raster_value;
using testing::RasterFile;
using testing::read_pixels;
using testing::TempFolder;
using testing::write_raster;

std::optional<std::string> date_of(const std::map<std::string, std::string>& metadata) {
  const TempFolder folder;
  write_raster(folder / "dated.tif", {.width = 4, .height = 4, .metadata = metadata});
  return open_raster(folder / "dated.tif")->info().date;
}

TEST(SceneDate, ComesFromMetadataThatNamesTheAcquisition) {
  EXPECT_EQ(date_of({{"ACQUISITION_DATE", "2020-05-06"}}), "2020-05-06");
  EXPECT_EQ(date_of({{"ACQUISITIONDATETIME", "2020-05-06 03:04:05"}}), "2020-05-06T03:04:05");
  EXPECT_EQ(date_of({{"PRODUCT_START_TIME", "2020-05-06T03:04:05.678Z"}}), "2020-05-06T03:04:05Z");
  EXPECT_EQ(date_of({{"DATE_ACQUIRED", "20200506"}}), "2020-05-06");
}

TEST(SceneDate, AnAcquisitionKeyWinsOverTheTiffTag) {
  EXPECT_EQ(date_of({{"TIFFTAG_DATETIME", "2021:01:02 03:04:05"}}), "2021-01-02T03:04:05");
  EXPECT_EQ(date_of({{"TIFFTAG_DATETIME", "2021:01:02 03:04:05"}, {"SENSING_TIME", "2020-05-06T01:02:03Z"}}),
            "2020-05-06T01:02:03Z");
}

TEST(SceneDate, WhatIsNoDateOfTheCalendarIsIgnored) {
  for (const char* text : {"0000:00:00 00:00:00", "2020-02-30", "2020-13-01", "spring 2020", "2020",
                           "2020-05-06 25:00", "2020-05/06", "2020-05-06T03:04:05 and more"})
    EXPECT_FALSE(date_of({{"ACQUISITION_DATE", text}})) << text;
}

// Bands and roles

std::vector<BandRole> roles_of(const RasterFile& file, const std::vector<std::string>& bands = {}) {
  const TempFolder folder;
  write_raster(folder / "a.tif", file);
  const auto source = open_raster(folder / "a.tif", {.bands = bands});
  std::vector<BandRole> roles;
  for (const BandInfo& band : source->info().bands) roles.push_back(band.role);
  return roles;
}

RasterFile described(std::vector<std::string> descriptions) {
  const int bands = static_cast<int>(descriptions.size());
  return {.width = 4, .height = 4, .bands = bands, .type = "uint16", .descriptions = std::move(descriptions)};
}

using Roles = std::vector<BandRole>;
constexpr auto kUnknown = BandRole::unknown;

TEST(BandRoles, AreReadFromWords) {
  EXPECT_EQ(roles_of(described({"Blue", "GREEN", "Band 3 - Red", "Near infrared", "Red Edge 1", "SWIR 2"})),
            (Roles{BandRole::blue, BandRole::green, BandRole::red, BandRole::nir, BandRole::red_edge,
                   BandRole::swir2}));
  EXPECT_EQ(roles_of(described({"VV", "Sigma0_VH"})), (Roles{BandRole::sar, BandRole::sar}));
}

TEST(BandRoles, AreReadFromSentinel2Codes) {
  EXPECT_EQ(roles_of(described({"B02", "B03", "B04", "B08", "B05", "B8A", "B11", "B12"})),
            (Roles{BandRole::blue, BandRole::green, BandRole::red, BandRole::nir, BandRole::red_edge,
                   kUnknown, BandRole::swir1, BandRole::swir2}));
  EXPECT_EQ(roles_of(described({"B4, central wavelength 665 nm", "B3", "B2", "B8"})),
            (Roles{BandRole::red, BandRole::green, BandRole::blue, BandRole::nir}));
  EXPECT_EQ(roles_of(described({"B8A"})), (Roles{BandRole::nir}));
}

TEST(BandRoles, LandsatCodesStayUnknownSinceTheyDifferBetweenSatellites) {
  EXPECT_EQ(roles_of(described({"B1", "B2", "B3", "B4", "B5", "B7"})), Roles(6, kUnknown));
  EXPECT_EQ(roles_of(described({"B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9"})), Roles(9, kUnknown));
}

TEST(BandRoles, OtherWordsStayUnknown) {
  EXPECT_EQ(roles_of(described({"red / nir ratio", "blue mask", "B04 B08 index", "infrared", ""})),
            Roles(5, kUnknown));
}

TEST(BandRoles, AreNeverGuessedFromPosition) {
  EXPECT_EQ(roles_of({.width = 4, .height = 4, .bands = 4, .type = "uint16"}), Roles(4, kUnknown));
}

TEST(BandRoles, AreReadFromColours) {
  EXPECT_EQ(roles_of({.width = 4, .height = 4, .bands = 3, .colours = {"Blue", "Green", "Red"}}),
            (Roles{BandRole::blue, BandRole::green, BandRole::red}));
}

TEST(BandSelection, TakesNumbersDescriptionsAndRoles) {
  const RasterFile file = described({"B02", "B03", "B04", "B08"});
  EXPECT_EQ(roles_of(file, {"3"}), (Roles{BandRole::red}));
  EXPECT_EQ(roles_of(file, {"b08", "B02"}), (Roles{BandRole::nir, BandRole::blue}));
  EXPECT_EQ(roles_of(file, {"swir1=1", "nir=B04"}), (Roles{BandRole::swir1, BandRole::nir}));
  EXPECT_EQ(roles_of(file, {"nir", "red"}), (Roles{BandRole::nir, BandRole::red}));
  EXPECT_EQ(roles_of(file), (Roles{BandRole::blue, BandRole::green, BandRole::red, BandRole::nir}));
}

TEST(BandSelection, DeliversTheBandsInTheOrderAskedFor) {
  const TempFolder folder;
  RasterFile file = described({"B02", "B03", "B04", "B08"});
  write_raster(folder / "a.tif", file);
  const Pixels pixels = read_pixels(*open_raster(folder / "a.tif", {.bands = {"B08", "1", "red=B04"}}));
  EXPECT_EQ(pixels.at(0, 1, 1), raster_value(3, 1, 1));
  EXPECT_EQ(pixels.at(1, 1, 1), raster_value(0, 1, 1));
  EXPECT_EQ(pixels.at(2, 1, 1), raster_value(2, 1, 1));
}

}  // namespace tuban
