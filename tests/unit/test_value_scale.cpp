// SPDX-License-Identifier: Apache-2.0
// Scale and offset of samples: from tags, from what Sentinel-2 says, as asked for; and what a pair becomes.
#include "engine/io/value_scale.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/raster_files.h"
#include "tests/support/read_results.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::Pixels;
using testing::RasterFile;
using testing::read_pixels;
using testing::TempFolder;
using testing::write_raster;

constexpr double kAdded = 1000;  // by Sentinel-2 since baseline 04.00

void tag(const std::string& path, const std::vector<std::string>& arguments) {
  testing::translate_raster(path, path + ".vrt", arguments);
}

BandInfo info_of(const std::string& path, const std::string& profile = {}) {
  RasterOptions options;
  options.profile = profile;
  return open_raster(path, options)->info().bands.front();
}

using Sources = std::array<std::shared_ptr<const Source>, 2>;

Sources opened(const std::string& before, const std::string& after) {
  return {open_raster(before), open_raster(after)};
}

struct Brought {
  ValueScale values;
  int warnings = 0;
};

Brought bring(Sources& pair, std::optional<double> before = {}, std::optional<double> after = {}) {
  Brought done;
  done.values =
      bring_to_one_scale(pair[0], pair[1], before, after, [&](const std::string&) { ++done.warnings; });
  return done;
}

class Scales : public ::testing::Test {
 protected:
  std::string write(const std::string& name, RasterFile file) {
    write_raster(folder_ / name, file);
    return folder_ / name;
  }
  TempFolder folder_;
};

RasterFile ramp(const std::string& type, std::map<std::string, std::string> metadata = {}) {
  return {.bands = 2, .type = type, .metadata = std::move(metadata), .value = [](int band, int x, int y) {
            return 40 * x + y + 7 * band;
          }};
}

}  // namespace

TEST_F(Scales, ComeFromTheTagsOfTheBands) {
  const std::string path = write("a.tif", ramp("uint16"));
  tag(path, {"-of", "VRT", "-a_scale", "0.0000275", "-a_offset", "-0.2"});
  EXPECT_EQ(info_of(path + ".vrt").scale, 0.0000275);
  EXPECT_EQ(info_of(path + ".vrt").offset, -0.2);
  EXPECT_EQ(info_of(path).scale, 1);
  EXPECT_EQ(info_of(path).offset, 0);
}

TEST_F(Scales, OfSentinel2ComeFromItsMetadata) {
  EXPECT_EQ(info_of(write("a.tif", ramp("uint16", {{"BOA_ADD_OFFSET", "-1000"}}))).offset, -1000);
  EXPECT_EQ(info_of(write("b.tif", ramp("uint16", {{"RADIO_ADD_OFFSET", "-900"}}))).offset, -900);
  const std::map<std::string, std::string> product{{"PRODUCT_TYPE", "S2MSI2A"},
                                                   {"PROCESSING_BASELINE", "05.10"}};
  EXPECT_EQ(info_of(write("c.tif", ramp("uint16", product))).offset, -1000);
  EXPECT_EQ(
      info_of(write("d.tif", ramp("uint16", {{"PRODUCT_TYPE", "S2MSI2A"}, {"PROCESSING_BASELINE", "03.01"}})))
          .offset,
      0);
  // Of no known sensor, a baseline says nothing.
  EXPECT_EQ(info_of(write("e.tif", ramp("uint16", {{"PROCESSING_BASELINE", "05.10"}}))).offset, 0);
}

TEST_F(Scales, ThatSayNothingLeaveTheSourcesAlone) {
  Sources pair = opened(write("a.tif", ramp("uint16")), write("b.tif", ramp("uint16")));
  const Sources as_opened = pair;
  EXPECT_FALSE(bring(pair).values.physical);
  EXPECT_EQ(pair, as_opened);
}

