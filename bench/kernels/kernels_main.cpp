// SPDX-License-Identifier: Apache-2.0
// tuban_kernels_bench: every per-pixel kernel in bytes/s against a memory copy of as many bytes, labelling in
// pixels/s, tracing against GDALPolygonize, and each tile stage's share, all in one interleaved run of Google
// Benchmark. CPU time of one thread. Options are those of Google Benchmark.
#include <benchmark/benchmark.h>
#include <gdal_alg.h>
#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/kernels/ground.h"
#include "engine/patch/shape.h"
#include "engine/scan/assemble.h"
#include "kernels/extract.h"
#include "kernels/kind.h"
#include "kernels/mask_ops.h"
#include "kernels/score_ops.h"
#include "kernels/smooth.h"

namespace tuban::bench {
namespace {

using kernels::View;
using kernels::Window;

/// Raster beyond every cache: what is memory-bound shows.
const Ground& wide_ground() {
  static const Ground ground(4096, 2048);
  return ground;
}

/// Kernels run tile by tile, as the scan does, over the whole ground; one iteration is one ground.
template <typename Work>
void over_tiles(benchmark::State& state, const Ground& ground, double bytes_per_pixel, const Work& work) {
  for (auto _ : state)
    for (const Mask::Tile& tile : ground.mask.tiles) work(tile);
  const auto pixels = static_cast<double>(ground.pixels());
  state.counters["pixels"] = pixels;
  state.counters["bytes"] = bytes_per_pixel * pixels;
}

/// Reads half of the bytes and writes the other half.
void copy(benchmark::State& state, double bytes_per_pixel) {
  const auto pixels = static_cast<double>(wide_ground().pixels());
  const auto half = static_cast<std::size_t>(bytes_per_pixel * pixels / 2);
  const std::vector<std::byte> from(half, std::byte{1});
  std::vector<std::byte> to(half);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), half);
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.counters["pixels"] = pixels;
  state.counters["bytes"] = static_cast<double>(2 * half);
}

constexpr double kScoreBytes = 2 * kBands * 2 + 1 + 4;  // samples of both dates, validity, the score
constexpr double kSmoothBytes = 4 + 4;
constexpr double kSmoothAndCutBytes = 4 + 4 + 0.25;

void score(benchmark::State& state, const kernels::Detector* detector) {
  const Ground& ground = wide_ground();
  const kernels::Model model = detector->solve(ground.sample());
  std::vector<float> out(ground.pixels());
  std::vector<const std::byte*> before, after;
  over_tiles(state, ground, kScoreBytes, [&](const Mask::Tile& tile) {
    const Window& core = tile.core;
    detector->score(
        model, ground.pair(core, before, after),
        {out.data() + std::ptrdiff_t{core.y} * ground.width + core.x, core.width, core.height, ground.width});
  });
}

View<const float> scores_around(const Ground& ground, const Window& window, int margin) {
  const std::ptrdiff_t stride = ground.width + 2 * kScoreFrame;
  return {ground.scores.data() + (window.y + kScoreFrame - margin) * stride + window.x + kScoreFrame - margin,
          window.width + 2 * margin, window.height + 2 * margin, stride};
}

void smooth(benchmark::State& state, const char* name) {
  const Ground& ground = wide_ground();
  const kernels::Smoothing smoothing = *kernels::find_smoothing(name);
  std::vector<float> scratch;
  std::vector<float> out(ground.pixels());
  over_tiles(state, ground, kSmoothBytes, [&](const Mask::Tile& tile) {
    const Window& core = tile.core;
    kernels::smooth(
        smoothing, scores_around(ground, core, smoothing.radius()),
        {out.data() + std::ptrdiff_t{core.y} * ground.width + core.x, core.width, core.height, ground.width},
        scratch);
  });
}

