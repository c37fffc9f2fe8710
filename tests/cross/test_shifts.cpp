// SPDX-License-Identifier: Apache-2.0
// Scenes that lie apart: how far is measured, and after correction as much is found as without a shift.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <numbers>

#include "bench/scene/scene.h"
#include "tests/support/raster_files.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::Pixels;
using testing::TempFolder;

constexpr double kTolerance = .15;

// A raster in memory that shows at p what another shows at p + (x, y): through a windowed sinc of its own.
class Moved {
 public:
  Moved(const Source& source, double x, double y) : info_(source.info()) {
    const Pixels pixels = testing::read_pixels(source);
    const int width = info_.grid.width, height = info_.grid.height;
    const auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    size_ = info_.type == SampleType::uint8 ? 1 : 2;
    samples_.resize(count * info_.bands.size() * size_);
    valid_.assign(count, 0);
    for (int j = 0; j < height; ++j)
      for (int i = 0; i < width; ++i) {
        const double sx = i + x, sy = j + y;
        if (sx < 0 || sy < 0 || sx > width - 1 || sy > height - 1) continue;
        valid_[static_cast<std::size_t>(j) * static_cast<std::size_t>(width) + static_cast<std::size_t>(i)] =
            pixels.is_valid(static_cast<int>(std::lround(sx)), static_cast<int>(std::lround(sy)));
      }
    for (std::size_t b = 0; b < info_.bands.size(); ++b) {
      const std::vector<double> across = filtered(pixels.bands[b], width, height, x, 1, width);
      const std::vector<double> moved = filtered(across, height, width, y, width, 1);
      for (std::size_t at = 0; at < count; ++at) {
        const double most = size_ == 1 ? 255 : 65535;
        const auto value = static_cast<std::uint16_t>(std::clamp(std::round(moved[at]), 0., most));
        std::memcpy(samples_.data() + (b * count + at) * size_, &value, size_);
      }
    }
  }
  std::shared_ptr<const Source> source() const {
    const auto row = static_cast<std::ptrdiff_t>(size_) * info_.grid.width;
    MemoryRaster raster;
    raster.name = "moved";
    raster.grid = info_.grid;
    raster.type = info_.type;
    raster.data = samples_.data();
    raster.pixel_stride = static_cast<std::ptrdiff_t>(size_);
    raster.row_stride = row;
    raster.band_stride = row * info_.grid.height;
    raster.bands = info_.bands;
    raster.valid = valid_.data();
    raster.valid_row_stride = info_.grid.width;
    raster.date = "2023-10-12";
    return wrap_memory(raster);
  }

 private:
  static constexpr int kReach = 8;
  // Along one axis of `length` samples `step` apart; lines are `apart`.
  static std::vector<double> filtered(const std::vector<double>& from, int length, int lines, double shift,
                                      int step, int apart) {
    std::vector<double> to(from.size());
    const int whole = static_cast<int>(std::floor(shift));
    for (int line = 0; line < lines; ++line)
      for (int i = 0; i < length; ++i) {
        double sum = 0, weights = 0;
        for (int k = -kReach; k <= kReach; ++k) {
          const int at = i + whole + k;
          const double weight = at < 0 || at >= length ? 0 : sinc(shift - whole - k);
          if (weight == 0) continue;
          weights += weight;
          sum += weight * from[static_cast<std::size_t>(line * apart + at * step)];
        }
        to[static_cast<std::size_t>(line * apart + i * step)] = weights != 0 ? sum / weights : 0;
      }
    return to;
  }
  static double sinc(double t) {
    if (t == 0) return 1;
    if (std::abs(t) >= kReach || t == std::round(t)) return 0;
    const double a = std::numbers::pi * t;
    return std::sin(a) / a * std::sin(a / kReach) / (a / kReach);
  }

  SourceInfo info_;
  std::size_t size_ = 1;
  std::vector<std::byte> samples_;
  std::vector<std::uint8_t> valid_;
};

nlohmann::json registration_of(const Report& report) {
  return nlohmann::json::parse(report.manifest).at("registration");
}

void expect_measured(const nlohmann::json& found, double x, double y) {
  ASSERT_TRUE(found.at("measured").get<bool>()) << found;
  EXPECT_NEAR(found.at("shift_x").get<double>(), x, kTolerance);
  EXPECT_NEAR(found.at("shift_y").get<double>(), y, kTolerance);
}

