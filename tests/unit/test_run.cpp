// SPDX-License-Identifier: Apache-2.0
// The whole line on small rasters: what it must say and write, and what it must not.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/io/raster_reader.h"
#include "tests/support/counting_driver.h"
#include "tests/support/dump.h"
#include "tests/support/pixel_scene.h"
#include "tests/support/raster_files.h"
#include "tests/support/square_scene.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::RasterFile;
using testing::square_scene;
using testing::SquareInMemory;
using testing::TempFolder;
using testing::write_raster;

constexpr int kWidth = testing::kSquareWidth;
constexpr int kHeight = testing::kSquareHeight;

Job job_in(const TempFolder& folder, bool changed) {
  write_raster(folder / "before.tif", square_scene(false, changed));
  write_raster(folder / "after.tif", square_scene(true, changed));
  Job job;
  job.before.path = folder / "before.tif";
  job.after.path = folder / "after.tif";
  job.output = folder / "out.gpkg";
  return job;
}

std::size_t files_in(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST(Run, TheWholeLineOnMemoryWithJthreads) {
  const TempFolder folder;
  const SquareInMemory before(false);
  const SquareInMemory after(true);
  Job job;
  job.before.source = wrap_memory(before.raster);
  job.after.source = wrap_memory(after.raster);
  job.executor = ExecutorKind::jthread;
  job.threads = 3;
  job.tile_width = job.tile_height = 50;
  job.output = folder / "out.gpkg";
  job.score_path = folder / "score.tif";
  EXPECT_EQ(run(job).patches, 1);
}

TEST(Run, APatchFoundAgainGoesOnFromTheEarlierBatch) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  run(job);
  job.previous = {job.output};
  job.output = folder / "again.gpkg";
  const Report report = run(job);
  ASSERT_TRUE(report.lineage);
  EXPECT_EQ(report.patches, 1);
  const std::string again = test::dump_geopackage(job.output);
  EXPECT_NE(again.find("lineage_status=\"continued\""), std::string::npos) << again;
  EXPECT_NE(again.find("share_of_patch=1"), std::string::npos) << again;
}

TEST(Run, FindsAPlantedSquareAndNothingElse) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  job.smooth = "mean3";  // the least that is smoothed keeps the square's area best
  const Report report = run(job);
  EXPECT_EQ(report.patches, 1);
  EXPECT_EQ(report.pixels, kWidth * kHeight);
  EXPECT_EQ(report.valid_pixels, kWidth * kHeight);
  EXPECT_NEAR(static_cast<double>(report.changed_pixels), 900, 130);
}

TEST(Run, TheDefaultSmoothingMovesAStrongSideByLittleMoreThanAPixel) {
  const TempFolder folder;
  const Report report = run(job_in(folder, true));
  EXPECT_EQ(report.patches, 1);
  EXPECT_GE(report.changed_pixels, 30 * 30);
  EXPECT_LE(report.changed_pixels, 32 * 32 + 16);
}

TEST(Run, FindsTheSquareInEverySampleType) {
  for (const std::string type : {"uint8", "int16", "float32"}) {
    const TempFolder folder;
    Job job = job_in(folder, true);
    job.smooth = "mean3";
    for (const bool after : {false, true}) {
      RasterFile file = square_scene(after, true);
      file.type = type;
      const double unit = type == "uint8" ? 20 : 1;
      file.value = [value = file.value, unit](int band, int x, int y) {
        return std::round(value(band, x, y) / unit);
      };
      write_raster(after ? job.after.path : job.before.path, file);
    }
    const Report report = run(job);
    EXPECT_EQ(report.patches, 1) << type;
    EXPECT_NEAR(static_cast<double>(report.changed_pixels), 900, 130) << type;
  }
}

TEST(Run, AMaskOfSpecksIsWarnedOfAsNoise) {
  const TempFolder folder;
  RasterFile after = square_scene(true, false);
  // A bright pixel in the middle of every cell of 8 x 8.
  after.value = [quiet = after.value](int band, int x, int y) {
    return x % 8 == 4 && y % 8 == 4 ? 9000.0 : quiet(band, x, y);
  };
  write_raster(folder / "before.tif", square_scene(false, false));
  write_raster(folder / "after.tif", after);
  Job job;
  job.before.path = folder / "before.tif";
  job.after.path = folder / "after.tif";
  job.output = folder / "out.gpkg";
  job.detector = "difference";
  job.smooth = "mean3";  // a wider smoothing leaves nothing of single pixels
  const Report report = run(job);
  EXPECT_GE(report.regions, 1000);
  EXPECT_TRUE(std::any_of(report.warnings.begin(), report.warnings.end(), [](const std::string& sentence) {
    return sentence.find("so looks noise") != std::string::npos;
  }));
  const TempFolder other;
  const Report clean = run(job_in(other, true));
  EXPECT_TRUE(std::none_of(clean.warnings.begin(), clean.warnings.end(), [](const std::string& sentence) {
    return sentence.find("so looks noise") != std::string::npos;
  }));
}