TEST_F(Scales, OfOneKindKeepTheTypeAndTakeTheOffsetInSamples) {
  const std::string a = write("a.tif", ramp("uint16"));
  tag(a, {"-of", "VRT", "-a_scale", "0.0001", "-a_offset", "-0.1"});
  const std::string b = write("b.tif", ramp("uint16"));
  tag(b, {"-of", "VRT", "-a_scale", "0.0001"});
  Sources pair = opened(a + ".vrt", b + ".vrt");
  const Brought done = bring(pair);
  EXPECT_FALSE(done.values.physical);
  EXPECT_EQ(done.warnings, 0);
  EXPECT_EQ(done.values.before, (std::vector<double>{-1000, -1000}));
  EXPECT_EQ(done.values.after, (std::vector<double>{0, 0}));
  EXPECT_EQ(pair[0]->info().type, SampleType::uint16);
  EXPECT_EQ(pair[0]->info().bands[0].offset, 0);
  const Pixels pixels = read_pixels(*pair[0]);
  EXPECT_EQ(pixels.at(1, 40, 3), 40 * 40 + 3 + 7 - 1000);
  EXPECT_EQ(pixels.at(0, 3, 3), 0);  // what would be negative
}

TEST_F(Scales, LeaveSaturatedSamplesSaturatedAndNodataInvalid) {
  RasterFile file = ramp("uint16", {{"BOA_ADD_OFFSET", "-1000"}});
  file.nodata = {0};
  file.value = [](int, int x, int) { return x == 5 ? 0 : x == 6 ? 65535 : x == 7 ? 500 : 3000; };
  Sources pair = opened(write("a.tif", file), write("b.tif", ramp("uint16")));
  bring(pair);
  const Pixels pixels = read_pixels(*pair[0]);
  EXPECT_FALSE(pixels.is_valid(5, 2));
  EXPECT_EQ(pixels.at(0, 6, 2), 65535);
  EXPECT_EQ(pixels.at(0, 7, 2), 0);
  EXPECT_TRUE(pixels.is_valid(7, 2));
  EXPECT_EQ(pixels.at(0, 8, 2), 2000);
}

TEST_F(Scales, ThatDifferBecomePhysicalValuesInWhateverWindow) {
  RasterFile file = ramp("uint16");
  file.creation_options = {"TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "COMPRESS=DEFLATE"};
  file.nodata = {40};
  const std::string a = write("a.tif", file);
  tag(a, {"-of", "VRT", "-a_scale", "0.0001", "-a_offset", "-0.1"});
  const std::string b = write("b.tif", ramp("float32"));
  Sources pair = opened(a + ".vrt", b);
  const Brought done = bring(pair);
  EXPECT_TRUE(done.values.physical);
  EXPECT_EQ(done.warnings, 1);
  EXPECT_EQ(pair[0]->info().type, SampleType::float32);
  const Pixels whole = read_pixels(*pair[0]);
  EXPECT_EQ(whole.at(0, 50, 4), static_cast<double>(static_cast<float>(2004 * 0.0001 - 0.1)));
  EXPECT_FALSE(whole.is_valid(1, 0));
  const auto reader = pair[0]->open();
  for (const Window& window : {Window{3, 5, 41, 17}, {0, 0, 1, 1}, {16, 16, 16, 16}, {63, 0, 1, 48}}) {
    const Pixels part = read_pixels(*reader, pair[0]->info(), window);
    for (int y = window.y; y < window.y + window.height; ++y)
      for (int x = window.x; x < window.x + window.width; ++x) {
        ASSERT_EQ(part.at(1, x, y), whole.at(1, x, y)) << x << ' ' << y;
        ASSERT_EQ(part.is_valid(x, y), whole.is_valid(x, y)) << x << ' ' << y;
      }
  }
  EXPECT_EQ(read_pixels(*pair[1]).at(0, 50, 4), 2004);
}

TEST_F(Scales, AreReplacedByAnOffsetThatIsAskedFor) {
  const std::string a = write("a.tif", ramp("uint16", {{"BOA_ADD_OFFSET", "-1000"}}));
  const std::string b = write("b.tif", ramp("uint16"));
  Sources pair = opened(a, b);
  bring(pair, 0, -500);
  EXPECT_EQ(read_pixels(*pair[0]).at(0, 40, 3), 1603);
  EXPECT_EQ(read_pixels(*pair[1]).at(0, 40, 3), 1103);
}

TEST_F(Scales, OfNoUseAreRefused) {
  const std::string a = write("a.tif", ramp("uint16"));
  tag(a, {"-of", "VRT", "-a_scale", "-2"});
  Sources pair = opened(a + ".vrt", a);
  try {
    bring(pair);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::mismatch);
    EXPECT_NE(std::string(error.what()).find("has scale -2 and offset 0; expected a positive scale"),
              std::string::npos)
        << error.what();
  }
}

