// SPDX-License-Identifier: Apache-2.0
#include "engine/io/patch_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/rules/nearest.h"

namespace tuban {
namespace {

constexpr const char* kPackage = "JCTB";
constexpr const char* kPackageShape = "TBFW";
constexpr const char* kOwnTable = "patches";

ColumnType column_type(const OGRFieldDefn& field) {
  switch (field.GetType()) {
    case OFTInteger:
      return field.GetSubType() == OFSTBoolean ? ColumnType::boolean : ColumnType::integer;
    case OFTInteger64:
      return ColumnType::integer;
    case OFTReal:
      return ColumnType::real;
    case OFTDate:
      return ColumnType::date;
    default:
      return ColumnType::text;
  }
}

std::string wkt_of(const OGRSpatialReference& crs) {
  char* text = nullptr;
  const char* const options[] = {"FORMAT=WKT2_2019", nullptr};
  crs.exportToWkt(&text, options);
  std::string result = text == nullptr ? "" : text;
  CPLFree(text);
  return result;
}

OgrCrs epsg(int code) {
  OgrCrs crs(new OGRSpatialReference());
  crs->importFromEPSG(code);
  crs->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return crs;
}

/// Where a document names no CRS its coordinates may: degrees of China, or metres behind the number of a
/// 3-degree zone (EPSG:4513 is zone 25).
OgrCrs crs_of(const OGREnvelope& b) {
  if (b.MinX > 70 && b.MaxX < 140 && b.MinY > 0 && b.MaxY < 60) return epsg(4490);
  const double zone = std::floor(b.MinX / 1e6);
  if (zone >= 25 && zone <= 45 && std::floor(b.MaxX / 1e6) == zone && b.MinY > 0 && b.MaxY < 1e7)
    return epsg(4513 + static_cast<int>(zone) - 25);
  return nullptr;
}

}  // namespace

struct PatchFile::Impl {
  explicit Impl(const PatchFileSpec& with) : spec(with) {
    register_gdal_drivers();
    open();
    list_fields();
    place();
  }

  int find(const std::vector<std::string>& names) const;
  int require(const std::string& name, const std::string& option) const;
  const std::string& id_name() const { return fields[static_cast<std::size_t>(id_at)].name; }
  std::optional<GivenPatch> next();
  std::string check_ids(const std::vector<std::string>& dates);
  bool looks_own() const {
    return find({"patch_id"}) >= 0 && find({"region_id"}) >= 0 && find({"score_mean"}) >= 0;
  }
  [[noreturn]] void refuse(ErrorCode code, const std::string& what) const;
  [[noreturn]] void refuse_repeated(const std::string& id) const;
  std::string named(const std::string& id) const { return patch_in_words(id, spec.discreet); }

  void open();
  void find_layer();
  void list_fields();
  void place();
  std::string shown(const char* raw) const;
  FieldValue value(const OGRFeature& feature, int index) const;
  std::unique_ptr<OGRGeometry> polygons(OGRFeature& feature, const std::string& patch);
  void to_target(OGRGeometry& geometry, const std::string& patch);

