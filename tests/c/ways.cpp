// SPDX-License-Identifier: Apache-2.0
// One job by the C API or the C++ API of the shared library, from a job file or from two files of interleaved
// uint16 samples in four bands, which it holds in memory.
#include <tuban.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "tuban/error.h"
#include "tuban/io.h"
#include "tuban/job.h"

namespace {

constexpr int kBands = 4;
constexpr const char* kDates[] = {"2023-05-18", "2023-10-12"};
constexpr const char* kUsage =
    "usage: ways c|cpp JOB OUT | ways c|cpp BEFORE AFTER LAYERS OUT WIDTH HEIGHT CRS T0 T1 T2 T3 T4 T5\n";

struct Arrays {
  std::vector<char> before, after;
  std::string crs, layers;
  int width = 0, height = 0;
  double transform[6] = {};
};

std::vector<char> bytes_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Arrays arrays_of(char** arguments) {
  Arrays made;
  made.before = bytes_of(arguments[0]);
  made.after = bytes_of(arguments[1]);
  made.layers = arguments[2];
  made.width = std::atoi(arguments[4]);
  made.height = std::atoi(arguments[5]);
  made.crs = arguments[6];
  for (int i = 0; i < 6; ++i) made.transform[i] = std::strtod(arguments[7 + i], nullptr);
  return made;
}

namespace by_cpp {

std::shared_ptr<const tuban::Source> source(const std::vector<char>& pixels, const Arrays& from, int date) {
  tuban::MemoryRaster raster;
  raster.name = date == 0 ? "before" : "after";
  raster.date = kDates[date];
  raster.grid.width = from.width;
  raster.grid.height = from.height;
  raster.grid.crs = from.crs;
  std::copy(std::begin(from.transform), std::end(from.transform), raster.grid.transform.begin());
  raster.type = tuban::SampleType::uint16;
  raster.data = pixels.data();
  raster.pixel_stride = kBands * 2;
  raster.row_stride = raster.pixel_stride * from.width;
  raster.band_stride = 2;
  raster.bands = {{"blue", tuban::BandRole::blue},
                  {"green", tuban::BandRole::green},
                  {"red", tuban::BandRole::red},
                  {"nir", tuban::BandRole::nir}};
  return tuban::wrap_memory(raster);
}

void run(const char* file, const Arrays* arrays, const char* output) {
  tuban::Job job;
  if (file != nullptr) job = tuban::load_job(file);
  if (arrays != nullptr) {
    job.before.source = source(arrays->before, *arrays, 0);
    job.after.source = source(arrays->after, *arrays, 1);
    job.layers = {arrays->layers};
  }
  job.output = output;
  tuban::run(job);
}

}  // namespace by_cpp

namespace by_c {

void check(tuban_job* job, tuban_status status) {
  if (status != TUBAN_OK) throw std::runtime_error(tuban_job_error(job));
}

tuban_raster raster(const std::vector<char>& pixels, const Arrays& from, int date) {
  static const char* const names[] = {"blue", "green", "red", "nir"};
  static const std::int32_t roles[] = {TUBAN_BAND_BLUE, TUBAN_BAND_GREEN, TUBAN_BAND_RED, TUBAN_BAND_NIR};
  tuban_raster made{};
  made.struct_size = sizeof(made);
  made.type = TUBAN_UINT16;
  made.name = date == 0 ? "before" : "after";
  made.date = kDates[date];
  made.width = from.width;
  made.height = from.height;
  made.crs = from.crs.c_str();
  std::copy(std::begin(from.transform), std::end(from.transform), made.transform);
  made.band_count = kBands;
  made.band_names = names;
  made.band_roles = roles;
  made.data = pixels.data();
  made.pixel_stride = kBands * 2;
  made.row_stride = made.pixel_stride * from.width;
  made.band_stride = 2;
  return made;
}

void run(const char* file, const Arrays* arrays, const char* output) {
  tuban_job* const job = tuban_job_new();
  if (file != nullptr) check(job, tuban_job_load(job, file));
  if (arrays != nullptr) {
    const tuban_raster before = raster(arrays->before, *arrays, 0), after = raster(arrays->after, *arrays, 1);
    check(job, tuban_job_set_before(job, &before));
    check(job, tuban_job_set_after(job, &after));
    check(job, tuban_job_set(job, "layers", arrays->layers.c_str()));
  }
  check(job, tuban_job_set(job, "output", output));
  check(job, tuban_run(job, nullptr, nullptr));
  tuban_job_free(job);
}

}  // namespace by_c

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 15) return std::fputs(kUsage, stderr), 2;
  const auto run = std::string(argv[1]) == "c" ? by_c::run : by_cpp::run;
  try {
    if (argc == 4) return run(argv[2], nullptr, argv[3]), 0;
    const Arrays arrays = arrays_of(argv + 2);
    run(nullptr, &arrays, argv[5]);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "ways: %s\n", error.what()), 1;
  }
}
