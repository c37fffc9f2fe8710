// SPDX-License-Identifier: Apache-2.0
// Patches on military ground are in the register and nowhere else.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/io/raster_reader.h"
#include "tests/support/dump.h"
#include "tests/support/raster_files.h"
#include "tests/support/vector_file.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

namespace fs = std::filesystem;

using testing::RasterFile;
using testing::TempFolder;

constexpr int kSide = 240;
constexpr double kLeft = 38500000, kTop = 2500480;  // 2 m pixels

struct Square {
  int x, y, side;
  bool has(int column, int row) const {
    return column >= x && column < x + side && row >= y && row < y + side;
  }
};
// The first is secret; of the second only a corner lies on secret ground; the third is nobody's business; the
// fourth is secret and too small for a patch.
constexpr Square kSquares[] = {{30, 40, 24}, {120, 150, 24}, {170, 30, 24}, {34, 190, 6}};

void write_date(const std::string& path, bool after) {
  RasterFile file;
  file.width = file.height = kSide;
  file.type = "uint16";
  file.transform = std::array<double, 6>{kLeft, 2, 0, kTop, 0, -2};
  file.crs = "EPSG:4526";
  file.creation_options = {"TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=32"};
  file.value = [after](int, int x, int y) {
    bool changed = false;
    for (const Square& square : kSquares) changed |= square.has(x, y);
    return 500.0 + (x * 37 + y * 91 + (after ? 5 : 0)) % 61 + (after && changed ? 900 : 0);
  };
  testing::write_raster(path, file);
}

/// The ground of pixel columns [x0, x1) and rows [y0, y1).
std::string ground(double x0, double y0, double x1, double y1) {
  const double west = kLeft + 2 * x0, east = kLeft + 2 * x1, north = kTop - 2 * y0, south = kTop - 2 * y1;
  return fmt::format("POLYGON(({0} {2},{1} {2},{1} {3},{0} {3},{0} {2}))", west, east, south, north);
}

Job job_in(const TempFolder& folder, bool military) {
  write_date(folder / "before.tif", false);
  write_date(folder / "after.tif", true);
  Job job;
  job.before.path = folder / "before.tif";
  job.after.path = folder / "after.tif";
  job.output = folder / "out.gpkg";
  job.mask_path = folder / "mask.tif";
  job.patch_mask_path = folder / "patch_mask.tif";
  job.score_path = folder / "score.tif";
  job.detector = "difference";
  job.smooth = "none";
  job.threshold = "fixed:400";
  job.tile_width = job.tile_height = 32;
  job.registration = RegistrationKind::off;
  if (!military) return job;
  test::VectorFile("GPKG", folder / "secret.gpkg", "EPSG:4526")
      .feature(ground(35, 45, 40, 50))
      .feature(ground(110, 140, 121, 151))
      .feature(ground(30, 180, 60, 220));
  std::ofstream(folder / "layers.yaml") << "layers:\n  - {role: military, path: secret.gpkg}\n";
  job.layers = {folder / "layers.yaml"};
  job.military_register = folder / "register.gpkg";
  return job;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Listed {
  std::string patch_id;
  std::int64_t rank, region_id;
};

std::vector<Listed> patches_of(const std::string& path) {
  GDALAllRegister();
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR));
  std::vector<Listed> patches;
  if (dataset == nullptr) return patches;
  for (const auto& feature : *dataset->GetLayerByName("patches"))
    patches.push_back({feature->GetFieldAsString("patch_id"), feature->GetFieldAsInteger64("rank"),
                       feature->GetFieldAsInteger64("region_id")});
  return patches;
}

double sample(const std::string& raster, int x, int y) {
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(raster.c_str(), GDAL_OF_RASTER));
  double value = -1;
  EXPECT_EQ(dataset->GetRasterBand(1)->RasterIO(GF_Read, x, y, 1, 1, &value, 1, 1, GDT_Float64, 0, 0),
            CE_None);
  return value;
}

/// Stops at the beginning of a stage, with the work folder left behind.
void stop_at(const Job& job, const std::string& stage) {
  std::stop_source stop;
  Control control;
  control.stop = stop.get_token();
  control.checkpoint_seconds = 0;
  control.progress = [&](const Progress& progress) {
    if (stage == progress.stage) stop.request_stop();
  };
  try {
    run(job, control);
    ADD_FAILURE() << "the run was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled) << error.what();
  }
}

class Secrecy : public ::testing::Test {
 protected:
  /// Ids by square, of a run that knows of no secret.
  void SetUp() override {
    const TempFolder folder;
    Job job = job_in(folder, false);
    run(job);
    for (const Listed& patch : patches_of(job.output)) {
      const int x = static_cast<int>(patch.region_id % kSide), y = static_cast<int>(patch.region_id / kSide);
      for (std::size_t i = 0; i < 3; ++i)
        if (kSquares[i].has(x, y)) id_[i] = patch.patch_id;
    }
    for (const auto& id : id_) ASSERT_EQ(id.size(), 16);
  }
  /// Whether a file of the folder, but for the register, has these bytes.
  static std::set<std::string> files_with(const TempFolder& folder, const std::string& text) {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder / ""))
      if (entry.is_regular_file() && bytes_of(entry.path()).find(text) != std::string::npos)
        found.insert(entry.path().filename().string());
    return found;
  }
  std::array<std::string, 3> id_;
};

