// SPDX-License-Identifier: Apache-2.0
// Walking along outlines gives what GEOS overlay gives, or says that it cannot tell.
#include "engine/rules/common_ground.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/rules/plain_ring.h"

namespace tuban::test {
namespace {

using Random = std::mt19937_64;

double draw(Random& random, double least, double most) {
  return least + (most - least) * static_cast<double>(random() % 1000003) / 1000003.0;
}

Ring square(double x0, double y0, double x1, double y1, bool clockwise = false) {
  if (clockwise) return {{x0, y0}, {x0, y1}, {x1, y1}, {x1, y0}, {x0, y0}};
  return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}};
}

/// A star around a point, perhaps with a star-shaped hole, in either direction, perhaps in two parts.
MultiPolygon random_shape(Random& random) {
  const auto star = [&](Point at, double radius, int corners) {
    Ring ring;
    const bool clockwise = random() % 2 == 0;
    for (int i = 0; i < corners; ++i) {
      const double angle = (clockwise ? -2 : 2) * std::acos(-1.0) * i / corners;
      const double r = radius * draw(random, 0.5, 1);
      ring.push_back({at.x + r * std::cos(angle), at.y + r * std::sin(angle)});
    }
    ring.push_back(ring.front());
    return ring;
  };
  const Point at{38500000 + draw(random, 0, 60), 2500000 + draw(random, 0, 60)};
  const double radius = draw(random, 5, 60);
  const int corners = 3 + static_cast<int>(random() % 30);
  MultiPolygon shape{{{star(at, radius, corners)}}};
  if (random() % 3 == 0 && corners > 8) shape.front().rings.push_back(star(at, radius * 0.3, 5));
  if (random() % 3 == 0) shape.push_back({{star({at.x + 2.2 * radius, at.y}, radius, 7)}});
  return shape;
}

TEST(CommonGround, IsWhatOverlayGives) {
  const geos::Context geos;
  Random random(20260);
  int told = 0, shared = 0, empty = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto a = random_shape(random), b = random_shape(random);
    const auto ga = geos.from(a), gb = geos.from(b);
    if (!geos.valid(ga.get()) || !geos.valid(gb.get())) continue;
    const auto expected = geos.overlay(geos::Operation::intersection, ga.get(), gb.get(), 1e-3);
    const auto common = common_ground(geos, Outline(a), Outline(b));
    if (!common) continue;
    ++told;
    const auto found = geos.from(*common);
    ASSERT_TRUE(geos.valid(found.get())) << i;
    (common->empty() ? empty : shared) += 1;
    // The very same shape: crossings lie where GEOS puts them, and no vertex comes in or goes missing.
    ASSERT_EQ(GEOSNormalize_r(geos.handle(), found.get()), 0);
    ASSERT_EQ(GEOSNormalize_r(geos.handle(), expected.get()), 0);
    ASSERT_EQ(GEOSEqualsExact_r(geos.handle(), found.get(), expected.get(), 0), 1) << i;
  }
  EXPECT_GT(told, 3000);
  EXPECT_GT(shared, 1500);
  EXPECT_GT(empty, 200);
}

TEST(CommonGround, IsLeftToOverlayWhereOutlinesTouch) {
  const geos::Context geos;
  const Outline patch({{{square(0, 0, 10, 10)}}});
  const auto told = [&](const Ring& ring) {
    return common_ground(geos, patch, Outline({{{ring}}})).has_value();
  };
  EXPECT_FALSE(told(square(0, 0, 10, 10)));                  // the same
  EXPECT_FALSE(told(square(10, 0, 20, 10)));                 // side by side
  EXPECT_FALSE(told(square(10, 10, 20, 20)));                // corner to corner
  EXPECT_FALSE(told(square(2, 0, 8, 5)));                    // along an edge, from inside
  EXPECT_FALSE(told({{5, 10}, {8, 20}, {2, 20}, {5, 10}}));  // a vertex on an edge
}

