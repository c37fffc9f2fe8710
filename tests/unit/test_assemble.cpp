// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/scan/assemble.h"
#include "engine/scan/burn.h"
#include "engine/scan/spool.h"
#include "engine/scan/state_file.h"
#include "engine/scan/work_folder.h"
#include "tests/support/masks.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using kernels::Vertex;
using kernels::Window;
using test::assemble;
using test::drawn_scene;
using test::regular_tiling;
using test::Scene;

LatticeRing rectangle(int x0, int y0, int x1, int y1) {
  return {{x0, y0}, {x0, y1}, {x1, y1}, {x1, y0}, {x0, y0}};
}

LatticeRing hole(int x0, int y0, int x1, int y1) {
  return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}};
}

// Commits one tile after the other and tells how many regions are closed.
class Session {
 public:
  Session(Scene scene, int connectivity, std::int64_t fewest_pixels = 0)
      : scene_(std::move(scene)),
        assembler_(scene_.width, scene_.height, connectivity, scene_.bands(), fewest_pixels,
                   [this](Region&& region) { closed_.push_back(std::move(region)); }) {}

  std::size_t closed_after(const Window& tile) {
    kernels::Extractor extractor;
    kernels::TileRegions regions;
    test::extract_tile(scene_, tile, extractor, regions);
    assembler_.commit(regions);
    return closed_.size();
  }
  Assembler& assembler() { return assembler_; }
  const std::vector<Region>& closed() const { return closed_; }

 private:
  Scene scene_;
  std::vector<Region> closed_;
  Assembler assembler_;
};

}  // namespace

TEST(Assemble, GoesOnFromASavedStateAfterAnyTile) {
  test::Random random(test::base_seed());
  const WorkFolder folder = WorkFolder::inside(std::filesystem::temp_directory_path());
  const auto state = folder.path() / "state";
  for (int round = 0; round < 12; ++round) {
    const Scene scene = test::random_scene(random, test::draw(random, 1, 40), test::draw(random, 1, 40), .55,
                                           .05, 2, kernels::SampleType::uint8);
    const auto tiles = test::random_tiling(random, scene.width, scene.height);
    const int connectivity = round % 2 == 0 ? 8 : 4;
    const auto whole = assemble(scene, tiles, connectivity);

    std::vector<Region> closed;
    const auto make = [&] {
      return std::make_unique<Assembler>(scene.width, scene.height, connectivity, scene.bands(), 0,
                                         [&](Region&& region) { closed.push_back(std::move(region)); });
    };
    auto assembler = make();
    kernels::Extractor extractor;
    kernels::TileRegions regions;
    const int pause = test::draw(random, 1, 12);
    int committed = 0;
    for (const Window& tile : tiles) {
      test::extract_tile(scene, tile, extractor, regions);
      assembler->commit(regions);
      if (++committed % pause != 0) continue;
      StateWriter writer(state);
      assembler->save(writer);
      writer.commit();
      assembler = make();
      StateReader reader(state);
      assembler->restore(reader);
    }
    assembler->finish();
    std::sort(closed.begin(), closed.end(), [](const Region& a, const Region& b) { return a.id < b.id; });
    ASSERT_EQ(closed == whole, true) << "round " << round << " " << test::to_string(tiles);
    EXPECT_EQ(assembler->totals().regions, static_cast<std::int64_t>(whole.size()));
  }
}

TEST(Assemble, OnePixelAtTheCornerOfFourTilesIsOneSquareInEachQuadrant) {
  for (const auto& [x, y] : {std::pair(1, 1), {2, 1}, {1, 2}, {2, 2}}) {
    Scene scene = drawn_scene({"....", "....", "....", "...."});
    scene.mask[static_cast<std::size_t>(y * 4 + x)] = kernels::kChanged;
    const auto regions = assemble(scene, regular_tiling(4, 4, 2, 2), 8);
    ASSERT_EQ(regions.size(), 1U);
    EXPECT_EQ(regions[0].id, static_cast<std::uint64_t>(y * 4 + x));
    EXPECT_EQ(regions[0].parts.at(0).rings.at(0), rectangle(x, y, x + 1, y + 1));
  }
}

