// SPDX-License-Identifier: Apache-2.0
#include <cpl_minixml.h>
#include <gdal_priv.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string_view>

#include "engine/io/gdal_errors.h"
#include "engine/io/raster_reader.h"

namespace tuban {
namespace {

// Beyond this many times the larger block, decoding some blocks twice is cheaper than holding the common one.
constexpr std::int64_t kMostCommon = 4;

BlockShape shape_of(GDALRasterBand& band) {
  BlockShape shape;
  band.GetBlockSize(&shape.width, &shape.height);
  return shape;
}

int common(int a, int b, int limit) {
  const std::int64_t multiple = std::lcm<std::int64_t>(a, b);
  const std::int64_t larger = std::max(a, b);
  // The whole extent is whole blocks of any shape.
  if (larger >= limit || multiple >= limit)
    return larger * kMostCommon >= limit ? limit : static_cast<int>(larger);
  return multiple <= larger * kMostCommon ? static_cast<int>(multiple) : static_cast<int>(larger);
}

double number(const CPLXMLNode* node, const char* path) {
  return std::atof(CPLGetXMLValue(node, path, "nan"));
}

/// Block shape of one source of a VRT band if it is copied pixel by pixel with its blocks on the VRT's
/// lattice.
std::optional<BlockShape> source_blocks(const CPLXMLNode* source) {
  const BlockShape shape{std::atoi(CPLGetXMLValue(source, "SourceProperties.BlockXSize", "0")),
                         std::atoi(CPLGetXMLValue(source, "SourceProperties.BlockYSize", "0"))};
  if (shape.width < 1 || shape.height < 1) return {};
  if (number(source, "SrcRect.xSize") != number(source, "DstRect.xSize") ||
      number(source, "SrcRect.ySize") != number(source, "DstRect.ySize"))
    return {};
  const double shift_x = (number(source, "DstRect.xOff") - number(source, "SrcRect.xOff")) / shape.width;
  const double shift_y = (number(source, "DstRect.yOff") - number(source, "SrcRect.yOff")) / shape.height;
  if (shift_x != std::int64_t(shift_x) || shift_y != std::int64_t(shift_y)) return {};
  return shape;
}

// From the file itself: what a VRT serialises of itself once opened leaves the sources' block shapes out.
std::optional<BlockShape> blocks_of_sources(const std::string& path, const std::vector<int>& bands) {
  const GdalErrors quiet;
  const std::unique_ptr<CPLXMLNode, decltype(&CPLDestroyXMLNode)> root(
      path.starts_with("<VRTDataset") ? CPLParseXMLString(path.c_str()) : CPLParseXMLFile(path.c_str()),
      CPLDestroyXMLNode);
  const CPLXMLNode* dataset = root ? CPLGetXMLNode(root.get(), "=VRTDataset") : nullptr;
  if (dataset == nullptr) return {};
  std::optional<BlockShape> found;
  for (const CPLXMLNode* band = dataset->psChild; band; band = band->psNext) {
    if (band->eType != CXT_Element || std::string_view(band->pszValue) != "VRTRasterBand") continue;
    if (std::find(bands.begin(), bands.end(), std::atoi(CPLGetXMLValue(band, "band", "0"))) == bands.end())
      continue;
    for (const CPLXMLNode* source = band->psChild; source; source = source->psNext) {
      const std::string_view name = source->pszValue;
      if (source->eType != CXT_Element || (name != "SimpleSource" && name != "ComplexSource")) continue;
      const auto shape = source_blocks(source);
      if (!shape || (found && *found != *shape)) return {};
      found = shape;
    }
  }
  return found;
}

}  // namespace

BlockShape common_blocks(const BlockShape& a, const BlockShape& b, int width, int height) {
  return {common(a.width, b.width, width), common(a.height, b.height, height)};
}

BlockShape band_blocks(GDALDataset& dataset, const std::vector<int>& bands) {
  const int width = dataset.GetRasterXSize();
  const int height = dataset.GetRasterYSize();
  BlockShape shape = shape_of(*dataset.GetRasterBand(bands.front()));
  for (const int band : bands) {
    const BlockShape other = shape_of(*dataset.GetRasterBand(band));
    if (shape != other) shape = common_blocks(shape, other, width, height);
  }
  const GDALDriver* driver = dataset.GetDriver();
  if (driver && std::string_view(driver->GetDescription()) == "VRT")
    if (const auto sources = blocks_of_sources(dataset.GetDescription(), bands)) shape = *sources;
  return {std::clamp(shape.width, 1, width), std::clamp(shape.height, 1, height)};
}

}  // namespace tuban
