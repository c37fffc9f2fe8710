// SPDX-License-Identifier: Apache-2.0
// Results in memory, pixels from callbacks, and what a host may expect of its own process (G7).
#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <gtest/gtest.h>
#include <omp.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <locale>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/support/dump.h"
#include "tests/support/raster_files.h"
#include "tests/support/square_scene.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::kSquareHeight;
using testing::kSquareWidth;
using testing::SquareInMemory;
using testing::TempFolder;

/// Two images in memory and the job that compares them; work goes into a folder that must stay empty.
class Receive : public ::testing::Test {
 protected:
  Receive() {
    std::filesystem::create_directory(folder_ / "work");
    job_ = job();
  }
  Job job() const {
    Job job;
    job.before.source = wrap_memory(before_.raster);
    job.after.source = wrap_memory(after_.raster);
    job.work_folder = folder_ / "work";
    job.threads = 2;
    return job;
  }
  bool left_nothing() const { return std::filesystem::is_empty(folder_ / "work"); }

  TempFolder folder_;
  const SquareInMemory before_{false}, after_{true};
  Job job_;
};

template <typename T>
std::vector<T> joined(const std::vector<std::vector<T>>& rows) {
  std::vector<T> all;
  for (const auto& some : rows) all.insert(all.end(), some.begin(), some.end());
  return all;
}

struct HostsOwn : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

TEST_F(Receive, CollectNeedsNoOutputAndLeavesNoFile) {
  const Result result = collect(job_);
  ASSERT_EQ(result.patches.size(), 1U);
  EXPECT_EQ(result.report.patches, 1);
  EXPECT_EQ(result.patches[0].rank, 1);
  EXPECT_GE(result.patches[0].patch.area_px, 900);  // a square of 30, and what smoothing adds
  EXPECT_LE(result.patches[0].patch.area_px, 1100);
  EXPECT_EQ(result.report.grid.width, kSquareWidth);
  EXPECT_TRUE(left_nothing());
}

TEST_F(Receive, NothingAskedForIsRefused) {
  try {
    run(job_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("nothing to write"), std::string::npos);
  }
}

TEST_F(Receive, WhatIsReceivedIsWhatTheFileHolds) {
  job_.output = folder_ / "out.gpkg";
  const Result both = collect(job_);
  Job alone = job();
  alone.output = folder_ / "alone.gpkg";
  run(alone);
  EXPECT_EQ(test::dump_geopackage(job_.output), test::dump_geopackage(alone.output));
  const std::string dump = test::dump_geopackage(job_.output);
  ASSERT_EQ(both.patches.size(), 1U);
  EXPECT_NE(dump.find(both.patches[0].patch.patch_id), std::string::npos);
}

TEST_F(Receive, RastersArriveInRowsThatMakeTheFiles) {
  job_.score_path = folder_ / "score.tif";
  std::vector<std::vector<std::uint8_t>> mask, patch_mask;
  std::vector<std::vector<float>> score;
  int next = 0;
  Control control;
  control.receive.mask = [&](const RasterRows<std::uint8_t>& rows) {
    EXPECT_EQ(rows.y, next);
    next += rows.count;
    mask.emplace_back(rows.samples.begin(), rows.samples.end());
  };
  control.receive.patch_mask = [&](const RasterRows<std::uint8_t>& rows) {
    patch_mask.emplace_back(rows.samples.begin(), rows.samples.end());
  };
  control.receive.score = [&](const RasterRows<float>& rows) {
    score.emplace_back(rows.samples.begin(), rows.samples.end());
  };
  const Report report = run(job_, control);
  constexpr std::size_t kPixels = std::size_t{kSquareWidth} * kSquareHeight;
  ASSERT_EQ(joined(mask).size(), kPixels);
  ASSERT_EQ(joined(score).size(), kPixels);
  EXPECT_EQ(next, kSquareHeight);
  const auto ones = joined(mask);
  EXPECT_EQ(std::count(ones.begin(), ones.end(), std::uint8_t{1}), report.changed_pixels);
  EXPECT_EQ(joined(patch_mask), ones);  // nothing is left out of this job

  const auto file = testing::read_pixels(*open_raster(job_.score_path)).bands.at(0);
  const std::vector<float> scores = joined(score);
  for (std::size_t i = 0; i < kPixels; ++i)
    ASSERT_EQ(file[i], static_cast<double>(scores[i])) << "pixel " << i;
}

