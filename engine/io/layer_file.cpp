// SPDX-License-Identifier: Apache-2.0
#include "engine/io/layer_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_set>
#include <utility>

#include "engine/io/layer_reader.h"
#include "engine/rules/nearest.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr double kMarginMetres = 100;
constexpr double kMetresPerDegree = 111320;
/// A box between two CRSs: points on each edge that are transformed, and the share of its size that covers
/// what bends between them.
constexpr int kPointsPerEdge = 21;
constexpr double kWider = 0.01;

/// Text of a DBF that states no encoding: UTF-8 where it is that, else GBK.
std::string decoded(const char* text) {
  if (CPLIsUTF8(text, -1) != 0) return text;
  char* recoded = CPLRecode(text, "CP936", CPL_ENC_UTF8);
  std::string result = recoded;
  CPLFree(recoded);
  return result;
}

}  // namespace

/// While it lives, messages on this thread belong to the call under way.
class LayerFile::Listening {
 public:
  explicit Listening(LayerFile& file) : file_(file) { file_.errors_ = &errors_; }
  ~Listening() { file_.errors_ = nullptr; }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  LayerFile& file_;
  GdalErrors errors_;
};

LayerFile::LayerFile(const LayerSpec& spec, const Grid& grid) : spec_(spec) {
  const Listening listening(*this);
  grid_crs_ = make_ogr_crs(grid, false);
  open();
  check_type();
  find_fields();
  place(grid);
  find_index();
}

void LayerFile::all(const Take& take) {
  std::vector<LayerFeature> features;
  some([&](LayerFeature&& feature) {
    features.push_back(std::move(feature));
    return true;
  });
  sort(features);
  for (LayerFeature& feature : features) take(std::move(feature));
}

void LayerFile::sort(std::vector<LayerFeature>& features) const {
  if (index_ == Index::none) return;
  std::stable_sort(features.begin(), features.end(),
                   [](const auto& a, const auto& b) { return a.fid < b.fid; });
}

void LayerFile::some(const std::function<bool(LayerFeature&&)>& take) {
  const Listening listening(*this);
  layer_->SetAttributeFilter(nullptr);
  filter(own_extent_);
  read({}, take);
}

void LayerFile::near(std::span<const Bounds> boxes, std::span<const std::int64_t> known, const Take& take) {
  const Listening listening(*this);
  std::vector<OGREnvelope> own;
  for (const Bounds& box : boxes) {
    OGREnvelope envelope;
    envelope.MinX = box.x0;
    envelope.MinY = box.y0;
    envelope.MaxX = box.x1;
    envelope.MaxY = box.y1;
    own.push_back(in_own_crs(envelope).value_or(*own_extent_));
  }
  const auto keep = [&](LayerFeature&& feature) {
    take(std::move(feature));
    return true;
  };
  if (index_ == Index::rtree) {
    const std::string query = rtree_query(own, known);
    filter(std::nullopt);
    if (layer_->SetAttributeFilter(query.c_str()) != OGRERR_NONE)
      refuse(ErrorCode::runtime, "its spatial index cannot be searched: " + errors_->reason());
    read({}, keep);
    return;
  }
  std::unordered_set<std::int64_t> seen(known.begin(), known.end());
  for (const OGREnvelope& box : own) {
    filter(box);
    read(&seen, keep);
  }
}

void LayerFile::read(std::unordered_set<std::int64_t>* seen,
                     const std::function<bool(LayerFeature&&)>& take) {
  const GdalErrors errors;  // what a driver said while it looked at the file is no failure to read
  const auto outer = std::exchange(errors_, &errors);
  std::int64_t count = 0;
  layer_->ResetReading();
  while (const auto feature = OGRFeatureUniquePtr(layer_->GetNextFeature())) {
    if (seen != nullptr && !seen->insert(feature->GetFID()).second) continue;
    auto wkb = shape(*feature);
    if (wkb.empty()) continue;
    ++count;
    LayerFeature one;
    one.wkb = std::move(wkb);
    one.fid = feature->GetFID();
    one.id = identity(*feature);
    one.feature_class = text(*feature, class_);
    one.ridge = ridge(*feature);
    one.valid_from = date(*feature, from_);
    one.valid_to = date(*feature, to_);
    one.number = text(*feature, number_);
    one.dated = date(*feature, dated_);
    one.mode = text(*feature, mode_);
    one.holder = text(*feature, holder_);
    if (!take(std::move(one))) break;
  }
  layer_->ResetReading();  // lets go of what the driver holds for the reading
  if (errors.failed())
    refuse(ErrorCode::runtime, fmt::format("reading stopped after {} features: {}", count, errors.reason()));
  errors_ = outer;
}

