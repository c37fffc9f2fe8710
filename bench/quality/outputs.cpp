// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/outputs.h"

#include <fcntl.h>
#include <gdal_alg.h>
#include <gdal_priv.h>
#include <ogrsf_frmts.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

namespace tuban::bench {
namespace {

void run_program(const std::vector<std::string>& command, const std::string& messages) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status == 0) return;
  std::ifstream in(messages);
  const std::string said{std::istreambuf_iterator<char>(in), {}};
  throw ProgramFailed(said.empty() ? "it ended without a word" : said.substr(0, said.find('\n')));
}

GDALDatasetUniquePtr open(const std::string& path, unsigned flags) {
  GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), flags));
  if (!dataset) throw std::runtime_error("cannot open " + path);
  return dataset;
}

int to_pixels(void* transform, int /*to_ground*/, int count, double* x, double* y, double* /*z*/, int* done) {
  const double* inverse = static_cast<const double*>(transform);
  for (int i = 0; i < count; ++i) {
    const double ground_x = x[i];
    const double ground_y = y[i];
    x[i] = inverse[0] + inverse[1] * ground_x + inverse[2] * ground_y;
    y[i] = inverse[3] + inverse[4] * ground_x + inverse[5] * ground_y;
    done[i] = TRUE;
  }
  return TRUE;
}

// Outlines run along pixel edges, so the pixels whose centre lies within are exactly a patch's own.
Image burn_ranks(const std::string& patches, const std::string& raster) {
  const GDALDatasetUniquePtr grid = open(raster, GDAL_OF_RASTER);
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};
  grid->GetGeoTransform(transform.data());
  std::array<double, 6> inverse{};
  if (!GDALInvGeoTransform(transform.data(), inverse.data()))
    throw std::runtime_error(raster + " has no usable transform");
  Image ranks{grid->GetRasterXSize(), grid->GetRasterYSize(), {}};
  const GDALDatasetUniquePtr memory(GetGDALDriverManager()->GetDriverByName("MEM")->Create(
      "", ranks.width, ranks.height, 1, GDT_Float32, nullptr));
  const GDALDatasetUniquePtr table = open(patches, GDAL_OF_VECTOR);
  OGRLayer* layer = table->GetLayerByName("patches");
  if (layer == nullptr) throw std::runtime_error(patches + " has no layer patches");
  for (const auto& feature : *layer) {
    OGRGeometryH geometry = OGRGeometry::ToHandle(feature->GetGeometryRef());
    double rank = feature->GetFieldAsDouble("rank");
    int band = 1;
    if (GDALRasterizeGeometries(memory.get(), 1, &band, 1, &geometry, to_pixels, inverse.data(), &rank,
                                nullptr, nullptr, nullptr) != CE_None)
      throw std::runtime_error("cannot burn " + patches);
  }
  ranks.pixels.resize(static_cast<std::size_t>(ranks.width) * static_cast<std::size_t>(ranks.height));
  if (memory->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, ranks.width, ranks.height, ranks.pixels.data(),
                                         ranks.width, ranks.height, GDT_Float32, 0, 0, nullptr) != CE_None)
    throw std::runtime_error("cannot read what was burned of " + patches);
  return ranks;
}

}  // namespace

Image read_image(const std::string& path) {
  const GDALDatasetUniquePtr dataset = open(path, GDAL_OF_RASTER);
  Image image{dataset->GetRasterXSize(), dataset->GetRasterYSize(), {}};
  image.pixels.resize(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
  if (dataset->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, image.width, image.height, image.pixels.data(),
                                          image.width, image.height, GDT_Float32, 0, 0, nullptr) != CE_None)
    throw std::runtime_error("cannot read " + path);
  return image;
}

Outputs detect(const std::string& program, const std::vector<std::string>& arguments,
               const std::string& folder) {
  const std::string patches = folder + "/patches.gpkg";
  const std::string score = folder + "/score.tif";
  const std::string mask = folder + "/mask.tif";
  const std::string patch_mask = folder + "/patch_mask.tif";
  std::vector<std::string> command{program, "detect"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {"--score", score, "--mask", mask, "--patch-mask", patch_mask, "-o", patches,
                                 "--overwrite"});
  run_program(command, folder + "/messages.txt");
  return {read_image(score), read_image(mask), read_image(patch_mask), burn_ranks(patches, patch_mask)};
}

}  // namespace tuban::bench
