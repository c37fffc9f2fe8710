// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raster_files.h"

#include <gdal_priv.h>
#include <gdal_utils.h>
#include <ogr_spatialref.h>

#include <atomic>
#include <memory>
#include <stdexcept>

#include <unistd.h>

#include "kernels/view.h"

namespace tuban::testing {
namespace {

struct Close {
  void operator()(GDALDataset* dataset) const { GDALClose(dataset); }
};
using Handle = std::unique_ptr<GDALDataset, Close>;

void need(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error("test raster: " + what + ": " + CPLGetLastErrorMsg());
}

GDALDataType data_type(const std::string& name) {
  if (name == "uint8") return GDT_Byte;
  return GDALGetDataTypeByName(name.c_str());  // knows UInt16, Int16 ... in any case
}

class Options {
 public:
  explicit Options(const std::vector<std::string>& list) {
    for (const std::string& item : list) list_.AddString(item.c_str());
  }
  char** get() { return list_.List(); }

 private:
  CPLStringList list_;
};

void write_band(GDALRasterBand& band, int index, const RasterFile& file) {
  std::vector<double> row(static_cast<std::size_t>(file.width));
  for (int y = 0; y < file.height; ++y) {
    for (int x = 0; x < file.width; ++x)
      row[static_cast<std::size_t>(x)] = file.value ? file.value(index, x, y) : raster_value(index, x, y);
    need(band.RasterIO(GF_Write, 0, y, file.width, 1, row.data(), file.width, 1, GDT_Float64, 0, 0,
                       nullptr) == CE_None,
         "write");
  }
}

void write_mask(GDALDataset& dataset, const RasterFile& file) {
  CPLSetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES");
  need(dataset.CreateMaskBand(GMF_PER_DATASET) == CE_None, "mask");
  CPLSetThreadLocalConfigOption("GDAL_TIFF_INTERNAL_MASK", nullptr);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(file.width));
  for (int y = 0; y < file.height; ++y) {
    for (int x = 0; x < file.width; ++x) row[static_cast<std::size_t>(x)] = file.mask(x, y) ? 255 : 0;
    need(dataset.GetRasterBand(1)->GetMaskBand()->RasterIO(GF_Write, 0, y, file.width, 1, row.data(),
                                                           file.width, 1, GDT_Byte, 0, 0, nullptr) == CE_None,
         "mask");
  }
}

}  // namespace

TempFolder::TempFolder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::temp_directory_path() /
          ("tuban_test_" + std::to_string(getpid()) + "_" + std::to_string(count++));
  std::filesystem::create_directories(path_);
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

double raster_value(int band, int x, int y) {
  return 1 + (x * 7 + y * 13 + band * 31) % 127;
}

void write_raster(const std::string& path, const RasterFile& file) {
  GDALAllRegister();
  // Drivers that can only copy (PNG, JPEG) get their pixels from memory.
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName(file.driver.c_str());
  need(driver != nullptr, "no driver " + file.driver);
  const bool creates = driver->GetMetadataItem(GDAL_DCAP_CREATE) != nullptr;
  GDALDriver* maker = creates ? driver : GetGDALDriverManager()->GetDriverByName("MEM");
  Options options(file.creation_options);
  Handle dataset(maker->Create(path.c_str(), file.width, file.height, file.bands, data_type(file.type),
                               creates ? options.get() : nullptr));
  need(dataset != nullptr, "create " + path);
  if (file.transform) {
    auto transform = *file.transform;
    need(dataset->SetGeoTransform(transform.data()) == CE_None, "transform");
  }
  if (!file.crs.empty()) {
    OGRSpatialReference crs;
    need(crs.SetFromUserInput(file.crs.c_str()) == OGRERR_NONE, "CRS " + file.crs);
    crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    need(dataset->SetSpatialRef(&crs) == CE_None, "CRS");
  }
  for (const auto& [key, value] : file.metadata) dataset->SetMetadataItem(key.c_str(), value.c_str());
  for (int b = 0; b < file.bands; ++b) {
    GDALRasterBand& band = *dataset->GetRasterBand(b + 1);
    const auto i = static_cast<std::size_t>(b);
    if (i < file.nodata.size() && file.nodata[i]) band.SetNoDataValue(*file.nodata[i]);
    if (i < file.descriptions.size()) band.SetDescription(file.descriptions[i].c_str());
    if (i < file.colours.size())
      band.SetColorInterpretation(GDALGetColorInterpretationByName(file.colours[i].c_str()));
  }
  if (file.mask) write_mask(*dataset, file);
  for (int b = 0; b < file.bands; ++b) write_band(*dataset->GetRasterBand(b + 1), b, file);
  if (!creates) {
    Handle copy(driver->CreateCopy(path.c_str(), dataset.get(), FALSE, options.get(), nullptr, nullptr));
    need(copy != nullptr, "copy to " + path);
  }
}