TEST(Assemble, ARegionOverNineTilesKeepsAHoleThatCrossesATileCorner) {
  const Scene scene = drawn_scene({"######", "######", "##..##", "##..##", "######", "######"});
  const auto regions = assemble(scene,
                                {{0, 0, 1, 1},
                                 {1, 0, 2, 1},
                                 {3, 0, 3, 1},
                                 {0, 1, 1, 2},
                                 {1, 1, 2, 2},
                                 {3, 1, 3, 2},
                                 {0, 3, 1, 3},
                                 {1, 3, 2, 3},
                                 {3, 3, 3, 3}},
                                4);
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_EQ(regions[0].parts.at(0).rings,
            (std::vector<LatticeRing>{rectangle(0, 0, 6, 6), hole(2, 2, 4, 4)}));
  EXPECT_EQ(regions[0].stats.pixels, 32);
}

TEST(Assemble, AHoleThatTouchesTheExteriorAtAPointIsAHole) {
  const Scene scene = drawn_scene({"###", "#.#", "##."});
  for (const auto& tiles :
       {regular_tiling(3, 3, 3, 3), regular_tiling(3, 3, 1, 1), regular_tiling(3, 3, 2, 2)}) {
    const auto regions = assemble(scene, tiles, 4);
    ASSERT_EQ(regions.size(), 1U);
    EXPECT_EQ(regions[0].parts.at(0).rings,
              (std::vector<LatticeRing>{{{0, 0}, {0, 3}, {2, 3}, {2, 2}, {3, 2}, {3, 0}, {0, 0}},
                                        hole(1, 1, 2, 2)}));
  }
}

TEST(Assemble, EightConnectivityGroupsPartsAndChangesNoCoordinate) {
  const Scene scene = drawn_scene({"##..", "##..", "..##", "..##"});
  const auto four = assemble(scene, regular_tiling(4, 4, 2, 2), 4);
  const auto eight = assemble(scene, regular_tiling(4, 4, 2, 2), 8);
  ASSERT_EQ(four.size(), 2U);
  ASSERT_EQ(eight.size(), 1U);
  EXPECT_EQ(eight[0].parts, (std::vector<RegionPart>{four[0].parts[0], four[1].parts[0]}));
  EXPECT_EQ(eight[0].stats.pixels, 8);
}

TEST(Assemble, TheLaterTileMakesTheCornerContactWhereUnitsNest) {
  // Unit 1 (the left half) is committed as a whole before unit 2, so the pixel at its lower right corner
  // meets the upper right one of the contact only when that comes.
  const Scene scene = drawn_scene({"..#.", ".#.."});
  Session session(scene, 8);
  EXPECT_EQ(session.closed_after({0, 0, 2, 1}), 0U);
  EXPECT_EQ(session.closed_after({0, 1, 2, 1}), 0U);
  EXPECT_EQ(session.closed_after({2, 0, 2, 1}), 0U);
  EXPECT_EQ(session.closed_after({2, 1, 2, 1}), 1U);
  ASSERT_EQ(session.closed().size(), 1U);
  EXPECT_EQ(session.closed()[0].parts.size(), 2U);
}

TEST(Assemble, ARegionClosesWithTheLastTileThatCouldTouchIt) {
  const Scene scene = drawn_scene({".#..", "....", "...."});
  Session session(scene, 4);
  EXPECT_EQ(session.closed_after({0, 0, 2, 1}), 0U);
  EXPECT_EQ(session.closed_after({2, 0, 2, 1}), 0U);
  EXPECT_EQ(session.closed_after({0, 1, 2, 2}), 1U);
}

