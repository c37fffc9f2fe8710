// SPDX-License-Identifier: Apache-2.0
// The demo scene's truth, on two fixed seeds and one drawn now.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "bench/scene/scene.h"
#include "tests/support/raster_files.h"
#include "tuban/job.h"

namespace tuban {
namespace {

class DemoTruth : public ::testing::TestWithParam<std::uint64_t> {};

std::uint64_t drawn_seed() {
  static const std::uint64_t seed = std::random_device{}() % 1'000'000;
  return seed;
}

}  // namespace

TEST_P(DemoTruth, PlantedChangesAreFoundMarkedAsTheRulesSayAndRankedAboveTheRest) {
  const testing::TempFolder folder;
  scene::Options options;
  options.seed = GetParam();
  options.width = options.height = std::getenv("TUBAN_FULL") ? 4096 : 2560;
  options.folder = folder / "scene";
  options.compression = "NONE";
  const scene::Summary painted = scene::generate(options);
  Job job = load_job(options.folder + "/job.yaml");
  const Report report = run(job);
  for (const std::string& warning : report.warnings)
    EXPECT_EQ(warning.find("looks noise"), std::string::npos) << warning;
  const scene::Score score = scene::score(options.folder, job.output);
  std::printf("seed %llu\n%s\n", static_cast<unsigned long long>(options.seed), score.text.c_str());

  EXPECT_GE(painted.paddy_changed_share, .2);
  ASSERT_GT(score.all.large, 0);
  EXPECT_GE(score.all.large_found, .9 * score.all.large);
  EXPECT_GE(score.precision, .7);
  EXPECT_GT(score.marked, 0);
  EXPECT_GE(score.roc_area, .75);
  EXPECT_GE(score.typed_right, .7 * score.typed);
  for (const auto& [situation, tally] : score.by_situation)
    EXPECT_EQ(tally.right, tally.judged)
        << situation << ": a found planted change is not marked as the rules say";
}

INSTANTIATE_TEST_SUITE_P(Seeds, DemoTruth, ::testing::Values(1, 42, drawn_seed()));

}  // namespace tuban
