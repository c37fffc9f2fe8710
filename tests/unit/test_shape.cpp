// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/support/drawn_region.h"

namespace tuban {
namespace {

constexpr double kPi = 3.14159265358979323846;

double signed_area(const Ring& ring) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i)
    sum += ring[i].x * ring[i + 1].y - ring[i + 1].x * ring[i].y;
  return sum / 2;
}

Grid grid_of(std::array<double, 6> transform) {
  return Grid{100, 100, transform, {}};
}

const PixelSides kUnit;

TEST(Outline, runs_counter_clockwise_on_the_ground_for_every_transform) {
  const Region ring = drawn_region({"###", "#.#", "###"});
  for (const auto& t :
       {std::array<double, 6>{100, 2, 0, 500, 0, -2}, std::array<double, 6>{100, 2, 0, 500, 0, 2},
        std::array<double, 6>{100, 0, 2, 500, 2, 0}, std::array<double, 6>{100, -2, 0, 500, 0, 2},
        std::array<double, 6>{0, 1, 0, 0, 0, 1}}) {
    const double pixel = std::abs(t[1] * t[5] - t[2] * t[4]);
    const MultiPolygon outline = ground_outline(ring, grid_of(t));
    ASSERT_EQ(outline.size(), 1U);
    ASSERT_EQ(outline[0].rings.size(), 2U);
    EXPECT_EQ(signed_area(outline[0].rings[0]), 9 * pixel);
    EXPECT_EQ(signed_area(outline[0].rings[1]), -pixel);
    for (const Ring& r : outline[0].rings) EXPECT_EQ(r.front(), r.back());
  }
}

TEST(Outline, does_not_depend_on_the_direction_of_tracing) {
  Region ring = drawn_region({"###", "#.#", "###"});
  const Grid north_up = grid_of({100, 2, 0, 500, 0, -2});
  const MultiPolygon once = ground_outline(ring, north_up);
  for (LatticeRing& r : ring.parts[0].rings) std::reverse(r.begin(), r.end());
  const MultiPolygon turned = ground_outline(ring, north_up);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(once[0].rings[i], turned[0].rings[i]);
}

TEST(Outline, keeps_the_parts_of_an_eight_connected_region) {
  const Region two = drawn_region({"##..", "##..", "..##"});
  const MultiPolygon outline = ground_outline(two, grid_of({0, 1, 0, 0, 0, -1}));
  ASSERT_EQ(outline.size(), 2U);
  EXPECT_EQ(signed_area(outline[0].rings[0]), 4);
  EXPECT_EQ(signed_area(outline[1].rings[0]), 2);
}

TEST(Compactness, of_a_square_is_a_quarter_of_pi) {
  EXPECT_DOUBLE_EQ(compactness(drawn_region({"###", "###", "###"}).stats, kUnit), kPi / 4);
}

TEST(Compactness, counts_the_outline_of_holes) {
  // 8 pixels, 12 sides outside and 4 inside.
  EXPECT_DOUBLE_EQ(compactness(drawn_region({"###", "#.#", "###"}).stats, kUnit), 4 * kPi * 8 / 256);
}

TEST(Compactness, measures_non_square_pixels_by_their_sides) {
  // 2 x 1 pixels of 5 x 10 m make a square of 10 m.
  const PixelSides tall{{5, 0}, {0, -10}};
  EXPECT_DOUBLE_EQ(compactness(drawn_region({"##"}).stats, tall), kPi / 4);
}

TEST(Elongation, of_a_rectangle_is_the_ratio_of_its_sides) {
  EXPECT_NEAR(elongation(drawn_region({"#"}).stats, kUnit), 1, 1e-12);
  EXPECT_NEAR(elongation(drawn_region({"######"}).stats, kUnit), 6, 1e-12);
  EXPECT_NEAR(elongation(drawn_region({"####", "####"}).stats, kUnit), 2, 1e-12);
  EXPECT_NEAR(elongation(drawn_region({"#", "#", "#"}).stats, kUnit), 3, 1e-12);
}

TEST(Elongation, measures_non_square_pixels_by_their_sides) {
  const PixelSides tall{{5, 0}, {0, -10}};
  EXPECT_NEAR(elongation(drawn_region({"##"}).stats, tall), 1, 1e-12);
  EXPECT_NEAR(elongation(drawn_region({"#"}).stats, tall), 2, 1e-12);
}

TEST(Elongation, does_not_change_when_the_grid_is_turned) {
  const Region shape = drawn_region({"####..", "..####"});
  const double upright = elongation(shape.stats, kUnit);
  const double c = std::cos(0.5), s = std::sin(0.5);
  EXPECT_NEAR(elongation(shape.stats, {{3 * c, 3 * s}, {3 * s, -3 * c}}), upright, 1e-9);
}

TEST(Elongation, is_exact_far_from_the_origin) {
  Region far = drawn_region({"####", "####"}, 2000000000, 2000000000);
  EXPECT_NEAR(elongation(far.stats, kUnit), 2, 1e-12);
}

TEST(Elongation, of_a_diagonal_is_large) {
  // Second moments of n unit squares on a diagonal: (n^2 - 1) / 6 + 1 / 12 along, 1 / 12 across.
  EXPECT_NEAR(elongation(drawn_region({"#...", ".#..", "..#.", "...#"}).stats, kUnit), std::sqrt(31.0), 1e-9);
}

TEST(Centroid, lies_between_pixel_centres) {
  const Point c = lattice_centroid(drawn_region({"##", "##"}, 10, 20).stats);
  EXPECT_EQ(c.x, 11);
  EXPECT_EQ(c.y, 21);
  const Point l = lattice_centroid(drawn_region({"#.", "##"}).stats);
  EXPECT_DOUBLE_EQ(l.x, 5.0 / 6);
  EXPECT_DOUBLE_EQ(l.y, 7.0 / 6);
}

TEST(Moments, undo_the_fixed_point) {
  // Values 10, 20, 30, 40 as q = (v + 5) * 2.
  kernels::BandSums sums;
  for (const int v : {10, 20, 30, 40}) {
    const int q = (v + 5) * 2;
    sums.sum += q;
    sums.squares += q * q;
  }
  const Moments m = moments(sums, 4, {-5, 2});
  EXPECT_DOUBLE_EQ(m.mean, 25);
  EXPECT_DOUBLE_EQ(m.sd, std::sqrt(125.0));
}

TEST(Moments, of_a_large_flat_region_have_no_spread_from_rounding) {
  kernels::BandSums sums;
  const std::int64_t n = 3'000'000'001;
  sums.sum = n * 65535;
  sums.squares = static_cast<kernels::Int128>(n) * 65535 * 65535;
  const Moments m = moments(sums, n, {});
  EXPECT_EQ(m.mean, 65535);
  EXPECT_EQ(m.sd, 0);
}

}  // namespace
}  // namespace tuban
