// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/raster_files.h"
#include "tuban/error.h"
#include "tuban/scenes.h"

namespace tuban {
namespace {

using namespace tuban::testing;

class SceneList : public ::testing::Test {
 protected:
  /// A raster whose metadata say when it was taken, unless that is empty.
  std::string raster(const std::string& name, const std::string& date = {}, int bands = 1,
                     std::vector<std::string> descriptions = {}) {
    std::filesystem::create_directories(std::filesystem::path(folder_ / name).parent_path());
    RasterFile file{.width = 8, .height = 8, .bands = bands};
    if (!date.empty()) file.metadata = {{"ACQUISITION_DATE", date}};
    file.descriptions = std::move(descriptions);
    write_raster(folder_ / name, file);
    return folder_ / name;
  }
  std::string text(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  /// "date origin path[:band]" of each, with paths below the test's folder.
  std::vector<std::string> told(const std::string& path, const SceneListOptions& options = {}) {
    std::vector<std::string> all;
    for (const ListedScene& one : list_scenes(path, options)) {
      constexpr const char* kOrigins[] = {"list", "stac", "name", "metadata"};
      std::string file = one.scene.path;
      if (file.starts_with(folder_ / "")) file = file.substr((folder_ / "").size());
      all.push_back(*one.scene.date + " " + kOrigins[static_cast<int>(one.origin)] + " " + file +
                    (one.bands.empty() ? "" : ":" + one.bands.front()));
    }
    return all;
  }
  std::string refused(ErrorCode code, const std::string& path, const SceneListOptions& options = {}) {
    try {
      list_scenes(path, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "not refused";
    return {};
  }

  TempFolder folder_;
};

using Told = std::vector<std::string>;

TEST_F(SceneList, AFolderGivesItsRastersInTheOrderOfTheirDates) {
  raster("in/b.tif", "2021-03-01");
  raster("in/a.tif", "2021-06-01");
  raster("in/below/c.tif", "2021-01-01");
  text("in/notes.txt", "no raster");
  text("in/a.tif.ovr", "beside");
  EXPECT_EQ(told(folder_ / "in"), (Told{"2021-03-01 metadata in/b.tif", "2021-06-01 metadata in/a.tif"}));
}

TEST_F(SceneList, APatternFindsTheDateInTheNameAndNowhereElse) {
  raster("in/S2A_T49QGF_20210503T025551.tif", "2022-01-01");
  raster("in/S2B_T49QGF_20210403T025551.tif");
  EXPECT_EQ(told(folder_ / "in", {.date_pattern = "S2?_*_%Y%m%dT*"}),
            (Told{"2021-04-03 name in/S2B_T49QGF_20210403T025551.tif",
                  "2021-05-03 name in/S2A_T49QGF_20210503T025551.tif"}));
  EXPECT_NE(
      refused(ErrorCode::mismatch, folder_ / "in", {.date_pattern = "S2A_*_%Y%m%dT*"}).find("S2B_T49QGF"),
      std::string::npos);
}

TEST_F(SceneList, ADayOfTheYearIsADate) {
  raster("in/LE71710602000089SGS00.tif");
  EXPECT_EQ(told(folder_ / "in", {.date_pattern = "LE7??????%Y%j*"}),
            (Told{"2000-03-29 name in/LE71710602000089SGS00.tif"}));
  raster("late/x2001366.tif");
  EXPECT_NE(refused(ErrorCode::mismatch, folder_ / "late", {.date_pattern = "x%Y%j.tif"}).find("no date"),
            std::string::npos);
}

TEST_F(SceneList, APatternThatNamesNoDayIsRefused) {
  raster("in/a.tif");
  for (const char* pattern : {"*", "%Y", "%Y%m", "%Y%m%d%j", "%Y%Y%m%d", "%Y%m%q", "%Y%m%"})
    EXPECT_NE(refused(ErrorCode::usage, folder_ / "in", {.date_pattern = pattern}).find(pattern),
              std::string::npos)
        << pattern;
}

TEST_F(SceneList, ADateIsNeverGuessed) {
  raster("in/20210503.tif");
  const std::string said = refused(ErrorCode::mismatch, folder_ / "in");
  EXPECT_NE(said.find("20210503.tif: nothing says when it was taken"), std::string::npos) << said;
  EXPECT_NE(said.find("--date-pattern"), std::string::npos) << said;
}

TEST_F(SceneList, AListNamesPathsBesideIt) {
  raster("a.tif", "2021-06-01");
  raster("sub/b.tif", "2021-03-01");
  EXPECT_EQ(told(text("all.txt", "# two scenes\n a.tif \r\n\nsub/b.tif")),
            (Told{"2021-03-01 metadata sub/b.tif", "2021-06-01 metadata a.tif"}));
}

TEST_F(SceneList, ATableGivesDatesBandsCloudsAndValidity) {
  raster("stack.tif", "2020-01-01", 3);
  const std::string path = text("all.csv",
                                "path,date,band,cloud,valid\n"
                                "stack.tif,2021-03-29,2,,\n"
                                "\"stack.tif\",20210301,1,scl.tif,ok.tif\n"
                                "stack.tif,,3,,\n");
  EXPECT_EQ(told(path), (Told{"2020-01-01 metadata stack.tif:3", "2021-03-01 list stack.tif:1",
                              "2021-03-29 list stack.tif:2"}));
  const auto scenes = list_scenes(path);
  EXPECT_EQ(scenes[1].scene.cloud, folder_ / "scl.tif");
  EXPECT_EQ(scenes[1].scene.valid_path, folder_ / "ok.tif");
  EXPECT_EQ(scenes[2].scene.cloud, "");
}

TEST_F(SceneList, WhatIsWrongInATableIsNamed) {
  raster("a.tif");
  const auto wrong = [&](const std::string& content) {
    return refused(ErrorCode::mismatch, text("all.csv", content));
  };
  EXPECT_NE(wrong("path,dates\na.tif,2021-01-01\n").find("unknown column \"dates\"; did you mean \"date\"?"),
            std::string::npos);
  EXPECT_NE(wrong("path,date\na.tif,2021-02-30\n").find("row 2: date \"2021-02-30\" is no date"),
            std::string::npos);
  EXPECT_NE(wrong("path,date,band\na.tif,2021-02-03,0\n").find("row 2: band \"0\""), std::string::npos);
  EXPECT_NE(wrong("path,date\n,2021-02-03\n").find("row 2: it names no path"), std::string::npos);
  EXPECT_NE(wrong("path,date\na.tif,\n").find("a.tif: nothing says when"), std::string::npos);
}

constexpr const char* kItem =
    R"({"type": "Feature", "id": "one", "properties": {"datetime": "2021-05-03T02:55:51Z"},
  "assets": {"image": {"href": "./a.tif", "type": "image/tiff; application=geotiff; profile=cloud-optimized"},
             "preview": {"href": "p.tif", "type": "image/tiff", "roles": ["overview"]},
             "scl": {"href": "https://example.org/scl.tif", "type": "image/tiff", "roles": ["cloud"]}}})";

TEST_F(SceneList, AStacItemGivesItsOnlyImageAndItsDate) {
  EXPECT_EQ(told(text("item.json", kItem)), (Told{"2021-05-03T02:55:51Z stac a.tif"}));
  const std::string two = text(
      "all.json", std::string(R"({"type": "FeatureCollection", "features": [)") + kItem + "," + kItem + "]}");
  EXPECT_EQ(told(two).size(), 2U);
  const auto scenes = list_scenes(two, {.cloud_asset = "scl"});
  EXPECT_EQ(scenes[0].scene.cloud, "/vsicurl/https://example.org/scl.tif");
}

TEST_F(SceneList, WhatIsWrongInStacIsNamed) {
  const auto wrong = [&](std::string from, const std::string& to, const SceneListOptions& options = {}) {
    std::string item = kItem;
    item.replace(item.find(from), from.size(), to);
    return refused(ErrorCode::mismatch, text("item.json", item), options);
  };
  EXPECT_NE(wrong("\"2021-05-03T02:55:51Z\"", "null").find("item \"one\": it has no datetime"),
            std::string::npos);
  EXPECT_NE(wrong("51Z", "51+08:00").find("no date and time in UTC"), std::string::npos);
  EXPECT_NE(wrong("\"overview\"", "\"data\"")
                .find("it has 2 images, of which one must be named with --asset: image, "
                      "preview"),
            std::string::npos);
  EXPECT_NE(wrong("one", "one", {.asset = "visual"}).find("no asset \"visual\"; it has image, preview, scl"),
            std::string::npos);
  EXPECT_NE(wrong("Feature", "Catalog").find("catalogs are not followed"), std::string::npos);
  EXPECT_NE(wrong("\"assets\"", "\"links\"").find("no assets"), std::string::npos);
}

TEST_F(SceneList, BandsWithDatesForDescriptionsAreScenes) {
  EXPECT_EQ(told(raster("stack.tif", "", 2, {"2015-07-31T10:00:09", "2015-07-11T10:00:08"})),
            (Told{"2015-07-11T10:00:08 list stack.tif:2", "2015-07-31T10:00:09 list stack.tif:1"}));
}

TEST_F(SceneList, AVrtOfOneFilePerBandIsAListOfThem) {
  const std::string a = raster("a_20210601.tif"), b = raster("b_20210301.tif");
  build_vrt(folder_ / "stack.vrt", {a, b}, {"-separate"});
  EXPECT_EQ(told(folder_ / "stack.vrt", {.date_pattern = "*_%Y%m%d.tif"}),
            (Told{"2021-03-01 name stack.vrt:2", "2021-06-01 name stack.vrt:1"}));
}

TEST_F(SceneList, WhatIsNoListIsRefused) {
  EXPECT_NE(refused(ErrorCode::usage, folder_ / "none").find("no such file or folder"), std::string::npos);
  EXPECT_NE(refused(ErrorCode::usage, text("empty.txt", "# nothing\n")).find("there is no scene in it"),
            std::string::npos);
  EXPECT_NE(refused(ErrorCode::mismatch, raster("one.tif", "2021-01-01")).find("no stack of scenes"),
            std::string::npos);
  EXPECT_NE(refused(ErrorCode::usage, text("notes.md", "x")).find("GDAL cannot open it as a raster"),
            std::string::npos);
}

}  // namespace
}  // namespace tuban
