// SPDX-License-Identifier: Apache-2.0
// G4: wherever a run stops, resumed it ends as if it never had.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/scene/scene.h"
#include "tests/support/counting_driver.h"
#include "tests/support/dump.h"
#include "tests/support/group_book.h"
#include "tests/support/raster_files.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::TempFolder;
using Random = std::mt19937;

int draw(Random& random, int least, int most) {
  return std::uniform_int_distribution<int>(least, most)(random);
}

// Painted once for all tests of this program.
const std::string& scene_folder() {
  static TempFolder folder;
  static const std::string path = [] {
    scene::Options options;
    options.seed = 20231012;
    options.width = 500;
    options.height = 430;
    options.tile = 64;
    options.folder = folder / "scene";
    scene::generate(options);
    test::group_book(options.folder);
    return options.folder;
  }();
  return path;
}

Job job_in(const TempFolder& folder) {
  Job job = load_job(scene_folder() + "/job.yaml");
  job.rules = {"farmland", "mining", "quality", scene_folder() + "/together.yaml"};
  job.output = folder / "out.gpkg";
  job.mask_path = folder / "mask.tif";
  job.patch_mask_path = folder / "patch_mask.tif";
  job.score_path = folder / "score.tif";
  return job;
}

std::string outcome(const Job& job) {
  return test::dump_geopackage(job.output) + "mask " + test::hash_raster(job.mask_path) + "\npatch mask " +
         test::hash_raster(job.patch_mask_path) + "\nscore " + test::hash_raster(job.score_path) + "\n";
}

const std::string& baseline() {
  static const std::string text = [] {
    const TempFolder folder;
    const Job job = job_in(folder);
    run(job);
    return outcome(job);
  }();
  return text;
}

// What makes no difference to the result may be another in each run of a job.
void shuffle(Job& job, Random& random) {
  constexpr std::array kExecutors{ExecutorKind::serial, ExecutorKind::tbb, ExecutorKind::openmp,
                                  ExecutorKind::jthread};
  job.executor = kExecutors[static_cast<std::size_t>(draw(random, 0, 3))];
  job.threads = draw(random, 1, 4);
  job.tile_width = draw(random, 20, 160);
  job.tile_height = draw(random, 20, 160);
}

// Runs down once a scan has begun: by one with every read, by fifteen where a later stage begins. At 0 the
// run is stopped, or whoever has counted throws.
struct Trip {
  std::atomic<int> left{1 << 30};
  bool armed = false, throws = false;
  std::chrono::milliseconds pause{0};  // before every read
  std::stop_source stop;

  void count(int by) {
    if (!armed || left.fetch_sub(by) > by) return;
    if (throws) throw std::runtime_error("the trip");
    stop.request_stop();
  }
};

class TripReader final : public Reader {
 public:
  TripReader(std::unique_ptr<Reader> reader, Trip& trip) : reader_(std::move(reader)), trip_(trip) {}
  void read(const Window& window, const PixelBuffer& into) override {
    trip_.count(1);
    std::this_thread::sleep_for(trip_.pause);
    reader_->read(window, into);
  }

 private:
  std::unique_ptr<Reader> reader_;
  Trip& trip_;
};

class TripSource final : public Source {
 public:
  TripSource(const Scene& scene, Trip& trip) : trip_(trip) {
    RasterOptions options;
    options.valid_path = scene.valid_path;
    source_ = open_raster(scene.path, options);
  }
  const SourceInfo& info() const noexcept override { return source_->info(); }
  std::unique_ptr<Reader> open() const override {
    return std::make_unique<TripReader>(source_->open(), trip_);
  }

 private:
  std::shared_ptr<const Source> source_;
  Trip& trip_;
};

// True if the run came to its end before the trip.
bool run_until(Job job, int left, bool throws, std::int64_t& resumed) {
  Trip trip;
  trip.left = left;
  trip.throws = throws;
  job.before.source = std::make_shared<TripSource>(job.before, trip);
  Control control;
  control.resume = true;
  control.checkpoint_seconds = 0;
  control.stop = trip.stop.get_token();
  control.progress = [&, stage = std::string()](const Progress& progress) mutable {
    if (stage == progress.stage) return;
    stage = progress.stage;
    if (trip.armed) trip.count(15);
    if (stage == "scan") trip.armed = true;
  };
  try {
    resumed = run(job, control).resumed_pixels;
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled) << error.what();
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(throws);
  }
  return false;
}

int rounds(int fast, int full) {
  return std::getenv("TUBAN_FULL") != nullptr ? full : fast;
}