void translate_raster(const std::string& from, const std::string& to,
                      const std::vector<std::string>& arguments) {
  GDALAllRegister();
  Handle source(GDALDataset::Open(from.c_str(), GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR));
  need(source != nullptr, "open " + from);
  const std::unique_ptr<GDALTranslateOptions, decltype(&GDALTranslateOptionsFree)> options(
      GDALTranslateOptionsNew(Options(arguments).get(), nullptr), GDALTranslateOptionsFree);
  Handle result(GDALDataset::FromHandle(
      GDALTranslate(to.c_str(), GDALDataset::ToHandle(source.get()), options.get(), nullptr)));
  need(result != nullptr, "translate " + from);
}

void build_vrt(const std::string& path, const std::vector<std::string>& sources,
               const std::vector<std::string>& arguments) {
  GDALAllRegister();
  const std::unique_ptr<GDALBuildVRTOptions, decltype(&GDALBuildVRTOptionsFree)> options(
      GDALBuildVRTOptionsNew(Options(arguments).get(), nullptr), GDALBuildVRTOptionsFree);
  Handle result(GDALDataset::FromHandle(GDALBuildVRT(path.c_str(), static_cast<int>(sources.size()), nullptr,
                                                     Options(sources).get(), options.get(), nullptr)));
  need(result != nullptr, "build " + path);
}

Pixels read_pixels(Reader& reader, const SourceInfo& info, const Window& window) {
  constexpr int kPad = 3;
  const auto type = static_cast<kernels::SampleType>(info.type);
  const std::ptrdiff_t stride = window.width + kPad;
  const std::size_t samples = static_cast<std::size_t>(stride) * static_cast<std::size_t>(window.height);
  std::vector<std::vector<float>> memory(
      info.bands.size());  // float: aligned and large enough for every type
  std::vector<std::byte*> planes;
  for (auto& plane : memory) {
    plane.resize(samples);
    planes.push_back(reinterpret_cast<std::byte*>(plane.data()));
  }
  std::vector<std::uint8_t> valid(samples, 1);
  reader.read(window, {planes, stride, valid.data(), stride});

  Pixels pixels;
  pixels.window = window;
  pixels.bands.resize(info.bands.size());
  for (int y = 0; y < window.height; ++y)
    for (int x = 0; x < window.width; ++x) {
      const auto at = static_cast<std::size_t>(y * stride + x);
      pixels.valid.push_back(valid[at]);
      for (std::size_t b = 0; b < planes.size(); ++b)
        kernels::with_sample_type(type, [&](auto zero) {
          pixels.bands[b].push_back(static_cast<double>(reinterpret_cast<decltype(zero)*>(planes[b])[at]));
        });
    }
  return pixels;
}

Pixels read_pixels(const Source& source) {
  const SourceInfo& info = source.info();
  return read_pixels(*source.open(), info, {0, 0, info.grid.width, info.grid.height});
}

}  // namespace tuban::testing