TEST(CommonGround, KnowsRingsThatCrossNothing) {
  const geos::Context geos;
  const Outline ring({{{square(0, 0, 30, 30), square(10, 10, 20, 20, true)}}});
  const auto area = [&](const Ring& other) {
    const auto common = common_ground(geos, ring, Outline({{{other}}}));
    return common ? geos.area(geos.from(*common).get()) : -1;
  };
  EXPECT_EQ(area(square(12, 12, 18, 18)), 0);        // in the hole
  EXPECT_EQ(area(square(2, 2, 8, 8)), 36);           // in the ground
  EXPECT_EQ(area(square(-5, -5, 35, 35)), 800);      // around all
  EXPECT_EQ(area(square(5, 5, 25, 25, true)), 300);  // around the hole
  EXPECT_EQ(area(square(40, 40, 50, 50)), 0);        // elsewhere
  EXPECT_EQ(area(square(15, 15, 25, 16)), 5);        // across the hole's edge
}

TEST(CommonGround, KnowsAPatchThatLiesWhollyInside) {
  const geos::Context geos;
  const Outline patch({{{square(0, 0, 30, 30, true), square(10, 10, 20, 20)}}});
  const auto whole = [&](const Ring& other) {
    return patch.is(*common_ground(geos, patch, Outline({{{other}}})));
  };
  EXPECT_TRUE(whole(square(-5, -5, 35, 35)));
  EXPECT_FALSE(whole(square(-5, -5, 35, 29)));
  EXPECT_FALSE(whole(square(2, 2, 8, 8)));
  EXPECT_FALSE(whole(square(40, 40, 50, 50)));
}

/// The area that parts cover together once they are joined and what is left is united, and how many shapes
/// joining left.
struct Joined {
  std::size_t shapes;
  double area;
};
Joined join(const geos::Context& geos, const std::vector<MultiPolygon>& parts) {
  std::vector<Outline> outlines;
  for (const auto& part : parts) outlines.emplace_back(part);
  std::vector<const Outline*> each;
  for (const auto& outline : outlines) each.push_back(&outline);
  const auto shapes = joined(geos, each);
  std::vector<const GEOSGeometry*> raw;
  for (const auto& shape : shapes) {
    EXPECT_TRUE(geos.valid(shape.get()));
    raw.push_back(shape.get());
  }
  return {shapes.size(), geos.area(geos.unite(raw, 1e-3).get())};
}

TEST(Joined, MergesPartsAlongTheirSharedEdges) {
  const geos::Context geos;
  const auto two = join(geos, {{{{square(0, 0, 10, 10)}}}, {{{square(10, 0, 20, 10, true)}}}});
  EXPECT_EQ(two.shapes, 1u);
  EXPECT_EQ(two.area, 200);
  const auto filled =
      join(geos, {{{{square(0, 0, 30, 30), square(10, 10, 20, 20, true)}}}, {{{square(10, 10, 20, 20)}}}});
  EXPECT_EQ(filled.shapes, 1u);
  EXPECT_EQ(filled.area, 900);
}

TEST(Joined, LeavesPartsThatOverlapToOverlay) {
  const geos::Context geos;
  // Across each other, one in the other, and a sliver of overlap where a common border was drawn twice.
  const auto across = join(geos, {{{{square(0, 0, 10, 10)}}}, {{{square(5, 5, 15, 15)}}}});
  EXPECT_EQ(across.shapes, 2u);
  EXPECT_EQ(across.area, 175);
  const auto inside = join(geos, {{{{square(0, 0, 10, 10)}}}, {{{square(2, 2, 4, 4)}}}});
  EXPECT_EQ(inside.shapes, 2u);
  EXPECT_EQ(inside.area, 100);
  const auto sliver = join(geos, {{{{square(0, 0, 10, 10)}}}, {{{square(9.75, 0, 20, 10)}}}});
  EXPECT_EQ(sliver.shapes, 2u);
  EXPECT_EQ(sliver.area, 200);
}

TEST(Joined, KeepsAGapAsItIs) {
  const geos::Context geos;
  const auto gap = join(geos, {{{{square(0, 0, 10, 10)}}}, {{{square(10.25, 0, 20, 10)}}}});
  EXPECT_EQ(gap.shapes, 1U);  // of two polygons
  EXPECT_EQ(gap.area, 197.5);
}

