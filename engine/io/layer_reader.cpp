// SPDX-License-Identifier: Apache-2.0
#include "engine/io/layer_reader.h"

#include <fmt/format.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/rules/iso_date.h"
#include "engine/rules/nearest.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr double kMarginMetres = 100;
constexpr double kMetresPerDegree = 111320;

/// Text of a DBF that states no encoding: UTF-8 where it is that, else GBK.
std::string decoded(const char* text) {
  if (CPLIsUTF8(text, -1) != 0) return text;
  char* recoded = CPLRecode(text, "CP936", CPL_ENC_UTF8);
  std::string result = recoded;
  CPLFree(recoded);
  return result;
}

/// One layer being read.
class LayerSource {
 public:
  LayerSource(const LayerSpec& spec, const Grid& grid) : spec_(spec), grid_crs_(make_ogr_crs(grid, false)) {
    open();
    check_type();
    find_fields();
    place(grid);
  }

  std::vector<LayerFeature> read() {
    std::vector<LayerFeature> features;
    errors_.emplace();  // what a driver said while it looked at the file is no failure to read
    layer_->ResetReading();
    while (const auto feature = OGRFeatureUniquePtr(layer_->GetNextFeature())) {
      auto wkb = shape(*feature);
      if (wkb.empty()) continue;
      LayerFeature& one = features.emplace_back();
      one.wkb = std::move(wkb);
      one.id = identity(*feature);
      one.feature_class = text(*feature, class_);
      one.ridge = ridge(*feature);
      one.valid_from = date(*feature, from_);
      one.valid_to = date(*feature, to_);
    }
    if (errors_->failed()) {
      refuse(ErrorCode::runtime,
             fmt::format("reading stopped after {} features: {}", features.size(), errors_->reason()));
    }
    return features;
  }

 private:
  [[noreturn]] void refuse(ErrorCode code, const std::string& what) const {
    const auto place =
        layer_ == nullptr ? spec_.path : fmt::format("{}, layer {}", spec_.path, layer_->GetName());
    throw Error(code, fmt::format("{}: {}: {}: {}", spec_.declared_in, spec_.role, place, what));
  }

  GDALDataset* open_with(const char* option) const {
    const char* const options[] = {option, nullptr};
    return GDALDataset::Open(spec_.path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, nullptr,
                             option == nullptr ? nullptr : options, nullptr);
  }

  void open() {
    VSIStatBufL status;
    dataset_.reset(open_with(nullptr));
    if (!dataset_) {
      const bool there = VSIStatExL(spec_.path.c_str(), &status, VSI_STAT_EXISTS_FLAG) == 0;
      refuse(ErrorCode::usage, there ? "GDAL cannot open it as vector data: " + errors_->reason()
                                     : "no such file; expected is vector data that GDAL reads");
    }
    find_layer();
    if (!states_no_encoding()) return;
    layer_ = nullptr;
    dataset_.reset(open_with("ENCODING="));
    if (!dataset_) refuse(ErrorCode::runtime, "GDAL cannot open it again: " + errors_->reason());
    find_layer();
    raw_text_ = true;
  }

  void find_layer() {
    std::vector<std::string> names, shapes;
    for (auto* const layer : dataset_->GetLayers()) {
      names.emplace_back(layer->GetName());
      if (layer->GetGeomType() != wkbNone) shapes.push_back(names.back());
    }
    if (names.empty()) refuse(ErrorCode::usage, "it holds no layer; expected is a layer of polygons");
    if (spec_.layer.empty()) {
      // Which of several is a matter of law, not of order.
      if (shapes.size() > 1) {
        refuse(ErrorCode::usage, fmt::format("it holds {} layers; name one with the key \"layer\": {}",
                                             shapes.size(), fmt::join(shapes, ", ")));
      }
      layer_ = dataset_->GetLayerByName((shapes.empty() ? names : shapes).front().c_str());
      return;
    }
    layer_ = dataset_->GetLayerByName(spec_.layer.c_str());
    const std::vector<std::string_view> known(names.begin(), names.end());
    if (layer_ == nullptr) {
      refuse(ErrorCode::usage,
             fmt::format("it has no layer \"{}\"{}", spec_.layer, suggestion(spec_.layer, known)));
    }
  }

  /// A Shapefile without .cpg whose DBF says nothing, or "the system's code page" (87).
  bool states_no_encoding() const {
    if (!EQUAL(dataset_->GetDriverName(), "ESRI Shapefile")) return false;
    if (CPLGetConfigOption("SHAPE_ENCODING", nullptr) != nullptr) return false;
    if (layer_->GetMetadataItem("CPG_VALUE", "SHAPEFILE") != nullptr) return false;
    const char* const language = layer_->GetMetadataItem("LDID_VALUE", "SHAPEFILE");
    return language == nullptr || EQUAL(language, "0") || EQUAL(language, "87");
  }

