// SPDX-License-Identifier: Apache-2.0
#include "engine/io/layer_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <unordered_set>
#include <utility>

#include "engine/io/layer_crs.h"
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

void LayerFile::open() {
  VSIStatBufL status;
  dataset_ = open_vector(spec_.path, nullptr);
  if (!dataset_) {
    const bool there = VSIStatExL(spec_.path.c_str(), &status, VSI_STAT_EXISTS_FLAG) == 0;
    refuse(ErrorCode::usage, there || errors_->failed()
                                 ? "GDAL cannot open it as vector data: " + errors_->reason()
                                 : "no such file; expected is vector data that GDAL reads");
  }
  find_layer();
  if (!states_no_encoding(*dataset_, *layer_)) return;
  layer_ = nullptr;
  dataset_ = open_vector(spec_.path, "ENCODING=");
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

void LayerFile::check_type() const {
  const auto type = wkbFlatten(layer_->GetGeomType());
  if (type == wkbNone) refuse(ErrorCode::mismatch, "it is a table without geometry; expected are polygons");
  if (type != wkbUnknown && type != wkbGeometryCollection && !OGR_GT_IsSubClassOf(type, wkbSurface) &&
      !OGR_GT_IsSubClassOf(type, wkbMultiSurface)) {
    refuse(ErrorCode::mismatch,
           fmt::format("its geometries are of type {}; expected are polygons", OGRGeometryTypeToName(type)));
  }
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
  auto [own, note] = crs_of(*layer_, spec_.crs, *grid_crs_,
                            [this](ErrorCode code, const std::string& what) { refuse(code, what); });
  if (!note.empty()) notes_.push_back(std::move(note));
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
    fmt::format_to(std::back_inserter(query), "{}({},{},{},{})", separator, box.MinX, box.MinY, box.MaxX,
                   box.MaxY);
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

std::string LayerFile::emptiness() {
  const Listening listening(*this);
  layer_->SetAttributeFilter(nullptr);
  filter(std::nullopt);
  const auto count = layer_->GetFeatureCount();
  if (count <= 0) return {};
  return fmt::format(
      "none of its {} features lies on the scenes or within {} m of them: it covers nothing there", count,
      kMarginMetres);
}

void LayerFile::filter(const std::optional<OGREnvelope>& box) {
  if (box) {
    layer_->SetSpatialFilterRect(box->MinX, box->MinY, box->MaxX, box->MaxY);
  } else {
    layer_->SetSpatialFilter(nullptr);
  }
}

}  // namespace tuban