void LayerFile::refuse(ErrorCode code, const std::string& what) const {
  const auto place =
      layer_ == nullptr ? spec_.path : fmt::format("{}, layer {}", spec_.path, layer_->GetName());
  throw Error(code, fmt::format("{}: {}: {}: {}", spec_.declared_in, spec_.role, place, what));
}

GDALDataset* LayerFile::open_with(const char* option) const {
  const char* const options[] = {option, nullptr};
  return GDALDataset::Open(spec_.path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, nullptr,
                           option == nullptr ? nullptr : options, nullptr);
}

void LayerFile::open() {
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

void LayerFile::find_layer() {
  std::vector<std::string> names, shapes;
  for (auto* const layer : dataset_->GetLayers()) {
    names.emplace_back(layer->GetName());
    if (layer->GetGeomType() != wkbNone) shapes.push_back(names.back());
  }
  if (names.empty()) refuse(ErrorCode::usage, "it holds no layer; expected is a layer of polygons");
  if (spec_.layer.empty()) {
    if (shapes.size() > 1) {
      layer_ = aliased_layer(shapes);
      // Which of several is a matter of law, not of order.
      if (layer_ == nullptr)
        refuse(ErrorCode::usage,
               fmt::format("it holds {} layers{}; name one with the key \"layer\": {}", shapes.size(),
                           looked_for(", none called", "layer"), fmt::join(shapes, ", ")));
    } else {
      layer_ = dataset_->GetLayerByName((shapes.empty() ? names : shapes).front().c_str());
    }
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
bool LayerFile::states_no_encoding() const {
  if (!EQUAL(dataset_->GetDriverName(), "ESRI Shapefile")) return false;
  if (CPLGetConfigOption("SHAPE_ENCODING", nullptr) != nullptr) return false;
  if (layer_->GetMetadataItem("CPG_VALUE", "SHAPEFILE") != nullptr) return false;
  const char* const language = layer_->GetMetadataItem("LDID_VALUE", "SHAPEFILE");
  return language == nullptr || EQUAL(language, "0") || EQUAL(language, "87");
}

void LayerFile::check_type() const {
  const auto type = wkbFlatten(layer_->GetGeomType());
  if (type == wkbNone) refuse(ErrorCode::mismatch, "it is a table without geometry; expected are polygons");
  if (type != wkbUnknown && type != wkbGeometryCollection && !OGR_GT_IsSubClassOf(type, wkbSurface) &&
      !OGR_GT_IsSubClassOf(type, wkbMultiSurface)) {
    refuse(ErrorCode::mismatch,
           fmt::format("its geometries are of type {}; expected are polygons", OGRGeometryTypeToName(type)));
  }
}

std::string LayerFile::shown(const char* raw) const {
  return raw_text_ ? decoded(raw) : std::string(raw);
}

std::string LayerFile::cure(int index) const {
  for (const auto& [found, key] : by_alias_)
    if (found == index) return fmt::format("; \"{}: ~\" leaves it out", key.substr(0, key.find(':')));
  return {};
}

std::string LayerFile::looked_for(const char* words, const char* key) const {
  const auto aliases = spec_.aliases.find(key);
  if (aliases == spec_.aliases.end() || aliases->second.empty()) return {};
  return fmt::format("{} {}", words, fmt::join(aliases->second, ", "));
}

OGRLayer* LayerFile::aliased_layer(const std::vector<std::string>& names) {
  const auto aliases = spec_.aliases.find("layer");
  if (aliases == spec_.aliases.end()) return nullptr;
  std::vector<std::string> known;
  for (const std::string& alias : aliases->second) {
    for (const std::string& name : names) {
      // A database names the schema too.
      const std::size_t dot = name.rfind('.');
      if (EQUAL(name.c_str(), alias.c_str()) || EQUAL(name.c_str() + dot + 1, alias.c_str()))
        known.push_back(name);
    }
  }
  if (known.empty()) return nullptr;
  if (known.size() > 1)
    notes_.push_back(fmt::format("of the layers {} only {} is read; name others in entries of their own",
                                 fmt::join(known, ", "), known.front()));
  spec_.layer = known.front();
  return dataset_->GetLayerByName(spec_.layer.c_str());
}

std::vector<std::string> LayerFile::field_names() const {
  std::vector<std::string> names;
  const auto* const definition = layer_->GetLayerDefn();
  for (int i = 0; i < definition->GetFieldCount(); ++i)
    names.push_back(shown(definition->GetFieldDefn(i)->GetNameRef()));
  return names;
}

int LayerFile::field(std::string LayerSpec::*member, const char* key) {
  std::string& name = spec_.*member;
  const std::vector<std::string> names = field_names();
  const auto place = [&](const std::string& wanted) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& one) {
      return EQUAL(one.c_str(), wanted.c_str());
    });
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
  };
  if (name.empty()) {
    const auto aliases = spec_.aliases.find(key);
    if (aliases == spec_.aliases.end()) return -1;
    for (const std::string& alias : aliases->second) {
      const int index = place(alias);
      if (index < 0) continue;
      name = names[static_cast<std::size_t>(index)];
      by_alias_.emplace_back(index, key);
      return index;
    }
    return -1;
  }
  const int index = place(name);
  if (index >= 0) return index;
  const std::vector<std::string_view> known(names.begin(), names.end());
  if (known.empty())
    refuse(ErrorCode::usage, fmt::format("{}: it has no field \"{}\", nor any other", key, name));
  refuse(ErrorCode::usage, fmt::format("{}: it has no field \"{}\"{}", key, name, suggestion(name, known)));
}