TEST_F(Receive, PatchesAreToldAsTheyClose) {
  std::set<std::string> closed, reported;
  Control control;
  control.receive.closed = [&](const Patch& patch) {
    EXPECT_TRUE(reported.empty()) << "told before any is reported";
    closed.insert(patch.patch_id);
  };
  control.receive.patch = [&](MarkedPatch&& patch) { reported.insert(patch.patch.patch_id); };
  run(job_, control);
  EXPECT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed, reported);
}

TEST_F(Receive, WhatACallbackThrowsEndsTheRunAndNoFileIsNamed) {
  job_.output = folder_ / "out.gpkg";
  job_.mask_path = folder_ / "mask.tif";
  std::array<Control, 4> controls;
  controls[0].receive.patch = [](MarkedPatch&&) { throw HostsOwn("patch"); };
  controls[1].receive.closed = [](const Patch&) { throw HostsOwn("closed"); };
  controls[2].receive.mask = [](const RasterRows<std::uint8_t>&) { throw HostsOwn("mask"); };
  controls[3].progress = [](const Progress& progress) {
    if (std::strcmp(progress.stage, "emit") == 0) throw HostsOwn("progress");
  };
  for (const Control& control : controls) {
    EXPECT_THROW(run(job_, control), HostsOwn);
    EXPECT_FALSE(std::filesystem::exists(job_.output));
    EXPECT_FALSE(std::filesystem::exists(job_.mask_path));
  }
}

TEST_F(Receive, ACallbackMayStopTheRun) {
  std::stop_source stop;
  Control control;
  control.stop = stop.get_token();
  control.receive.closed = [&](const Patch&) { stop.request_stop(); };
  control.receive.patch = [](MarkedPatch&&) { ADD_FAILURE() << "reported after the stop"; };
  try {
    run(job_, control);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled);
  }
  EXPECT_TRUE(left_nothing());
}

TEST_F(Receive, ARunWithoutAnOutputCannotBeResumed) {
  Control control;
  control.resume = true;
  EXPECT_THROW(collect(job_, control), Error);
}

TEST_F(Receive, PixelsFromACallbackAreThoseOfMemory) {
  const Result expected = collect(job_);
  std::atomic<int> calls = 0;
  const auto calling = [&](const SquareInMemory& scene) {
    SourceInfo info = wrap_memory(scene.raster)->info();
    info.block_width = kSquareWidth;
    info.block_height = 32;
    info.max_readers = 2;
    const std::shared_ptr<const Source> inner = wrap_memory(scene.raster);
    return wrap_callback(info, [inner, &calls](const Window& window, const PixelBuffer& into) {
      ++calls;
      inner->open()->read(window, into);
    });
  };
  job_.before.source = calling(before_);
  job_.after.source = calling(after_);
  const Result result = collect(job_);
  ASSERT_EQ(result.patches.size(), expected.patches.size());
  EXPECT_EQ(result.patches[0].patch.patch_id, expected.patches[0].patch.patch_id);
  EXPECT_EQ(result.patches[0].patch.score_max, expected.patches[0].patch.score_max);
  EXPECT_GT(calls, 0);
}

TEST_F(Receive, WhatASourceThrowsReachesTheHost) {
  const SourceInfo info = job_.after.source->info();
  job_.after.source = wrap_callback(
      info, [](const Window&, const PixelBuffer&) { throw HostsOwn("the camera is unplugged"); });
  EXPECT_THROW(collect(job_), HostsOwn);
  EXPECT_TRUE(left_nothing());
}