  void check_type() const {
    const auto type = wkbFlatten(layer_->GetGeomType());
    if (type == wkbNone) refuse(ErrorCode::mismatch, "it is a table without geometry; expected are polygons");
    if (type != wkbUnknown && type != wkbGeometryCollection && !OGR_GT_IsSubClassOf(type, wkbSurface) &&
        !OGR_GT_IsSubClassOf(type, wkbMultiSurface)) {
      refuse(ErrorCode::mismatch, fmt::format("its geometries are of type {}; expected are polygons",
                                              OGRGeometryTypeToName(type)));
    }
  }

  std::string shown(const char* raw) const { return raw_text_ ? decoded(raw) : std::string(raw); }

  int field(const std::string& name, const char* key) const {
    if (name.empty()) return -1;
    std::vector<std::string> names;
    const auto* const definition = layer_->GetLayerDefn();
    for (int i = 0; i < definition->GetFieldCount(); ++i) {
      names.push_back(shown(definition->GetFieldDefn(i)->GetNameRef()));
      if (EQUAL(names.back().c_str(), name.c_str())) return i;
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    if (known.empty())
      refuse(ErrorCode::usage, fmt::format("{}: it has no field \"{}\", nor any other", key, name));
    refuse(ErrorCode::usage, fmt::format("{}: it has no field \"{}\"{}", key, name, suggestion(name, known)));
  }

  void find_fields() {
    id_ = field(spec_.id_field, "id");
    class_ = field(spec_.class_field, "class");
    ridge_ = field(spec_.ridge_field, "ridge");
    from_ = field(spec_.valid_from_field, "valid: from");
    to_ = field(spec_.valid_to_field, "valid: to");
    if (layer_->TestCapability(OLCIgnoreFields) == 0) return;
    CPLStringList ignored;
    const auto* const definition = layer_->GetLayerDefn();
    for (int i = 0; i < definition->GetFieldCount(); ++i) {
      const bool used = i == id_ || i == class_ || i == ridge_ || i == from_ || i == to_;
      if (!used) ignored.AddString(definition->GetFieldDefn(i)->GetNameRef());
    }
    layer_->SetIgnoredFields(const_cast<const char**>(ignored.List()));
  }

  /// The transformation, and the part of the earth that matters.
  void place(const Grid& grid) {
    double x[4], y[4];
    for (int i = 0; i < 4; ++i) {
      const double px = i % 2 == 0 ? 0 : grid.width, py = i < 2 ? 0 : grid.height;
      x[i] = grid.ground_x(px, py);
      y[i] = grid.ground_y(px, py);
    }
    double margin = 0;
    if (grid_crs_) {
      margin = grid_crs_->IsGeographic() != 0 ? kMarginMetres / kMetresPerDegree
                                              : kMarginMetres / grid_crs_->GetLinearUnits();
    }
    extent_.MinX = *std::min_element(x, x + 4) - margin;
    extent_.MaxX = *std::max_element(x, x + 4) + margin;
    extent_.MinY = *std::min_element(y, y + 4) - margin;
    extent_.MaxY = *std::max_element(y, y + 4) + margin;
    if (!grid_crs_) {
      layer_->SetSpatialFilterRect(extent_.MinX, extent_.MinY, extent_.MaxX, extent_.MaxY);
      return;
    }
    const auto* const stated = layer_->GetSpatialRef();
    if (stated == nullptr || stated->IsLocal() != 0 || STARTS_WITH_CI(stated->GetName(), "undefined")) {
      refuse(ErrorCode::mismatch,
             fmt::format("it has no CRS and the scenes are in {}; give the layer its CRS, for "
                         "example with ogr2ogr -a_srs",
                         grid_crs_->GetName()));
    }
    const OgrCrs own(stated->Clone());
    own->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    if (own->IsSame(grid_crs_.get()) != 0) {
      layer_->SetSpatialFilterRect(extent_.MinX, extent_.MinY, extent_.MaxX, extent_.MaxY);
      return;
    }
    to_grid_.reset(OGRCreateCoordinateTransformation(own.get(), grid_crs_.get()));
    if (!to_grid_) {
      refuse(ErrorCode::mismatch, fmt::format("its CRS {} cannot be transformed to {}: {}", own->GetName(),
                                              grid_crs_->GetName(), errors_->reason()));
    }
    filter_in(own.get());
  }

  /// Without a filter everything is read, which is slower and no less right.
  void filter_in(const OGRSpatialReference* own) {
    const GdalErrors unheard;
    const std::unique_ptr<OGRCoordinateTransformation> back(
        OGRCreateCoordinateTransformation(grid_crs_.get(), own));
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    if (back &&
        back->TransformBounds(extent_.MinX, extent_.MinY, extent_.MaxX, extent_.MaxY, &x0, &y0, &x1, &y1,
                              21) != 0 &&
        std::isfinite(x0 + y0 + x1 + y1) && x0 <= x1) {
      layer_->SetSpatialFilterRect(x0, y0, x1, y1);
    }
  }

  std::string identity(const OGRFeature& feature) const {
    const auto own = text(feature, id_);
    return own.empty() ? std::to_string(feature.GetFID()) : own;
  }

  std::string text(const OGRFeature& feature, int index) const {
    if (index < 0 || feature.IsFieldSetAndNotNull(index) == 0) return {};
    return shown(const_cast<OGRFeature&>(feature).GetFieldAsString(index));
  }

  [[noreturn]] void refuse_feature(const OGRFeature& feature, const std::string& what) const {
    refuse(ErrorCode::mismatch, fmt::format("feature {} {}", identity(feature), what));
  }

  const char* name_of(int index) const { return layer_->GetLayerDefn()->GetFieldDefn(index)->GetNameRef(); }

  std::optional<double> ridge(const OGRFeature& feature) const {
    const auto value = text(feature, ridge_);
    if (value.empty()) return std::nullopt;
    char* end = nullptr;
    const double number = CPLStrtod(value.c_str(), &end);
    if (end == value.c_str() || *end != '\0') {
      refuse_feature(feature,
                     fmt::format("has \"{}\" in the field {}; expected is a number", value, name_of(ridge_)));
    }
    return number;
  }

  std::string date(const OGRFeature& feature, int index) const {
    if (index < 0 || feature.IsFieldSetAndNotNull(index) == 0) return {};
    const auto type = layer_->GetLayerDefn()->GetFieldDefn(index)->GetType();
    if (type == OFTDate || type == OFTDateTime) {
      int year = 0, month = 0, day = 0, ignored = 0;
      feature.GetFieldAsDateTime(index, &year, &month, &day, &ignored, &ignored, &ignored, &ignored);
      return fmt::format("{:04}-{:02}-{:02}", year, month, day);
    }
    const auto value = text(feature, index);
    if (value.find_first_not_of(' ') == std::string::npos) return {};
    const auto iso = iso_date(value);
    if (!iso) {
      refuse_feature(feature,
                     fmt::format("has \"{}\" in the field {}; expected is a date as yyyy-mm-dd, yyyymmdd or "
                                 "yyyy/mm/dd",
                                 value, name_of(index)));
    }
    return *iso;
  }

  /// The feature's polygons in the grid's CRS; empty where it has none near the grid.
  std::vector<unsigned char> shape(OGRFeature& feature) const {
    std::unique_ptr<OGRGeometry> geometry(feature.StealGeometry());
    if (!geometry || geometry->IsEmpty()) return {};
    const std::string type = OGRGeometryTypeToName(geometry->getGeometryType());
    if (geometry->hasCurveGeometry() != 0) geometry.reset(geometry->getLinearGeometry());
    geometry->flattenTo2D();
    geometry.reset(OGRGeometryFactory::forceToMultiPolygon(geometry.release()));
    if (!geometry || wkbFlatten(geometry->getGeometryType()) != wkbMultiPolygon) {
      refuse_feature(feature, fmt::format("is of type {}; expected are polygons", type));
    }
    if (to_grid_ && geometry->transform(to_grid_.get()) != OGRERR_NONE) {
      refuse_feature(feature,
                     fmt::format("cannot be transformed to {}: {}", grid_crs_->GetName(), errors_->reason()));
    }
    OGREnvelope bounds;
    geometry->getEnvelope(&bounds);
    if (!std::isfinite(bounds.MinX + bounds.MinY + bounds.MaxX + bounds.MaxY)) {
      refuse_feature(feature, "has a coordinate that is not a finite number");
    }
    if (!bounds.Intersects(extent_)) return {};
    std::vector<unsigned char> wkb(geometry->WkbSize());
    geometry->exportToWkb(wkbNDR, wkb.data(), wkbVariantIso);
    return wkb;
  }

  const LayerSpec& spec_;
  std::optional<GdalErrors> errors_{std::in_place};  // of opening, then of reading
  OgrCrs grid_crs_;
  OgrDataset dataset_;
  OGRLayer* layer_ = nullptr;
  std::unique_ptr<OGRCoordinateTransformation> to_grid_;
  OGREnvelope extent_;
  bool raw_text_ = false;
  int id_ = -1, class_ = -1, ridge_ = -1, from_ = -1, to_ = -1;
};

}  // namespace

std::optional<std::string> iso_date(const std::string& text) {
  std::string day = text.substr(0, text.find_first_of(" T"));
  std::vector<std::string> parts;
  const char separator = day.find('/') != std::string::npos ? '/' : '-';
  if (day.size() == 8 && day.find_first_not_of("0123456789") == std::string::npos) {
    parts = {day.substr(0, 4), day.substr(4, 2), day.substr(6, 2)};
  } else {
    for (std::size_t at = 0; at <= day.size();) {
      const auto next = std::min(day.find(separator, at), day.size());
      parts.push_back(day.substr(at, next - at));
      at = next + 1;
    }
  }
  if (parts.size() != 3) return std::nullopt;
  for (auto* const part : {&parts[1], &parts[2]}) {
    if (separator == '/' && part->size() == 1) *part = "0" + *part;
  }
  const auto iso = parts[0] + "-" + parts[1] + "-" + parts[2];
  if (!is_iso_date(iso)) return std::nullopt;
  return iso;
}

LayerReader make_layer_reader() {
  return [](const LayerSpec& spec, const Grid& grid) {
    register_gdal_drivers();
    return LayerSource(spec, grid).read();
  };
}

}  // namespace tuban
