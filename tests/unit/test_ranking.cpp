// SPDX-License-Identifier: Apache-2.0
#include "engine/ranking.h"

#include <gtest/gtest.h>

#include "tuban/error.h"

namespace tuban {
namespace {

using Order = std::vector<std::int64_t>;

RankKey patch(const char* type, double confidence, std::int64_t pixels) {
  return {"", type, confidence, 1, static_cast<double>(pixels), pixels, 2};
}

PatchFilter filter_of(std::vector<std::string> types, const std::string& budget) {
  Job job;
  job.types = std::move(types);
  job.budget = budget;
  return patch_filter(job);
}

std::string refusal(std::vector<std::string> types, const std::string& budget) {
  try {
    filter_of(std::move(types), budget);
  } catch (const Error& error) {
    return error.code() == ErrorCode::usage ? error.what() : "another code";
  }
  return "";
}

const std::vector<RankKey> kPatches{patch("C90", 0.9, 10), patch("C10", 0.5, 20), patch("C30", 0.8, 30),
                                    patch("C92", 0.1, 5)};

TEST(Ranking, TheSurestComesFirst) {
  EXPECT_EQ(rank_patches(kPatches, {}, {}).of, (Order{1, 3, 2, 4}));
}

TEST(Ranking, ASeverityComesBeforeAnyConfidence) {
  std::vector<RankKey> patches = kPatches;
  patches[1].severity = "S3";
  EXPECT_EQ(rank_patches(patches, {}, {}).of, (Order{2, 1, 3, 4}));
}

TEST(Ranking, ADemotedPatchStandsBelowItsEqualsAndAboveTheUnmarked) {
  std::vector<RankKey> patches = kPatches;
  patches[0].severity = "S3";  // the surest of all, S4 before it was demoted
  patches[1].severity = "S4";
  EXPECT_EQ(rank_patches(patches, {}, {}).of, (Order{2, 1, 3, 4}));
}

TEST(Ranking, TypesAreFilteredBeforeRanksAreNumbered) {
  const Ranks ranks = rank_patches(kPatches, filter_of({"construction", "C30"}, ""), {});
  EXPECT_EQ(ranks.of, (Order{0, 2, 1, 0}));
  EXPECT_EQ(ranks.kept, 2);
  EXPECT_EQ(ranks.findings, 4);
  EXPECT_EQ(ranks.left_out_by_types, 2);
  EXPECT_EQ(ranks.left_out_by_budget, 0);
}

TEST(Ranking, AShareKeepsTheBestWhosePixelsAreWithinIt) {
  const Ranks ranks = rank_patches(kPatches, filter_of({}, "4%"), {1000, 0});
  EXPECT_EQ(ranks.of, (Order{1, 0, 2, 0}));  // 10 + 30 of 40 pixels
  EXPECT_EQ(ranks.left_out_by_budget, 2);
}

TEST(Ranking, APatchThatDoesNotFitIsLeftOutAndTheNextIsTried) {
  EXPECT_EQ(rank_patches(kPatches, filter_of({}, "3.9%"), {1000, 0}).of, (Order{1, 2, 0, 3}));
  EXPECT_EQ(rank_patches(kPatches, filter_of({}, "0.9%"), {1000, 0}).of, (Order{0, 0, 0, 1}));
}

TEST(Ranking, ADensityCountsAgainstValidGround) {
  EXPECT_EQ(rank_patches(kPatches, filter_of({}, "2/100km2"), {1, 1.5e8}).kept, 3);
  EXPECT_EQ(rank_patches(kPatches, filter_of({}, "2/100km2"), {1, 1.49e8}).kept, 2);
}

TEST(Ranking, TheBudgetIsSpentOnTheTypesAskedFor) {
  const Ranks ranks = rank_patches(kPatches, filter_of({"C10"}, "2%"), {1000, 0});
  EXPECT_EQ(ranks.of, (Order{0, 1, 0, 0}));
  EXPECT_EQ(ranks.left_out_by_types, 3);
}

TEST(Ranking, TypesAndBudgetsThatAreNoneAreRefused) {
  EXPECT_NE(refusal({"C1"}, "").find("--types \"C1\" is unknown; there are construction, earthwork and C10"),
            std::string::npos);
  for (const char* budget : {"3", "0%", "-1%", "101%", "nan%", "3 %", "%", "5/km2", "0/100km2", "1e400%"})
    EXPECT_NE(refusal({}, budget).find("is no budget; expected a share"), std::string::npos) << budget;
  EXPECT_EQ(refusal({"earthwork"}, "100%"), "");
}

}  // namespace
}  // namespace tuban