  const PatchFileSpec spec;
  OgrDataset dataset;
  OGRLayer* layer = nullptr;
  std::vector<Field> fields;
  std::vector<int> indices;  ///< of fields in the layer's definition
  int id_at = -1, wkt_at = -1;
  bool raw_text = false;
  OgrCrs own, target;
  std::unique_ptr<OGRCoordinateTransformation> way;
  std::string crs;
  std::int64_t row = 0;
};

void PatchFile::Impl::refuse(ErrorCode code, const std::string& what) const {
  const bool several = layer != nullptr && dataset->GetLayerCount() > 1;
  throw Error(code, fmt::format("{}{}: {}", spec.path,
                                several ? fmt::format(", layer {}", layer->GetName()) : "", what));
}

void PatchFile::Impl::refuse_repeated(const std::string& id) const {
  refuse(ErrorCode::mismatch,
         fmt::format("two patches have {} in the field {}; ids must differ, name another field with {}",
                     spec.discreet ? "the same id (not named beside a layer of role military)"
                                   : fmt::format("the id \"{}\"", id),
                     id_name(), spec.id_option));
}

void PatchFile::Impl::open() {
  const GdalErrors errors;
  dataset = open_vector(spec.path, nullptr);
  if (!dataset) {
    VSIStatBufL status;
    const bool there = VSIStatExL(spec.path.c_str(), &status, VSI_STAT_EXISTS_FLAG) == 0;
    refuse(ErrorCode::usage, there || errors.failed()
                                 ? "GDAL cannot open it as vector data: " + errors.reason()
                                 : "no such file; expected is vector data that GDAL reads");
  }
  find_layer();
  if (!states_no_encoding(*dataset, *layer)) return;
  layer = nullptr;
  dataset = open_vector(spec.path, "ENCODING=");
  if (!dataset) refuse(ErrorCode::runtime, "GDAL cannot open it again: " + errors.reason());
  find_layer();
  raw_text = true;
}

void PatchFile::Impl::find_layer() {
  std::vector<std::string> names, shapes;
  OGRLayer* package = nullptr;
  for (auto* const each : dataset->GetLayers()) {
    names.emplace_back(each->GetName());
    if (each->GetGeomType() != wkbNone) shapes.push_back(names.back());
    const bool has_text = each->GetLayerDefn()->GetFieldIndex(kPackageShape) >= 0;
    if (each->GetGeomType() == wkbNone && EQUAL(each->GetName(), kPackage) && has_text) package = each;
  }
  if (!spec.layer.empty()) {
    layer = dataset->GetLayerByName(spec.layer.c_str());
    const std::vector<std::string_view> known(names.begin(), names.end());
    if (layer == nullptr)
      refuse(ErrorCode::usage,
             fmt::format("it has no layer \"{}\"{}", spec.layer, suggestion(spec.layer, known)));
  } else if (package != nullptr && shapes.empty()) {
    layer = package;
  } else if (shapes.size() == 1) {
    layer = dataset->GetLayerByName(shapes.front().c_str());
  } else if (const auto ours = std::find(shapes.begin(), shapes.end(), kOwnTable); ours != shapes.end()) {
    layer = dataset->GetLayerByName(kOwnTable);
  } else if (shapes.empty()) {
    refuse(ErrorCode::usage, "it holds no layer of polygons, nor a table JCTB with shapes in TBFW");
  } else {
    refuse(ErrorCode::usage, fmt::format("it holds {} layers; name one with --layer: {}", shapes.size(),
                                         fmt::join(shapes, ", ")));
  }
  if (layer->GetGeomType() == wkbNone) {
    wkt_at = layer->GetLayerDefn()->GetFieldIndex(kPackageShape);
    if (wkt_at < 0)
      refuse(ErrorCode::mismatch, "it is a table without geometry, nor a field TBFW; expected are polygons");
  }
}

std::string PatchFile::Impl::shown(const char* raw) const {
  return raw_text ? decoded_text(raw) : std::string(raw);
}

void PatchFile::Impl::list_fields() {
  const OGRFeatureDefn& definition = *layer->GetLayerDefn();
  for (int i = 0; i < definition.GetFieldCount(); ++i) {
    const OGRFieldDefn& field = *definition.GetFieldDefn(i);
    if (field.GetType() == OFTBinary) continue;  // pictures are not facts
    fields.push_back({shown(field.GetNameRef()), column_type(field)});
    indices.push_back(i);
  }
  if (fields.empty()) refuse(ErrorCode::usage, "it has no fields, so its patches have no ids");
  // A result of ours may have the ids of the patches that it was made from beside its own.
  const std::vector<std::string> usual =
      looks_own() ? std::vector<std::string>{"patch_id"} : std::vector<std::string>{"JCBH", "patch_id"};
  id_at = spec.id_field.empty() ? find(usual) : require(spec.id_field, spec.id_option);
  if (id_at < 0) {
    std::vector<std::string> names;
    for (const Field& field : fields) names.push_back(field.name);
    refuse(ErrorCode::usage, fmt::format("it has no field JCBH or patch_id; name the field of patch ids with "
                                         "{}: {}",
                                         spec.id_option, fmt::join(names, ", ")));
  }
}

int PatchFile::Impl::find(const std::vector<std::string>& names) const {
  for (const std::string& name : names)
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (EQUAL(fields[i].name.c_str(), name.c_str())) return static_cast<int>(i);
  return -1;
}

int PatchFile::Impl::require(const std::string& name, const std::string& option) const {
  const int found = find({name});
  if (found >= 0) return found;
  std::vector<std::string_view> known;
  for (const Field& field : fields) known.push_back(field.name);
  refuse(ErrorCode::usage,
         fmt::format("{}: it has no field \"{}\"{}", option, name, suggestion(name, known)));
}

void PatchFile::Impl::place() {
  const GdalErrors errors;
  const auto* const stated = layer->GetSpatialRef();
  const bool states =
      stated != nullptr && stated->IsLocal() == 0 && !STARTS_WITH_CI(stated->GetName(), "undefined");
  if (!spec.crs.empty()) {
    own.reset(new OGRSpatialReference());
    if (own->SetFromUserInput(spec.crs.c_str()) != OGRERR_NONE)
      refuse(ErrorCode::usage, fmt::format("--crs \"{}\" is none that GDAL understands; expected is one such "
                                           "as EPSG:4526",
                                           spec.crs));
  } else if (states) {
    own.reset(stated->Clone());
  } else if (wkt_at >= 0) {
    layer->ResetReading();
    while (!own) {
      const OGRFeatureUniquePtr feature(layer->GetNextFeature());
      if (!feature) break;
      OGRGeometry* shape = nullptr;
      OGRGeometryFactory::createFromWkt(feature->GetFieldAsString(wkt_at), nullptr, &shape);
      const std::unique_ptr<OGRGeometry> owned(shape);
      if (!owned || owned->IsEmpty()) continue;
      OGREnvelope bounds;
      owned->getEnvelope(&bounds);
      own = crs_of(bounds);
      break;
    }
    layer->ResetReading();
  }
  if (!own)
    refuse(ErrorCode::mismatch,
           "it has no coordinate reference system; state it with --crs, such as --crs "
           "EPSG:4526");
  own->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  target.reset(own->Clone());
  if (!spec.target_crs.empty()) {
    target.reset(new OGRSpatialReference());
    if (target->importFromWkt(spec.target_crs.c_str()) != OGRERR_NONE)
      refuse(ErrorCode::runtime, "GDAL does not understand the coordinate reference system of the job");
    target->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  }
  crs = wkt_of(*target);
  if (own->IsSame(target.get()) != 0) return;
  way.reset(OGRCreateCoordinateTransformation(own.get(), target.get()));
  if (!way)
    refuse(ErrorCode::mismatch, fmt::format("its CRS {} cannot be transformed to {}: {}", own->GetName(),
                                            target->GetName(), errors.reason()));
}

FieldValue PatchFile::Impl::value(const OGRFeature& feature, int index) const {
  const int field = indices[static_cast<std::size_t>(index)];
  if (feature.IsFieldSetAndNotNull(field) == 0) return {};
  switch (fields[static_cast<std::size_t>(index)].type) {
    case ColumnType::integer:
    case ColumnType::boolean:
      return static_cast<std::int64_t>(feature.GetFieldAsInteger64(field));
    case ColumnType::real:
      return feature.GetFieldAsDouble(field);
    case ColumnType::date: {
      int year = 0, month = 0, day = 0, ignored = 0;
      feature.GetFieldAsDateTime(field, &year, &month, &day, &ignored, &ignored, &ignored, &ignored);
      return fmt::format("{:04}-{:02}-{:02}", year, month, day);
    }
    case ColumnType::text:
      break;
  }
  return shown(const_cast<OGRFeature&>(feature).GetFieldAsString(field));
}

void PatchFile::Impl::to_target(OGRGeometry& geometry, const std::string& id) {
  auto* transformation = way.get();
  std::unique_ptr<OGRCoordinateTransformation> of_its_zone;
  if (wkt_at >= 0 && spec.crs.empty()) {
    // A package may hold patches of two zones.
    OGREnvelope bounds;
    geometry.getEnvelope(&bounds);
    const OgrCrs zone = crs_of(bounds);
    if (!zone)
      refuse(ErrorCode::mismatch,
             fmt::format("the coordinates of {} tell no CRS; state it with --crs, such as --crs EPSG:4526",
                         named(id)));
    if (zone->IsSame(own.get()) == 0) {
      of_its_zone.reset(OGRCreateCoordinateTransformation(zone.get(), target.get()));
      transformation = of_its_zone.get();
    }
  }
  const GdalErrors errors;
  if (transformation != nullptr && geometry.transform(transformation) != OGRERR_NONE)
    refuse(ErrorCode::mismatch, fmt::format("{} cannot be transformed to {}{}", named(id), target->GetName(),
                                            spec.discreet ? "" : ": " + errors.reason()));
}

std::unique_ptr<OGRGeometry> PatchFile::Impl::polygons(OGRFeature& feature, const std::string& id) {
  std::unique_ptr<OGRGeometry> geometry;
  if (wkt_at < 0) {
    geometry.reset(feature.StealGeometry());
  } else if (feature.IsFieldSetAndNotNull(wkt_at) != 0 && *feature.GetFieldAsString(wkt_at) != '\0') {
    const GdalErrors errors;
    OGRGeometry* shape = nullptr;
    if (OGRGeometryFactory::createFromWkt(feature.GetFieldAsString(wkt_at), nullptr, &shape) != OGRERR_NONE)
      refuse(ErrorCode::mismatch,
             fmt::format("{} has in the field TBFW what is no WKT{}", named(id),
                         spec.discreet ? "" : fmt::format(": \"{:.40}\"", feature.GetFieldAsString(wkt_at))));
    geometry.reset(shape);
  }
  if (!geometry || geometry->IsEmpty()) return nullptr;
  const std::string type = OGRGeometryTypeToName(geometry->getGeometryType());
  if (geometry->hasCurveGeometry() != 0) geometry.reset(geometry->getLinearGeometry());
  geometry->flattenTo2D();
  geometry.reset(OGRGeometryFactory::forceToMultiPolygon(geometry.release()));
  if (!geometry || wkbFlatten(geometry->getGeometryType()) != wkbMultiPolygon)
    refuse(ErrorCode::mismatch, fmt::format("{} is of type {}; expected are polygons", named(id), type));
  to_target(*geometry, id);
  OGREnvelope bounds;
  geometry->getEnvelope(&bounds);
  if (!std::isfinite(bounds.MinX + bounds.MinY + bounds.MaxX + bounds.MaxY))
    refuse(ErrorCode::mismatch, fmt::format("{} has a coordinate that is not a finite number", named(id)));
  return geometry;
}

std::string PatchFile::Impl::check_ids(const std::vector<std::string>& dates) {
  const GdalErrors errors;
  const int date = find(dates), id_field = indices[static_cast<std::size_t>(id_at)];
  const int date_field = date < 0 ? -1 : indices[static_cast<std::size_t>(date)];
  const bool can_ignore = layer->TestCapability(OLCIgnoreFields) != 0;
  CPLStringList ignored;
  ignored.AddString("OGR_GEOMETRY");
  const OGRFeatureDefn& definition = *layer->GetLayerDefn();
  for (int i = 0; i < definition.GetFieldCount(); ++i)
    if (i != id_field && i != date_field) ignored.AddString(definition.GetFieldDefn(i)->GetNameRef());
  if (can_ignore) layer->SetIgnoredFields(const_cast<const char**>(ignored.List()));
  std::unordered_set<std::string> ids;
  std::string latest;
  layer->ResetReading();
  while (const OGRFeatureUniquePtr feature{layer->GetNextFeature()}) {
    const std::string patch = shown(feature->GetFieldAsString(id_field));
    if (!ids.insert(patch).second) refuse_repeated(patch);
    if (date < 0) continue;
    if (const FieldValue said = value(*feature, date); const auto* text = std::get_if<std::string>(&said))
      latest = std::max(latest, *text);
  }
  if (can_ignore) layer->SetIgnoredFields(nullptr);
  layer->ResetReading();
  if (errors.failed())
    refuse(ErrorCode::runtime,
           fmt::format("reading stopped after {} patches: {}", ids.size(), errors.reason()));
  return latest;
}

std::optional<GivenPatch> PatchFile::Impl::next() {
  const GdalErrors errors;
  if (row == 0) layer->ResetReading();
  const OGRFeatureUniquePtr feature(layer->GetNextFeature());
  if (errors.failed())
    refuse(ErrorCode::runtime, fmt::format("reading stopped after {} patches: {}", row, errors.reason()));
  if (!feature) return std::nullopt;
  GivenPatch patch;
  patch.row = row++;
  patch.values.reserve(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i)
    patch.values.push_back(value(*feature, static_cast<int>(i)));
  const int id_field = indices[static_cast<std::size_t>(id_at)];
  if (feature->IsFieldSetAndNotNull(id_field) != 0) patch.id = shown(feature->GetFieldAsString(id_field));
  if (patch.id.find_first_not_of(' ') == std::string::npos)
    refuse(ErrorCode::mismatch, fmt::format("row {} has no id in the field {}; name another with {}",
                                            patch.row + 1, id_name(), spec.id_option));
  if (const auto shape = polygons(*feature, patch.id)) {
    patch.wkb.resize(shape->WkbSize());
    shape->exportToWkb(wkbNDR, patch.wkb.data(), wkbVariantIso);
  }
  return patch;
}

PatchFile::PatchFile(const PatchFileSpec& spec) : impl_(std::make_unique<Impl>(spec)) {}
PatchFile::~PatchFile() = default;

const std::vector<PatchFile::Field>& PatchFile::fields() const noexcept {
  return impl_->fields;
}
int PatchFile::find(const std::vector<std::string>& names) const {
  return impl_->find(names);
}
int PatchFile::require(const std::string& name, const std::string& option) const {
  return impl_->require(name, option);
}
const std::string& PatchFile::id_name() const {
  return impl_->id_name();
}
const std::string& PatchFile::crs() const noexcept {
  return impl_->crs;
}
bool PatchFile::is_own_result() const {
  return impl_->looks_own() && find({"patch_id"}) == impl_->id_at;
}
std::int64_t PatchFile::count() const {
  return impl_->layer->GetFeatureCount(FALSE);
}
std::string PatchFile::check_ids(const std::vector<std::string>& dates) {
  return impl_->check_ids(dates);
}
std::optional<GivenPatch> PatchFile::next() {
  return impl_->next();
}
bool PatchFile::discreet() const noexcept {
  return impl_->spec.discreet;
}
void PatchFile::refuse_repeated(const std::string& id) const {
  impl_->refuse_repeated(id);
}
void PatchFile::refuse(ErrorCode code, const std::string& what) const {
  impl_->refuse(code, what);
}

}  // namespace tuban