TEST(Assemble, UnderEightConnectivityACornerKeepsARegionOpen) {
  const Scene scene = drawn_scene({".#..", "....", "...."});
  Session session(scene, 8);
  session.closed_after({0, 0, 2, 1});
  session.closed_after({2, 0, 2, 1});
  EXPECT_EQ(session.closed_after({0, 1, 2, 2}), 0U);
  EXPECT_EQ(session.closed_after({2, 1, 2, 2}), 1U);
}

TEST(Assemble, ClosedRegionsLeaveMemory) {
  const int height = 4000;
  std::vector<std::string> rows;
  for (int y = 0; y < height; ++y) rows.push_back(y % 8 < 6 ? "#.#.#.#.#.#.#.##" : "................");
  Session session(drawn_scene(rows), 8);
  std::size_t early = 0;
  std::size_t most = 0;
  for (int y = 0; y < height; ++y) {
    session.closed_after({0, y, 16, 1});
    (y < 400 ? early : most) = std::max(y < 400 ? early : most, session.assembler().open_bytes());
  }
  EXPECT_EQ(most, early);
  EXPECT_EQ(session.assembler().totals().regions, height / 8 * 8);
}

TEST(Assemble, RegionsBelowTheLeastSizeAreCountedAndDropped) {
  const Scene scene = drawn_scene({"#.##", "...#", "#..."});
  for (const auto& tiles : {regular_tiling(4, 3, 4, 3), regular_tiling(4, 3, 1, 1)}) {
    Session session(scene, 4, 2);
    for (const Window& tile : tiles) session.closed_after(tile);
    ASSERT_EQ(session.closed().size(), 1U);
    EXPECT_EQ(session.closed()[0].stats.pixels, 3);
    EXPECT_EQ(session.assembler().totals().regions, 3);
  }
}

TEST(Assemble, ATileOutOfOrderIsRefused) {
  Session session(drawn_scene({"....", "...."}), 8);
  session.closed_after({0, 0, 2, 1});
  EXPECT_THROW(session.closed_after({2, 1, 2, 1}), Error);
}

TEST(Assemble, AGapIsRefusedAtTheEnd) {
  Session session(drawn_scene({"....", "...."}), 8);
  session.closed_after({0, 0, 2, 2});
  EXPECT_THROW(session.assembler().finish(), Error);
}

TEST(Assemble, ARegionWithManyVerticesIsCutOnTheLattice) {  // G2
  const Scene scene = drawn_scene({"######", "#.##.#", "######"});
  const auto whole = assemble(scene, regular_tiling(6, 3, 6, 3), 8, {12, 4, 1});
  ASSERT_EQ(whole.size(), 1U) << "12 vertices are not more than the limit";
  EXPECT_FALSE(whole[0].cut);
  const auto pieces = assemble(scene, regular_tiling(6, 3, 6, 3), 8, {11, 4, 1});
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_TRUE(pieces[0].cut);
  EXPECT_EQ(pieces[0].id, 0U);
  EXPECT_EQ(pieces[0].stats.pixels, 11);
  EXPECT_EQ(pieces[0].stats.vertical_edges, 8) << "the cut line counts as outline";
  EXPECT_EQ(pieces[0].parts.at(0).rings, (std::vector<LatticeRing>{rectangle(0, 0, 4, 3), hole(1, 1, 2, 2)}));
  EXPECT_EQ(pieces[1].id, 4U);
  EXPECT_EQ(pieces[1].stats.score_sum, 5 * 65536);
}

TEST(Assemble, ASquareWithManyVerticesIsCutIntoItsCells) {  // G2
  const Scene scene = drawn_scene({"#.#.####", ".#.#####", "#.#.####", ".#.#####"});
  const auto pieces = assemble(scene, regular_tiling(8, 4, 3, 3), 8, {16, 2, 2});
  ASSERT_EQ(pieces.size(), 5U) << "32 vertices of the left square are too many, 4 of the right one are not";
  EXPECT_EQ(pieces[0].stats.pixels, 2);
  EXPECT_EQ(pieces[0].parts.size(), 2U);
  EXPECT_EQ(pieces[2].id, 4U);
  EXPECT_EQ(pieces[2].parts.at(0).rings, (std::vector<LatticeRing>{rectangle(4, 0, 8, 4)}));
  for (const Region& piece : pieces) EXPECT_TRUE(piece.cut);
}