TEST(Run, PixelsChangedByChanceAreWarnedOfAsNoiseBehindTheDefaultSmoothing) {
  const TempFolder folder;
  Job job = job_in(folder, false);
  RasterFile after = square_scene(true, false);
  after.value = [random = test::Random(1), quiet = after.value](int band, int x, int y) mutable {
    return quiet(band, x, y) + 400 * random.uniform();
  };
  write_raster(job.after.path, after);
  job.threshold = "percentile:50";
  const Report report = run(job);
  EXPECT_EQ(std::count_if(report.warnings.begin(), report.warnings.end(),
                          [](const std::string& sentence) {
                            return sentence.find("so looks noise") != std::string::npos;
                          }),
            1);
}

TEST(Run, EverySecondPixelChangedEndsWithOneWarningOfNoiseAndAFloodWithNone) {
  for (const bool noise : {true, false}) {
    const TempFolder folder;
    RasterFile after = square_scene(true, false);
    after.value = [noise, quiet = after.value](int band, int x, int y) {
      return (noise ? (x + y) % 2 == 1 : y >= kHeight / 2) ? 9000.0 : quiet(band, x, y);
    };
    write_raster(folder / "before.tif", square_scene(false, false));
    write_raster(folder / "after.tif", after);
    Job job;
    job.before.path = folder / "before.tif";
    job.after.path = folder / "after.tif";
    job.output = folder / "out.gpkg";
    job.detector = "difference";
    job.smooth = "mean3";  // a wider smoothing makes one even grey of every second pixel
    const Report report = run(job);
    EXPECT_GT(report.changed_pixels, report.valid_pixels * 2 / 5) << noise;
    EXPECT_EQ(std::count_if(report.warnings.begin(), report.warnings.end(),
                            [](const std::string& sentence) {
                              return sentence.find("so looks noise") != std::string::npos;
                            }),
              noise ? 1 : 0);
  }
}

TEST(Run, PatchesOutsideTheBudgetAreInNoOutputButCounted) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  job.mask_path = folder / "mask.tif";
  job.patch_mask_path = folder / "patch_mask.tif";
  const TempFolder other;
  Job unchanged = job_in(other, false);
  unchanged.mask_path = other / "mask.tif";
  run(unchanged);
  job.budget = "0.1%";  // 78 pixels, the square has 900
  const Report report = run(job);
  EXPECT_EQ(report.patches, 0);
  EXPECT_EQ(report.findings, 0);
  EXPECT_EQ(report.left_out_by_budget, 1);
  EXPECT_NE(report.manifest.find(R"("filtered":{"by_types":0,"by_budget":1})"), std::string::npos);
  EXPECT_EQ(test::dump_geopackage(job.output), test::dump_geopackage(unchanged.output));
  EXPECT_EQ(test::hash_raster(job.patch_mask_path), test::hash_raster(unchanged.mask_path));
  EXPECT_NE(test::hash_raster(job.mask_path), test::hash_raster(unchanged.mask_path));
}

TEST(Run, HysteresisDropsPatchesWithoutAHighScoreAndLeavesTheMaskWhateverTheTiles) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  job.mask_path = folder / "mask.tif";
  job.overwrite = true;
  ASSERT_EQ(run(job).patches, 1);
  const auto mask = test::hash_raster(job.mask_path);
  const auto patches = test::dump_geopackage(job.output);
  for (const int tile : {0, 17}) {  // smaller than the square, which is then merged from several
    job.tile_width = job.tile_height = tile;
    job.hysteresis = 1.25;
    EXPECT_EQ(run(job).patches, 1);
    EXPECT_EQ(test::dump_geopackage(job.output), patches);
    job.hysteresis = 1000;
    EXPECT_EQ(run(job).patches, 0);
    EXPECT_EQ(test::hash_raster(job.mask_path), mask);
  }
}

TEST(Run, IdenticalImagesGiveAnEmptyTableAndNoError) {
  const TempFolder folder;
  Job job = job_in(folder, false);
  job.after.path = job.before.path;
  const Report report = run(job);
  EXPECT_EQ(report.patches, 0);
  EXPECT_EQ(report.changed_pixels, 0);
  EXPECT_NE(test::dump_geopackage(job.output).find("patches"), std::string::npos);
}

TEST(Run, UnchangedLandUnderGainOffsetAndNoiseGivesNoPatches) {
  const TempFolder folder;
  EXPECT_EQ(run(job_in(folder, false)).patches, 0);
}