std::string data_folder() {
  if (const char* named = std::getenv("TUBAN_DATA")) return named;
  const char* source = std::getenv("TUBAN_SOURCE_DIR");
  return std::string(source ? source : ".") + "/../shared/data";
}

double taizhou_f1(const std::shared_ptr<const Source>& after, nlohmann::json& registration) {
  const std::string data = data_folder() + "/landsat/taizhou";
  const TempFolder folder;
  Job job;
  job.before.path = data + "_t1.tif";
  job.after.source = after;
  job.mask_path = folder / "mask.tif";
  registration = registration_of(run(job));
  testing::translate_raster(job.mask_path, folder / "plain.tif",
                            {"-colorinterp_1", "gray", "-a_nodata", "none"});
  const Pixels mask = testing::read_pixels(*open_raster(folder / "plain.tif"));
  const Pixels label = testing::read_pixels(*open_raster(data + "_label.tif"));
  double both = 0, one = 0;
  for (int y = 0; y < mask.window.height; ++y)
    for (int x = 0; x < mask.window.width; ++x) {
      if (label.at(0, x, y) > 1 || mask.at(0, x, y) > 1) continue;
      const bool changed = label.at(0, x, y) == 1, found = mask.at(0, x, y) == 1;
      both += changed && found ? 1 : 0;
      one += changed != found ? 1 : 0;
    }
  return 2 * both / (2 * both + one);
}

TEST(Shifts, PutOnTaizhouAreMeasuredAndCostLessThanATwentiethOfF1) {
  const std::string data = data_folder() + "/landsat/taizhou";
  if (!std::filesystem::exists(data + "_t1.tif")) GTEST_SKIP() << "no labelled imagery in " << data_folder();
  const auto after = open_raster(data + "_t2.tif");
  nlohmann::json registration;
  const double plain = taizhou_f1(after, registration);
  EXPECT_FALSE(registration.at("corrected").get<bool>());
  for (const double shift : {.25, .5, 1., 1.5, 2.}) {
    const Moved moved(*after, shift, -shift);
    const double f1 = taizhou_f1(moved.source(), registration);
    expect_measured(registration, shift, -shift);
    EXPECT_GE(f1, .95 * plain) << shift;
    std::printf("Taizhou by %.2f px: measured %.3f, %.3f; F1 %.4f, unshifted %.4f\n", shift,
                registration.at("shift_x").get<double>(), registration.at("shift_y").get<double>(), f1,
                plain);
  }
}

// Of planted changes, against patches.
double demo_f1(const std::string& scene, const std::shared_ptr<const Source>& after,
               nlohmann::json& registration) {
  const TempFolder folder;
  Job job = load_job(scene + "/job.yaml");
  job.after.source = after;
  job.output = folder / "out.gpkg";
  job.mask_path.clear();
  registration = registration_of(run(job));
  const scene::Score score = scene::score(scene, job.output);
  const double recall = static_cast<double>(score.all.found) / score.all.planted;
  const double precision = static_cast<double>(score.real) / score.patches;
  return 2 * recall * precision / (recall + precision);
}

TEST(Shifts, PutOnTheDemoSceneAreMeasuredAndCostLessThanATwentiethOfF1) {
  const TempFolder folder;
  double plain = 0;
  // The scene is painted at its shift up to 1 px, and moved by a whole pixel more beyond.
  for (const double shift : {0., .25, .5, 1., 1.5, 2.}) {
    const double more = shift > 1 ? 1 : 0;
    scene::Options options;
    options.seed = 11;
    options.width = options.height = 800;
    options.phenology = 0;
    options.shift = shift - more;
    options.validity = "nodata";
    options.compression = "NONE";
    options.folder = folder / std::to_string(shift);
    scene::generate(options);
    const auto after = open_raster(options.folder + "/after.tif");
    std::unique_ptr<Moved> moved;
    if (more > 0) moved = std::make_unique<Moved>(*after, more, more);
    nlohmann::json registration;
    const double f1 = demo_f1(options.folder, moved ? moved->source() : after, registration);
    if (shift == 0) plain = f1;
    expect_measured(registration, shift, shift);
    EXPECT_GE(f1, .95 * plain) << shift;
    std::printf("demo scene by %.2f px: measured %.3f, %.3f; F1 %.4f, unshifted %.4f\n", shift,
                registration.at("shift_x").get<double>(), registration.at("shift_y").get<double>(), f1,
                plain);
  }
}

}  // namespace
}  // namespace tuban