void smooth_and_cut(benchmark::State& state) {
  const Ground& ground = wide_ground();
  std::vector<float> out(ground.pixels());
  const kernels::Smoothing smoothing = *kernels::find_smoothing(kernels::kDefaultSmoothing);
  kernels::BitPlane changed, invalid;
  std::vector<float> scratch;
  over_tiles(state, ground, kSmoothAndCutBytes, [&](const Mask::Tile& tile) {
    const Window& core = tile.core;
    kernels::smooth_and_cut(
        smoothing, scores_around(ground, core, smoothing.radius()), ground.cut, kernels::Scores::changed,
        {out.data() + std::ptrdiff_t{core.y} * ground.width + core.x, core.width, core.height, ground.width},
        changed, invalid, scratch);
  });
}

/// Flags and split of the 1 % that changed.
struct KindWork {
  kernels::KindSplitter splitter;
  kernels::KindFlags flags;
  std::vector<const std::byte*> before, after;

  const std::array<kernels::BitPlane, kernels::kKinds>& operator()(const Ground& ground,
                                                                   const Mask::Tile& tile) {
    // Tiles at the frame lack the surroundings that the scan always has: they look at those of the next.
    Window seen = kernels::grown(tile.core, 1 + kernels::kKindRadius);
    seen.x = std::clamp(seen.x, 0, ground.width - seen.width);
    seen.y = std::clamp(seen.y, 0, ground.height - seen.height);
    const kernels::BitPlane& reach = splitter.reach(tile.changed);
    kernels::find_kinds({0, 1, 2, 3}, ground.model.normalisation, ground.pair(seen, before, after), reach,
                        flags);
    return splitter.split(flags, tile.changed);
  }
};

void kinds(benchmark::State& state) {
  const Ground& ground = wide_ground();
  KindWork work;
  over_tiles(state, ground, 0,
             [&](const Mask::Tile& tile) { benchmark::DoNotOptimize(work(ground, tile).data()); });
}

void label(benchmark::State& state) {
  const Ground& ground = wide_ground();
  kernels::Runs runs;
  kernels::Sweep sweep;
  over_tiles(state, ground, 0, [&](const Mask::Tile& tile) {
    kernels::find_runs(tile.changed, tile.invalid, runs);
    kernels::sweep(runs, sweep);
    benchmark::DoNotOptimize(sweep.parent.data());
  });
}

kernels::TileInput tile_input(const Ground& ground, const Mask::Tile& tile, const kernels::BitPlane& changed,
                              std::vector<const std::byte*>& before, std::vector<const std::byte*>& after) {
  return {tile.core,
          ground.width,
          &changed,
          &tile.invalid,
          scores_around(ground, tile.core, 0),
          ground.pair(tile.core, before, after),
          ground.fixed,
          ground.fixed};
}

void extract(benchmark::State& state) {
  const Ground& ground = wide_ground();
  kernels::Extractor extractor;
  kernels::TileRegions regions;
  KindWork work;
  std::vector<const std::byte*> before, after;
  std::vector<std::array<kernels::BitPlane, kernels::kKinds>> split;
  for (const Mask::Tile& tile : ground.mask.tiles) split.push_back(work(ground, tile));
  std::size_t index = 0;
  over_tiles(state, ground, 0, [&](const Mask::Tile& tile) {
    for (const kernels::BitPlane& changed : split[index])
      extractor.extract(tile_input(ground, tile, changed, before, after), regions);
    index = (index + 1) % split.size();
  });
}

void assemble(benchmark::State& state) {
  const Ground& ground = wide_ground();
  kernels::Extractor extractor;
  std::vector<const std::byte*> before, after;
  std::vector<kernels::TileRegions> tiles(ground.mask.tiles.size());
  for (std::size_t i = 0; i < tiles.size(); ++i)
    extractor.extract(tile_input(ground, ground.mask.tiles[i], ground.mask.tiles[i].changed, before, after),
                      tiles[i]);
  std::size_t vertices = 0;
  for (auto _ : state) {
    Assembler assembler(ground.width, ground.height, 8, static_cast<int>(kBands), 1, [&](Region&& region) {
      for (const RegionPart& part : region.parts) vertices += part.rings.front().size();
    });
    for (const kernels::TileRegions& tile : tiles) assembler.commit(tile);
    assembler.finish();
  }
  benchmark::DoNotOptimize(vertices);
  state.counters["pixels"] = static_cast<double>(ground.pixels());
}

