// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "bench/quality/measures.h"

namespace tuban::bench {
namespace {

constexpr auto n = Label::unchanged, c = Label::changed, u = Label::unknown;

TEST(QualityMeasures, UnknownPixelsCountNeitherForNorAgainst) {
  const Truth truth{4, 1, {c, n, u, u}};
  const Confusion counts = compare({4, 1, {1, 0, 1, 0}}, truth);
  EXPECT_EQ(counts.hits, 1);
  EXPECT_EQ(counts.rejections, 1);
  EXPECT_EQ(counts.false_alarms + counts.misses, 0);
  EXPECT_EQ(counts.kappa(), 1);
  EXPECT_EQ(counts.f1(), 1);
}

TEST(QualityMeasures, TiesAreHalfTheAreaAndPixelsWithoutScoreAreLast) {
  const Truth truth{4, 1, {c, n, c, n}};
  EXPECT_EQ(rank({4, 1, {5, 5, 5, 5}}, truth).auc, 0.5);
  const Ranking known = rank({4, 1, {2, NAN, 1, NAN}}, truth);
  EXPECT_EQ(known.auc, 1);
  EXPECT_EQ(known.average_precision, 1);
  EXPECT_EQ(known.best_f1, 1);
}

TEST(QualityMeasures, TheAveragePrecisionStepsAtEveryHit) {
  const Ranking ranking = rank({4, 1, {4, 3, 2, 1}}, {4, 1, {c, n, c, n}});
  EXPECT_NEAR(ranking.average_precision, (1 + 2.0 / 3) / 2, 1e-12);
  EXPECT_NEAR(ranking.auc, 0.75, 1e-12);
}

TEST(QualityMeasures, AFlaggedShareIsOfValidPixels) {
  EXPECT_EQ(flagged_share({4, 1, {1, 0, 255, 255}}), 0.5);
}

TEST(QualityMeasures, ThreeTenthsMakeAPatchRightAndAComponentFound) {
  // Two components of ten and one pixels; patch 1 holds 3 of 10 changed, patch 2 two of ten, unknown aside.
  const Image ranks{10, 3, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  //
                            0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                            2, 2, 2, 2, 2, 2, 2, 2, 2, 2}};
  const Truth truth{10, 3, {c, c, c, n, n, n, n, n, n, n,  //
                            c, c, c, c, c, c, c, n, n, n,  //
                            n, n, n, n, n, n, n, n, u, c}};
  const PatchAgreement agreement = compare_patches(ranks, truth);
  EXPECT_EQ(agreement.patches, 2);
  EXPECT_EQ(agreement.precision, 0.5);
  EXPECT_EQ(agreement.precision_first, 0.5);
  EXPECT_EQ(agreement.recall, 1);
}

}  // namespace
}  // namespace tuban::bench
