// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/simplify.h"

#include <geos_c.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "engine/patch/shape.h"
#include "tests/support/drawn_region.h"

namespace tuban {
namespace {

double planar_area(const MultiPolygon& geometry) {
  double sum = 0;
  for (const Polygon& polygon : geometry) {
    for (const Ring& ring : polygon.rings) {
      for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
        sum += (ring[i].x * ring[i + 1].y - ring[i + 1].x * ring[i].y) / 2;
      }
    }
  }
  return sum;
}

std::size_t vertices(const MultiPolygon& geometry) {
  std::size_t count = 0;
  for (const Polygon& polygon : geometry) {
    for (const Ring& ring : polygon.rings) count += ring.size();
  }
  return count;
}

/// Asks GEOS through text, a way of its own.
bool valid(const MultiPolygon& geometry) {
  std::ostringstream wkt;
  wkt.precision(17);
  wkt << "MULTIPOLYGON(";
  for (std::size_t p = 0; p < geometry.size(); ++p) {
    wkt << (p ? ",(" : "(");
    for (std::size_t r = 0; r < geometry[p].rings.size(); ++r) {
      wkt << (r ? ",(" : "(");
      const char* between = "";
      for (const Point& at : geometry[p].rings[r]) {
        wkt << between << at.x << " " << at.y;
        between = ",";
      }
      wkt << ")";
    }
    wkt << ")";
  }
  wkt << ")";
  GEOSContextHandle_t c = GEOS_init_r();
  GEOSWKTReader* reader = GEOSWKTReader_create_r(c);
  GEOSGeometry* g = GEOSWKTReader_read_r(c, reader, wkt.str().c_str());
  const bool result = g != nullptr && GEOSisValid_r(c, g) == 1;
  GEOSGeom_destroy_r(c, g);
  GEOSWKTReader_destroy_r(c, reader);
  GEOS_finish_r(c);
  return result;
}

MultiPolygon outline(const std::vector<std::string>& picture) {
  return ground_outline(drawn_region(picture), Grid{100, 100, {1000, 2, 0, 2000, 0, -2}, {}});
}

/// A disc drawn in pixels, with a round hole where `hole` > 0.
std::vector<std::string> disc(int radius, int hole = 0) {
  std::vector<std::string> picture;
  for (int y = -radius; y <= radius; ++y) {
    std::string row;
    for (int x = -radius; x <= radius; ++x) {
      const int d = x * x + y * y;
      row += d <= radius * radius && d >= hole * hole ? '#' : '.';
    }
    picture.push_back(row);
  }
  return picture;
}

TEST(Simplify, at_zero_gives_the_exact_geometry) {
  const MultiPolygon exact = outline(disc(6));
  const MultiPolygon same = Simplifier().simplify(exact, 0);
  ASSERT_EQ(same.size(), exact.size());
  EXPECT_EQ(same[0].rings, exact[0].rings);
}

TEST(Simplify, takes_the_stairs_off_a_disc) {
  const MultiPolygon exact = outline(disc(100));
  const MultiPolygon simple = Simplifier().simplify(exact, 2);
  EXPECT_LT(vertices(simple), vertices(exact) / 2);
  EXPECT_NEAR(planar_area(simple) / planar_area(exact), 1, 0.01 + 1e-12);
  EXPECT_TRUE(valid(simple));
}

TEST(Simplify, keeps_holes_and_directions) {
  const MultiPolygon exact = outline(disc(20, 8));
  const MultiPolygon simple = Simplifier().simplify(exact, 2);
  ASSERT_EQ(simple.size(), 1U);
  ASSERT_EQ(simple[0].rings.size(), 2U);
  EXPECT_GT(planar_area({{{simple[0].rings[0]}}}), 0);
  EXPECT_LT(planar_area({{{simple[0].rings[1]}}}), 0);
  EXPECT_TRUE(valid(simple));
}

TEST(Simplify, keeps_parts_that_touch_at_a_corner) {
  const MultiPolygon exact = outline({"###...", "###...", "...###", "...###"});
  const MultiPolygon simple = Simplifier().simplify(exact, 1);
  EXPECT_EQ(simple.size(), 2U);
  EXPECT_TRUE(valid(simple));
  EXPECT_NEAR(planar_area(simple), planar_area(exact), 0.01 * planar_area(exact));
}

TEST(Simplify, a_tolerance_far_too_large_is_halved_until_the_area_holds) {
  const MultiPolygon exact = outline(disc(12));
  const MultiPolygon simple = Simplifier().simplify(exact, 1000);
  EXPECT_NEAR(planar_area(simple) / planar_area(exact), 1, 0.01 + 1e-12);
  EXPECT_TRUE(valid(simple));
}

TEST(Simplify, random_blobs_stay_valid_with_at_most_one_per_cent_of_drift) {
  std::mt19937 random(3);
  const Simplifier simplifier;
  for (int i = 0; i < 300; ++i) {
    // A row profile that wanders: one part, no holes, ragged sides.
    std::vector<std::string> picture;
    int left = 10, right = 20;
    for (int y = 0; y < 25; ++y) {
      left = std::clamp(left + static_cast<int>(random() % 5) - 2, 0, 14);
      right = std::clamp(right + static_cast<int>(random() % 5) - 2, 16, 30);
      picture.push_back(std::string(static_cast<std::size_t>(left), '.') +
                        std::string(static_cast<std::size_t>(right - left), '#'));
    }
    const MultiPolygon exact = outline(picture);
    const MultiPolygon simple = simplifier.simplify(exact, 1 + static_cast<double>(random() % 8));
    EXPECT_TRUE(valid(simple));
    EXPECT_NEAR(planar_area(simple) / planar_area(exact), 1, 0.01 + 1e-12);
    EXPECT_LE(vertices(simple), vertices(exact));
  }
}

}  // namespace
}  // namespace tuban
