// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "engine/scan/scan_plan.h"
#include "engine/scan/unit_buffer.h"
#include "tuban/error.h"

namespace tuban {
namespace {

SourceInfo source(int width, int height, int block_width, int block_height) {
  SourceInfo info;
  info.grid.width = width;
  info.grid.height = height;
  info.block_width = block_width;
  info.block_height = block_height;
  info.bands.resize(4);
  info.type = SampleType::uint16;
  return info;
}

ScanPlan plan_of(int width, int height, int unit_width, int unit_height) {
  ScanPlan plan;
  plan.width = width;
  plan.height = height;
  plan.unit_width = unit_width;
  plan.unit_height = unit_height;
  plan.type = kernels::SampleType::uint16;
  plan.bands = 2;
  return plan;
}

}  // namespace

TEST(ScanPlan, UnitsHoldWholeBlocksOfBothDates) {
  Job job;
  job.tile_width = job.tile_height = 300;
  const ScanPlan plan = plan_scan(job, source(5000, 4000, 256, 256), source(5000, 4000, 128, 512), 2, 0);
  EXPECT_EQ(plan.unit_width % 256, 0);
  EXPECT_EQ(plan.unit_height % 512, 0);
  EXPECT_GE(plan.unit_width, 300);
}

TEST(ScanPlan, StripedFilesAreFetchedAtFullWidth) {
  Job job;
  const ScanPlan plan = plan_scan(job, source(5000, 4000, 5000, 1), source(5000, 4000, 512, 512), 2, 0);
  EXPECT_EQ(plan.unit_width, 5000);
  EXPECT_EQ(plan.unit_height, 512);
}

TEST(ScanPlan, UnitsFitCachesWhereNothingIsDecoded) {
  SourceInfo stored = source(5000, 4000, 512, 512);
  stored.rows_apart = true;
  const ScanPlan plan = plan_scan({}, stored, stored, 2, 0);
  EXPECT_EQ(plan.unit_width, 512);
  EXPECT_LE(plan.unit_height, 256);
  EXPECT_GE(plan.unit_height, 64);

  const ScanPlan mixed = plan_scan({}, stored, source(5000, 4000, 512, 512), 2, 0);
  EXPECT_EQ(mixed.unit_height, 512) << "the other date's blocks are decoded once";

  Job job;
  job.tile_width = job.tile_height = 300;
  EXPECT_EQ(plan_scan(job, stored, stored, 2, 0).unit_height, 300) << "what was asked for";
}

TEST(ScanPlan, ExtractWindowsPartitionTheRasterWhateverTheUnits) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 200; ++trial) {
    const auto draw = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
    const ScanPlan plan = plan_of(draw(1, 40), draw(1, 40), draw(1, 12), draw(1, 12));
    std::vector<int> seen(static_cast<std::size_t>(plan.width * plan.height));
    for (std::int64_t i = 0; i < plan.units(); ++i) {
      const kernels::Window window = plan.extract_window(i);
      for (int y = window.y; y < window.bottom(); ++y)
        for (int x = window.x; x < window.right(); ++x) ++seen[static_cast<std::size_t>(y * plan.width + x)];
    }
    for (const int count : seen) ASSERT_EQ(count, 1) << "trial " << trial;
  }
}

TEST(ScanPlan, LittleMemoryMakesSmallerPlansAndTooLittleIsRefusedWithWhatWouldFit) {
  Job job;
  job.memory_bytes = 400'000'000;
  const ScanPlan plan =
      plan_scan(job, source(20000, 20000, 20000, 1), source(20000, 20000, 20000, 1), 2, 50'000'000);
  EXPECT_LE(plan.planned_bytes, job.memory_bytes);
  EXPECT_LT(plan.unit_height, 512);
  job.memory_bytes = 100'000'000;
  try {
    plan_scan(job, source(20000, 20000, 20000, 4096), source(20000, 20000, 20000, 4096), 2, 50'000'000);
    FAIL() << "the plan cannot fit";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource);
    EXPECT_NE(std::string(error.what()).find("the smallest plan needs"), std::string::npos) << error.what();
  }
}

