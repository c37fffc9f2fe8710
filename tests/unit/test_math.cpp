// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/math.h"

namespace tuban::kernels {
namespace {

void expect_close(double actual, double expected, double relative, double at) {
  EXPECT_LE(std::abs(actual - expected), relative * std::abs(expected) + 1e-320) << "at " << at;
}

TEST(Math, ExpAgreesWithTheStandardLibraryOverItsWholeRange) {
  for (double x = -740; x < 709; x += 0.37)
    expect_close(math::exp(x), std::exp(x), x < -700 ? 1e-2 : 2e-15, x);
  EXPECT_EQ(math::exp(0), 1);
  EXPECT_EQ(math::exp(-1000), 0);
  EXPECT_EQ(math::exp(1000), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(math::exp(std::nan(""))));
}

TEST(Math, LogAgreesWithTheStandardLibraryFromDenormalsToTheLargest) {
  for (double x = 1e-320; x < 1e308; x *= 1.37) expect_close(math::log(x), std::log(x), 1e-15, x);
  for (double x = 0.9; x < 1.1; x += 0.00037) expect_close(math::log(x), std::log(x), 1e-14, x);
  EXPECT_EQ(math::log(1), 0);
  EXPECT_EQ(math::log(0), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(math::log(-1)));
}

TEST(Math, ErfcAgreesWithTheStandardLibrary) {
  for (double x = 0; x < 26; x += 0.0137) expect_close(math::erfc(x), std::erfc(x), 1e-12, x);
}

TEST(Math, ChiSquareSurvivalHasTheTabulatedQuantiles) {
  // Upper 5 % and 0.1 % points from printed tables.
  EXPECT_NEAR(math::chi2_survival(3.841, 1), 0.05, 2e-5);
  EXPECT_NEAR(math::chi2_survival(9.488, 4), 0.05, 2e-5);
  EXPECT_NEAR(math::chi2_survival(11.070, 5), 0.05, 2e-5);
  EXPECT_NEAR(math::chi2_survival(16.266, 3), 0.001, 1e-6);
  EXPECT_NEAR(math::chi2_survival(39.252, 16), 0.001, 1e-6);
  EXPECT_EQ(math::chi2_survival(0, 3), 1);
  EXPECT_EQ(math::chi2_survival(1e9, 4), 0);
}

TEST(Math, ChiSquareQuantileInvertsTheSurvival) {
  for (int dof = 1; dof <= 16; ++dof)
    for (const double p : {0.01, 0.25, 0.5, 0.9, 0.999})
      EXPECT_NEAR(math::chi2_survival(math::chi2_quantile(p, dof), dof), 1 - p, 1e-12) << dof << " " << p;
}

TEST(Math, TheTableFollowsTheSurvivalAndEndsAtZero) {
  for (int dof = 1; dof <= 16; ++dof) {
    const math::Chi2Table table(dof);
    for (double root = 0; root < 15.9; root += 0.0031)
      ASSERT_NEAR(table.survival(root), math::chi2_survival(root * root, dof), 1e-9) << dof << " " << root;
    EXPECT_EQ(table.survival(16.1), 0);
    EXPECT_EQ(table.survival(std::numeric_limits<double>::infinity()), 0);
    EXPECT_EQ(table.survival(std::nan("")), 0);
  }
}

}  // namespace
}  // namespace tuban::kernels
