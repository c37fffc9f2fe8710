// SPDX-License-Identifier: Apache-2.0
// Sizes beyond 32 bits, in memory that does not grow with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/scan/scan_plan.h"
#include "kernels/view.h"
#include "tests/support/read_results.h"
#include "tuban/job.h"

namespace tuban::test {
namespace {

constexpr int kSide = 70'000;  // 4.9 * 10^9 pixels
constexpr int kSquare = 64;
constexpr int kMargin = 16;  // land without noise around a square, so that all are cut out alike

struct Corner {
  int x = 0, y = 0;
};

// In row order: near the first pixel, at the right edge, both sides of index 2^32, near the last pixel.
constexpr std::array<Corner, 5> kSquares{
    {{100, 100}, {69'800, 30'000}, {40'000, 61'300}, {40'000, 61'400}, {69'900, 69'900}}};
// So much has changed that a small sample of so large a raster tells it.
constexpr kernels::Window kFlood{10'000, 40'000, 50'000, 10'000};
constexpr int kFloodRow = 2;  // among the patches

// Noise, computed where it is read, with squares in it on the second date.
class SyntheticSource final : public Source {
 public:
  explicit SyntheticSource(bool after) : after_(after), noise_(1 << 20) {
    std::mt19937 random(after ? 2 : 1);
    for (std::uint8_t& sample : noise_) sample = static_cast<std::uint8_t>(98 + random() % 5);
    info_.name = info_.id = after ? "after" : "before";
    info_.grid = sample_grid();
    info_.grid.width = info_.grid.height = kSide;
    info_.bands = {{"grey", BandRole::unknown}};
    info_.block_width = info_.block_height = 512;
  }
  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return std::make_unique<SyntheticReader>(*this); }

 private:
  class SyntheticReader final : public Reader {
   public:
    explicit SyntheticReader(const SyntheticSource& source) : source_(source) {}
    void read(const Window& window, const PixelBuffer& into) override {
      auto* plane = reinterpret_cast<std::uint8_t*>(into.planes[0]);
      for (int y = 0; y < window.height; ++y)
        source_.fill(window.x, window.y + y, window.width, plane + y * into.stride);
    }

   private:
    const SyntheticSource& source_;
  };

  void fill(int x, int y, int count, std::uint8_t* to) const {
    // Anchored at x = 0, so that a pixel is the same whatever window it is read in.
    const std::size_t row = static_cast<std::size_t>(y) * 2654435761U % (noise_.size() - kSide);
    std::memcpy(to, noise_.data() + row + x, static_cast<std::size_t>(count));
    const auto paint = [&](int from, int end, int value) {
      from = std::max(from, x);
      end = std::min(end, x + count);
      if (from < end) std::memset(to + (from - x), value, static_cast<std::size_t>(end - from));
    };
    if (after_ && y >= kFlood.y && y < kFlood.bottom()) paint(kFlood.x, kFlood.right(), 200);
    for (const Corner& square : kSquares) {
      if (y < square.y - kMargin || y >= square.y + kSquare + kMargin) continue;
      paint(square.x - kMargin, square.x + kSquare + kMargin, 100);
      if (after_ && y >= square.y && y < square.y + kSquare) paint(square.x, square.x + kSquare, 200);
    }
  }

  bool after_;
  std::vector<std::uint8_t> noise_;
  SourceInfo info_;
};

constexpr std::int64_t index_of(const Corner& at) {
  return std::int64_t{at.y} * kSide + at.x;
}
static_assert(index_of(kSquares[2]) < std::int64_t{1} << 32 && index_of(kSquares[3]) > std::int64_t{1} << 32);

Patch numbered_patch(std::int64_t i) {
  Patch p = bare_patch(0);
  p.patch_id = std::to_string(i);
  p.region_id = static_cast<std::uint64_t>(i);
  const double x = 38450000 + 6. * static_cast<double>(i % 1000);
  const double y = 2499000 - 6. * static_cast<double>(i / 1000);
  p.geometry = {square(x, y, 3)};
  return p;
}

}  // namespace