TEST(Run, DecodesEveryBlockOnceInTheFullPass) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  testing::register_counting_driver();
  job.before.path = "COUNT:" + job.before.path;
  job.after.path = "COUNT:" + job.after.path;
  job.tile_width = 100;
  job.tile_height = 70;
  Control control;
  control.progress = [](const Progress& progress) {
    if (std::string(progress.stage) == "scan" && progress.pixels_done == 0) testing::reset_block_counts();
  };
  run(job, control);
  const auto counts = testing::block_counts();
  EXPECT_EQ(counts.size(), 2U * 4U * 5U * 5U);
  for (const auto& [key, count] : counts)
    EXPECT_EQ(count, 1) << key.path << " band " << key.band << " block " << key.x << "," << key.y;
}

// Passes a raster on and counts what libtiff reads for it.
class CountedByTiff final : public Source {
 public:
  explicit CountedByTiff(const std::string& path) : source_(open_raster(path)) {}
  const SourceInfo& info() const noexcept override { return source_->info(); }
  std::unique_ptr<Reader> open() const override {
    return std::make_unique<CountedReader>(source_->open(), blocks, bytes);
  }
  mutable std::atomic<std::int64_t> blocks = 0;
  mutable std::atomic<std::uint64_t> bytes = 0;

 private:
  struct CountedReader final : Reader {
    CountedReader(std::unique_ptr<Reader> reader, std::atomic<std::int64_t>& all_blocks,
                  std::atomic<std::uint64_t>& all_bytes)
        : inner(std::move(reader)), blocks(all_blocks), bytes(all_bytes) {}
    void read(const Window& window, const PixelBuffer& into) override {
      const auto so_far = [&] {
        return dynamic_cast<RasterReader&>(*inner).tiff_effort().value_or(TiffReader::Effort{});
      };
      const auto before = so_far();
      inner->read(window, into);
      blocks += so_far().blocks_decoded - before.blocks_decoded;
      bytes += so_far().bytes - before.bytes;
    }
    std::unique_ptr<Reader> inner;
    std::atomic<std::int64_t>& blocks;
    std::atomic<std::uint64_t>& bytes;
  };
  std::shared_ptr<const Source> source_;
};

TEST(Run, ReadsEveryBlockOfAPlainGeoTiffOnceInTheFullPass) {
  const std::pair<std::vector<std::string>, int> layouts[] = {
      {{"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "INTERLEAVE=BAND"}, 4 * 5 * 5},
      {{"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "INTERLEAVE=PIXEL"}, 5 * 5},
      {{"BLOCKYSIZE=7", "INTERLEAVE=PIXEL"}, 38},
      {{"BLOCKYSIZE=260", "INTERLEAVE=BAND"}, 4}};
  for (const auto& [layout, blocks] : layouts)
    for (const bool stored : {false, true}) {
      const TempFolder folder;
      Job job = job_in(folder, true);
      RasterFile file = square_scene(false, true);
      file.creation_options = layout;
      file.creation_options.push_back(stored ? "COMPRESS=NONE" : "COMPRESS=DEFLATE");
      write_raster(job.before.path, file);
      const auto counted = std::make_shared<CountedByTiff>(job.before.path);
      job.before.source = counted;
      job.tile_width = 100;
      job.tile_height = 70;
      Control control;
      control.progress = [&](const Progress& progress) {
        if (std::string(progress.stage) == "scan" && progress.share <= .0501)
          counted->blocks = counted->bytes = 0;
      };
      run(job, control);
      EXPECT_EQ(counted->blocks, stored ? 0 : blocks) << layout.back();
      if (stored) {
        constexpr std::uint64_t kColumn = 4 * 2 * kHeight;  // bytes
        EXPECT_GE(counted->bytes, kColumn * kWidth) << layout.back();
        EXPECT_LE(counted->bytes, kColumn * 320) << layout.back();  // with what fills up the last tiles
      }
    }
}

TEST(Run, AReadErrorInTheMiddleNamesTheFileAndLeavesNothing) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  job.mask_path = folder / "mask.tif";
  testing::register_counting_driver();
  job.after.path = "COUNT:" + job.after.path;
  Control control;
  control.progress = [](const Progress& progress) {
    if (std::string(progress.stage) == "scan" && progress.pixels_done == 0) testing::fail_at_block_read(37);
  };
  try {
    run(job, control);
    FAIL() << "the read fails";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::runtime);
    EXPECT_NE(std::string(error.what()).find("after.tif"), std::string::npos) << error.what();
  }
  EXPECT_EQ(files_in(folder / "."), 2U);
}

TEST(Run, AllNodataIsRefusedByName) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  RasterFile valid = square_scene(false, false);
  valid.bands = 1;
  valid.type = "uint8";
  valid.descriptions.clear();
  valid.value = [](int, int, int) { return 0.0; };
  write_raster(folder / "valid.tif", valid);
  job.after.valid_path = folder / "valid.tif";
  try {
    run(job);
    FAIL() << "nothing is valid";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::mismatch);
    EXPECT_NE(std::string(error.what()).find("no pixel is valid on both dates"), std::string::npos)
        << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(job.output));
}

