// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>

#include "engine/scan/sample_cells.h"

namespace tuban {
namespace {

constexpr int kWidth = 1500;
constexpr int kHeight = 1300;

/// A raster that counts the pixels of the blocks a reader would have to decode.
class Blocks final : public Source {
 public:
  Blocks(int block_width, int block_height, bool (*valid)(int x, int y), bool rows_apart) : valid_(valid) {
    info_.grid.width = kWidth;
    info_.grid.height = kHeight;
    info_.bands.resize(1);
    info_.block_width = block_width;
    info_.block_height = block_height;
    info_.rows_apart = rows_apart;
  }
  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return std::make_unique<BlockReader>(*this); }
  /// How often the whole raster could have been decoded instead.
  double rasters() const { return static_cast<double>(decoded_) / kWidth / kHeight; }

 private:
  class BlockReader final : public Reader {
   public:
    explicit BlockReader(const Blocks& source) : source_(source) {}
    void read(const Window& window, const PixelBuffer& into) override {
      const auto along = [](int at, int size, int block, int limit) {
        return std::min((at + size + block - 1) / block * block, limit) - at / block * block;
      };
      source_.decoded_ +=
          std::int64_t{along(window.x, window.width, source_.info_.block_width, kWidth)} *
          along(window.y, window.height, source_.info_.rows_apart ? 1 : source_.info_.block_height, kHeight);
      for (int y = 0; y < window.height; ++y)
        for (int x = 0; x < window.width; ++x) {
          into.planes[0][y * into.stride + x] =
              static_cast<std::byte>((window.x + x) * 7 + (window.y + y) * 31);
          if (!source_.valid_(window.x + x, window.y + y)) into.valid[y * into.valid_stride + x] = 0;
        }
    }

   private:
    const Blocks& source_;
  };

  SourceInfo info_;
  bool (*valid_)(int x, int y);
  mutable std::atomic<std::int64_t> decoded_ = 0;
};

struct Sampled {
  std::vector<SampleCell> cells;
  double rasters = 0;
};

Sampled sample(int block_width, int block_height, bool (*valid)(int x, int y),
               ExecutorKind kind = ExecutorKind::serial, bool rows_apart = false) {
  const auto before = std::make_shared<Blocks>(block_width, block_height, valid, rows_apart);
  const auto after = std::make_shared<Blocks>(
      block_width, block_height, [](int, int) { return true; }, rows_apart);
  ReaderPool before_pool(before), after_pool(after);
  const auto executor = make_executor(kind, 3);
  const ScanPlan plan = plan_scan(Job{}, before->info(), after->info(), executor->threads(), 0);
  Sampled result{read_sample(plan, before_pool, after_pool, *executor, {}), 0};
  result.rasters = (before->rasters() + after->rasters()) / 2;
  return result;
}

bool same(const std::vector<SampleCell>& a, const std::vector<SampleCell>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const SampleCell& one, const SampleCell& other) {
                      return one.width == other.width && one.height == other.height &&
                             one.samples == other.samples && one.valid == other.valid;
                    });
}

bool nowhere(int, int) {
  return false;
}
bool everywhere(int, int) {
  return true;
}
bool on_islands(int x, int y) {
  return x % 400 < 30 && y % 333 < 20;
}

constexpr std::pair<int, int> kBlocks[] = {
    {64, 64}, {kWidth, 1}, {kWidth, 100}, {500, 70}, {kWidth, kHeight}};

TEST(SampleCells, AreTheSameWhateverTheBlocks) {
  for (const auto valid : {everywhere, on_islands}) {
    const auto expected = sample(1, 1, valid).cells;
    EXPECT_GE(expected.size(), 16U);
    for (const auto& [width, height] : kBlocks)
      for (const ExecutorKind kind : {ExecutorKind::serial, ExecutorKind::tbb})
        EXPECT_TRUE(same(sample(width, height, valid, kind).cells, expected)) << width << " x " << height;
  }
}

TEST(SampleCells, OfALargelyEmptyRasterCostAboutTwoReadings) {
  for (const auto valid : {nowhere, on_islands})
    for (const auto& [width, height] : {std::pair{64, 64}, {kWidth, 1}, {kWidth, 100}, {500, 70}}) {
      const double rasters = sample(width, height, valid).rasters;
      EXPECT_LT(rasters, 2.5) << (valid == nowhere) << width << " x " << height;
    }
}

TEST(SampleCells, CostTheirOwnRowsWhereBlocksNeedNotBeDecoded) {
  const Sampled sampled = sample(64, 512, everywhere, ExecutorKind::serial, true);
  EXPECT_TRUE(same(sampled.cells, sample(1, 1, everywhere).cells));
  EXPECT_LT(sampled.rasters, 0.2);
}

TEST(SampleCells, OfAnEmptyRasterAreNone) {
  EXPECT_TRUE(sample(kWidth, 1, nowhere).cells.empty());
}

}  // namespace
}  // namespace tuban
