// SPDX-License-Identifier: Apache-2.0
// A pair of two grids gives what the pair gives that gdalwarp has brought together, and G1 holds through
// resampling.
#include <gdal_priv.h>
#include <gdal_utils.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/scene/scene.h"
#include "tests/support/dump.h"
#include "tests/support/raster_files.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::TempFolder;

void gdalwarp(const std::string& from, const std::string& to, std::vector<std::string> arguments) {
  GDALAllRegister();
  std::vector<char*> words;
  for (auto& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  GDALDatasetH source = GDALOpen(from.c_str(), GA_ReadOnly);
  ASSERT_NE(source, nullptr);
  GDALWarpAppOptions* options = GDALWarpAppOptionsNew(words.data(), nullptr);
  GDALDatasetH made = GDALWarp(to.c_str(), nullptr, 1, &source, options, nullptr);
  GDALWarpAppOptionsFree(options);
  GDALClose(source);
  ASSERT_NE(made, nullptr);
  GDALClose(made);
}

// A mask, whose colour table keeps it from being an input.
struct Mask {
  explicit Mask(const std::string& path) {
    GDALDatasetH file = GDALOpen(path.c_str(), GA_ReadOnly);
    if (file == nullptr) throw std::runtime_error("no mask " + path);
    width = GDALGetRasterXSize(file);
    height = GDALGetRasterYSize(file);
    GDALGetGeoTransform(file, transform.data());
    pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    const CPLErr read = GDALRasterIO(GDALGetRasterBand(file, 1), GF_Read, 0, 0, width, height, pixels.data(),
                                     width, height, GDT_Byte, 0, 0);
    GDALClose(file);
    if (read != CE_None) throw std::runtime_error("cannot read " + path);
  }
  bool changed(int x, int y) const {
    return x >= 0 && y >= 0 && x < width && y < height &&
           pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)] == 1;
  }
  int width = 0, height = 0;
  std::array<double, 6> transform{};
  std::vector<unsigned char> pixels;
};

// The demo scene; its later image once more in longitude and latitude, with pixels of another size.
struct Pair {
  Pair() {
    scene::Options options;
    options.seed = 20231012;
    options.width = 600;
    options.height = 520;
    options.tile = 64;
    options.folder = folder / "scene";
    scene::generate(options);
    before = options.folder + "/before.tif";
    askew = folder / "askew.tif";
    gdalwarp(options.folder + "/after.tif", askew,
             {"-t_srs", "EPSG:4490", "-tr", "0.000081", "0.000074", "-r", "cubic", "-et", "0", "-co",
              "TILED=YES", "-co", "BLOCKXSIZE=128", "-co", "BLOCKYSIZE=128", "-co", "COMPRESS=DEFLATE"});
  }
  TempFolder folder;
  std::string before, askew;
};

const Pair& pair() {
  static const Pair made;
  return made;
}

Job job_of(const std::string& after, const std::string& folder) {
  Job job;
  job.before.path = pair().before;
  job.after.path = after;
  job.before.date = "2022-01-01";
  job.after.date = "2023-01-01";
  job.output = folder + "/out.gpkg";
  job.mask_path = folder + "/mask.tif";
  job.patch_mask_path = folder + "/patch_mask.tif";
  job.score_path = folder + "/score.tif";
  job.overwrite = true;
  return job;
}

TEST(TwoGrids, ThePatchesAreThoseOfAPairThatGdalwarpBroughtTogether) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "out");
  const Grid grid = open_raster(pair().before)->info().grid;
  gdalwarp(pair().askew, folder / "warped.tif",
           {"-t_srs", grid.crs, "-te", std::to_string(grid.transform[0]),
            std::to_string(grid.ground_y(0, grid.height)), std::to_string(grid.ground_x(grid.width, 0)),
            std::to_string(grid.transform[3]), "-ts", std::to_string(grid.width), std::to_string(grid.height),
            "-r", "bilinear", "-et", "0"});
  run(job_of(folder / "warped.tif", folder / "out"));
  const Mask expected(folder / "out" + "/patch_mask.tif");
  Job job = job_of(pair().askew, folder / "out");
  job.reproject = true;
  const Report report = run(job);
  EXPECT_NE(report.manifest.find("\"resampling\":\"bilinear\",\"node_spacing\":16"), std::string::npos)
      << report.manifest;
  const Mask found(folder / "out" + "/patch_mask.tif");
  const auto& cut = found.transform;
  const int left = static_cast<int>(std::lround((cut[0] - grid.transform[0]) / grid.transform[1]));
  const int top = static_cast<int>(std::lround((cut[3] - grid.transform[3]) / grid.transform[5]));
  double both = 0, either = 0;
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x) {
      const bool a = expected.changed(x, y);
      const bool b = found.changed(x - left, y - top);
      both += a && b;
      either += a || b;
    }
  ASSERT_GT(either, 1000);
  EXPECT_GE(both / either, 0.9);
  RecordProperty("iou", std::to_string(both / either));
}

std::string outcome(const std::string& folder, const char* grid, int width, int height, int threads,
                    ExecutorKind executor) {
  Job job = job_of(pair().askew, folder);
  job.grid = grid;
  job.tile_width = width;
  job.tile_height = height;
  job.threads = threads;
  job.executor = executor;
  run(job);
  return test::dump_geopackage(job.output) + test::hash_raster(job.mask_path) +
         test::hash_raster(job.score_path);
}

TEST(G1, TilingThreadsAndExecutorAreInvisibleThroughResampling) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "out");
  for (const char* grid : {"before", "after"}) {
    const std::string base = outcome(folder / "out", grid, 1 << 20, 1 << 20, 1, ExecutorKind::serial);
    EXPECT_GT(base.size(), 5000U);
    EXPECT_EQ(outcome(folder / "out", grid, 100, 64, 2, ExecutorKind::tbb) == base, true) << grid;
    EXPECT_EQ(outcome(folder / "out", grid, 200, 90, 3, ExecutorKind::jthread) == base, true) << grid;
  }
}

}  // namespace
}  // namespace tuban