namespace {

// Fields with a built square on the later date, in reflectance * 10000, and what Sentinel-2 adds.
RasterFile fields(bool after, double added, bool tagged) {
  RasterFile file{.width = 200, .height = 160, .bands = 4, .type = "uint16"};
  file.descriptions = {"blue", "green", "red", "nir"};
  if (tagged) file.metadata = {{"BOA_ADD_OFFSET", "-1000"}};
  file.value = [=](int band, int x, int y) {
    constexpr double kField[] = {500, 800, 600, 3200};
    constexpr double kBuilt[] = {1800, 2000, 2200, 2600};
    const bool built = after && x >= 60 && x < 100 && y >= 50 && y < 90;
    const double patchwork = 60 * ((x / 20 + 2 * (y / 16)) % 5) * (band == 3 ? 2 : 1);
    const unsigned hash = (static_cast<unsigned>(x) * 374761393U + static_cast<unsigned>(y) * 668265263U +
                           static_cast<unsigned>(band + (after ? 9 : 0)) * 974711U) *
                          2246822519U;
    const double noise = hash >> 27;
    return (built ? kBuilt[band] : kField[band] + patchwork) + noise + added;
  };
  return file;
}

// NDVI before and after of the one patch.
std::array<double, 2> ndvi_of(const TempFolder& folder, const RasterFile& before, const RasterFile& after,
                              std::optional<double> offset = {}) {
  write_raster(folder / "before.tif", before);
  write_raster(folder / "after.tif", after);
  Job job;
  job.before.path = folder / "before.tif";
  job.before.offset = offset;
  job.after.path = folder / "after.tif";
  job.output = folder / "out.gpkg";
  job.overwrite = true;
  EXPECT_EQ(run(job).patches, 1);
  const auto dataset = test::open_vector(job.output);
  const auto patches = test::rows(*dataset, "patches");
  if (patches.empty()) return {};
  return {patches.front()->GetFieldAsDouble("ndvi_before"), patches.front()->GetFieldAsDouble("ndvi_after")};
}

}  // namespace

TEST(MixedDates, OneWithTheOffsetOfSentinel2GiveTheIndicesOfTwoWithout) {
  const TempFolder folder;
  const auto expected = ndvi_of(folder, fields(false, 0, false), fields(true, 0, false));
  EXPECT_GT(expected[0], 0.5);
  EXPECT_LT(expected[1], 0.2);
  EXPECT_EQ(ndvi_of(folder, fields(false, kAdded, true), fields(true, 0, false)), expected);
  EXPECT_EQ(ndvi_of(folder, fields(false, kAdded, true), fields(true, kAdded, true)), expected);
  EXPECT_EQ(ndvi_of(folder, fields(false, kAdded, false), fields(true, 0, false), -kAdded), expected);
  // As it would be without.
  EXPECT_LT(ndvi_of(folder, fields(false, kAdded, true), fields(true, 0, false), 0)[0], expected[0] - 0.1);
}

}  // namespace tuban
