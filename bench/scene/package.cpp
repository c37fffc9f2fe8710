// SPDX-License-Identifier: Apache-2.0
#include "bench/scene/package.h"

#include <gdal_priv.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace tuban::scene {

Package::Package(const std::filesystem::path& path, Point origin) : path_(path.string()), origin_(origin) {
  std::filesystem::remove(path);
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GPKG");
  if (driver == nullptr) throw std::runtime_error("this GDAL has no GPKG driver");
  dataset_.reset(driver->Create(path_.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
  if (!dataset_) throw std::runtime_error("cannot create " + path_ + ": " + CPLGetLastErrorMsg());
  if (crs_.importFromEPSG(4526) != OGRERR_NONE) throw std::runtime_error("this PROJ does not know EPSG:4526");
  crs_.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  dataset_->StartTransaction();
}

void Package::layer(const char* name, std::initializer_list<std::pair<const char*, OGRFieldType>> fields) {
  layer_ = dataset_->CreateLayer(name, &crs_, wkbMultiPolygon);
  if (layer_ == nullptr)
    throw std::runtime_error("cannot create layer " + std::string(name) + " in " + path_);
  for (const auto& [field, type] : fields) {
    OGRFieldDefn definition(field, type);
    layer_->CreateField(&definition);
  }
  feature_.reset(OGRFeature::CreateFeature(layer_->GetLayerDefn()));
  features_ = 0;
}

void Package::date(const char* field, const std::string& iso) {
  feature_->SetField(field, std::stoi(iso.substr(0, 4)), std::stoi(iso.substr(5, 2)),
                     std::stoi(iso.substr(8, 2)));
}

void Package::add(const Polygons& polygons) {
  auto parts = std::make_unique<OGRMultiPolygon>();
  for (const Polygon& polygon : polygons) {
    auto out = std::make_unique<OGRPolygon>();
    for (const Ring& ring : polygon) {
      auto line = std::make_unique<OGRLinearRing>();
      line->setNumPoints(static_cast<int>(ring.size()) + 1, FALSE);
      int at = 0;
      for (const Point& p : ring) line->setPoint(at++, origin_.x + p.x, origin_.y - p.y);
      line->setPoint(at, origin_.x + ring.front().x, origin_.y - ring.front().y);
      out->addRingDirectly(line.release());
      vertices_ += static_cast<std::int64_t>(ring.size()) + 1;
    }
    parts->addGeometryDirectly(out.release());
  }
  feature_->SetGeometryDirectly(parts.release());
  feature_->SetFID(OGRNullFID);
  if (layer_->CreateFeature(feature_.get()) != OGRERR_NONE)
    throw std::runtime_error("cannot write to " + path_ + ": " + CPLGetLastErrorMsg());
  feature_.reset(OGRFeature::CreateFeature(layer_->GetLayerDefn()));
  ++features_;
}

void Package::finish() {
  if (dataset_->CommitTransaction() != OGRERR_NONE) throw std::runtime_error("cannot finish " + path_);
  feature_.reset();
  dataset_.reset();
}

double Package::survey_area(const Polygon& polygon) const {
  const double east = origin_.x + polygon.front().front().x - 38500000;
  const double scale = 1 + east * east / (2 * 6371000.0 * 6371000.0);
  return std::round(area(polygon) / (scale * scale) * 100) / 100;
}

std::string numbered(const char* format, std::size_t number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

void save(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace tuban::scene