TEST_F(Secrecy, SecretPatchesAreInTheRegisterAndInNoOtherFile) {
  const TempFolder folder;
  const Job job = job_in(folder, true);
  const Report report = run(job);
  using Files = std::set<std::string>;
  EXPECT_EQ(files_with(folder, id_[0]), Files{"register.gpkg"});
  EXPECT_EQ(files_with(folder, id_[1]), Files{"register.gpkg"});
  EXPECT_EQ(files_with(folder, id_[2]), Files{"out.gpkg"});
  for (const std::string secret : {"secret.gpkg", "military\",\"path"})
    EXPECT_EQ(files_with(folder, secret).contains("out.gpkg"), false) << secret;
  EXPECT_EQ(report.manifest.find("secret.gpkg"), std::string::npos);

  const auto open = patches_of(job.output), kept = patches_of(job.military_register);
  ASSERT_EQ(open.size(), 1);
  EXPECT_EQ(open[0].rank, 1);
  ASSERT_EQ(kept.size(), 2);
  EXPECT_EQ(kept[0].rank, 1);
  EXPECT_EQ(kept[1].rank, 2);
  EXPECT_EQ(report.patches, 1);
  EXPECT_EQ(report.regions, 1);
  EXPECT_EQ(report.changed_pixels, 24 * 24);
  EXPECT_EQ(report.valid_pixels, kSide * kSide - 2 * 24 * 24 - 6 * 6);

  struct stat status {};
  ASSERT_EQ(::stat(job.military_register.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Secrecy, SecretPixelsAreInvalidInEveryRaster) {
  const TempFolder folder;
  const Job job = job_in(folder, true);
  run(job);
  for (const Square& square : kSquares) {
    const bool secret = &square != &kSquares[2];
    for (int y = square.y; y < square.y + square.side; y += square.side - 1)
      for (int x = square.x; x < square.x + square.side; x += square.side - 1) {
        EXPECT_EQ(sample(job.mask_path, x, y), secret ? 255 : 1) << x << " " << y;
        EXPECT_EQ(sample(job.patch_mask_path, x, y), secret ? 255 : 1) << x << " " << y;
        EXPECT_EQ(std::isnan(sample(job.score_path, x, y)), secret) << x << " " << y;
      }
  }
  EXPECT_EQ(sample(job.mask_path, 5, 5), 0);
}

TEST_F(Secrecy, WithoutARegisterNothingIsWrittenAnywhere) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  job.military_register.clear();
  run(job);
  EXPECT_TRUE(files_with(folder, id_[0]).empty());
  EXPECT_TRUE(files_with(folder, id_[1]).empty());
  EXPECT_FALSE(fs::exists(folder / "register.gpkg"));
}

TEST_F(Secrecy, TheCheckpointHoldsNoSecretAndAResumedRunEndsTheSame) {
  const TempFolder folder;
  Job job = job_in(folder, true);
  run(job);
  const std::string out = test::dump_geopackage(job.output),
                    kept = test::dump_geopackage(job.military_register);
  const std::string mask = test::hash_raster(job.mask_path);
  job.overwrite = true;
  for (const char* stage : {"describe", "mark", "emit"}) {
    stop_at(job, stage);
    const fs::path work(folder / ".out.gpkg.tuban-work");
    ASSERT_TRUE(fs::exists(work)) << stage;
    // A record begins with the index of the region's first pixel.
    for (const Square& square : {kSquares[0], kSquares[1]}) {
      const std::uint64_t first =
          static_cast<std::uint64_t>(square.y) * kSide + static_cast<std::uint64_t>(square.x);
      const std::string index(reinterpret_cast<const char*>(&first), sizeof first);
      for (const auto& entry : fs::directory_iterator(work))
        EXPECT_EQ(bytes_of(entry.path()).find(index), std::string::npos) << stage << " " << entry.path();
    }
    Control control;
    control.resume = true;
    EXPECT_GT(run(job, control).resumed_pixels, 0) << stage;
    EXPECT_EQ(test::dump_geopackage(job.output), out) << stage;
    EXPECT_EQ(test::dump_geopackage(job.military_register), kept) << stage;
    EXPECT_EQ(test::hash_raster(job.mask_path), mask) << stage;
    EXPECT_FALSE(fs::exists(folder / ".register.gpkg.tuban-withheld"));
  }
}

TEST_F(Secrecy, ARegisterWithoutAMilitaryLayerIsRefused) {
  const TempFolder folder;
  Job job = job_in(folder, false);
  job.military_register = folder / "register.gpkg";
  try {
    run(job);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("role military"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tuban
