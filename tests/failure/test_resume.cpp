// SPDX-License-Identifier: Apache-2.0
// What --resume refuses, and what it never touches.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>

#include "tests/support/counting_driver.h"
#include "tests/support/dump.h"
#include "tests/support/raster_files.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

namespace fs = std::filesystem;

using testing::RasterFile;
using testing::TempFolder;

void write_date(const std::string& path, bool after, double lift = 0) {
  RasterFile file;
  file.width = 200;
  file.height = 180;
  file.type = "uint16";
  file.creation_options = {"TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32"};
  file.value = [after, lift](int, int x, int y) {
    const bool square = after && x >= 60 && x < 90 && y >= 70 && y < 100;
    return 500.0 + (x * 37 + y * 91 + (after ? 5 : 0)) % 61 + (square ? 900 : 0) + lift;
  };
  testing::write_raster(path, file);
}

Job job_in(const TempFolder& folder) {
  write_date(folder / "before.tif", false);
  write_date(folder / "after.tif", true);
  Job job;
  testing::register_counting_driver();
  job.before.path = "COUNT:" + folder / "before.tif";
  job.after.path = folder / "after.tif";
  job.output = folder / "out.gpkg";
  job.tile_width = job.tile_height = 32;
  job.registration = RegistrationKind::off;  // the pattern repeats itself and fits in many places
  return job;
}

std::string work_of(const TempFolder& folder) {
  return folder / ".out.gpkg.tuban-work";
}

// Stops at the beginning of a stage.
std::string stop_at(const Job& job, const std::string& stage) {
  std::stop_source stop;
  Control control;
  control.stop = stop.get_token();
  control.progress = [&](const Progress& progress) {
    if (stage == progress.stage) stop.request_stop();
  };
  try {
    run(job, control);
    ADD_FAILURE() << "the run was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled);
    return error.what();
  }
  return {};
}

// Ends in the middle of the scan, by a read that fails.
void interrupt(const Job& job) {
  Control control;
  control.progress = [armed = false](const Progress& progress) mutable {
    if (armed || std::string(progress.stage) != "scan") return;
    armed = true;
    testing::fail_at_block_read(30);
  };
  try {
    run(job, control);
    ADD_FAILURE() << "no read has failed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::runtime);
    EXPECT_NE(std::string(error.what()).find("; once that is mended, --resume goes on where it ended"),
              std::string::npos)
        << error.what();
  }
}

Report resume(const Job& job, const std::function<void(const std::string&)>& warn = {}) {
  Control control;
  control.resume = true;
  control.warn = warn;
  return run(job, control);
}

// The sentence with which resuming is refused; what was left stays.
std::string refusal(const Job& job, ErrorCode code = ErrorCode::usage) {
  try {
    resume(job);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  return "nothing was refused";
}

bool says(const std::string& sentence, const std::string& words) {
  return sentence.find(words) != std::string::npos;
}

}  // namespace

TEST(Resume, GoesOnWhereTheRunWasStopped) {
  const TempFolder folder;
  const Job job = job_in(folder);
  interrupt(job);
  EXPECT_TRUE(fs::exists(work_of(folder)));
  EXPECT_FALSE(fs::exists(job.output));
  const Report report = resume(job);
  EXPECT_GT(report.resumed_pixels, report.pixels / 8);
  EXPECT_LT(report.resumed_pixels, report.pixels);
  EXPECT_EQ(report.patches, 1);
  EXPECT_FALSE(fs::exists(work_of(folder)));
}

TEST(Resume, WithoutACheckpointStartsFromTheBeginning) {
  const TempFolder folder;
  const Report report = resume(job_in(folder));
  EXPECT_EQ(report.resumed_pixels, 0);
  EXPECT_EQ(report.patches, 1);
  EXPECT_FALSE(report.finished_before);
}

TEST(Resume, OfAFinishedOutputDoesNothing) {
  const TempFolder folder;
  const Job job = job_in(folder);
  run(job);
  const auto written = fs::last_write_time(job.output);
  EXPECT_TRUE(resume(job).finished_before);
  EXPECT_EQ(fs::last_write_time(job.output), written);
}

TEST(Resume, OfAFinishedOutputHandsNothingToAHost) {
  const TempFolder folder;
  Job job = job_in(folder);
  run(job);
  Control control;
  control.resume = true;
  try {
    collect(job, control);
    ADD_FAILURE() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_TRUE(says(error.what(), "nothing to resume")) << error.what();
    EXPECT_TRUE(says(error.what(), job.output)) << error.what();
  }
  control.receive.mask = [](const RasterRows<std::uint8_t>&) {};
  EXPECT_THROW(run(job, control), Error);
  job.overwrite = true;
  EXPECT_EQ(collect(job, control).patches.size(), 1U);
}

