// SPDX-License-Identifier: Apache-2.0
// What a file says of its date and its bands, and how bands are chosen.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "engine/io/profile.h"
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

// Profiles

std::vector<BandRole> roles_by(const std::string& profile, RasterFile file,
                               const std::vector<std::string>& bands = {}) {
  const TempFolder folder;
  write_raster(folder / "a.tif", file);
  std::vector<BandRole> roles;
  for (const BandInfo& band :
       open_raster(folder / "a.tif", {.bands = bands, .profile = profile})->info().bands)
    roles.push_back(band.role);
  return roles;
}

std::string refusal_by(const std::string& profile, const RasterFile& file,
                       const std::vector<std::string>& bands = {}) {
  try {
    roles_by(profile, file, bands);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

void expect_says(const std::string& sentence, const std::string& text) {
  EXPECT_NE(sentence.find(text), std::string::npos) << "\"" << sentence << "\" lacks \"" << text << '"';
}

RasterFile plain(int bands) {
  return {.width = 4, .height = 4, .bands = bands, .type = "uint16"};
}

using enum BandRole;
const Roles kFourBands{blue, green, red, nir};

TEST(Profiles, TellRolesByPosition) {
  for (const char* name : {"gf1", "gf2", "gf6", "zy3", "bj3"})
    EXPECT_EQ(roles_by(name, plain(4)), kFourBands) << name;
  EXPECT_EQ(roles_by("gf6", plain(8)),
            (Roles{blue, green, red, nir, red_edge, red_edge, kUnknown, kUnknown}));
  EXPECT_EQ(roles_by("rgb", plain(3)), (Roles{red, green, blue}));
  EXPECT_EQ(roles_by("landsat7", plain(6)), (Roles{blue, green, red, nir, swir1, swir2}));
  EXPECT_EQ(roles_by("landsat8", plain(7)), (Roles{kUnknown, blue, green, red, nir, swir1, swir2}));
  EXPECT_EQ(roles_by("sentinel2", plain(12)), (Roles{kUnknown, blue, green, red, red_edge, red_edge, red_edge,
                                                     nir, kUnknown, kUnknown, swir1, swir2}));
  EXPECT_EQ(roles_by("sar", plain(2)), (Roles{sar, sar}));
}

TEST(Profiles, GiveTheSameCodeTheMeaningItHasOnTheSensor) {
  const RasterFile file = described({"SR_B2", "SR_B3", "SR_B4", "SR_B5"});
  EXPECT_EQ(roles_by("landsat8", file), (Roles{blue, green, red, nir}));
  EXPECT_EQ(roles_by("landsat7", file), (Roles{green, red, nir, swir1}));
  EXPECT_EQ(roles_by("sentinel2", described({"B4", "B3", "B2", "B8"})), (Roles{red, green, blue, nir}));
}

TEST(Profiles, LetDescriptionsOrderTheBandsWhereTheirNumberAllowsSeveralOrders) {
  EXPECT_EQ(roles_by("sentinel2",
                     described({"B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12"})),
            (Roles{blue, green, red, nir, red_edge, red_edge, red_edge, kUnknown, swir1, swir2}));
  expect_says(refusal_by("sentinel2", plain(10)), "say what they show with --bands");
  expect_says(refusal_by("sentinel2", plain(4)), "--profile sentinel2 knows 13 bands");
}

TEST(Profiles, TakeTheNarrowInfraredWhereTheBroadIsMissing) {
  EXPECT_EQ(roles_by("sentinel2", described({"B04", "B8A", "B11"})), (Roles{red, nir, swir1}));
}

TEST(Profiles, AreOverriddenByRolesOfBands) {
  EXPECT_EQ(roles_by("sentinel2", plain(4), {"red=1", "green=2", "blue=3", "nir=4"}),
            (Roles{red, green, blue, nir}));
  EXPECT_EQ(roles_by("gf1", plain(4), {"4", "swir1=3"}), (Roles{nir, swir1}));
  EXPECT_EQ(roles_by("gf1", plain(4), {"nir", "blue"}), (Roles{nir, blue}));
  expect_says(refusal_by("sentinel2", plain(4), {"red=1", "2"}), "say what they show with --bands");
}

TEST(Profiles, AreRefusedWhereTheBandsContradictThem) {
  expect_says(refusal_by("gf1", described({"red", "green", "blue", "nir"})),
              "its band 1 is described as \"red\", and is blue in its order of bands");
  expect_says(refusal_by("landsat8", described({"B2", "B3", "B4", "B8A"})),
              "its band 4 is described as \"B8A\", a band that this sensor does not have");
  expect_says(refusal_by("gf2", plain(3)), "--profile gf2 knows 4 bands: blue, green, red, nir, and ");
  expect_says(refusal_by("sar", described({"VV", "red"})), "described as \"red\"");
  expect_says(refusal_by("spot", plain(4)), "--profile \"spot\" is unknown; there are: sentinel2,");
}

TEST(Profiles, LeaveAlphaOut) {
  EXPECT_EQ(roles_by("rgb", {.width = 4, .height = 4, .bands = 4, .colours = {"", "", "", "Alpha"}}),
            (Roles{red, green, blue}));
}

TEST(Profiles, ChooseTheDetectorOnlyWhereTheJobDoesNot) {
  Job job;
  EXPECT_EQ(with_profile(job).detector, "default");
  job.profile = "sar";
  EXPECT_EQ(with_profile(job).detector, "log-ratio");
  job.detector = "difference";
  EXPECT_EQ(with_profile(job).detector, "difference");
}

TEST(Profiles, SarDoesNotRegisterUnlessAskedTo) {
  Job job;
  EXPECT_EQ(with_profile(job).registration, RegistrationKind::automatic);
  job.profile = "sentinel2";
  EXPECT_EQ(with_profile(job).registration, RegistrationKind::automatic);
  job.profile = "sar";
  EXPECT_EQ(with_profile(job).registration, RegistrationKind::off);
  set_option(job, "register", {"auto"});
  EXPECT_EQ(with_profile(job).registration, RegistrationKind::automatic);
}

}  // namespace tuban
