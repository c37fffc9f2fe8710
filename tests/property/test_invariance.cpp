// SPDX-License-Identifier: Apache-2.0
// G1: tiling, threads, executor, source and instruction set are invisible in every output.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/scene/scene.h"
#include "tests/support/dump.h"
#include "tests/support/group_book.h"
#include "tests/support/raster_files.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::TempFolder;

// A scene that is no multiple of any tile, painted once for all tests of this program.
const std::string& scene_folder() {
  static TempFolder folder;
  static const std::string path = [] {
    scene::Options options;
    options.seed = 20231012;
    options.width = 1100;
    options.height = 930;
    options.tile = 64;
    options.folder = folder / "scene";
    scene::generate(options);
    test::group_book(options.folder);
    return options.folder;
  }();
  return path;
}

// A file's pixels in memory the test owns, rows padded, bands one after another.
struct Loaded {
  explicit Loaded(const std::string& path, const std::string& valid_path) {
    RasterOptions options;
    options.valid_path = valid_path;
    const auto source = open_raster(path, options);
    info = source->info();
    const auto width = static_cast<std::size_t>(info.grid.width) + 13;
    const auto plane = width * static_cast<std::size_t>(info.grid.height);
    samples.resize(plane * info.bands.size());
    valid.assign(plane, 1);
    std::vector<std::byte*> planes;
    for (std::size_t b = 0; b < info.bands.size(); ++b)
      planes.push_back(reinterpret_cast<std::byte*>(samples.data() + b * plane));
    source->open()->read(
        {0, 0, info.grid.width, info.grid.height},
        {planes, static_cast<std::ptrdiff_t>(width), valid.data(), static_cast<std::ptrdiff_t>(width)});
    raster.name = info.id;
    raster.grid = info.grid;
    raster.type = info.type;
    raster.data = samples.data();
    raster.pixel_stride = 2;
    raster.row_stride = static_cast<std::ptrdiff_t>(2 * width);
    raster.band_stride = static_cast<std::ptrdiff_t>(2 * plane);
    raster.bands = info.bands;
    raster.valid = valid.data();
    raster.valid_row_stride = static_cast<std::ptrdiff_t>(width);
  }
  SourceInfo info;
  std::vector<std::uint16_t> samples;
  std::vector<std::uint8_t> valid;
  MemoryRaster raster;
};

struct Variant {
  int tile_width, tile_height;
  int threads;
  ExecutorKind executor;
  bool memory;
  ReaderKind reader = ReaderKind::automatic;
};

std::string name_of(const Variant& v) {
  const std::array<const char*, 4> executors{"tbb", "serial", "openmp", "jthread"};
  return std::to_string(v.tile_width) + "x" + std::to_string(v.tile_height) + " threads " +
         std::to_string(v.threads) + " " + executors[static_cast<std::size_t>(v.executor)] +
         (v.memory                            ? " memory"
          : v.reader == ReaderKind::automatic ? " file"
                                              : " file through GDAL");
}

// Everything a run writes, as one text.
std::string outcome(
    const Variant& variant, const std::string& folder,
    const std::function<void(Job&)>& change = [](Job&) {}) {
  Job job = load_job(scene_folder() + "/job.yaml");
  job.rules = {"farmland", "mining", "quality", scene_folder() + "/together.yaml"};
  change(job);
  job.tile_width = variant.tile_width;
  job.tile_height = variant.tile_height;
  job.threads = variant.threads;
  job.executor = variant.executor;
  job.reader = variant.reader;
  job.overwrite = true;
  job.output = folder + "/out.gpkg";
  job.mask_path = folder + "/mask.tif";
  job.patch_mask_path = folder + "/patch_mask.tif";
  job.score_path = folder + "/score.tif";
  if (variant.memory) {
    static const Loaded before(scene_folder() + "/before.tif", scene_folder() + "/before_valid.tif");
    static const Loaded after(scene_folder() + "/after.tif", scene_folder() + "/after_valid.tif");
    job.before.source = wrap_memory(before.raster);
    job.after.source = wrap_memory(after.raster);
  }
  run(job);
  return test::dump_geopackage(job.output) + "mask " + test::hash_raster(job.mask_path) + "\npatch mask " +
         test::hash_raster(job.patch_mask_path) + "\nscore " + test::hash_raster(job.score_path) + "\n";
}

constexpr int kWhole = 1 << 20;
constexpr std::array<std::array<int, 2>, 6> kTiles{
    {{64, 64}, {128, 128}, {256, 256}, {512, 512}, {1000, 300}, {kWhole, kWhole}}};
constexpr std::array<int, 4> kThreads{1, 2, 3, 8};
constexpr std::array<ExecutorKind, 4> kExecutors{ExecutorKind::serial, ExecutorKind::tbb,
                                                 ExecutorKind::openmp, ExecutorKind::jthread};

