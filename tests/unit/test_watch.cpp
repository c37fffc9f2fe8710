// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine/watch.h"

namespace tuban {
namespace {

constexpr std::int64_t kPixels = 100'000'000;

TEST(Pace, KnowsNoTimeLeftBeforePixelsAreScanned) {
  Pace pace(kPixels);
  EXPECT_FALSE(pace.begin("plan", 0).seconds_left);
  EXPECT_FALSE(pace.begin("measure", 1).seconds_left);
  const Progress scan = pace.begin("scan", 2);
  EXPECT_FALSE(scan.seconds_left);
  EXPECT_EQ(scan.share, 0);
  EXPECT_EQ(scan.pixels, kPixels);
}

TEST(Pace, ForeseesFromTheRateMeasured) {
  Pace pace(kPixels);
  pace.begin("plan", 0);
  pace.begin("scan", 1);
  const Progress progress = pace.advance(.25, 0, 3);
  EXPECT_EQ(progress.pixels_done, kPixels / 4);
  EXPECT_DOUBLE_EQ(progress.pixels_per_second, 12.5e6);
  EXPECT_DOUBLE_EQ(progress.seconds_left.value(), 6);
  EXPECT_DOUBLE_EQ(progress.share, 3. / 9);
}

TEST(Pace, PatchesFoundWillTakeTheirTimeToo) {
  Pace none(kPixels), many(kPixels);
  none.begin("scan", 0);
  many.begin("scan", 0);
  EXPECT_GT(many.advance(.5, 1'000'000, 5).seconds_left.value(),
            none.advance(.5, 0, 5).seconds_left.value() + 50);
}

TEST(Pace, ASlowStageMakesTheLaterOnesLonger) {
  const auto left_after_describing = [](double seconds) {
    Pace pace(kPixels);
    pace.begin("scan", 0);
    pace.advance(1, 1000, 10);
    pace.begin("describe", 10);
    return pace.advance(1, 1000, 10 + seconds).seconds_left.value();
  };
  EXPECT_NEAR(left_after_describing(2), 2 * left_after_describing(1), 1e-9);
}

TEST(Pace, WhatAnEarlierRunScannedIsDoneButNoRate) {
  Pace pace(kPixels);
  pace.begin("scan", 0);
  const Progress taken_up =
      pace.take_up(.5, 0, 7);  // seven seconds to read what was saved are no rate either
  EXPECT_EQ(taken_up.pixels_done, kPixels / 2);
  EXPECT_EQ(taken_up.pixels_per_second, 0);
  const Progress progress = pace.advance(.75, 0, 12);
  EXPECT_DOUBLE_EQ(progress.pixels_per_second, 5e6);
  EXPECT_DOUBLE_EQ(progress.seconds_left.value(), 5);
}

TEST(Pace, AScanThatAnEarlierRunHasFinishedLeavesTheLaterStages) {
  Pace pace(kPixels);
  pace.begin("scan", 0);
  const double left = pace.take_up(1, 1000, 1).seconds_left.value();
  EXPECT_GT(left, 0);
  pace.begin("describe", 1);
  EXPECT_LT(pace.advance(.99, 1000, 1.001).seconds_left.value(), left);
}

TEST(Watch, TellsWhatWasTakenUpAtOnce) {
  std::vector<Progress> told;
  Control control;
  control.progress = [&](const Progress& progress) { told.push_back(progress); };
  Watch watch(control);
  watch.expect(kPixels);
  watch.stage("scan");
  watch.patches = 12;
  watch.take_up(.25);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].pixels_done, 0);
  EXPECT_EQ(told[1].pixels_done, kPixels / 4);
  EXPECT_EQ(told[1].patches, 12);
}

TEST(Pace, TheShareNeverFallsAndIsOneAtTheEndOnly) {
  Pace pace(kPixels);
  double last = 0, seconds = 0;
  const auto expect_more = [&](const Progress& progress) {
    EXPECT_GE(progress.share, last);
    EXPECT_LT(progress.share, 1);
    last = progress.share;
  };
  for (const char* stage : {"plan", "register", "measure", "scan", "describe", "mark", "emit"}) {
    expect_more(pace.begin(stage, seconds));
    for (int i = 1; i <= 20; ++i) {
      seconds += i % 3 == 0 ? 2 : .01;  // a rate that jumps
      expect_more(pace.advance(i / 20., 500 * i, seconds));
    }
  }
  const Progress end = pace.end(seconds);
  EXPECT_EQ(end.share, 1);
  EXPECT_EQ(end.seconds_left, 0);
}

}  // namespace
}  // namespace tuban
