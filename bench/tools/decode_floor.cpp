// SPDX-License-Identifier: Apache-2.0
// tuban-floor: reads rasters through GDAL block by block, all bands, and drops the samples: what no chain
// that reads through GDAL can beat. One handle per thread and file, GDAL's own block cache and settings.
#include <gdal_priv.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Shape {
  int width = 0, height = 0, block_width = 0, block_height = 0, bands = 0;
  GDALDataType type = GDT_Unknown;

  int across() const { return (width + block_width - 1) / block_width; }
  int down() const { return (height + block_height - 1) / block_height; }
};

GDALDatasetUniquePtr open(const std::string& path) {
  GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR));
  if (!dataset) throw std::runtime_error("cannot open " + path);
  return dataset;
}

Shape shape_of(GDALDataset& dataset) {
  Shape shape;
  shape.width = dataset.GetRasterXSize();
  shape.height = dataset.GetRasterYSize();
  shape.bands = dataset.GetRasterCount();
  shape.type = dataset.GetRasterBand(1)->GetRasterDataType();
  dataset.GetRasterBand(1)->GetBlockSize(&shape.block_width, &shape.block_height);
  return shape;
}

void read_block(GDALDataset& dataset, const Shape& shape, int block, std::vector<std::byte>& buffer) {
  const int x = block % shape.across() * shape.block_width, y = block / shape.across() * shape.block_height;
  const int w = std::min(shape.block_width, shape.width - x),
            h = std::min(shape.block_height, shape.height - y);
  buffer.resize(static_cast<std::size_t>(shape.block_width) * static_cast<std::size_t>(shape.block_height) *
                static_cast<std::size_t>(shape.bands * GDALGetDataTypeSizeBytes(shape.type)));
  if (dataset.RasterIO(GF_Read, x, y, w, h, buffer.data(), w, h, shape.type, shape.bands, nullptr, 0, 0, 0,
                       nullptr) != CE_None)
    throw std::runtime_error("a read failed");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Reads rasters through GDAL, block by block, and drops what it read."};
  int threads = 2;
  std::vector<std::string> paths;
  app.add_option("--threads", threads, "readers, each with a handle of its own")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("rasters", paths, "to read")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    GDALAllRegister();
    std::vector<Shape> shapes;
    for (const std::string& path : paths) shapes.push_back(shape_of(*open(path)));
    std::atomic<int> next{0};
    std::exception_ptr failure;
    std::mutex guard;
    int most = 0;
    double bytes = 0;
    for (const Shape& shape : shapes) {
      most = std::max(most, shape.across() * shape.down());
      bytes += static_cast<double>(shape.width) * shape.height * shape.bands *
               GDALGetDataTypeSizeBytes(shape.type);
    }
    const auto start = std::chrono::steady_clock::now();
    const auto work = [&] {
      try {
        std::vector<GDALDatasetUniquePtr> handles;
        for (const std::string& path : paths) handles.push_back(open(path));
        std::vector<std::byte> buffer;
        for (int block = next++; block < most; block = next++)
          for (std::size_t i = 0; i < handles.size(); ++i)
            if (block < shapes[i].across() * shapes[i].down())
              read_block(*handles[i], shapes[i], block, buffer);
      } catch (...) {
        const std::lock_guard lock(guard);
        if (!failure) failure = std::current_exception();
        next = most;
      }
    };
    {
      std::vector<std::jthread> pool;
      for (int i = 0; i < threads; ++i) pool.emplace_back(work);
    }
    if (failure) std::rethrow_exception(failure);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    std::printf("%.3f s, %.0f MB/s\n", wall.count(), bytes / 1e6 / wall.count());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tuban-floor: %s\n", error.what());
    return 1;
  }
}
