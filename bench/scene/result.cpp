// SPDX-License-Identifier: Apache-2.0
#include "bench/scene/result.h"

#include <gdal_priv.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>

namespace tuban::scene {
namespace {

std::set<std::string> split(const std::string& list) {
  std::set<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) {
    const auto first = part.find_first_not_of(" \""), last = part.find_last_not_of(" \"");
    if (first != std::string::npos) parts.insert(part.substr(first, last - first + 1));
  }
  return parts;
}

GDALDatasetUniquePtr open(const std::string& path) {
  GDALAllRegister();
  GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY));
  if (!dataset) throw std::runtime_error("cannot open " + path + " as a vector dataset");
  return dataset;
}

OGRLayer& layer_of(GDALDataset& dataset, const char* name) {
  OGRLayer* layer = dataset.GetLayerByName(name);
  if (layer == nullptr)
    throw std::runtime_error(std::string(dataset.GetDescription()) + " has no table " + name);
  layer->ResetReading();
  return *layer;
}

std::string text(const OGRFeature& feature, const char* field) {
  const int index = feature.GetFieldIndex(field);
  return index >= 0 && feature.IsFieldSetAndNotNull(index) ? feature.GetFieldAsString(index) : "";
}

bool number(const OGRFeature& feature, const char* field, double& value) {
  const int index = feature.GetFieldIndex(field);
  if (index < 0 || !feature.IsFieldSetAndNotNull(index)) return false;
  value = feature.GetFieldAsDouble(index);
  return true;
}

double area_of(const OGRGeometry& shape) {
  double sum = 0;
  if (const auto* surface = dynamic_cast<const OGRSurface*>(&shape)) return surface->get_Area();
  if (const auto* parts = dynamic_cast<const OGRGeometryCollection*>(&shape)) {
    for (int i = 0; i < parts->getNumGeometries(); ++i) sum += area_of(*parts->getGeometryRef(i));
  }
  return sum;
}

/// Takes the shape out of a feature; false where there is none.
template <typename Item>
bool take_shape(OGRFeature& feature, Item& item) {
  item.shape.reset(feature.StealGeometry());
  if (!item.shape || item.shape->IsEmpty()) return false;
  item.shape->getEnvelope(&item.box);
  return true;
}

std::string in_folder(const std::string& folder, const char* name) {
  return (std::filesystem::path(folder) / name).string();
}

}  // namespace

double shared_area(const OGRGeometry& a, const OGRGeometry& b) {
  const std::unique_ptr<OGRGeometry> both(a.Intersection(&b));
  return both ? area_of(*both) : 0;
}

std::vector<TruePlanted> read_planted(const std::string& folder) {
  const GDALDatasetUniquePtr dataset = open(in_folder(folder, "truth.gpkg"));
  std::vector<TruePlanted> out;
  for (const auto& feature : layer_of(*dataset, "planted")) {
    TruePlanted planted;
    planted.id = text(*feature, "id");
    planted.kind = text(*feature, "kind");
    planted.situation = text(*feature, "situation");
    planted.change_types = split(text(*feature, "change_types"));
    planted.must_fire = split(text(*feature, "must_fire"));
    planted.must_not_fire = split(text(*feature, "must_not_fire"));
    if (!take_shape(*feature, planted)) continue;
    planted.area_m2 = area_of(*planted.shape);
    out.push_back(std::move(planted));
  }
  return out;
}

std::vector<Field> read_changed_paddies(const std::string& folder) {
  const GDALDatasetUniquePtr dataset = open(in_folder(folder, "truth.gpkg"));
  OGRLayer& layer = layer_of(*dataset, "paddies");
  layer.SetAttributeFilter("changed = 1");
  std::vector<Field> out;
  for (const auto& feature : layer) {
    Field field;
    if (take_shape(*feature, field)) out.push_back(std::move(field));
  }
  return out;
}

std::vector<FoundPatch> read_patches(const std::string& result) {
  const GDALDatasetUniquePtr dataset = open(result);
  OGRLayer& layer = layer_of(*dataset, "patches");
  const bool has_rules = layer.GetLayerDefn()->GetFieldIndex("rules") >= 0;
  std::map<std::string, std::set<std::string>> fired;
  if (!has_rules && dataset->GetLayerByName("findings") != nullptr) {
    for (const auto& feature : layer_of(*dataset, "findings")) {
      if (text(*feature, "status") == "fired")
        fired[text(*feature, "patch_id")].insert(text(*feature, "rule_id"));
    }
  }
  layer.ResetReading();
  std::vector<FoundPatch> out;
  for (const auto& feature : layer) {
    FoundPatch patch;
    patch.id = text(*feature, "patch_id");
    patch.marks = text(*feature, "marks");
    patch.severity = text(*feature, "severity");
    patch.change_type = text(*feature, "change_type");
    patch.rules = has_rules ? split(text(*feature, "rules")) : fired[patch.id];
    patch.has_confidence = number(*feature, "confidence", patch.confidence);
    double mu = 0;
    const bool has_mu = number(*feature, "area_mu", mu);
    if (!take_shape(*feature, patch)) continue;
    patch.area_m2 = area_of(*patch.shape);
    patch.area_mu = has_mu ? mu : patch.area_m2 * 3 / 2000;
    out.push_back(std::move(patch));
  }
  return out;
}

}  // namespace tuban::scene