const Mask& noisy_mask() {
  static const Mask mask = specks(4096, 4096);
  return mask;
}

/// Mask to polygons in ground coordinates, with the spectra left out: GDALPolygonize has none.
void polygons(benchmark::State& state) {
  const Mask& mask = noisy_mask();
  Grid grid;
  grid.width = mask.width;
  grid.height = mask.height;
  grid.transform = {0, 2, 0, 0, 0, -2};
  kernels::Extractor extractor;
  kernels::TileRegions regions;
  std::int64_t count = 0;
  for (auto _ : state) {
    count = 0;
    Assembler assembler(mask.width, mask.height, 4, 0, 1, [&](Region&& region) {
      const MultiPolygon outline = ground_outline(region, grid);
      benchmark::DoNotOptimize(&outline);
      ++count;
    });
    for (const Mask::Tile& tile : mask.tiles) {
      kernels::TileInput input;
      input.core = tile.core;
      input.raster_width = mask.width;
      input.changed = &tile.changed;
      input.invalid = &tile.invalid;
      input.pair.width = tile.core.width;
      input.pair.height = tile.core.height;
      extractor.extract(input, regions);
      assembler.commit(regions);
    }
    assembler.finish();
  }
  state.counters["pixels"] = static_cast<double>(mask.width) * mask.height;
  state.counters["polygons"] = static_cast<double>(count);
}

void gdal_polygonize(benchmark::State& state) {
  const Mask& mask = noisy_mask();
  std::vector<std::uint8_t> plane;
  for (int y = 1; y <= mask.height; ++y) {
    const auto row = mask.framed.begin() + std::ptrdiff_t{y} * (mask.width + 2) + 1;
    plane.insert(plane.end(), row, row + mask.width);
  }
  GDALDriver* raster = GetGDALDriverManager()->GetDriverByName("MEM");
  GDALDriver* vector = GetGDALDriverManager()->GetDriverByName("Memory");
  const GDALDatasetUniquePtr image(raster->Create("", mask.width, mask.height, 1, GDT_Byte, nullptr));
  GDALRasterBand* band = image->GetRasterBand(1);
  if (band->RasterIO(GF_Write, 0, 0, mask.width, mask.height, plane.data(), mask.width, mask.height, GDT_Byte,
                     0, 0, nullptr) != CE_None)
    return state.SkipWithError("GDAL does not take the mask");
  GIntBig count = 0;
  for (auto _ : state) {
    const GDALDatasetUniquePtr out(vector->Create("", 0, 0, 0, GDT_Unknown, nullptr));
    OGRLayer* layer = out->CreateLayer("polygons", nullptr, wkbPolygon, nullptr);
    if (GDALPolygonize(band, band, layer, -1, nullptr, nullptr, nullptr) != CE_None)
      return state.SkipWithError("GDALPolygonize failed");
    count = layer->GetFeatureCount();
  }
  state.counters["pixels"] = static_cast<double>(mask.width) * mask.height;
  state.counters["polygons"] = static_cast<double>(count);
}

