// SPDX-License-Identifier: Apache-2.0
// tuban-arrays: the job of arrays.py by the C++ API, on the same pages of memory. Each line on standard input
// is one run; a line with its wall seconds, CPU seconds and patches answers it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include "tuban/error.h"
#include "tuban/io.h"
#include "tuban/job.h"

namespace {

constexpr int kBands = 4;
constexpr const char* kUsage =
    "usage: tuban-arrays BEFORE AFTER WIDTH HEIGHT CRS T0 T1 T2 T3 T4 T5 LAYERS THREADS (uint16, 4 bands, "
    "BIP)\n";

const void* mapped(const char* path, std::size_t bytes) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error(std::string("cannot open ") + path);
  void* const memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) throw std::runtime_error(std::string("cannot map ") + path);
  return memory;
}

std::shared_ptr<const tuban::Source> source(const char* path, const char* name, const char* date,
                                            const tuban::Grid& grid) {
  tuban::MemoryRaster raster;
  raster.name = name;
  raster.date = date;
  raster.grid = grid;
  raster.type = tuban::SampleType::uint16;
  raster.pixel_stride = kBands * 2;
  raster.row_stride = raster.pixel_stride * grid.width;
  raster.band_stride = 2;
  raster.data =
      mapped(path, static_cast<std::size_t>(raster.row_stride) * static_cast<std::size_t>(grid.height));
  raster.nodata = 0;
  raster.bands = {{"blue", tuban::BandRole::blue},
                  {"green", tuban::BandRole::green},
                  {"red", tuban::BandRole::red},
                  {"nir", tuban::BandRole::nir}};
  return tuban::wrap_memory(raster);
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

void serve(char** argv) {
  tuban::Grid grid;
  grid.width = std::atoi(argv[3]);
  grid.height = std::atoi(argv[4]);
  grid.crs = argv[5];
  for (std::size_t i = 0; i < 6; ++i) grid.transform[i] = std::strtod(argv[6 + i], nullptr);
  tuban::Job job;
  job.before.source = source(argv[1], "before", "2023-05-18", grid);
  job.after.source = source(argv[2], "after", "2023-10-12", grid);
  job.layers = {argv[12]};
  job.threads = std::atoi(argv[13]);
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    const std::size_t patches = tuban::collect(job).patches.size();
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    std::printf("%.6f %.6f %zu\n", wall.count(), cpu_seconds() - cpu, patches);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 14) return std::fputs(kUsage, stderr), 2;
  try {
    serve(argv);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "tuban-arrays: %s\n", error.what()), 1;
  }
}
