// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "kernels/extract.h"
#include "kernels/runs.h"
#include "tests/support/masks.h"

namespace tuban::kernels {
namespace {

using test::drawn_scene;
using test::extract_tile;
using test::Scene;

TileRegions tile_of(const Scene& scene, const Window& core) {
  Extractor extractor;
  TileRegions tile;
  extract_tile(scene, core, extractor, tile);
  return tile;
}

TileRegions whole_of(const Scene& scene) {
  return tile_of(scene, {0, 0, scene.width, scene.height});
}

std::vector<Vertex> chain(const TileRegions& tile, const TileArc& arc) {
  const auto first = tile.vertices.begin() + arc.first;
  return {first, first + arc.count};
}

}  // namespace

TEST(Runs, AreThoseOfAByteScanAcrossWordBorders) {
  test::Random random(test::base_seed());
  for (const int width : {1, 7, 63, 64, 65, 127, 128, 129, 200}) {
    for (const double fill : {0.02, 0.5, 0.98, 1.0}) {
      const Scene scene = test::random_scene(random, width, 3, fill, 0.05, 0, SampleType::uint8);
      Runs runs;
      BitPlane changed;
      BitPlane invalid;
      pack({scene.mask.data(), width, 3, width}, changed, invalid);
      find_runs(changed, invalid, runs);  // the outer pixels serve as the apron
      if (width < 3) continue;
      std::vector<std::int32_t> expected;
      for (int x = 1; x < width - 1; ++x) {
        if (!scene.changed(x, 1)) continue;
        if (x == 1 || !scene.changed(x - 1, 1)) expected.push_back(x - 1);
        if (x == width - 2 || !scene.changed(x + 1, 1)) expected.push_back(x);
      }
      EXPECT_EQ(std::vector(runs.ends.begin() + runs.begin(0), runs.ends.begin() + runs.end(0)), expected)
          << "seed " << test::base_seed() << ", width " << width << ", fill " << fill;
    }
  }
}

TEST(Extract, OnePixelIsAClosedSquareThatGoesDownFirst) {
  const TileRegions tile = whole_of(drawn_scene({"...", ".#.", "..."}));
  ASSERT_EQ(tile.arcs.size(), 1U);
  EXPECT_TRUE(tile.arcs[0].closed);
  EXPECT_EQ(chain(tile, tile.arcs[0]), (std::vector<Vertex>{{1, 1}, {1, 2}, {2, 2}, {2, 1}, {1, 1}}));
  EXPECT_FALSE(tile.parts[0].border);
}

TEST(Extract, AnOutlineHasCornersOnlyHoweverLongItsSidesAre) {
  const TileRegions tile = whole_of(drawn_scene(std::vector<std::string>(50, std::string(300, '#'))));
  EXPECT_EQ(tile.vertices.size(), 5U);
  EXPECT_EQ(tile.parts.at(0).horizontal_edges, 600);
  EXPECT_EQ(tile.parts.at(0).vertical_edges, 100);
}

TEST(Extract, PartsAreOrderedByFirstPixelAndArcsByPart) {
  const TileRegions tile = whole_of(drawn_scene({"..#.#", "#.###", "#....", "..###"}));
  ASSERT_EQ(tile.parts.size(), 3U);
  EXPECT_EQ(tile.parts[0].first_pixel, 2U);
  EXPECT_EQ(tile.parts[1].first_pixel, 5U);
  EXPECT_EQ(tile.parts[2].first_pixel, 17U);
  for (std::uint32_t i = 0; i < tile.arcs.size(); ++i) EXPECT_EQ(tile.arcs[i].part, i);
}

TEST(Extract, BorderLabelsNameTheParts) {
  const TileRegions tile = whole_of(drawn_scene({"##.", "..#", "#.#"}));
  EXPECT_EQ(tile.top, (std::vector<std::uint32_t>{1, 1, 0}));
  EXPECT_EQ(tile.bottom, (std::vector<std::uint32_t>{3, 0, 2}));
  EXPECT_EQ(tile.left, (std::vector<std::uint32_t>{1, 0, 3}));
  EXPECT_EQ(tile.right, (std::vector<std::uint32_t>{0, 2, 2}));
}

TEST(Extract, AnOutlineThatLeavesTheTileStaysOpenAndBelongsToThePixelsOwner) {
  const Scene scene = drawn_scene({"....", ".##.", "...."});
  const TileRegions left = tile_of(scene, {0, 0, 2, 3});
  const TileRegions right = tile_of(scene, {2, 0, 2, 3});
  ASSERT_EQ(left.arcs.size(), 1U);
  ASSERT_EQ(right.arcs.size(), 1U);
  EXPECT_FALSE(left.arcs[0].closed);
  EXPECT_EQ(chain(left, left.arcs[0]), (std::vector<Vertex>{{2, 1}, {1, 1}, {1, 2}, {2, 2}}));
  EXPECT_EQ(chain(right, right.arcs[0]), (std::vector<Vertex>{{2, 2}, {3, 2}, {3, 1}, {2, 1}}));
}

TEST(Extract, PartsThatTouchAtACornerStayApartAndAreReported) {
  const TileRegions tile = whole_of(drawn_scene({"#.", ".#"}));
  EXPECT_EQ(tile.parts.size(), 2U);
  ASSERT_EQ(tile.diagonal.size(), 1U);
  EXPECT_EQ(tile.diagonal[0], (std::pair<std::uint32_t, std::uint32_t>(0, 1)));
  EXPECT_TRUE(tile.arcs[0].saddle);
}

TEST(Extract, EdgesAtInvalidPixelsAndAtTheFrameAreInvalidEdges) {
  const TileRegions tile = whole_of(drawn_scene({".....", ".#x..", "....#"}));
  EXPECT_EQ(tile.pieces.at(tile.parts[0].first_piece).invalid_edges, 1);
  EXPECT_EQ(tile.pieces.at(tile.parts[1].first_piece).invalid_edges, 2);
}

TEST(Extract, ATileInsideOneLatticeCellHasOnePiecePerPart) {
  Extractor extractor(4);
  TileRegions tile;
  const Scene scene = drawn_scene({"........", "########", "........"});
  extract_tile(scene, {4, 0, 4, 3}, extractor, tile);
  EXPECT_EQ(tile.pieces.size(), 1U);
  EXPECT_EQ(tile.pieces[0].cell_x, 1);
  extract_tile(scene, {0, 0, 8, 3}, extractor, tile);
  ASSERT_EQ(tile.pieces.size(), 2U);
  EXPECT_EQ(tile.parts.at(0).pixels, 8);
  EXPECT_EQ(tile.pieces[tile.pieces[tile.parts[0].first_piece].next].first_pixel, 12U);
}

TEST(Extract, ReusedBuffersLeaveNoTrace) {
  test::Random random(test::base_seed());
  const Scene busy = test::random_scene(random, 90, 70, 0.5, 0.02, 2, SampleType::uint16);
  const Scene small = test::random_scene(random, 20, 9, 0.3, 0.1, 1, SampleType::float32);
  Extractor extractor;
  TileRegions reused;
  extract_tile(busy, {0, 0, 90, 70}, extractor, reused);
  extract_tile(small, {3, 2, 15, 7}, extractor, reused);
  const TileRegions fresh = tile_of(small, {3, 2, 15, 7});
  EXPECT_EQ(reused.vertices, fresh.vertices);
  EXPECT_EQ(reused.diagonal, fresh.diagonal);
  EXPECT_EQ(reused.sums, fresh.sums);
  EXPECT_EQ(reused.top, fresh.top);
  EXPECT_EQ(reused.right, fresh.right);
  EXPECT_EQ(reused.parts.size(), fresh.parts.size());
  EXPECT_EQ(reused.arcs.size(), fresh.arcs.size());
}

TEST(Extract, ScoresAreRoundedAndClampedAndSumExactly) {
  Scene scene = drawn_scene({"####"});
  scene.score = {0.5F / kScoreScale, 0.49F / kScoreScale, std::numeric_limits<float>::infinity(), 2.0F};
  const TileRegions tile = whole_of(scene);
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(tile.pieces.at(0).score_max, most);
  EXPECT_EQ(tile.pieces.at(0).score_sum, 1 + 0 + most + 2 * 65536);
}

TEST(Extract, FloatSamplesOutsideTheFixedPointRangeAreClampedAndCounted) {
  Scene scene = drawn_scene({"####"});
  scene.type = SampleType::float32;
  const std::array<float, 4> before{-1.0F, 0.25F, 1e9F, std::numeric_limits<float>::quiet_NaN()};
  const std::array<float, 4> after{0.0F, 1.0F, 2.0F, 3.0F};
  const auto bytes = [](const std::array<float, 4>& values) {
    const auto* first = reinterpret_cast<const std::byte*>(values.data());
    return std::vector<std::byte>(first, first + sizeof values);
  };
  scene.before = {bytes(before)};
  scene.after = {bytes(after)};
  scene.fixed_before = {{0, 100}};
  scene.fixed_after = {{0, 10}};
  const TileRegions tile = whole_of(scene);
  EXPECT_EQ(tile.pieces.at(0).clamped, 3);
  EXPECT_EQ(tile.sums.at(0).sum, 25U + 65535U);
  EXPECT_EQ(tile.sums.at(1).sum, 60U);
  EXPECT_EQ(tile.sums.at(1).squares, 100U + 400 + 900);
}

TEST(RegionStats, MomentsFarFromTheOriginAreExact) {
  Scene scene = drawn_scene({"###", ".##"});
  TileRegions tile = whole_of(scene);
  tile.core.x = 2'000'000'000;
  tile.core.y = 2'100'000'000;
  RegionCounts counts;
  add_piece(tile, 0, counts, {});
  Int128 sum_xx = 0;
  Int128 sum_xy = 0;
  for (const auto& [x, y] : {std::pair(0, 0), {1, 0}, {2, 0}, {1, 1}, {2, 1}}) {
    sum_xx += Int128{tile.core.x + x} * (tile.core.x + x);
    sum_xy += Int128{tile.core.x + x} * (tile.core.y + y);
  }
  EXPECT_TRUE(counts.sum_xx == sum_xx);
  EXPECT_TRUE(counts.sum_xy == sum_xy);
}

TEST(RegionStats, MergingIsCommutative) {
  test::Random random(test::base_seed());
  const Scene scene = test::random_scene(random, 30, 30, 0.4, 0.05, 3, SampleType::int16);
  const auto stats = test::naive_stats(scene, 4);
  ASSERT_GE(stats.size(), 2U);
  RegionStats forth = stats.begin()->second;
  forth.merge(stats.rbegin()->second, 3);
  RegionStats back = stats.rbegin()->second;
  back.merge(stats.begin()->second, 3);
  EXPECT_EQ(forth, back);
  EXPECT_NE(forth, stats.begin()->second);
}

}  // namespace tuban::kernels