void LayerFile::find_fields() {
  id_ = field(&LayerSpec::id_field, "id");
  class_ = field(&LayerSpec::class_field, "class");
  ridge_ = field(&LayerSpec::ridge_field, "ridge");
  from_ = field(&LayerSpec::valid_from_field, "valid: from");
  to_ = field(&LayerSpec::valid_to_field, "valid: to");
  number_ = field(&LayerSpec::number_field, "number");
  dated_ = field(&LayerSpec::dated_field, "dated");
  mode_ = field(&LayerSpec::mode_field, "mode");
  holder_ = field(&LayerSpec::holder_field, "holder");
  if (spec_.role == "land_use" && class_ < 0) {
    refuse(ErrorCode::usage,
           fmt::format("role land_use needs a field of land classes{}; name it with the key \"class\": {}",
                       looked_for(" and none is called", "class"), fmt::join(field_names(), ", ")));
  }
  if (layer_->TestCapability(OLCIgnoreFields) == 0) return;
  const int wanted[] = {id_, class_, ridge_, from_, to_, number_, dated_, mode_, holder_};
  CPLStringList ignored;
  const auto* const definition = layer_->GetLayerDefn();
  for (int i = 0; i < definition->GetFieldCount(); ++i) {
    if (std::find(std::begin(wanted), std::end(wanted), i) == std::end(wanted))
      ignored.AddString(definition->GetFieldDefn(i)->GetNameRef());
  }
  layer_->SetIgnoredFields(const_cast<const char**>(ignored.List()));
}

std::string LayerFile::identity(const OGRFeature& feature) const {
  const auto own = text(feature, id_);
  return own.empty() ? std::to_string(feature.GetFID()) : own;
}

std::string LayerFile::text(const OGRFeature& feature, int index) const {
  if (index < 0 || feature.IsFieldSetAndNotNull(index) == 0) return {};
  return shown(const_cast<OGRFeature&>(feature).GetFieldAsString(index));
}

void LayerFile::refuse_feature(const OGRFeature& feature, const std::string& what) const {
  refuse(ErrorCode::mismatch, fmt::format("feature {} {}", identity(feature), what));
}

std::optional<double> LayerFile::ridge(const OGRFeature& feature) const {
  const auto value = text(feature, ridge_);
  if (value.empty()) return std::nullopt;
  char* end = nullptr;
  const double number = CPLStrtod(value.c_str(), &end);
  if (end == value.c_str() || *end != '\0') {
    refuse_feature(feature, fmt::format("has \"{}\" in the field {}; expected is a number{}", value,
                                        name_of(ridge_), cure(ridge_)));
  }
  return number;
}

std::string LayerFile::date(const OGRFeature& feature, int index) const {
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
                               "yyyy/mm/dd{}",
                               value, name_of(index), cure(index)));
  }
  return *iso;
}