TEST(Assemble, ANoisyRegionOverTheWholeSceneHoldsFewBytesAVertex) {  // G3
  const int size = 600;
  test::Random random(test::base_seed());
  for (const double fill : {.5, .75}) {  // joined at corners in many parts; nearly all in one part
    const Scene scene = test::random_scene(random, size, size, fill, 0, 0, kernels::SampleType::uint8);
    const auto tiles = regular_tiling(size, size, 128, 128);
    std::int64_t vertices = 0;
    for (const Region& region : assemble(scene, tiles, 8))
      for (const RegionPart& part : region.parts)
        for (const LatticeRing& ring : part.rings) vertices += static_cast<std::int64_t>(ring.size()) - 1;
    Session session(scene, 8);
    std::size_t most = 0;
    for (const Window& tile : tiles) {
      session.closed_after(tile);
      most = std::max(most, session.assembler().open_bytes());
    }
    EXPECT_GT(vertices, size * size / 4);
    EXPECT_LT(static_cast<double>(most), 3. * static_cast<double>(vertices)) << "seed " << test::base_seed();
  }
}

// What a run does that is killed after a random commit: what was spilled since the state was saved is cut
// off.
TEST(Assemble, SpilledOutlinesStayWithinTheirBoundAndGiveTheSameRegions) {  // G1, G3, G4
  const WorkFolder folder = WorkFolder::inside(std::filesystem::temp_directory_path());
  test::Random random(test::base_seed());
  const std::size_t bound = 20'000;
  for (const double fill : {.5, .62, .75}) {
    const int width = 900;
    const int height = 500;
    const Scene scene = test::random_scene(random, width, height, fill, 0, 1, kernels::SampleType::uint8);
    const auto tiles = regular_tiling(width, height, 60, 50);
    for (const std::int64_t vertices : {30'000, 100'000'000}) {  // regions are cut; none is
      const CutLimit cut{vertices, 50, 2};
      const auto expected = assemble(scene, tiles, 8, cut);
      const auto path = folder.path() / "outlines";
      const auto state = folder.path() / "state";
      std::filesystem::remove(path);
      std::filesystem::remove(state);

      std::vector<Region> closed;
      std::vector<Region> saved_closed;
      std::size_t saved_at = 0;
      std::uint64_t saved_bytes = 0;
      std::optional<Spool> spool(Spool{path});
      std::unique_ptr<Assembler> assembler;
      const auto make = [&] {
        assembler = std::make_unique<Assembler>(
            width, height, 8, 1, 0, [&](Region&& region) { closed.push_back(std::move(region)); }, cut,
            OutlineSpill{&*spool, bound});
      };
      make();
      kernels::Extractor extractor(cut.lattice);
      kernels::TileRegions regions;
      std::size_t most = 0;
      int kills = 0;
      for (std::size_t i = 0; i < tiles.size(); ++i) {
        test::extract_tile(scene, tiles[i], extractor, regions);
        assembler->commit(regions);
        most = std::max(most, assembler->outline_bytes());
        if (test::draw(random, 0, 9) == 0) {
          spool->flush();
          saved_bytes = spool->bytes();
          StateWriter writer(state);
          assembler->save(writer);
          writer.commit();
          saved_at = i + 1;
          saved_closed = closed;
        }
        if (saved_at == 0 || kills == 5 || test::draw(random, 0, 14) != 0) continue;
        ++kills;
        assembler.reset();
        spool.reset();
        spool.emplace(Spool::take_up(
            path, [](std::uint64_t, std::span<const std::byte>) {}, saved_bytes));
        ASSERT_EQ(spool->bytes(), saved_bytes);
        make();
        StateReader reader(state);
        assembler->restore(reader);
        closed = saved_closed;
        i = saved_at - 1;
      }
      assembler->finish();
      std::sort(closed.begin(), closed.end(), [](const Region& a, const Region& b) { return a.id < b.id; });
      ASSERT_TRUE(closed == expected) << "fill " << fill << " seed " << test::base_seed();
      EXPECT_GT(kills, 0);
      EXPECT_GT(spool->bytes(), 4 * bound) << "fill " << fill;
      // Beside the bound: what is too small to spill, of the regions along a row of tiles.
      EXPECT_LT(most, 2 * bound) << "fill " << fill;
      EXPECT_EQ(assembler->totals().cut > 0, vertices < 100'000'000);
      EXPECT_EQ(assembler->outline_bytes(), 0U);
    }
  }
}

TEST(Assemble, AnOutlineInMemoryDoesNotGrowWithTheLengthOfTheRaster) {  // G3
  const WorkFolder folder = WorkFolder::inside(std::filesystem::temp_directory_path());
  test::Random random(test::base_seed());
  const int width = 300;
  std::vector<std::size_t> most;
  for (const int height : {600, 3000}) {
    const Scene scene = test::random_scene(random, width, height, .7, 0, 0, kernels::SampleType::uint8);
    Spool spool(folder.path() / std::to_string(height));
    std::int64_t pixels = 0;
    Assembler assembler(width, height, 8, 0, 0, [&](Region&& region) { pixels += region.stats.pixels; },
                        {20'000, 64, 2}, {&spool, 10'000});
    kernels::Extractor extractor(64);
    kernels::TileRegions regions;
    most.push_back(0);
    for (const Window& tile : regular_tiling(width, height, 100, 100)) {
      test::extract_tile(scene, tile, extractor, regions);
      assembler.commit(regions);
      most.back() = std::max(most.back(), assembler.outline_bytes());
    }
    assembler.finish();
    EXPECT_EQ(assembler.totals().cut, 1);
    EXPECT_GT(assembler.totals().cut_pixels, pixels * 9 / 10);
    EXPECT_EQ(pixels, std::count(scene.mask.begin(), scene.mask.end(), kernels::kChanged));
  }
  EXPECT_LT(most[1], 2 * most[0]);
  EXPECT_LT(most[1], 30'000U);
}

TEST(Burn, SpansComeByRowAndNeverTouch) {
  const Scene scene = drawn_scene({"##.#", "##..", "...#"});
  std::vector<std::array<int, 3>> spans;
  Region all;
  for (const Region& region : assemble(scene, regular_tiling(4, 3, 4, 3), 8))
    all.parts.insert(all.parts.end(), region.parts.begin(), region.parts.end());
  burn(all, [&](int y, int x0, int x1) { spans.push_back({y, x0, x1}); });
  EXPECT_EQ(spans, (std::vector<std::array<int, 3>>{{0, 0, 2}, {0, 3, 4}, {1, 0, 2}, {2, 3, 4}}));
}

TEST(Region, EncodedAndDecodedIsTheSame) {
  test::Random random(test::base_seed());
  const Scene scene = test::random_scene(random, 40, 30, 0.6, 0.03, 3, kernels::SampleType::uint16);
  for (Region& region : assemble(scene, regular_tiling(40, 30, 16, 16), 8, {100, 8, 2})) {
    region.kind = static_cast<kernels::Kind>(region.id % kernels::kKinds);
    Encoder encoder;
    encode(encoder, region, 3);
    Decoder decoder(encoder.bytes());
    EXPECT_EQ(decode_region(decoder, 3), region) << "seed " << test::base_seed();
    EXPECT_TRUE(decoder.done());
  }
}

TEST(Region, ARecordThatEndsEarlyIsRefused) {
  const Scene scene = drawn_scene({"##"});
  Encoder encoder;
  encode(encoder, assemble(scene, regular_tiling(2, 1, 2, 1), 4).at(0), 0);
  const auto bytes = encoder.bytes();
  Decoder decoder(bytes.first(bytes.size() - 1));
  EXPECT_THROW(decode_region(decoder, 0), Error);
}

}  // namespace tuban