TEST(Joined, IsNotDeceivedByATwinBesideAMissingParcelOfItsSize) {
  const geos::Context geos;
  // The areas add up to the whole row; the ground does not.
  const Ring first = square(0, 0, 10, 10);
  EXPECT_EQ(join(geos, {{{{first}}}, {{{first}}}, {{{square(20, 0, 30, 10)}}}}).shapes, 0u);
}

TEST(Joined, CoversWhatTheUnionOfFieldsCovers) {
  const geos::Context geos;
  Random random(20261);
  int fewer = 0, left = 0;
  for (int i = 0; i < 500; ++i) {
    // Fields of a grid with shaken corners, some of them missing, some drawn again askew.
    constexpr int kSide = 5;
    Point corner[kSide + 1][kSide + 1];
    for (int y = 0; y <= kSide; ++y)
      for (int x = 0; x <= kSide; ++x)
        corner[y][x] = {38500000 + 10 * x + draw(random, -3, 3), 2500000 + 10 * y + draw(random, -3, 3)};
    std::vector<MultiPolygon> parts;
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        if (random() % 4 == 0) continue;
        Ring ring{corner[y][x], corner[y][x + 1], corner[y + 1][x + 1], corner[y + 1][x], corner[y][x]};
        if (i % 2 == 1 && random() % 8 == 0) ring[1].y += 0.01;
        parts.push_back({{{ring}}});
      }
    }
    std::vector<geos::Geometry> own;
    std::vector<const GEOSGeometry*> raw;
    for (const auto& part : parts) {
      own.push_back(geos.from(part));
      raw.push_back(own.back().get());
    }
    const auto found = join(geos, parts);
    if (found.shapes == 0) {
      ++left;
      continue;
    }
    fewer += found.shapes < parts.size();
    const double expected = geos.area(geos.unite(raw, 1e-3).get());
    ASSERT_NEAR(found.area, expected, 1e-6) << i;
  }
  EXPECT_GT(fewer, 100);
  EXPECT_GT(left, 10);
}

/// The same of what is read from WKB.
bool valid_wkb(const std::vector<unsigned char>& wkb) {
  const auto polygons = plain_polygons(wkb);
  return polygons && surely_valid(*polygons);
}

TEST(SurelyValid, IsSaidOfMostSimpleRingsAndOfNoneThatIsNotValid) {
  const geos::Context geos;
  Random random(20262);
  int said = 0, valid = 0, invalid = 0;
  for (int i = 0; i < 20000; ++i) {
    // Points around a centre, some of them shaken out of order, on a lattice, twice, or back on themselves.
    Ring ring;
    const int corners = 3 + static_cast<int>(random() % 20);
    const double shake = i % 3 == 0 ? 0 : i % 3 == 1 ? 0.1 : 0.6;
    for (int k = 0; k < corners; ++k) {
      const double angle = 2 * std::acos(-1.0) * (k + shake * draw(random, -1, 1)) / corners;
      const double r = draw(random, 20, 50);
      Point p{38500000 + r * std::cos(angle), 2500000 + r * std::sin(angle)};
      if (i % 4 == 0) p = {std::round(p.x / 10) * 10, std::round(p.y / 10) * 10};
      ring.push_back(p);
      if (i % 7 == 0 && random() % 8 == 0) ring.push_back(ring[random() % ring.size()]);
    }
    ring.push_back(ring.front());
    const auto shape = geos.from({{{ring}}});
    const bool right = geos.valid(shape.get()), sure = valid_wkb(geos.to_wkb(shape.get()));
    ASSERT_TRUE(right || !sure) << i;
    said += sure;
    (right ? valid : invalid) += 1;
  }
  EXPECT_GT(said, valid * 8 / 10);
  EXPECT_GT(invalid, 1500);
}

