// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dump.h"

#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <stdexcept>
#include <vector>

namespace tuban::test {

namespace {

GDALDatasetUniquePtr open(const std::string& path, unsigned int kind) {
  GDALAllRegister();
  GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), kind | GDAL_OF_READONLY));
  if (dataset == nullptr) throw std::runtime_error("cannot open '" + path + "'");
  return dataset;
}

void append_text(std::string& out, const char* text) {
  out += '"';
  for (; *text != '\0'; ++text) {
    if (*text == '"' || *text == '\\') out += '\\';
    if (*text == '\n') {
      out += "\\n";
    } else {
      out += *text;
    }
  }
  out += '"';
}

void append_field(std::string& out, const OGRFeature& feature, int i) {
  std::array<char, 40> text{};
  if (!feature.IsFieldSetAndNotNull(i)) {
    out += "NULL";
    return;
  }
  switch (feature.GetFieldDefnRef(i)->GetType()) {
    case OFTReal:
      std::snprintf(text.data(), text.size(), "%.17g", feature.GetFieldAsDouble(i));
      out += text.data();
      return;
    case OFTInteger:
    case OFTInteger64:
      out += std::to_string(feature.GetFieldAsInteger64(i));
      return;
    default:
      append_text(out, feature.GetFieldAsString(i));
  }
}

void append_geometry(std::string& out, const OGRGeometry* geometry) {
  if (geometry == nullptr) {
    out += " geometry=NULL";
    return;
  }
  std::vector<unsigned char> wkb(geometry->WkbSize());
  geometry->exportToWkb(wkbNDR, wkb.data(), wkbVariantIso);
  out += " geometry=";
  for (const unsigned char byte : wkb) {
    constexpr const char* kDigits = "0123456789abcdef";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

void append_layer(std::string& out, OGRLayer& layer) {
  const OGRFeatureDefn& definition = *layer.GetLayerDefn();
  out += "table ";
  out += layer.GetName();
  const OGRSpatialReference* crs = layer.GetSpatialRef();
  if (crs != nullptr && crs->GetAuthorityCode(nullptr) != nullptr) {
    out += std::string(" ") + crs->GetAuthorityName(nullptr) + ":" + crs->GetAuthorityCode(nullptr);
  }
  out += '\n';
  layer.ResetReading();
  while (const OGRFeatureUniquePtr feature{layer.GetNextFeature()}) {
    out += std::to_string(feature->GetFID());
    for (int i = 0; i < definition.GetFieldCount(); ++i) {
      out += ' ';
      out += definition.GetFieldDefn(i)->GetNameRef();
      out += '=';
      append_field(out, *feature, i);
    }
    if (definition.GetGeomFieldCount() > 0) append_geometry(out, feature->GetGeometryRef());
    out += '\n';
  }
}

}  // namespace

std::string dump_geopackage(const std::string& path) {
  const GDALDatasetUniquePtr dataset = open(path, GDAL_OF_VECTOR);
  std::vector<OGRLayer*> layers;
  for (OGRLayer* layer : dataset->GetLayers()) {
    if (std::string(layer->GetName()) != "run") layers.push_back(layer);
  }
  std::sort(layers.begin(), layers.end(),
            [](OGRLayer* a, OGRLayer* b) { return std::string(a->GetName()) < b->GetName(); });
  std::string out;
  for (OGRLayer* layer : layers) append_layer(out, *layer);
  return out;
}

std::string hash_raster(const std::string& path) {
  const GDALDatasetUniquePtr dataset = open(path, GDAL_OF_RASTER);
  const int width = dataset->GetRasterXSize(), height = dataset->GetRasterYSize();
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (GDALRasterBand* band : dataset->GetBands()) {
    const GDALDataType type = band->GetRasterDataType();
    std::vector<unsigned char> row(static_cast<std::size_t>(width) *
                                   static_cast<std::size_t>(GDALGetDataTypeSizeBytes(type)));
    for (int y = 0; y < height; ++y) {
      if (band->RasterIO(GF_Read, 0, y, width, 1, row.data(), width, 1, type, 0, 0) != CE_None) {
        throw std::runtime_error("cannot read row " + std::to_string(y) + " of '" + path + "'");
      }
      for (const unsigned char byte : row) hash = (hash ^ byte) * 0x100000001b3u;
    }
  }
  std::array<char, 120> text{};
  std::snprintf(
      text.data(), text.size(), "%d x %d x %d %s %016" PRIx64, width, height, dataset->GetRasterCount(),
      GDALGetDataTypeName(dataset->GetRasterCount() > 0 ? dataset->GetRasterBand(1)->GetRasterDataType()
                                                        : GDT_Unknown),
      hash);
  return text.data();
}

}  // namespace tuban::test