// However far the removal of the work folder came before the process was killed.
TEST(Resume, OfARunKilledAsItEndedDoesNothing) {
  for (const std::vector<std::string>& left :
       {std::vector<std::string>{"lock", "ended", "publishing", "scan.state", "regions.spool"},
        {"lock", "ended", "publishing"},
        {"lock", "ended"},
        {"ended"},
        {}}) {
    const TempFolder folder;
    const Job job = job_in(folder);
    run(job);
    fs::create_directory(work_of(folder));
    fs::permissions(work_of(folder), fs::perms::owner_all);
    for (const std::string& name : left) std::ofstream(fs::path(work_of(folder)) / name).flush();
    EXPECT_TRUE(resume(job).finished_before) << left.size() << " left";
    EXPECT_FALSE(fs::exists(work_of(folder))) << left.size() << " left";
  }
}

TEST(Resume, RefusesAChangedOptionByName) {
  const std::pair<const char*, std::function<void(Job&)>> changes[] = {
      {"--min-area was \"200 m2\" in the interrupted run and is \"300 m2\" now",
       [](Job& job) { job.min_area.value = 300; }},
      {"--connectivity", [](Job& job) { job.connectivity = 4; }},
      {"--detector", [](Job& job) { job.detector = "cva"; }},
      {"--smooth", [](Job& job) { job.smooth = "gauss:1"; }},
      {"--simplify", [](Job& job) { job.simplify = 2; }},
      {"--types", [](Job& job) { job.types = {"C10"}; }},
      {"--budget", [](Job& job) { job.budget = "3%"; }},
      {"--mask", [](Job& job) { job.mask_path = fs::path(job.output).replace_filename("mask.tif"); }},
      {"--after-date", [](Job& job) { job.after.date = "2023-01-01"; }},
      {"what is added to samples of AFTER", [](Job& job) { job.after.offset = -3; }},
      {"--rules", [](Job& job) { job.rules = {"mining"}; }},
  };
  const TempFolder folder;
  const Job job = job_in(folder);
  interrupt(job);
  for (const auto& [words, change] : changes) {
    Job changed = job;
    change(changed);
    const std::string sentence = refusal(changed);
    EXPECT_TRUE(says(sentence, words) && says(sentence, "without --resume")) << sentence;
  }
  EXPECT_GT(resume(job).resumed_pixels, 0);
}

TEST(Resume, MayTakeOtherThreadsTilesAndMemory) {
  const TempFolder folder;
  Job job = job_in(folder);
  interrupt(job);
  job.threads = 3;
  job.executor = ExecutorKind::jthread;
  job.tile_width = 50;
  job.memory_bytes = 2'000'000'000;
  EXPECT_GT(resume(job).resumed_pixels, 0);
}

TEST(Resume, RefusesAnInputThatWasReplaced) {
  const TempFolder folder;
  const Job job = job_in(folder);
  interrupt(job);
  write_date(job.after.path, true, 3);
  fs::last_write_time(job.after.path, fs::last_write_time(job.after.path) + std::chrono::seconds(5));
  const std::string sentence = refusal(job);
  EXPECT_TRUE(says(sentence, "cannot resume: the input '" + job.after.path + "' was")) << sentence;
}

TEST(Resume, RefusesPixelsInMemoryThatHaveChanged) {
  const TempFolder folder;
  std::vector<std::uint8_t> pixels[2];
  Job job;
  for (const bool after : {false, true}) {
    auto& data = pixels[after ? 1 : 0];
    for (int i = 0; i < 200 * 180; ++i)
      data.push_back(
          static_cast<std::uint8_t>(40 + i * 7919 % 31 + (after && i % 200 < 20 && i < 6000 ? 150 : 0)));
    MemoryRaster raster;
    raster.name = after ? "after" : "before";
    raster.grid.width = 200;
    raster.grid.height = 180;
    raster.data = data.data();
    raster.pixel_stride = 1;
    raster.row_stride = 200;
    raster.band_stride = 200 * 180;
    raster.bands = {{"band 1", BandRole::unknown}};
    (after ? job.after : job.before).source = wrap_memory(raster);
  }
  job.output = folder / "out.gpkg";
  job.tile_width = job.tile_height = 32;
  EXPECT_EQ(stop_at(job, "describe"), "the run was stopped on request; --resume goes on where it ended");
  for (auto& pixel : pixels[1]) pixel = static_cast<std::uint8_t>(pixel + 9);
  EXPECT_TRUE(says(refusal(job), "pixels of the images are not what they were"));
  for (auto& pixel : pixels[1]) pixel = static_cast<std::uint8_t>(pixel - 9);
  EXPECT_GT(resume(job).resumed_pixels, 0);
}

