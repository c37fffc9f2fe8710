// SPDX-License-Identifier: Apache-2.0
// tuban-stages: runs a job through the library and says where wall and CPU time go, stage by stage. With
// --from-memory the pixels are decoded once and handed over as memory sources, so computing alone is
// measured; with several numbers of threads the runs are interleaved and the gain is printed.
#include <gdal_priv.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tuban/job.h"

namespace {

constexpr const char* kStages[] = {"plan", "register", "measure", "scan", "describe", "mark", "emit"};

struct Clock {
  double wall = 0, cpu = 0;

  static Clock now() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now().time_since_epoch();
    return {wall.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime)};
  }
};

/// A raster decoded into planes that a memory source can lend.
struct Planes {
  std::vector<std::byte> samples;
  std::vector<std::uint8_t> valid;
  tuban::MemoryRaster raster;

  void load(const tuban::Scene& scene) {
    const auto info = tuban::open_raster(scene.path, {.valid_path = scene.valid_path})->info();
    const GDALDatasetUniquePtr dataset(GDALDataset::Open(scene.path.c_str(), GDAL_OF_RASTER));
    if (!dataset) throw std::runtime_error("cannot open " + scene.path);
    const int width = dataset->GetRasterXSize(), height = dataset->GetRasterYSize();
    const int bands = static_cast<int>(info.bands.size());
    const GDALDataType type = dataset->GetRasterBand(1)->GetRasterDataType();
    const auto size = static_cast<std::ptrdiff_t>(GDALGetDataTypeSizeBytes(type));
    const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    samples.resize(pixels * static_cast<std::size_t>(bands * size));
    if (dataset->RasterIO(GF_Read, 0, 0, width, height, samples.data(), width, height, type, bands, nullptr,
                          0, 0, 0, nullptr) != CE_None)
      throw std::runtime_error("cannot read " + scene.path);
    raster.name = scene.path;
    raster.grid = info.grid;
    raster.type = info.type;
    raster.data = samples.data();
    raster.pixel_stride = size;
    raster.row_stride = size * width;
    raster.band_stride = size * static_cast<std::ptrdiff_t>(pixels);
    raster.bands = info.bands;
    raster.date = scene.date ? scene.date : info.date;
    int has_nodata = 0;
    const double nodata = dataset->GetRasterBand(1)->GetNoDataValue(&has_nodata);
    if (has_nodata != 0) raster.nodata = nodata;
    if (scene.valid_path.empty()) return;
    valid.resize(pixels);
    const GDALDatasetUniquePtr mask(GDALDataset::Open(scene.valid_path.c_str(), GDAL_OF_RASTER));
    if (!mask || mask->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, width, height, valid.data(), width, height,
                                                  GDT_Byte, 0, 0, nullptr) != CE_None)
      throw std::runtime_error("cannot read " + scene.valid_path);
    raster.valid = valid.data();
    raster.valid_row_stride = width;
  }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Times {
  std::map<std::string, std::vector<double>> wall, cpu;  ///< by stage, one per run; "whole" is the sum
};

tuban::Report measure(const tuban::Job& job, Times& times) {
  std::string stage = "plan";
  Clock start = Clock::now();
  std::map<std::string, Clock> spent;
  const auto close = [&](const char* next) {
    const Clock now = Clock::now();
    spent[stage].wall += now.wall - start.wall;
    spent[stage].cpu += now.cpu - start.cpu;
    stage = next;
    start = now;
  };
  tuban::Control control;
  control.progress = [&](const tuban::Progress& progress) {
    if (stage != progress.stage) close(progress.stage);
  };
  tuban::Report report = tuban::run(job, control);
  close("");
  Clock whole;
  for (const char* name : kStages) {
    times.wall[name].push_back(spent[name].wall);
    times.cpu[name].push_back(spent[name].cpu);
    whole.wall += spent[name].wall;
    whole.cpu += spent[name].cpu;
  }
  times.wall["whole"].push_back(whole.wall);
  times.cpu["whole"].push_back(whole.cpu);
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs a job and says where its time goes."};
  std::string path, output;
  std::vector<int> threads{2};
  int runs = 5;
  bool from_memory = false, bare = false;
  app.add_option("job", path, "job file")->required();
  app.add_option("-o,--output", output, "instead of the job's");
  app.add_option("--threads", threads, "one or more numbers, interleaved")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--runs", runs, "of each")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_flag("--from-memory", from_memory, "decode once, measure computing alone");
  app.add_flag("--bare", bare, "no layers, rules or rasters");
  CLI11_PARSE(app, argc, argv);
  try {
    GDALAllRegister();
    GDALSetCacheMax64(std::int64_t{64} << 20);
    tuban::Job job = tuban::load_job(path);
    job.overwrite = true;
    if (!output.empty()) job.output = output;
    if (bare) {
      job.layers.clear();
      job.mask_path.clear();
    }
    Planes before, after;
    if (from_memory) {
      before.load(job.before);
      after.load(job.after);
      job.before = {.path = "",
                    .source = tuban::wrap_memory(before.raster),
                    .valid_path = "",
                    .date = {},
                    .open_options = {}};
      job.after = {.path = "",
                   .source = tuban::wrap_memory(after.raster),
                   .valid_path = "",
                   .date = {},
                   .open_options = {}};
    }
    std::vector<Times> times(threads.size());
    tuban::Report report;
    for (int run = 0; run < runs; ++run) {
      for (std::size_t i = 0; i < threads.size(); ++i) {
        job.threads = threads[i];
        report = measure(job, times[i]);
      }
    }
    std::printf(
        "%lld pixels, %lld changed, %lld regions, %lld patches, %lld findings; medians of %d runs%s\n",
        static_cast<long long>(report.pixels), static_cast<long long>(report.changed_pixels),
        static_cast<long long>(report.regions), static_cast<long long>(report.patches),
        static_cast<long long>(report.findings), runs, from_memory ? ", pixels in memory" : "");
    std::printf("%-10s", "");
    for (const int count : threads) std::printf("  %2d: wall s   CPU s  share", count);
    if (threads.size() > 1) std::printf("   gain");
    std::printf("\n");
    std::vector<std::string> rows(std::begin(kStages), std::end(kStages));
    rows.emplace_back("whole");
    for (const std::string& stage : rows) {
      std::printf("%-10s", stage.c_str());
      for (Times& one : times)
        std::printf("  %10.3f %7.3f %4.0f %%", median(one.wall[stage]), median(one.cpu[stage]),
                    100 * median(one.cpu[stage]) / std::max(median(one.cpu["whole"]), 1e-9));
      if (times.size() > 1) {
        std::vector<double> gains;
        for (std::size_t run = 0; run < static_cast<std::size_t>(runs); ++run)
          gains.push_back(times.front().wall[stage][run] / std::max(times.back().wall[stage][run], 1e-9));
        std::printf("  %5.2f", median(gains));
      }
      std::printf("\n");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tuban-stages: %s\n", error.what());
    return 1;
  }
}
