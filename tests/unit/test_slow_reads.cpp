// SPDX-License-Identifier: Apache-2.0
// Reads that wait: the pipeline must have others on their way meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "engine/scan/executor.h"
#include "tests/support/dump.h"
#include "tests/support/raster_files.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::TempFolder;

constexpr int kSide = 320;
constexpr int kBlock = 64;

// No read returns before `wanted` have been in flight together; one that waits in vain for long gives up.
class Crowd {
 public:
  explicit Crowd(int wanted) : wanted_(wanted) {}
  void enter() {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++inside_);
    met_.notify_all();
    if (!gave_up_) gave_up_ = !met_.wait_for(lock, std::chrono::seconds(3), [&] { return most_ >= wanted_; });
    --inside_;
  }
  int most() const { return most_; }

 private:
  std::mutex mutex_;
  std::condition_variable met_;
  int wanted_, inside_ = 0, most_ = 0;
  bool gave_up_ = false;
};

class SlowSource final : public Source {
 public:
  SlowSource(bool after, bool remote, Crowd* crowd) : after_(after), crowd_(crowd) {
    info_.name = info_.id = after ? "after" : "before";
    info_.grid.width = info_.grid.height = kSide;
    info_.bands = {{"grey", BandRole::unknown}};
    info_.block_width = info_.block_height = kBlock;
    info_.remote = remote;
  }
  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return std::make_unique<SlowReader>(*this); }

 private:
  class SlowReader final : public Reader {
   public:
    explicit SlowReader(const SlowSource& source) : source_(source) {}
    void read(const Window& window, const PixelBuffer& into) override {
      if (source_.crowd_) source_.crowd_->enter();
      for (int y = 0; y < window.height; ++y)
        for (int x = 0; x < window.width; ++x)
          into.planes[0][y * into.stride + x] = source_.sample(window.x + x, window.y + y);
    }

   private:
    const SlowSource& source_;
  };

  std::byte sample(int x, int y) const {
    const bool square = after_ && x >= 100 && x < 160 && y >= 90 && y < 150;
    return static_cast<std::byte>(60 + (square ? 120 : 0) + (x * 31 + y * 57 + (x * y) % 13) % 7);
  }

  bool after_;
  Crowd* crowd_;
  SourceInfo info_;
};

std::string outcome(ExecutorKind kind, int threads, bool remote, Crowd* crowd) {
  const TempFolder folder;
  Job job;
  job.before.source = std::make_shared<SlowSource>(false, remote, crowd);
  job.after.source = std::make_shared<SlowSource>(true, remote, crowd);
  job.executor = kind;
  job.threads = threads;
  job.tile_width = job.tile_height = kBlock;
  job.output = folder / "out.gpkg";
  EXPECT_EQ(run(job).patches, 1);
  return test::dump_geopackage(job.output);
}

std::string plain() {
  return outcome(ExecutorKind::serial, 1, false, nullptr);
}

}  // namespace

TEST(SlowReads, AsManyAreUnderWayAsThereAreThreads) {
  Crowd crowd(3);
  EXPECT_EQ(outcome(ExecutorKind::jthread, 3, false, &crowd), plain());
  EXPECT_EQ(crowd.most(), 3);
}

TEST(SlowReads, OverANetworkMoreAreUnderWayThanThereAreProcessors) {
  const int processors = make_executor(ExecutorKind::jthread, 0)->threads();
  Crowd crowd(processors + 1);
  EXPECT_EQ(outcome(ExecutorKind::tbb, 0, true, &crowd), plain());
  EXPECT_GT(crowd.most(), processors);
}

TEST(SlowReads, OverANetworkNoMoreThreadsReadThanWereAskedFor) {
  Crowd crowd(3);
  EXPECT_EQ(outcome(ExecutorKind::jthread, 2, true, &crowd), plain());
  EXPECT_EQ(crowd.most(), 2);
}

}  // namespace tuban
