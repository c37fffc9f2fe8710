// SPDX-License-Identifier: Apache-2.0
// How well the pixel level agrees with labels: fit on all pixels, score, 3 x 3 mean, cut. Prints one line per
// pair and ends with 1 where the Landsat pair misses its bar at the default cut. The OSCD labels hold urban
// change only, so precision there is a lower bound.
#include <fmt/core.h>
#include <gdal_priv.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>

#include "bench/quality/measures.h"
#include "kernels/detector.h"
#include "kernels/score_ops.h"
#include "kernels/smooth.h"
#include "kernels/threshold.h"

namespace tuban::bench {
namespace {

using namespace tuban::kernels;

struct Bands {
  int width = 0, height = 0;
  std::vector<std::vector<float>> planes;

  std::vector<const std::byte*> pointers() const {
    std::vector<const std::byte*> result;
    for (const auto& plane : planes) result.push_back(reinterpret_cast<const std::byte*>(plane.data()));
    return result;
  }
};

// The first `count` bands, all where 0.
Bands read(const std::string& path, int count) {
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER));
  if (!dataset) throw std::runtime_error("cannot open " + path);
  Bands bands{dataset->GetRasterXSize(), dataset->GetRasterYSize(), {}};
  if (count == 0) count = dataset->GetRasterCount();
  for (int b = 1; b <= count; ++b) {
    auto& plane = bands.planes.emplace_back(static_cast<std::size_t>(bands.width) *
                                            static_cast<std::size_t>(bands.height));
    if (dataset->GetRasterBand(b)->RasterIO(GF_Read, 0, 0, bands.width, bands.height, plane.data(),
                                            bands.width, bands.height, GDT_Float32, 0, 0, nullptr) != CE_None)
      throw std::runtime_error("cannot read " + path);
  }
  return bands;
}

std::vector<float> smoothed_scores(const Detector& detector, const Model& model, const Bands& before,
                                   const Bands& after) {
  const int w = before.width;
  const int h = before.height;
  const std::size_t pixels = before.planes[0].size();
  const std::vector<std::uint8_t> valid(pixels, 1);
  std::vector<float> frame(static_cast<std::size_t>(w + 2) * static_cast<std::size_t>(h + 2), std::nanf(""));
  std::vector<float> result(pixels);
  const View<float> framed{frame.data(), w + 2, h + 2, w + 2};
  const auto x = before.pointers();
  const auto y = after.pointers();
  detector.score(model, {SampleType::float32, w, h, x, y, w, {valid.data(), w, h, w}},
                 framed.sub(1, 1, w, h));
  smooth(framed, {result.data(), w, h, w});
  return result;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Confusion assess(const Detector& detector, const std::string& folder, const std::string& name, int bands) {
  const std::string stem = folder + "/" + name;
  const Bands before = read(stem + "_t1.tif", bands);
  const Bands after = read(stem + "_t2.tif", bands);
  const Bands label = read(stem + "_label.tif", 1);
  const auto start = std::chrono::steady_clock::now();
  const Model model = detector.solve({before.planes, after.planes});
  const double solve = seconds_since(start);
  const std::vector<float> scores = smoothed_scores(detector, model, before, after);
  const Cut cut = choose_cut(scores);

  std::vector<Labelled> pixels;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (label.planes[0][i] != 255.0F) pixels.push_back({scores[i], label.planes[0][i] == 1.0F});
  const Confusion at_cut =
      confusion_at(pixels, cut.changed ? cut.value : std::numeric_limits<float>::infinity());
  const Ranking ranking = rank(std::move(pixels));
  fmt::print(
      "{:<10} {:>6.3f} {:>7.4f} {:>7.4f} {:>7.4f} {:>7.4f} | {:>7.4f} {:>7.4f} {:>7.4f} {:>7.4f} | "
      "{:>6.2f}\n",
      name, cut.value, cut.changed_share, at_cut.kappa(), at_cut.f1(), at_cut.recall(), ranking.auc,
      ranking.average_precision, ranking.best_kappa, ranking.best_f1, solve);
  for (const auto& note : model.notes) fmt::print("           {}\n", note);
  for (const auto& note : cut.notes) fmt::print("           {}\n", note);
  return at_cut;
}

int run(const std::string& data, const std::string& name) {
  const Detector* detector = find_detector(name);
  if (detector == nullptr) throw std::runtime_error("unknown detector " + name);
  fmt::print("{} ({}), {}\n", detector->name(), detector->summary(), active_target());
  fmt::print("{:<10} {:>6} {:>7} {:>7} {:>7} {:>7} | {:>7} {:>7} {:>7} {:>7} | {:>6}\n", "pair", "cut",
             "flagged", "kappa", "F1", "recall", "AUC", "AP", "best k", "best F1", "fit s");
  const Confusion landsat = assess(*detector, data + "/landsat", "taizhou", 0);
  for (const char* city : {"beihai", "beirut", "bercy", "bordeaux", "cupertino", "nantes", "paris", "rennes"})
    assess(*detector, data + "/oscd", city, 4);
  return detector == detectors()[0] && (landsat.kappa() < 0.96 || landsat.f1() < 0.97) ? 1 : 0;
}

}  // namespace
}  // namespace tuban::bench

int main(int argc, char** argv) {
  GDALAllRegister();
  const char* data = std::getenv("TUBAN_DATA");
  try {
    return tuban::bench::run(data != nullptr ? data : TUBAN_QUALITY_DATA, argc > 1 ? argv[1] : "default");
  } catch (const std::exception& error) {
    fmt::print(stderr, "tuban_quality: {}; the labelled pairs are looked for in TUBAN_DATA\n", error.what());
    return 2;
  }
}