TEST(ScanPlan, HoldsNoMoreUnitsThanThereAre) {
  Job job;
  job.tile_width = job.tile_height = 2000;
  const ScanPlan plan = plan_scan(job, source(2000, 2000, 256, 256), source(2000, 2000, 256, 256), 8, 0);
  EXPECT_EQ(plan.units(), 1);
  EXPECT_EQ(plan.slots, 1);
  EXPECT_EQ(plan.buffers(), 1);
  EXPECT_LT(plan.planned_bytes, 400'000'000U);
}

TEST(ScanPlan, WithoutAPromiseItStillKeepsToAShareOfTheMachine) {
  Job job;
  job.tile_width = job.tile_height = 200'000;
  const ScanPlan plan =
      plan_scan(job, source(200'000, 200'000, 512, 512), source(200'000, 200'000, 512, 512), 8, 0);
  EXPECT_LT(plan.unit_height, 200'000);
}

TEST(ScanPlan, CountsWhatWritingRastersTakes) {
  Job job;
  const SourceInfo info = source(2000, 2000, 256, 256);
  const std::uint64_t without = plan_scan(job, info, info, 2, 0).planned_bytes;
  EXPECT_EQ(plan_scan(job, info, info, 2, 0, 1000).planned_bytes, without);
  EXPECT_GT(plan_scan(job, info, info, 2, 0, 5'000'000'000).planned_bytes, 5'000'000'000U);
}

TEST(ScanPlan, OpensNoMoreReadersThanWereCounted) {
  Job job;
  job.memory_bytes = 300'000'000;
  const SourceInfo info = source(20000, 20000, 512, 512);
  const ScanPlan plan = plan_scan(job, info, info, 64, 50'000'000);
  EXPECT_LE(plan.max_fetches, plan.slots);
  EXPECT_LE(plan.patch_slots, 18);
}

TEST(UnitFrontier, EveryUnitSeesItsNeighboursScoresSamplesAndValidity) {
  std::mt19937 random(11);
  for (int trial = 0; trial < 60; ++trial) {
    const auto draw = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
    const ScanPlan plan = plan_of(draw(1, 40), draw(1, 40), draw(1, 14), draw(1, 14));
    const auto truth = [&](int x, int y) { return y * 100 + x; };
    UnitFrontier frontier(plan);
    UnitBuffer buffer(plan);
    std::vector<std::byte*> before, after;
    for (std::int64_t i = 0; i < plan.units(); ++i) {
      const kernels::Window unit = plan.unit(i);
      buffer.reset(unit);
      buffer.planes(unit.x, unit.y, before, after);
      for (int y = 0; y < unit.height; ++y)
        for (int x = 0; x < unit.width; ++x) {
          const int value = truth(unit.x + x, unit.y + y);
          buffer.scores(unit).at(x, y) = static_cast<float>(value);
          buffer.valid(unit).at(x, y) = 1;
          reinterpret_cast<std::uint16_t*>(after[1])[y * buffer.stride() + x] =
              static_cast<std::uint16_t>(value);
        }
      frontier.exchange(buffer);

      const kernels::Window window = kernels::grown(plan.extract_window(i), plan.lag());
      const auto scores = buffer.scores(window);
      const auto valid = buffer.valid(window);
      buffer.planes(window.x, window.y, before, after);
      if (plan.extract_window(i).empty()) continue;
      for (int y = 0; y < window.height; ++y)
        for (int x = 0; x < window.width; ++x) {
          const int gx = window.x + x;
          const int gy = window.y + y;
          const bool inside = gx >= 0 && gy >= 0 && gx < plan.width && gy < plan.height;
          ASSERT_EQ(valid.at(x, y), inside ? 1 : 0)
              << "trial " << trial << " unit " << i << " at " << gx << "," << gy;
          if (!inside) {
            ASSERT_TRUE(scores.at(x, y) != scores.at(x, y));
            continue;
          }
          ASSERT_EQ(scores.at(x, y), static_cast<float>(truth(gx, gy)));
          ASSERT_EQ(reinterpret_cast<const std::uint16_t*>(after[1])[y * buffer.stride() + x], truth(gx, gy));
        }
    }
  }
}

}  // namespace tuban
