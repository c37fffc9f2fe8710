// SPDX-License-Identifier: Apache-2.0
// Vector data being written: GeoPackages in EPSG:4526, and text files.
#pragma once

#include <ogrsf_frmts.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>

#include "bench/scene/geometry.h"

namespace tuban::scene {

/// A GeoPackage; one transaction, closed with its errors seen. Throws std::runtime_error.
class Package {
 public:
  /// `origin` is the ground under the plane's (0, 0); y counts south from there.
  Package(const std::filesystem::path& path, Point origin);

  void layer(const char* name, std::initializer_list<std::pair<const char*, OGRFieldType>> fields);
  void set(const char* field, const std::string& value) { feature_->SetField(field, value.c_str()); }
  void set(const char* field, double value) { feature_->SetField(field, value); }
  void set(const char* field, int value) { feature_->SetField(field, value); }
  void date(const char* field, const std::string& iso);
  /// Writes the feature whose fields were set.
  void add(const Polygon& polygon) { add(Polygons{polygon}); }
  void add(const Polygons& polygons);
  void finish();

  std::int64_t features() const noexcept { return features_; }  ///< of the layer under way
  std::int64_t vertices() const noexcept { return vertices_; }  ///< of all layers

  /// Area on the ellipsoid, near enough for a parcel's stored area: the plane's, undone by the local scale of
  /// the Gauss-Krueger projection.
  double survey_area(const Polygon& polygon) const;

 private:
  std::string path_;
  Point origin_;
  GDALDatasetUniquePtr dataset_;
  OGRSpatialReference crs_;
  OGRLayer* layer_ = nullptr;
  OGRFeatureUniquePtr feature_;
  std::int64_t features_ = 0, vertices_ = 0;
};

/// printf with one number.
std::string numbered(const char* format, std::size_t number);
void save(const std::filesystem::path& path, const std::string& text);

}  // namespace tuban::scene