bool nothing_left(const TempFolder& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "."))
    if (entry.path().filename().string().find("tuban") != std::string::npos) return false;
  return true;
}

}  // namespace

TEST(G4, ARunThatIsInterruptedAnywhereAndOftenEndsAsOneThatWasNot) {
  int resumptions = 0;
  for (int round = 0; round < rounds(4, 60); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Random random(static_cast<unsigned>(round) + 1);
    const TempFolder folder;
    Job job = job_in(folder);
    std::int64_t resumed = 0;
    bool done = false;
    for (int part = 0; part < 3 && !done; ++part) {
      shuffle(job, random);
      done = run_until(job, draw(random, 1, 90), draw(random, 0, 1) == 0, resumed);
    }
    shuffle(job, random);
    if (!done) done = run_until(job, 1 << 30, false, resumed);
    ASSERT_TRUE(done);
    resumptions += resumed > 0;
    ASSERT_EQ(outcome(job) == baseline(), true);
    EXPECT_TRUE(nothing_left(folder));
  }
  EXPECT_GT(resumptions, rounds(1, 30));
}

TEST(G4, ARunStoppedInEveryStageIsResumed) {
  for (const std::string stage : {"describe", "mark", "emit"}) {
    SCOPED_TRACE(stage);
    const TempFolder folder;
    const Job job = job_in(folder);
    std::stop_source stop;
    Control control;
    control.stop = stop.get_token();
    control.progress = [&](const Progress& progress) {
      if (stage == progress.stage) stop.request_stop();
    };
    EXPECT_THROW(run(job, control), Error);
    control = {};
    control.resume = true;
    const Report report = run(job, control);
    EXPECT_EQ(report.resumed_pixels, report.pixels);
    ASSERT_EQ(outcome(job) == baseline(), true);
  }
}

TEST(G4, AResumedRunTellsTheRateOfItsOwnWork) {
  const TempFolder folder;
  Job job = job_in(folder);
  job.executor = ExecutorKind::serial;
  job.tile_width = job.tile_height = 40;
  std::int64_t resumed = 0;
  ASSERT_FALSE(run_until(job, 30, false, resumed));

  Trip trip;
  trip.pause = std::chrono::milliseconds(20);  // long enough that progress is told while it scans
  job.before.source = std::make_shared<TripSource>(job.before, trip);
  std::vector<Progress> told;
  Control control;
  control.resume = true;
  control.progress = [&](const Progress& progress) {
    if (std::string(progress.stage) == "scan") told.push_back(progress);
  };
  ASSERT_GT(run(job, control).resumed_pixels, 0);
  ASSERT_GT(told.size(), 2u);
  const Progress& taken_up = told[1];
  EXPECT_GT(taken_up.pixels_done, 0);
  EXPECT_EQ(taken_up.pixels_per_second, 0);
  EXPECT_FALSE(taken_up.seconds_left);
  for (std::size_t i = 2; i < told.size(); ++i) {
    const double own = static_cast<double>(told[i].pixels_done - taken_up.pixels_done);
    EXPECT_NEAR(told[i].pixels_per_second * (told[i].seconds - taken_up.seconds), own, 2);
  }
}

TEST(G4, AReadThatFailsAnywhereLeavesWhatCanBeResumed) {
  testing::register_counting_driver();
  int resumptions = 0;
  for (int round = 0; round < rounds(3, 40); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Random random(static_cast<unsigned>(round) + 77);
    const TempFolder folder;
    Job job = job_in(folder);
    job.tile_width = job.tile_height = 64;
    job.before.path = "COUNT:" + job.before.path;
    Control control;
    control.checkpoint_seconds = draw(random, 0, 1);
    control.progress = [&, armed = false](const Progress& progress) mutable {
      if (armed || std::string(progress.stage) != "scan") return;
      armed = true;
      testing::fail_at_block_read(draw(random, 1, 50));
    };
    try {
      run(job, control);
      FAIL() << "no read has failed";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::runtime);
      EXPECT_NE(std::string(error.what()).find("before.tif"), std::string::npos) << error.what();
      const bool kept = std::filesystem::exists(folder / ".out.gpkg.tuban-work");
      EXPECT_EQ(std::string(error.what()).find("--resume") != std::string::npos, kept) << error.what();
    }
    control = {};
    control.resume = true;
    resumptions += run(job, control).resumed_pixels > 0;
    ASSERT_EQ(outcome(job) == baseline(), true);
    EXPECT_TRUE(nothing_left(folder));
  }
  EXPECT_GT(resumptions, 0);
}

}  // namespace tuban