std::vector<unsigned char> LayerFile::shape(OGRFeature& feature) const {
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

void LayerFile::place(const Grid& grid) {
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
  own_extent_ = extent_;
  if (!grid_crs_) return;
  const auto* const stated = layer_->GetSpatialRef();
  if (stated == nullptr || stated->IsLocal() != 0 || STARTS_WITH_CI(stated->GetName(), "undefined")) {
    refuse(ErrorCode::mismatch,
           fmt::format("it has no CRS and the scenes are in {}; give the layer its CRS, for "
                       "example with ogr2ogr -a_srs",
                       grid_crs_->GetName()));
  }
  const OgrCrs own(stated->Clone());
  own->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  if (own->IsSame(grid_crs_.get()) != 0) return;
  to_grid_.reset(OGRCreateCoordinateTransformation(own.get(), grid_crs_.get()));
  if (!to_grid_) {
    refuse(ErrorCode::mismatch, fmt::format("its CRS {} cannot be transformed to {}: {}", own->GetName(),
                                            grid_crs_->GetName(), errors_->reason()));
  }
  const GdalErrors unheard;
  from_grid_.reset(OGRCreateCoordinateTransformation(grid_crs_.get(), own.get()));
  own_extent_ = in_own_crs(extent_);
}

std::optional<OGREnvelope> LayerFile::in_own_crs(const OGREnvelope& box) const {
  if (!to_grid_) return box;
  const GdalErrors unheard;
  OGREnvelope own;
  if (!from_grid_ || from_grid_->TransformBounds(box.MinX, box.MinY, box.MaxX, box.MaxY, &own.MinX, &own.MinY,
                                                 &own.MaxX, &own.MaxY, kPointsPerEdge) == 0)
    return std::nullopt;
  if (!std::isfinite(own.MinX + own.MinY + own.MaxX + own.MaxY) || own.MinX > own.MaxX) return std::nullopt;
  const double wider = kWider * std::max(own.MaxX - own.MinX, own.MaxY - own.MinY);
  own.MinX -= wider;
  own.MinY -= wider;
  own.MaxX += wider;
  own.MaxY += wider;
  return own;
}

void LayerFile::find_index() {
  // Without the place of a box in the layer's CRS everything is read, which is slower and no less right.
  if (!own_extent_ || layer_->TestCapability(OLCFastSpatialFilter) == 0) return;
  const bool table = *layer_->GetFIDColumn() != '\0' && *layer_->GetGeometryColumn() != '\0';
  index_ = table && EQUAL(dataset_->GetDriverName(), "GPKG") ? Index::rtree : Index::filter;
}

std::string LayerFile::rtree_query(std::span<const OGREnvelope> boxes,
                                   std::span<const std::int64_t> known) const {
  const auto quoted = [](std::string name) {
    for (std::size_t at = 0; (at = name.find('"', at)) != std::string::npos; at += 2) name.insert(at, 1, '"');
    return '"' + name + '"';
  };
  const std::string fid = quoted(layer_->GetFIDColumn());
  const std::string tree = quoted(fmt::format("rtree_{}_{}", layer_->GetName(), layer_->GetGeometryColumn()));
  std::string query = fid + " IN (SELECT r.id FROM (VALUES ";
  const char* separator = "";
  for (const OGREnvelope& box : boxes) {
    fmt::format_to(std::back_inserter(query), "{}({:.17g},{:.17g},{:.17g},{:.17g})", separator, box.MinX,
                   box.MinY, box.MaxX, box.MaxY);
    separator = ",";
  }
  // CROSS JOIN fixes the order: one search of the index per box.
  query +=
      ") b CROSS JOIN " + tree +
      " r ON r.maxx >= b.column1 AND r.maxy >= b.column2 AND r.minx <= b.column3 AND r.miny <= b.column4)";
  if (!known.empty())
    fmt::format_to(std::back_inserter(query), " AND {} NOT IN ({})", fid, fmt::join(known, ","));
  return query;
}

void LayerFile::filter(const std::optional<OGREnvelope>& box) {
  if (box) {
    layer_->SetSpatialFilterRect(box->MinX, box->MinY, box->MaxX, box->MaxY);
  } else {
    layer_->SetSpatialFilter(nullptr);
  }
}

}  // namespace tuban
