// SPDX-License-Identifier: Apache-2.0
// Polygons as nobody should draw them, as patches and as features at once: nothing is thrown, no ground is
// lost or counted twice, and every repair is counted.
#include <cmath>
#include <cstdlib>
#include <random>

#include "engine/rules/pieces.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

using Random = std::mt19937_64;

double draw(Random& random, double least, double most) {
  return least + (most - least) * static_cast<double>(random() % 1000003) / 1000003.0;
}

MultiPolygon moved(MultiPolygon shape, double x, double y) {
  for (auto& part : shape)
    for (auto& ring : part.rings)
      for (auto& p : ring) p = {kOriginX + x + p.x, kOriginY + y + p.y};
  return shape;
}

Ring square(double x0, double y0, double side) {
  return {{x0, y0}, {x0 + side, y0}, {x0 + side, y0 + side}, {x0, y0 + side}, {x0, y0}};
}

/// Corners anywhere, in any order: it crosses itself many times.
Ring scribble(Random& random, int corners) {
  Ring ring;
  for (int i = 0; i < corners; ++i) ring.push_back({draw(random, 0, 40), draw(random, 0, 40)});
  ring.push_back(ring.front());
  return ring;
}

/// `teeth` gaps so narrow that neighbouring borders all but coincide.
Ring comb(int teeth, double gap) {
  Ring ring{{0, 0}, {40, 0}, {40, 40}};
  for (int i = teeth; i > 0; --i) {
    const double x = 40.0 * i / (teeth + 1);
    ring.insert(ring.end(), {{x + gap, 40}, {x, 1}, {x - gap, 40}});
  }
  ring.insert(ring.end(), {{0, 40}, {0, 0}});
  return ring;
}

constexpr int kKinds = 12;
MultiPolygon nasty(Random& random, int kind) {
  const double tiny = std::pow(10, -static_cast<double>(random() % 9)) * 0.01;
  const double a = draw(random, 5, 40);
  switch (kind) {
    case 0:  // a bow-tie
      return {{{{{0, 0}, {a, a}, {a, 0}, {0, a}, {0, 0}}}}};
    case 1:  // touches itself in a point
      return {{{{{0, 0}, {a, 0}, {a / 2, a / 2}, {a, a}, {0, a}, {a / 2, a / 2}, {0, 0}}}}};
    case 2:  // every point twice, and a spike
      return {
          {{{{0, 0}, {0, 0}, {a, 0}, {a, 0}, {a, a}, {a + 30, a}, {a, a}, {a, a}, {0, a}, {0, a}, {0, 0}}}}};
    case 3:  // a sliver
      return {{{{{0, 0}, {40, tiny}, {40, 2 * tiny}, {0, tiny}, {0, 0}}}}};
    case 4:  // the square at the origin, hardly moved: its borders nearly coincide with its neighbours'
      return {{{{{tiny, 0}, {20, tiny}, {20 - tiny, 20}, {0, 20 + tiny}, {tiny, 0}}}}};
    case 5:
      return {{{scribble(random, 4 + static_cast<int>(random() % 40))}}};
    case 6:  // a hole that leaves its shell, one outside of it, one twice
      return {{{square(0, 0, 20), square(15, 15, 10), square(30, 30, 5), square(3, 3, 4), square(3, 3, 4)}}};
    case 7:  // parts that overlap, are equal, lie inside each other
      return {{{square(0, 0, a)}}, {{square(a / 2, a / 2, a)}}, {{square(0, 0, a)}}, {{square(1, 1, a / 3)}}};
    case 8:  // no area at all
      return {{{{{0, 0}, {a, a}, {2 * a, 2 * a}, {a, a}, {0, 0}}}}};
    case 9:
      return {{{comb(1 + static_cast<int>(random() % 12), tiny)}}};
    case 10:  // two thirds of a figure and no end
      return {{{{{0, 0}, {a, 0}, {a, a}, {0, a}}}}};
    default:  // a shell that runs the other way and again over itself
      return {{{{{0, 0}, {0, a}, {a, a}, {a, 0}, {0, 0}, {0, a}, {a, a}, {a, 0}, {0, 0}}}}};
  }
}

Patch patch_of(MultiPolygon shape, int number) {
  Patch patch = rule_patch(shape, 0);
  patch.area_m2.reset();
  char id[17];
  std::snprintf(id, sizeof id, "%016x", static_cast<unsigned>(number));
  patch.patch_id = id;
  return patch;
}

/// Whether GEOS, asked directly, calls it valid; an open ring never is.
bool is_valid(const geos::Context& geos, const MultiPolygon& shape) {
  for (const auto& part : shape)
    for (const auto& ring : part.rings)
      if (ring.front() != ring.back()) return false;
  return geos.valid(geos.from(shape).get());
}

