// SPDX-License-Identifier: Apache-2.0
// tuban_read THREADS ROUNDS RASTER...: reads the rasters whole, in turns through GDAL and through the reader
// chosen automatically, and prints the median of wall time and CPU time of each.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/view.h"
#include "tuban/error.h"
#include "tuban/io.h"

namespace {

constexpr int kUnit = 512;

struct Cost {
  double wall = 0, user = 0, system = 0;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

Cost now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto wall = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration<double>(wall).count(), seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

// Units of whole blocks, as the scan fetches them.
int unit_size(int block, int limit) {
  return std::min(limit, (std::max(kUnit, block) + block - 1) / block * block);
}

void read_all(const tuban::Source& source, std::atomic<std::int64_t>& next) {
  const tuban::SourceInfo& info = source.info();
  const int width = unit_size(info.block_width, info.grid.width);
  const int height = unit_size(info.block_height, info.grid.height);
  const std::size_t plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                            tuban::kernels::sample_size(static_cast<tuban::kernels::SampleType>(info.type));
  std::vector<std::byte> samples(plane * info.bands.size());
  std::vector<std::uint8_t> valid(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::vector<std::byte*> planes;
  for (std::size_t b = 0; b < info.bands.size(); ++b) planes.push_back(samples.data() + b * plane);
  const std::int64_t across = (info.grid.width - 1) / width + 1;
  const std::int64_t down = (info.grid.height - 1) / height + 1;
  const auto reader = source.open();
  for (std::int64_t unit = next++; unit < across * down; unit = next++) {
    const int x = static_cast<int>(unit % across) * width;
    const int y = static_cast<int>(unit / across) * height;
    std::fill(valid.begin(), valid.end(), std::uint8_t{1});
    reader->read({x, y, std::min(width, info.grid.width - x), std::min(height, info.grid.height - y)},
                 {planes, width, valid.data(), width});
  }
}

Cost read_files(const std::vector<std::string>& paths, tuban::ReaderKind kind, int threads) {
  const Cost begin = now();
  std::exception_ptr failure;
  std::mutex mutex;
  for (const std::string& path : paths) {
    tuban::RasterOptions options;
    options.reader = kind;
    const auto source = tuban::open_raster(path, options);
    std::atomic<std::int64_t> next = 0;
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t)
      workers.emplace_back([&] {
        try {
          read_all(*source, next);
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      });
  }
  if (failure) std::rethrow_exception(failure);
  const Cost end = now();
  return {end.wall - begin.wall, end.user - begin.user, end.system - begin.system};
}

double median(std::vector<Cost> costs, double Cost::*which) {
  std::sort(costs.begin(), costs.end(), [&](const Cost& a, const Cost& b) { return a.*which < b.*which; });
  return costs[costs.size() / 2].*which;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: tuban_read THREADS ROUNDS RASTER...\n");
    return 2;
  }
  try {
    const std::vector<std::string> paths(argv + 3, argv + argc);
    std::vector<Cost> costs[2];
    for (int round = 0; round < std::atoi(argv[2]); ++round)
      for (int kind = 0; kind < 2; ++kind)
        costs[kind].push_back(read_files(paths, kind ? tuban::ReaderKind::automatic : tuban::ReaderKind::gdal,
                                         std::atoi(argv[1])));
    for (int kind = 0; kind < 2; ++kind)
      fmt::print("{:<10} wall {:.3f} s, user {:.3f} s, system {:.3f} s\n", kind ? "automatic" : "gdal",
                 median(costs[kind], &Cost::wall), median(costs[kind], &Cost::user),
                 median(costs[kind], &Cost::system));
    fmt::print("automatic : gdal = {:.3f} wall\n",
               median(costs[1], &Cost::wall) / median(costs[0], &Cost::wall));
  } catch (const tuban::Error& error) {
    fmt::print(stderr, "tuban_read: {}\n", error.what());
    return 1;
  }
  return 0;
}
