// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <ogrsf_frmts.h>

#include <memory>
#include <string>
#include <vector>

namespace tuban::test {

/// Writes a vector file through OGR, away from the engine's own reading.
class VectorFile {
 public:
  VectorFile(const std::string& driver, const std::string& path, const std::string& crs,
             OGRwkbGeometryType type = wkbPolygon, const std::vector<const char*>& options = {},
             const char* layer = "parcels") {
    GDALAllRegister();
    // What is there, a database or a file of several layers, gets one more.
    const Quiet quiet;
    dataset_.reset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_UPDATE));
    if (!dataset_) {
      dataset_.reset(GetGDALDriverManager()
                         ->GetDriverByName(driver.c_str())
                         ->Create(path.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
    }
    OGRSpatialReference srs;
    srs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    srs.SetFromUserInput(crs.c_str());
    CPLStringList list;
    for (const auto* option : options) list.AddString(option);
    layer_ = dataset_->CreateLayer(layer, crs.empty() ? nullptr : &srs, type, list.List());
  }
  VectorFile& field(const char* name, OGRFieldType type) {
    OGRFieldDefn definition(name, type);
    EXPECT_EQ(layer_->CreateField(&definition), OGRERR_NONE);
    return *this;
  }
  /// `values` by field order; nullptr leaves a field unset.
  VectorFile& feature(const std::string& wkt, const std::vector<const char*>& values = {}) {
    OGRFeature feature(layer_->GetLayerDefn());
    OGRGeometry* geometry = nullptr;
    EXPECT_EQ(OGRGeometryFactory::createFromWkt(wkt.c_str(), nullptr, &geometry), OGRERR_NONE) << wkt;
    feature.SetGeometryDirectly(geometry);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != nullptr) feature.SetField(static_cast<int>(i), values[i]);
    }
    EXPECT_EQ(layer_->CreateFeature(&feature), OGRERR_NONE);
    return *this;
  }

 private:
  struct Quiet {
    Quiet() { CPLPushErrorHandler(CPLQuietErrorHandler); }
    ~Quiet() { CPLPopErrorHandler(); }
  };
  std::unique_ptr<GDALDataset> dataset_;
  OGRLayer* layer_ = nullptr;
};

}  // namespace tuban::test