TEST(Run, SwappedDatesAreRefused) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  job.before.date = "2023-10-12";
  job.after.date = "2023-05-18";
  EXPECT_THROW(run(job), Error);
}

TEST(Run, ARunCancelledBeforeAnythingIsScannedLeavesNothing) {
  const TempFolder folder;
  std::stop_source stop;
  Control control;
  control.stop = stop.get_token();
  control.progress = [&](const Progress& progress) {
    if (std::string(progress.stage) == "scan") stop.request_stop();
  };
  Job job = job_in(folder, true);
  job.tile_width = job.tile_height = 64;
  try {
    run(job, control);
    FAIL() << "the stop was asked for";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled);
  }
  EXPECT_EQ(files_in(folder / "."), 2U);
}

TEST(Run, ProgressNeverFallsAndEndsAtOne) {
  const TempFolder folder;
  Progress last;
  std::vector<std::string> stages;
  Control control;
  control.progress = [&](const Progress& progress) {
    EXPECT_GE(progress.share, last.share);
    EXPECT_GE(progress.pixels_done, last.pixels_done);
    EXPECT_GE(progress.seconds, last.seconds);
    if (stages.empty() || stages.back() != progress.stage) stages.emplace_back(progress.stage);
    last = progress;
  };
  const Report report = run(job_in(folder, true), control);
  EXPECT_EQ(last.share, 1);
  EXPECT_EQ(last.pixels_done, report.pixels);
  EXPECT_EQ(last.patches, report.patches);
  EXPECT_EQ(last.seconds_left, 0);
  EXPECT_EQ(stages,
            (std::vector<std::string>{"plan", "register", "measure", "scan", "describe", "mark", "emit"}));
}

TEST(Run, ReportsWhatItTook) {
  const TempFolder folder;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const Report report = run(job_in(folder, true));
  EXPECT_EQ(::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr(), "");
  ASSERT_EQ(report.stages.size(), 7U);
  EXPECT_EQ(report.stages.back().stage, "emit");
  EXPECT_GE(report.units, report.units_in_flight);
  EXPECT_GE(report.units_in_flight, 1);
  EXPECT_GT(report.planned_bytes, 0U);
  EXPECT_GT(report.spilled_bytes, 0U) << "the spools of regions, patches and marks";
  EXPECT_EQ(report.manifest.find("seconds"), std::string::npos) << "times are no part of the result (G1)";
}

TEST(Run, TheManifestOfASarPairSaysThatNoShiftWasMeasuredUnlessAskedFor) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  for (const bool after : {false, true}) {
    RasterFile file = square_scene(after, true);
    file.bands = 1;
    file.descriptions.clear();
    write_raster(after ? job.after.path : job.before.path, file);
  }
  job.profile = "sar";
  job.overwrite = true;
  const std::string manifest = run(job).manifest;
  EXPECT_NE(manifest.find(R"("register":"off")"), std::string::npos) << manifest;
  EXPECT_NE(manifest.find(R"("measured":false)"), std::string::npos) << manifest;
  job.registration = RegistrationKind::estimate;
  const std::string asked = run(job).manifest;
  EXPECT_NE(asked.find(R"("register":"estimate")"), std::string::npos) << asked;
}

TEST(Run, EveryDetectorRunsByName) {
  for (const char* name : {"default", "mad-cva", "difference", "ratio", "cva", "log-ratio", "brightness"}) {
    const TempFolder folder;
    Job job = job_in(folder, true);
    job.detector = name;
    EXPECT_GE(run(job).patches, 1) << name;
  }
}

TEST(Run, AnUnknownDetectorIsRefusedWithTheListOfThose) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  job.detector = "magic";
  try {
    run(job);
    FAIL() << "there is no such detector";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("default, difference"), std::string::npos) << error.what();
  }
}

TEST(Run, WithoutACrsEverythingIsInPixelsAndAreasAreNull) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  for (const bool after : {false, true}) {
    RasterFile file = square_scene(after, true);
    file.crs.clear();
    file.transform.reset();
    write_raster(after ? job.after.path : job.before.path, file);
  }
  const Report report = run(job);
  EXPECT_EQ(report.patches, 1);
  EXPECT_FALSE(report.warnings.empty());
  EXPECT_NE(test::dump_geopackage(job.output).find("area_m2"), std::string::npos);
}

}  // namespace tuban