TEST(SurelyValid, IsSaidOfMostPolygonsWithHolesAndPartsAndOfNoneThatIsNotValid) {
  const geos::Context geos;
  Random random(20263);
  int said = 0, valid = 0, invalid = 0;
  for (int i = 0; i < 8000; ++i) {
    // Stars thrown about as shells and holes: beside, inside, across, or corner to corner on a lattice.
    const auto star = [&](double least, double most) {
      const Point at{38500000 + draw(random, 0, 60), 2500000 + draw(random, 0, 60)};
      const double radius = draw(random, least, most);
      const int corners = 3 + static_cast<int>(random() % 60);
      Ring ring;
      for (int k = 0; k < corners; ++k) {
        const double angle = 2 * std::acos(-1.0) * k / corners, r = radius * draw(random, 0.6, 1);
        Point p{at.x + r * std::cos(angle), at.y + r * std::sin(angle)};
        if (i % 4 == 0) p = {std::round(p.x), std::round(p.y)};
        ring.push_back(p);
      }
      ring.push_back(ring.front());
      return ring;
    };
    MultiPolygon shape;
    for (std::uint64_t part = 0; part <= random() % 3; ++part) {
      shape.push_back({{star(10, 60)}});
      while (random() % 2 == 0) shape.back().rings.push_back(star(1, 8));
    }
    const auto polygons = geos.from(shape);
    const bool right = geos.valid(polygons.get()), sure = surely_valid(shape);
    ASSERT_TRUE(right || !sure) << i;
    ASSERT_EQ(sure, valid_wkb(geos.to_wkb(polygons.get()))) << i;
    said += sure;
    (right ? valid : invalid) += 1;
  }
  EXPECT_GT(said, valid * 8 / 10);
  EXPECT_GT(valid, 1000);
  EXPECT_GT(invalid, 1000);
}

TEST(SurelyValid, LeavesTouchingRingsAndSpikesToTheFullCheck) {
  const geos::Context geos;
  const auto sure = [&](const MultiPolygon& shape) {
    const bool said = surely_valid(shape);
    EXPECT_EQ(said, valid_wkb(geos.to_wkb(geos.from(shape).get())));
    return said;
  };
  const Ring hole = square(2, 2, 4, 4, true);
  EXPECT_TRUE(sure({{{square(0, 0, 10, 10)}}}));
  EXPECT_TRUE(sure({{{square(0, 0, 10, 10), hole}}}));
  EXPECT_TRUE(sure({{{square(0, 0, 10, 10)}}, {{square(20, 0, 30, 10)}}}));
  EXPECT_FALSE(
      sure({{{square(0, 0, 10, 10), square(1, 1, 5, 5, true)}}, {{square(2, 2, 4, 4)}}}));  // an island
  EXPECT_FALSE(sure({{{square(0, 0, 10, 10)}}, {{square(2, 2, 4, 4)}}}));          // one on the other
  EXPECT_FALSE(sure({{{square(0, 0, 10, 10), square(12, 2, 14, 4, true)}}}));      // a hole outside
  EXPECT_FALSE(sure({{{square(0, 0, 10, 10), square(1, 1, 5, 5, true), hole}}}));  // a hole in a hole
  EXPECT_FALSE(sure({{{square(0, 0, 10, 10), square(0, 2, 4, 4, true)}}}));        // a hole along the shell
  EXPECT_FALSE(sure({{{square(0, 0, 10, 10)}}, {{square(10, 10, 20, 20)}}}));      // corner to corner
  EXPECT_FALSE(
      sure({{{{{0, 0}, {10, 0}, {10, 10}, {10, 12}, {10, 10}, {0, 10}, {0, 0}}}}}));       // there and back
  EXPECT_FALSE(sure({{{{{0, 0}, {10, 10}, {10, 0}, {0, 10}, {0, 0}}}}}));                  // a bow tie
  EXPECT_FALSE(sure({{{{{0, 0}, {10, 0}, {5, 5}, {10, 10}, {0, 10}, {5, 5}, {0, 0}}}}}));  // touches itself
}

TEST(PlainPolygons, AreReadFromWholePolygonsOnly) {
  const geos::Context geos;
  auto wkb = geos.to_wkb(geos.from({{{square(0, 0, 10, 10)}}, {{square(20, 0, 30, 10)}}}).get());
  EXPECT_EQ(plain_polygons(wkb)->size(), 2U);
  for (std::size_t size = 0; size < wkb.size(); ++size)
    EXPECT_FALSE(plain_polygons(std::span(wkb).first(size))) << size;
  auto open = wkb;
  open[open.size() - 1] ^= 1;  // the last ordinate: the ring no longer ends where it begins
  EXPECT_FALSE(plain_polygons(open));
  wkb.push_back(0);
  EXPECT_FALSE(plain_polygons(wkb));
}

}  // namespace
}  // namespace tuban::test
