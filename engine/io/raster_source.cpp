// SPDX-License-Identifier: Apache-2.0
#include <cpl_conv.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gdal_priv.h>
#include <ogr_spatialref.h>

#include <algorithm>
#include <filesystem>

#include "engine/io/band_roles.h"
#include "engine/io/cloud_mask.h"
#include "engine/io/crs_wkt.h"
#include "engine/io/fingerprint.h"
#include "engine/io/gdal_errors.h"
#include "engine/io/grid_check.h"
#include "engine/io/raster_reader.h"
#include "engine/io/scene_date.h"
#include "engine/io/value_scale.h"
#include "engine/scan/passwords.h"
#include "tuban/error.h"
#include "tuban/io.h"

namespace tuban {
namespace {

constexpr int kMostSubdatasets = 5;
constexpr std::string_view kBandOfImage = "band=";

std::string file_stem(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::string stem = std::filesystem::path(path).stem().string();
  return stem.empty() ? path : stem;
}

Grid grid_of(GDALDataset& dataset, const std::string& path) {
  Grid grid;
  grid.width = dataset.GetRasterXSize();
  grid.height = dataset.GetRasterYSize();
  // A CRS without a transform does not say where the pixels lie: everything stays in pixels.
  if (dataset.GetGeoTransform(grid.transform.data()) != CE_None) {
    grid.transform = Grid{}.transform;
    return grid;
  }
  grid.crs = wkt2_of(dataset.GetSpatialRef(), path);
  return grid;
}

/// How GDAL calls the type, in our words where we have one.
std::string type_name(GDALRasterBand& band) {
  const char* pixel_type = band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE");
  switch (band.GetRasterDataType()) {
    case GDT_Byte:
      return pixel_type && EQUAL(pixel_type, "SIGNEDBYTE") ? "int8" : "uint8";
    case GDT_UInt16:
      return "uint16";
    case GDT_Int16:
      return "int16";
    case GDT_Float32:
      return "float32";
    default: {
      std::string name = GDALGetDataTypeName(band.GetRasterDataType());
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      return name;
    }
  }
}

kernels::SampleType common_type(GDALDataset& dataset, const std::string& path,
                                const std::vector<int>& bands) {
  const std::string first = type_name(*dataset.GetRasterBand(bands.front()));
  for (const int number : bands) {
    const std::string name = type_name(*dataset.GetRasterBand(number));
    if (name != "uint8" && name != "uint16" && name != "int16" && name != "float32")
      throw Error(
          ErrorCode::mismatch,
          fmt::format("band {} of {} is {}; supported are uint8, uint16, int16 and float32 (choose other "
                      "bands with --bands, or convert with gdal_translate -ot Float32)",
                      number, path, name));
    if (name != first)
      throw Error(ErrorCode::mismatch,
                  fmt::format("band {} of {} is {} but band {} is {}; all bands must have one "
                              "type (choose with --bands)",
                              bands.front(), path, first, number, name));
  }
  for (const auto type :
       {kernels::SampleType::uint8, kernels::SampleType::uint16, kernels::SampleType::int16})
    if (first == kernels::to_string(type)) return type;
  return kernels::SampleType::float32;
}

/// Numbers of colours are no measurements: their differences mean nothing.
void refuse_palette(GDALRasterBand& band, int number, const std::string& path) {
  if (band.GetColorInterpretation() != GCI_PaletteIndex || band.GetColorTable() == nullptr) return;
  throw Error(
      ErrorCode::mismatch,
      fmt::format("band {} of {} holds numbers of a colour table, which cannot be compared; expand it with "
                  "gdal_translate -expand rgb (or gray)",
                  number, path));
}

std::vector<BandFacts> band_facts(GDALDataset& dataset) {
  std::vector<BandFacts> facts;
  for (int number = 1; number <= dataset.GetRasterCount(); ++number) {
    GDALRasterBand& band = *dataset.GetRasterBand(number);
    BandFacts fact;
    fact.description = band.GetDescription();
    const GDALColorInterp colour = band.GetColorInterpretation();
    fact.alpha = colour == GCI_AlphaBand;
    if (colour == GCI_RedBand) fact.colour = BandRole::red;
    if (colour == GCI_GreenBand) fact.colour = BandRole::green;
    if (colour == GCI_BlueBand) fact.colour = BandRole::blue;
    facts.push_back(std::move(fact));
  }
  return facts;
}

/// Bands whose mask says more than nodata and alpha, which are compared sample by sample.
std::vector<int> bands_with_masks(GDALDataset& dataset, const std::vector<int>& bands) {
  std::vector<int> masked;
  for (const int band : bands) {
    const int flags = dataset.GetRasterBand(band)->GetMaskFlags();
    if ((flags & (GMF_ALL_VALID | GMF_ALPHA)) || flags == GMF_NODATA) continue;
    masked.push_back(band);
    if (flags & GMF_PER_DATASET) return {band};
  }
  return masked;
}

[[noreturn]] void refuse_without_bands(GDALDataset& dataset, const std::string& path) {
  char** list = dataset.GetMetadata("SUBDATASETS");
  std::string names;
  int count = 0;
  for (int i = 1; const char* name = CSLFetchNameValue(list, fmt::format("SUBDATASET_{}_NAME", i).c_str());
       ++i) {
    if (i <= kMostSubdatasets) names += fmt::format("{}{}", i > 1 ? ", " : "", name);
    count = i;
  }
  if (count == 0) throw Error(ErrorCode::usage, fmt::format("{} holds no raster bands", path));
  throw Error(ErrorCode::usage, fmt::format("{} holds only subdatasets; give one of its {} instead: {}{}",
                                            path, count, names, count > kMostSubdatasets ? ", ..." : ""));
}

/// By number or description.
int cloud_band(const std::string& path, const std::vector<BandFacts>& bands, const std::string& word) {
  std::string names;
  for (std::size_t b = 0; b < bands.size(); ++b) {
    const std::string number = fmt::format("{}", b + 1);
    if (word == number || (!word.empty() && EQUAL(word.c_str(), bands[b].description.c_str())))
      return static_cast<int>(b) + 1;
    names += fmt::format("{}{}{}", b ? ", " : "", number,
                         bands[b].description.empty() ? "" : fmt::format(" ({})", bands[b].description));
  }
  throw Error(ErrorCode::mismatch, fmt::format("{} has no band \"{}\" to tell its clouds; it has {}: {}",
                                               path, word, bands.size(), names));
}

BlockShape mask_blocks(GDALDataset& dataset, int band) {
  BlockShape shape;
  dataset.GetRasterBand(band)->GetMaskBand()->GetBlockSize(&shape.width, &shape.height);
  return shape;
}

/// How validity is known, as "nodata 0, alpha"; what floats say by NaN goes without saying.
std::string describe_validity(const RasterPlan& plan) {
  std::vector<std::string> parts;
  for (const auto& nodata : plan.nodata) {
    const std::string part = nodata ? fmt::format("nodata {}", *nodata) : "";
    if (nodata && std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  if (!plan.alpha_bands.empty()) parts.push_back("alpha");
  if (!plan.mask_bands.empty()) parts.push_back("mask band");
  if (plan.valid) parts.push_back(plan.valid->path);
  if (plan.cloud)
    parts.push_back(fmt::format(
        "clouds of {} ({}, dilated by {} px)",
        plan.cloud->path == plan.path ? fmt::format("band {}", plan.cloud->band) : plan.cloud->path,
        plan.cloud->classes.name, plan.cloud->dilate));
  return fmt::format("{}", fmt::join(parts, ", "));
}

class RasterSource final : public Source {
 public:
  RasterSource(const std::string& path, const RasterOptions& options) {
    const DatasetHandle dataset = open_dataset(path, options.open_options, ErrorCode::usage);
    const GdalErrors quiet;
    if (dataset->GetRasterCount() == 0) refuse_without_bands(*dataset, path);
    auto plan = std::make_shared<RasterPlan>();
    plan->path = path;
    plan->open_options = options.open_options;
    plan->file_bands = dataset->GetRasterCount();
    info_.name = hide_passwords(path);
    info_.id = file_stem(info_.name);
    info_.grid = grid_of(*dataset, path);
    plan->width = info_.grid.width;
    plan->height = info_.grid.height;
    choose(*dataset, options, *plan);

    const std::string driver = dataset->GetDriver() ? dataset->GetDriver()->GetDescription() : "";
    plan->nested = driver == "VRT" || driver == "SENTINEL2" || driver == "STACTA";
    const char* interleave = dataset->GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE");
    plan->interleaved = plan->file_bands > 1 && !(interleave && EQUAL(interleave, "BAND"));
    plan->mask_bands = bands_with_masks(*dataset, plan->bands);
    plan->block = band_blocks(*dataset, plan->bands);
    const bool by_tiff = options.reader == ReaderKind::automatic;
    // Open options may choose an overview or change how the file is understood.
    if (by_tiff && options.open_options.empty()) plan->tiff = plan_tiff(*dataset, path, plan->type);
    BlockShape block = plan->block;
    for (const int band : plan->mask_bands)
      block = common_blocks(block, mask_blocks(*dataset, band), plan->width, plan->height);
    if (!options.valid_path.empty()) {
      plan->valid = plan_valid_file(options.valid_path, by_tiff);
      block = common_blocks(block, plan->valid->block, plan->width, plan->height);
    }
    if (!options.cloud.empty())
      plan->cloud = std::make_shared<const CloudPlan>(
          plan_cloud_mask(cloud_choice(options, by_tiff), path, info_.grid));
    info_.block_width = block.width;
    info_.block_height = block.height;
    info_.rows_apart = plan->rows_apart();
    info_.remote = !VSIIsLocal(path.c_str());
    info_.reader_bytes = RasterReader::memory(*plan);
    info_.date = acquisition_date([&](const char* key) {
      const char* value = dataset->GetMetadataItem(key);
      return value ? value : dataset->GetMetadataItem(key, "IMAGERY");
    });
    info_.fingerprint = fingerprint(path);
    info_.validity = describe_validity(*plan);
    plan_ = std::move(plan);
  }

  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return std::make_unique<RasterReader>(plan_); }

 private:
  void choose(GDALDataset& dataset, const RasterOptions& options, RasterPlan& plan) {
    std::vector<BandFacts> facts = band_facts(dataset);
    if (options.cloud.starts_with(kBandOfImage)) {
      cloud_band_ = cloud_band(plan.path, facts, options.cloud.substr(kBandOfImage.size()));
      facts[static_cast<std::size_t>(cloud_band_) - 1].cloud = true;
    }
    const Profile* profile = options.profile.empty() ? nullptr : &find_profile(options.profile);
    for (BandChoice& choice : choose_bands(plan.path, facts, options.bands, profile)) {
      refuse_palette(*dataset.GetRasterBand(choice.number), choice.number, plan.path);
      if (choice.number == cloud_band_)
        throw Error(ErrorCode::usage, fmt::format("--bands: band {} of {} holds its clouds; leave it out",
                                                  choice.number, plan.path));
      plan.bands.push_back(choice.number);
      read_scale(dataset, choice.number, options.profile, choice.info);
      info_.bands.push_back(std::move(choice.info));
      int has_nodata = FALSE;
      const double nodata = dataset.GetRasterBand(choice.number)->GetNoDataValue(&has_nodata);
      plan.nodata.push_back(has_nodata ? std::optional<double>(nodata) : std::nullopt);
    }
    plan.type = common_type(dataset, plan.path, plan.bands);
    info_.type = static_cast<SampleType>(plan.type);
    for (int number = 1; number <= plan.file_bands; ++number) {
      // An alpha band that was asked for as data is data.
      if (!facts[static_cast<std::size_t>(number) - 1].alpha ||
          std::find(plan.bands.begin(), plan.bands.end(), number) != plan.bands.end())
        continue;
      plan.alpha_bands.push_back(number);
      if (type_name(*dataset.GetRasterBand(number)) != kernels::to_string(plan.type))
        plan.alpha_of_same_type = false;
    }
  }

  CloudChoice cloud_choice(const RasterOptions& options, bool by_tiff) const {
    CloudChoice choice;
    choice.classes = options.cloud_classes;
    if (choice.classes.empty() && !options.profile.empty())
      if (const std::string_view classes = find_profile(options.profile).cloud_classes; !classes.empty())
        choice.classes.emplace_back(classes);
    choice.dilate = options.cloud_dilate;
    choice.by_tiff = by_tiff;
    choice.path = options.cloud;
    if (cloud_band_ > 0) {
      choice.path = info_.name;
      choice.open_options = options.open_options;
      choice.band = cloud_band_;
    }
    return choice;
  }

  ValidPlan plan_valid_file(const std::string& path, bool by_tiff) const {
    const DatasetHandle valid = open_dataset(path, {}, ErrorCode::usage);
    if (valid->GetRasterCount() == 0) refuse_without_bands(*valid, path);
    const std::string difference = grid_difference(info_.name, info_.grid, path, grid_of(*valid, path));
    if (!difference.empty())
      throw Error(ErrorCode::mismatch,
                  fmt::format("the validity file must lie on the grid of its image, but {}", difference));
    GDALRasterBand& band = *valid->GetRasterBand(1);
    ValidPlan plan;
    plan.path = path;
    plan.bytes = band.GetRasterDataType() == GDT_Byte;
    plan.block = band_blocks(*valid, {1});
    int has_nodata = FALSE;
    const double nodata = band.GetNoDataValue(&has_nodata);
    if (has_nodata) plan.nodata = nodata;
    if (by_tiff && plan.bytes) plan.tiff = plan_tiff(*valid, path, kernels::SampleType::uint8);
    return plan;
  }

  SourceInfo info_;
  int cloud_band_ = 0;  // of the image itself
  std::shared_ptr<const RasterPlan> plan_;
};

}  // namespace

std::shared_ptr<const Source> open_raster(const std::string& path, const RasterOptions& options) {
  return std::make_shared<RasterSource>(path, options);
}

}  // namespace tuban