/// What a last bit of coordinates is worth along the borders of a patch here, in m2.
constexpr double kRounding = 1e-6;

/// What of a patch lies on features and what on none, each ground once.
struct Balance {
  double area = 0, pieces = 0, uncovered = 0;  ///< planar
  std::size_t met = 0;
};
Balance balance(const ReferenceLayers& layers, const Patch& patch, Workbench& bench) {
  const auto& geos = bench.geos();
  const PatchGround ground(patch, layers.grid(), bench);
  std::vector<Piece> pieces;
  for (const auto& layer : layers.impl().layers) {
    layer.query(geos, ground.bounds(), [&](std::size_t index) {
      const auto& feature = layer.features[index];
      if (auto piece = ground.meet(bench.shape(layer, feature), feature.bounds))
        pieces.push_back(std::move(*piece));
    });
  }
  Balance found;
  found.met = pieces.size();
  found.area = geos.area(ground.shape());
  const auto all = ground.unite(pieces, [](const Piece&) { return true; });
  found.pieces = geos.area(all.get());
  found.uncovered = geos.area(ground.subtract(ground.shape(), all.get()).get());
  return found;
}

void expect_balanced(const Balance& found, const std::string& what) {
  EXPECT_NEAR(found.pieces + found.uncovered, found.area, 1e-6 * found.area + kRounding) << what;
}

TEST(NastyPolygons, NeitherLoseGroundNorCountItTwiceAndEachRepairIsCounted) {
  Random random(20261124);
  const geos::Context geos;
  std::vector<Patch> patches;
  std::vector<Feature> features;
  std::size_t invalid = 0;
  for (int i = 0; i < 1000; ++i) {
    // Places repeat, so that shapes lie on each other; some are the same shape on the same place.
    const double x = 20.0 * static_cast<double>(random() % 20), y = 20.0 * static_cast<double>(random() % 20);
    const auto shape = moved(nasty(random, i % kKinds), x, y);
    if (!is_valid(geos, shape)) ++invalid;
    features.push_back({std::to_string(i), shape});
    patches.push_back(patch_of(shape, i));
  }
  ASSERT_GT(invalid, 500U);
  std::vector<std::string> warnings;
  const auto layers = Ground().layer("basic_farmland", features).load(&warnings);
  ASSERT_EQ(warnings.size(), 1U);
  // A ring that is not closed is closed while it is read.
  std::size_t open = 0;
  for (int i = 0; i < 1000; ++i) open += i % kKinds == 10 ? 1 : 0;
  EXPECT_TRUE(
      holds(warnings[0], {std::to_string(invalid - open) + " of 1000 polygons were invalid and were"}));

  Workbench bench(*layers->impl().earth);
  std::size_t met = 0;
  for (const auto& patch : patches) {
    const auto found = balance(*layers, patch, bench);
    met += found.met;
    expect_balanced(found, patch.patch_id);
  }
  EXPECT_GT(met, 10000U);

  const auto marks = Marker(layers, nullptr).mark(patches);
  std::size_t rows = 0;
  for (const auto& one : marks) rows += one.overlaps.size();
  EXPECT_EQ(rows, met);
  ASSERT_EQ(layers->notes().size(), 1U);
  EXPECT_TRUE(
      holds(layers->notes()[0], {std::to_string(invalid) + " patches were invalid and were repaired"}));
}

/// A star, its rays crossing each other where `crossing`.
MultiPolygon large(int corners, bool crossing) {
  Random random(3);
  Ring ring;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::acos(-1.0) * i / corners;
    const double radius = 300 + draw(random, 0, 6000) / corners,
                 aside = crossing ? draw(random, -5, 5) / corners : 0;
    ring.push_back({radius * std::cos(angle + aside), radius * std::sin(angle + aside)});
  }
  ring.push_back(ring.front());
  return moved({{{ring}}}, 0, 0);
}

TEST(RingsOfAMillionVertices, AreLaidOverEachOther) {
  const int corners = std::getenv("TUBAN_FULL") != nullptr ? 1000000 : 4000;
  for (const bool crossing : {false, true}) {
    const auto star = large(corners, crossing);
    std::vector<Feature> features{
        {"star", star}, {"box", box(-305, -305, 0, 305)}, {"teeth", moved({{{comb(900, 1e-6)}}}, 280, -20)}};
    const auto layers = Ground().layer("basic_farmland", features).load();
    Workbench bench(*layers->impl().earth);
    for (const auto& shape : {star, box(-320, -320, 10, 320)}) {
      const auto found = balance(*layers, patch_of(shape, 1), bench);
      EXPECT_EQ(found.met, 2U + (shape.front().rings.front().size() > 9 ? 1U : 0U));
      EXPECT_GT(found.area, 200000);
      expect_balanced(found, crossing ? "crossing" : "plain");
    }
  }
}

}  // namespace
}  // namespace tuban::test
