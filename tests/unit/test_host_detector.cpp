// SPDX-License-Identifier: Apache-2.0
// Detectors that are functions of a C++ host.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>

#include "tests/support/square_scene.h"
#include "tuban/error.h"
#include "tuban/score.h"

namespace tuban {
namespace {

using testing::SquareInMemory;

std::uint16_t sample(const std::byte* plane, const PixelBlock& block, int x, int y) {
  std::uint16_t value = 0;
  std::memcpy(&value, plane + (y * block.stride + x) * 2, 2);
  return value;
}

using PixelScore = std::function<float(const PixelBlock&, int x, int y)>;

std::shared_ptr<const HostDetector> host(const PixelScore& of, const char* name = "mine") {
  return std::make_shared<const HostDetector>(HostDetector{name, "", [of](const PixelBlock& block) {
                                                             for (int y = 0; y < block.height; ++y)
                                                               for (int x = 0; x < block.width; ++x)
                                                                 block.score[y * block.score_stride + x] =
                                                                     of(block, x, y);
                                                           }});
}

float difference(const PixelBlock& block, int x, int y) {
  float sum = 0;
  for (std::size_t b = 0; b < block.before.size(); ++b) {
    const int apart = sample(block.before[b], block, x, y) - sample(block.after[b], block, x, y);
    sum += static_cast<float>(apart * apart);
  }
  return std::sqrt(sum);
}

class OfTheHost : public ::testing::Test {
 protected:
  OfTheHost() {
    job_.before.source = wrap_memory(before_.raster);
    job_.after.source = wrap_memory(after_.raster);
    job_.threads = 3;
    job_.executor = ExecutorKind::jthread;
  }
  void expect_refused(const std::string& why) const {
    try {
      score(job_);
      FAIL() << why;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    }
  }

  const SquareInMemory before_{false}, after_{true};
  Job job_;
};

TEST_F(OfTheHost, ScoresWhatTheSameDetectorOfTheEngineDoes) {
  job_.detector = "difference";
  const Result theirs = collect(job_);
  const ScoreResult scores = score(job_);
  job_.detector = "cva";  // the host's is used all the same
  job_.host_detector = host(difference);
  const Result mine = collect(job_);
  EXPECT_EQ(score(job_).scores, scores.scores);
  ASSERT_EQ(mine.patches.size(), theirs.patches.size());
  ASSERT_GE(mine.patches.size(), 1U);
  for (std::size_t i = 0; i < mine.patches.size(); ++i)
    EXPECT_EQ(mine.patches[i].patch.patch_id, theirs.patches[i].patch.patch_id);
  EXPECT_NE(mine.report.manifest.find(R"("detector":"mine")"), std::string::npos);
}

TEST_F(OfTheHost, GivesWhatIsNotFiniteNoScore) {
  job_.smooth = "none";
  job_.host_detector = host([](const PixelBlock& block, int x, int y) {
    const int value = sample(block.before[0], block, x, y);
    return value % 3 == 0   ? std::numeric_limits<float>::infinity()
           : value % 3 == 1 ? std::numeric_limits<float>::quiet_NaN()
                            : 1.F;
  });
  const ScoreResult result = score(job_);
  for (std::size_t i = 0; i < result.scores.size(); ++i)
    ASSERT_EQ(std::isnan(result.scores[i]), before_.samples[4 * i] % 3 != 2) << i;
}

TEST_F(OfTheHost, IsRefusedForNegativeScores) {
  job_.host_detector = host([](const PixelBlock&, int, int) { return -2.F; });
  expect_refused("detector mine of the host gives a score of -2");
}

TEST_F(OfTheHost, IsRefusedWhereAScoreDependsOnTheBlock) {
  job_.host_detector =
      host([](const PixelBlock& block, int, int) { return static_cast<float>(block.width); });
  expect_refused("in a part of it; expected the same");
  job_.host_detector = host([](const PixelBlock& block, int x, int y) {
    return static_cast<float>(sample(block.before[0], block, std::max(x - 1, 0), y));
  });
  expect_refused("whatever lies around it");
}

TEST_F(OfTheHost, IsRefusedWithoutNameOrFunction) {
  job_.host_detector = host(difference, "");
  expect_refused("has no name");
  job_.host_detector = std::make_shared<const HostDetector>(HostDetector{"mine", "1", {}});
  expect_refused("has no function");
}

TEST_F(OfTheHost, EndsTheRunWithWhatItThrows) {
  struct HostsOwn : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  for (const int last : {0, 5000, 60'000}) {
    std::atomic<int> pixels = 0;
    job_.host_detector = host([&](const PixelBlock& block, int x, int y) {
      if (++pixels > last) throw HostsOwn("enough");
      return difference(block, x, y);
    });
    EXPECT_THROW(score(job_), HostsOwn) << last;
  }
}

}  // namespace
}  // namespace tuban