// Every combination in the full tier; else a set in which every value meets every executor and both sources.
std::vector<Variant> variants() {
  const bool full = std::getenv("TUBAN_FULL") != nullptr;
  std::vector<Variant> chosen;
  for (std::size_t t = 0; t < kTiles.size(); ++t)
    for (std::size_t n = 0; n < kThreads.size(); ++n)
      for (std::size_t e = 0; e < kExecutors.size(); ++e)
        for (const bool memory : {false, true})
          if (full || ((t + n) % 4 == e && (t + n / 2 + e) % 2 == (memory ? 1U : 0U)))
            chosen.push_back({kTiles[t][0], kTiles[t][1], kThreads[n], kExecutors[e], memory});
  chosen.push_back({512, 512, 2, ExecutorKind::tbb, false, ReaderKind::gdal});
  return chosen;
}

const std::string& baseline() {
  static const std::string text = [] {
    const TempFolder folder;
    std::filesystem::create_directories(folder / "out");
    return outcome({kWhole, kWhole, 1, ExecutorKind::serial, false}, folder / "out");
  }();
  return text;
}

}  // namespace

TEST(G1, TheBaselineHasPatchesFindingsAndOverlaps) {
  for (const char* table : {"patches", "findings", "overlaps", "pieces", "spectra"})
    EXPECT_NE(baseline().find(table), std::string::npos) << table;
  for (const char* rule : {"G1", "D1", "P1"})
    EXPECT_NE(baseline().find("rule_id=\"" + std::string(rule)), std::string::npos) << rule;
  EXPECT_NE(baseline().find("\"members\\\":2"), std::string::npos);
  EXPECT_GT(baseline().size(), 10'000U);
}

// A dump without what stands under `geometry`, the last field of a line.
std::string without_geometry(const std::string& dump) {
  std::string rest;
  for (std::size_t at = 0; at < dump.size();) {
    const std::size_t end = dump.find('\n', at);
    const std::string line = dump.substr(at, end - at);
    rest += line.substr(0, line.find(" geometry=")) + "\n";
    at = end + 1;
  }
  return rest;
}

TEST(Simplify, ChangesGeometriesAndNeitherAttributesNorFindingsNorOverlaps) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "out");
  const std::string simple =
      outcome({512, 512, 2, ExecutorKind::tbb, false}, folder / "out", [](Job& job) { job.simplify = 6; });
  EXPECT_EQ(simple == baseline(), false);
  EXPECT_EQ(without_geometry(simple) == without_geometry(baseline()), true);
}

TEST(G1, TilingThreadsExecutorAndSourceAreInvisible) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "out");
  for (const Variant& variant : variants())
    ASSERT_EQ(outcome(variant, folder / "out") == baseline(), true) << name_of(variant);
}

TEST(G1, TilingIsInvisibleWhereNeighboursAreComparedToo) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "out");
  for (const char* smooth : {"none", "multiscale"}) {
    const auto tolerant = [&](Job& job) {
      job.shift_tolerance = 1;
      job.smooth = smooth;
    };
    const std::string whole =
        outcome({kWhole, kWhole, 1, ExecutorKind::serial, false}, folder / "out", tolerant);
    EXPECT_EQ(whole == baseline(), false);
    for (const Variant& variant :
         {Variant{64, 64, 3, ExecutorKind::tbb, false}, Variant{1000, 300, 2, ExecutorKind::jthread, true}})
      ASSERT_EQ(outcome(variant, folder / "out", tolerant) == whole, true)
          << smooth << " " << name_of(variant);
  }
}

TEST(G1, InstructionSetsAreInvisible) {
  const char* program = std::getenv("TUBAN_PROGRAM");
  ASSERT_NE(program, nullptr) << "TUBAN_PROGRAM names the command line under test";
  const TempFolder folder;
  const auto run_with = [&](const std::string& environment, const std::string& name,
                            const std::string& options = "") {
    const std::string out = folder / name;
    const std::string command = environment + " '" + program + "' detect --job '" + scene_folder() +
                                "/job.yaml' -o '" + out + ".gpkg' --mask '" + out + "_mask.tif' --score '" +
                                out + "_score.tif' -q " + options;
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return test::dump_geopackage(out + ".gpkg") + test::hash_raster(out + "_mask.tif") +
           test::hash_raster(out + "_score.tif");
  };
  const std::string plain = run_with("", "plain");
  EXPECT_EQ(run_with("TUBAN_ISA=baseline", "baseline") == plain, true);
  EXPECT_EQ(run_with("TUBAN_ISA=avx2", "avx2") == plain, true);
  EXPECT_EQ(run_with("TUBAN_ISA=baseline", "curve_baseline", "--normalise histogram") ==
                run_with("", "curve", "--normalise histogram"),
            true);
  EXPECT_EQ(run_with("GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2", "glibc") == plain, true)
      << "a libm that picks other instructions changes the result";
}

}  // namespace tuban