/// Keeps the runs of each benchmark, prints medians once all are over.
class Table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      Row& row = rows_[run.benchmark_name().substr(0, run.benchmark_name().find("/repeats"))];
      row.seconds.push_back(run.cpu_accumulated_time / static_cast<double>(run.iterations));
      for (const auto& [name, counter] : run.counters) row.counters[name] = counter.value;
    }
  }

  void print() {
    for (auto& [name, row] : rows_) {
      const auto middle = row.seconds.begin() + static_cast<std::ptrdiff_t>(row.seconds.size() / 2);
      std::nth_element(row.seconds.begin(), middle, row.seconds.end());
      row.median = *middle;
    }
    std::printf("instruction set: %s; CPU time of one thread, medians of %zu interleaved repetitions\n",
                kernels::active_target(), rows_.empty() ? 0 : rows_.begin()->second.seconds.size());
    std::printf("\n| kernel | Mpx/s | ns/px | GB/s | copy GB/s | of the copy |\n|---|---|---|---|---|---|\n");
    for (const auto& [name, row] : rows_) {
      if (name.rfind("copy/", 0) == 0) continue;
      const double pixels = row.counter("pixels"), bytes = row.counter("bytes");
      std::printf("| %s | %.0f | %.3f |", name.c_str(), pixels / row.median / 1e6, row.median / pixels * 1e9);
      const auto twin = rows_.find("copy/" + name);
      if (bytes > 0 && twin != rows_.end()) {
        const double rate = bytes / row.median, copied = twin->second.counter("bytes") / twin->second.median;
        std::printf(" %.1f | %.1f | %.0f %% |\n", rate / 1e9, copied / 1e9, 100 * rate / copied);
      } else {
        std::printf(" | | |\n");
      }
    }
    print_shares();
    const auto ours = rows_.find("polygons/tuban"), theirs = rows_.find("polygons/GDALPolygonize");
    if (ours != rows_.end() && theirs != rows_.end())
      std::printf(
          "\nnoisy mask, 4-connected: tuban %.0f polygons, GDALPolygonize %.0f; GDALPolygonize : tuban = "
          "%.1f\n",
          ours->second.counter("polygons"), theirs->second.counter("polygons"),
          theirs->second.median / ours->second.median);
  }

 private:
  struct Row {
    std::vector<double> seconds;
    std::map<std::string, double> counters;
    double median = 0;
    double counter(const char* name) const {
      const auto at = counters.find(name);
      return at == counters.end() ? 0 : at->second;
    }
  };

  /// Of the stages that a tile passes in the default chain once its blocks are decoded.
  void print_shares() const {
    const std::string names[] = {"score/default", "smooth_and_cut", "kinds", "extract", "assemble"};
    double all = 0;
    for (const std::string& name : names) {
      const auto at = rows_.find(name);
      if (at == rows_.end()) return;
      all += at->second.median / at->second.counter("pixels");
    }
    std::printf("\n| tile stage, 1 %% changed | ns/px | share |\n|---|---|---|\n");
    for (const std::string& name : names) {
      const Row& row = rows_.at(name);
      const double each = row.median / row.counter("pixels");
      std::printf("| %s | %.3f | %.0f %% |\n", name.c_str(), each * 1e9, 100 * each / all);
    }
    std::printf("| all | %.3f | |\n", all * 1e9);
  }

  std::map<std::string, Row> rows_;
};

void add(const std::string& name, const std::function<void(benchmark::State&)>& run,
         double copied_bytes = 0) {
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond);
  if (copied_bytes > 0)
    benchmark::RegisterBenchmark(("copy/" + name).c_str(),
                                 [copied_bytes](benchmark::State& state) { copy(state, copied_bytes); });
}

void add_all() {
  for (const kernels::Detector* detector : kernels::detectors())
    add(
        "score/" + std::string(detector->name()),
        [detector](benchmark::State& state) { score(state, detector); }, kScoreBytes);
  for (const char* name : {"none", "mean3", "multiscale", "gauss:3"})
    add(
        "smooth/" + std::string(name), [name](benchmark::State& state) { smooth(state, name); },
        kSmoothBytes);
  add("smooth_and_cut", smooth_and_cut, kSmoothAndCutBytes);
  add("kinds", kinds);
  add("label", label);
  add("extract", extract);
  add("assemble", assemble);
  add("polygons/tuban", polygons);
  add("polygons/GDALPolygonize", gdal_polygonize);
}

}  // namespace
}  // namespace tuban::bench

int main(int argc, char** argv) {
  GDALAllRegister();
  // The user's options follow ours, and the last one counts.
  std::string ours[] = {"--benchmark_repetitions=5", "--benchmark_min_time=0.05",
                        "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> words{argv[0]};
  for (std::string& word : ours) words.push_back(word.data());
  words.insert(words.end(), argv + 1, argv + argc);
  int count = static_cast<int>(words.size());
  benchmark::Initialize(&count, words.data());
  if (benchmark::ReportUnrecognizedArguments(count, words.data())) return 2;
  tuban::bench::add_all();
  tuban::bench::Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
  table.print();
}