TEST(Resume, RefusesADamagedCheckpoint) {
  for (const char* name : {"scan.state", "regions.spool", "mask.raw"}) {
    for (const bool shorter : {false, true}) {
      if (std::string(name) == "mask.raw" && !shorter) continue;
      SCOPED_TRACE(name);
      const TempFolder folder;
      Job job = job_in(folder);
      job.min_area = {1, true};
      job.mask_path = folder / "mask.tif";
      // Leaves specks, so that some regions have ended before the interruption.
      job.smooth = "none";
      job.threshold = "percentile:90";
      interrupt(job);
      const std::string path = work_of(folder) + "/" + name;
      const auto size = fs::file_size(path);
      ASSERT_GT(size, 0U);
      if (shorter) {
        fs::resize_file(path, size / 2);
      } else {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(size / 2));
        file.put('\x5a').put('\x5a').put('\x5a');
      }
      const std::string sentence = refusal(job);
      EXPECT_TRUE(says(sentence, name) && says(sentence, "is damaged; run without --resume")) << sentence;
      EXPECT_EQ(run(job).resumed_pixels, 0);
    }
  }
}

TEST(Resume, PatchesDamagedOnDiskAreDescribedAgain) {
  const TempFolder folder;
  Job job = job_in(folder);
  job.min_area = {1, true};
  run(job);
  const std::string whole = test::dump_geopackage(job.output);
  for (const char* name : {"patches.spool", "marks.spool"}) {
    fs::remove(job.output);
    stop_at(job, "emit");
    const std::string path = work_of(folder) + "/" + name;
    ASSERT_GT(fs::file_size(path), 20U);
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(20).put('\x5a').put('\x5a');
    EXPECT_EQ(resume(job).resumed_pixels, 200 * 180);
    EXPECT_EQ(test::dump_geopackage(job.output), whole);
  }
}

TEST(Resume, WithoutItTheWorkOfTheInterruptedRunIsDiscardedWithAWarning) {
  const TempFolder folder;
  const Job job = job_in(folder);
  interrupt(job);
  std::vector<std::string> warnings;
  Control control;
  control.warn = [&](const std::string& sentence) { warnings.push_back(sentence); };
  EXPECT_EQ(run(job, control).resumed_pixels, 0);
  ASSERT_FALSE(warnings.empty());
  EXPECT_TRUE(says(warnings.back(), work_of(folder)) && says(warnings.back(), "discarded"))
      << warnings.back();
  EXPECT_FALSE(fs::exists(work_of(folder)));
}

TEST(Resume, ARefusedRunLeavesTheWorkOfAnInterruptedOneAlone) {
  const TempFolder folder;
  Job job = job_in(folder);
  interrupt(job);
  Job wrong = job;
  wrong.detector = "magic";
  EXPECT_THROW(run(wrong), Error);
  EXPECT_GT(resume(job).resumed_pixels, 0);
}

TEST(Resume, TwoRunsOfOneOutputAtOnceAreRefused) {
  const TempFolder folder;
  const Job job = job_in(folder);
  Control control;
  int refused = 0;
  control.progress = [&](const Progress& progress) {
    if (std::string(progress.stage) != "scan" || refused > 0) return;
    ++refused;
    EXPECT_TRUE(says(refusal(job, ErrorCode::runtime), "another run is at work on the same output"));
  };
  EXPECT_EQ(run(job, control).patches, 1);
  EXPECT_EQ(refused, 1);
}

TEST(Resume, AFolderThatIsNoWorkFolderIsRefusedAndSpared) {
  const TempFolder folder;
  const Job job = job_in(folder);
  fs::create_directory(work_of(folder));
  std::ofstream(work_of(folder) + "/precious") << "content";
  EXPECT_TRUE(says(refusal(job), "in the way of the work folder"));
  EXPECT_THROW(run(job), Error);
  EXPECT_TRUE(fs::exists(work_of(folder) + "/precious"));
}

TEST(Resume, TwoOutputsOfOneNameShareAWorkFolderWithoutMeeting) {
  const TempFolder folder;
  Job job = job_in(folder);
  for (const char* name : {"work", "one", "two"}) fs::create_directory(folder / name);
  job.work_folder = folder / "work";
  job.output = folder / "one/out.gpkg";
  interrupt(job);
  job.output = folder / "two/out.gpkg";
  EXPECT_EQ(resume(job).resumed_pixels, 0);
  job.output = folder / "one/out.gpkg";
  EXPECT_GT(resume(job).resumed_pixels, 0);
  EXPECT_TRUE(fs::is_empty(folder / "work"));
}

TEST(Resume, AnOutputThatWasPutInPlaceBeforeTheOthersIsReplaced) {
  const TempFolder folder;
  Job job = job_in(folder);
  job.mask_path = folder / "mask.tif";
  stop_at(job, "emit");
  std::ofstream(job.mask_path) << "put in place";
  EXPECT_TRUE(says(refusal(job), "--overwrite"));
  std::ofstream(work_of(folder) + "/publishing") << "";
  EXPECT_EQ(resume(job).patches, 1);
  EXPECT_GT(fs::file_size(job.mask_path), 100U);
}

}  // namespace tuban