TEST(WrapCallback, RefusesWhatCannotBeASource) {
  const auto read = [](const Window&, const PixelBuffer&) {};
  SourceInfo info;
  info.name = "camera";
  info.grid.width = info.grid.height = 8;
  info.bands.resize(1);
  EXPECT_NO_THROW(wrap_callback(info, read));
  EXPECT_THROW(wrap_callback(info, nullptr), Error);
  const auto refused = [&](auto spoil) {
    SourceInfo spoilt = info;
    spoil(spoilt);
    EXPECT_THROW(wrap_callback(spoilt, read), Error);
  };
  refused([](SourceInfo& i) { i.name.clear(); });
  refused([](SourceInfo& i) { i.bands.clear(); });
  refused([](SourceInfo& i) { i.grid.width = 0; });
  refused([](SourceInfo& i) { i.block_height = 0; });
  refused([](SourceInfo& i) { i.max_readers = 0; });
}

TEST_F(Receive, TheHostsArenaDoesTheWork) {
  const Result expected = collect(job_);
  std::atomic<int> widest = 0, outside = 0;
  const std::shared_ptr<const Source> inner = job_.after.source;
  job_.after.source = wrap_callback(inner->info(), [&](const Window& window, const PixelBuffer& into) {
    if (oneapi::tbb::this_task_arena::max_concurrency() != 3) ++outside;
    widest = std::max(widest.load(), oneapi::tbb::this_task_arena::current_thread_index() + 1);
    inner->open()->read(window, into);
  });
  job_.executor = ExecutorKind::host_tbb;
  job_.threads = 1;  // means nothing here
  Result result;
  oneapi::tbb::task_arena host(3);
  host.execute([&] { result = collect(job_); });
  EXPECT_EQ(outside, 0);
  EXPECT_LE(widest, 3);
  ASSERT_EQ(result.patches.size(), expected.patches.size());
  EXPECT_EQ(result.patches[0].patch.patch_id, expected.patches[0].patch.patch_id);
}

/// What belongs to the host's process.
struct HostSettings {
  std::string locale = std::setlocale(LC_ALL, nullptr), cpp_locale = std::locale().name();
  std::array<void (*)(int), 4> handlers = {handler(SIGINT), handler(SIGTERM), handler(SIGPIPE),
                                           handler(SIGSEGV)};
  int openmp = omp_get_max_threads(), rounding = std::fegetround();
  std::size_t tbb =
      oneapi::tbb::global_control::active_value(oneapi::tbb::global_control::max_allowed_parallelism);
  GIntBig gdal_cache = GDALGetCacheMax64();
  std::string gdal_threads = CPLGetConfigOption("GDAL_NUM_THREADS", "unset");
  int gdal_error = CPLGetLastErrorNo();
  std::filesystem::path folder = std::filesystem::current_path();

  static void (*handler(int signal))(int) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    return action.sa_handler;
  }
  friend bool operator==(const HostSettings&, const HostSettings&) = default;
};

// Different jobs, so that anything shared would show.
TEST_F(Receive, TwoEnginesInTwoThreadsWithJthreadsDoNotMeet) {
  const std::string locale = std::setlocale(LC_ALL, nullptr);
  ASSERT_NE(std::setlocale(LC_ALL, "C.UTF-8"), nullptr);
  const HostSettings before;
  job_.output = folder_ / "out.gpkg";
  job_.overwrite = true;
  Job strict = job();
  strict.min_area = {2000, true};
  strict.executor = ExecutorKind::jthread;
  job_.executor = ExecutorKind::jthread;
  constexpr int kRuns = 20;
  std::array<int, 2> found{};
  std::thread one([&] {
    for (int i = 0; i < kRuns; ++i) found[0] += static_cast<int>(collect(job_).patches.size());
  });
  std::thread two([&] {
    for (int i = 0; i < kRuns; ++i) found[1] += static_cast<int>(collect(strict).patches.size());
  });
  one.join();
  two.join();
  EXPECT_EQ(found[0], kRuns);
  EXPECT_EQ(found[1], 0);
  EXPECT_TRUE(HostSettings() == before) << std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, locale.c_str());
  EXPECT_TRUE(left_nothing());
}

}  // namespace tuban