TEST(Size, AMillionPatchesGoIntoAGeoPackageInLittleMemory) {
  constexpr std::int64_t kPatches = 1'000'000;
  constexpr std::int64_t kChunk = 64;
  const TempFolder folder;
  const auto sink = make_patch_sink(job_to(folder / "out.gpkg"), sample_grid());
  const std::uint64_t before = resident_bytes();
  std::vector<PatchRow> chunk;
  for (std::int64_t i = 0; i < kPatches; i += kChunk) {
    chunk.clear();
    for (std::int64_t k = i; k < i + kChunk; ++k) {
      PatchRow& row = chunk.emplace_back();
      row.patch = numbered_patch(k);
      row.rank = kPatches - k;
      if (k % 10 == 0) row.marks.findings = full_marks().findings;
      sink->encode(row);
    }
    sink->write(chunk);
  }
  finish(sink, kManifest);
  // A hundred bytes each: the boxes of the index, twice while they are sorted, and SQLite's cache.
  EXPECT_LE(peak_resident_bytes(), before + 100 * kPatches);

  const auto dataset = open_vector(folder / "out.gpkg");
  EXPECT_EQ(dataset->GetLayerByName("patches")->GetFeatureCount(), kPatches);
  EXPECT_EQ(query(*dataset, "SELECT count(*) FROM patches"), std::vector<Names>{{"1000000"}});
  EXPECT_EQ(query(*dataset, "SELECT count(*) FROM findings"), std::vector<Names>{{"200000"}});
  EXPECT_EQ(
      query(*dataset, "SELECT count(*), count(DISTINCT region_id), count(DISTINCT patch_id) FROM patches"),
      (std::vector<Names>{{"1000000", "1000000", "1000000"}}));
  EXPECT_EQ(query(*dataset, "SELECT rtreecheck('rtree_patches_geom')"), std::vector<Names>{{"ok"}});
  OGRLayer& layer = *dataset->GetLayerByName("patches");
  const Polygon last = numbered_patch(kPatches - 1).geometry[0];
  layer.SetSpatialFilterRect(last.rings[0][0].x, last.rings[0][0].y, last.rings[0][2].x, last.rings[0][2].y);
  EXPECT_EQ(layer.GetFeatureCount(), 1);
}

TEST(Size, PatchesBeyondPixel2To32HaveTheirIdsAreasAndPlaces) {
  const TempFolder folder;
  Job job = job_to(folder / "out.gpkg");
  job.before.source = std::make_shared<SyntheticSource>(false);
  job.after.source = std::make_shared<SyntheticSource>(true);
  job.detector = "difference";
  job.smooth = "mean3";
  job.tile_width = job.tile_height = 2048;
  job.memory_bytes = 1'000'000'000;
  const Report report = run(job);
  EXPECT_EQ(report.pixels, std::int64_t{kSide} * kSide);
  EXPECT_EQ(report.valid_pixels, report.pixels);
  EXPECT_LE(report.peak_rss_bytes, job.memory_bytes);

  const auto dataset = open_vector(job.output);
  auto patches = rows(*dataset, "patches");
  ASSERT_EQ(patches.size(), kSquares.size() + 1);
  const double flood = static_cast<double>(patches[kFloodRow]->GetFieldAsInteger64("area_px"));
  EXPECT_NEAR(flood, (kFlood.width + 2.) * (kFlood.height + 2.), 100) << "specks of noise may touch it";
  patches.erase(patches.begin() + kFloodRow);

  const Grid& grid = job.before.source->info().grid;
  const std::int64_t area = patches[0]->GetFieldAsInteger64("area_px");
  EXPECT_GE(area, kSquare * kSquare);
  EXPECT_LE(area, (kSquare + 2) * (kSquare + 2)) << "smoothing reaches one pixel";
  for (std::size_t i = 0; i < kSquares.size(); ++i) {
    SCOPED_TRACE("square " + std::to_string(i));
    const OGRFeature& row = *patches[i];
    const Corner& at = kSquares[i];
    EXPECT_EQ(row.GetFieldAsInteger64("area_px"), area);
    EXPECT_EQ(row.GetFieldAsInteger64("region_id") - index_of(at),
              patches[0]->GetFieldAsInteger64("region_id") - index_of(kSquares[0]));
    // The transverse Mercator's scale off its central meridian.
    const double off = (grid.ground_x(at.x + kSquare / 2., 0) - 38'500'000) / 6.365e6;
    EXPECT_NEAR(row.GetFieldAsDouble("area_m2"), 4 * static_cast<double>(area) * (1 - off * off), .1);
    OGREnvelope box;
    row.GetGeometryRef()->getEnvelope(&box);
    EXPECT_DOUBLE_EQ(box.MinX, grid.ground_x(at.x - 1, 0));
    EXPECT_DOUBLE_EQ(box.MaxX, grid.ground_x(at.x + kSquare + 1, 0));
    EXPECT_DOUBLE_EQ(box.MaxY, grid.ground_y(0, at.y - 1));
    EXPECT_DOUBLE_EQ(box.MinY, grid.ground_y(0, at.y + kSquare + 1));
  }
}

}  // namespace tuban::test
