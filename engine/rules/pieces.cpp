// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/rules/iso_date.h"
#include "engine/rules/plain_ring.h"
#include "tuban/error.h"

namespace tuban {
namespace {

/// Overlay falls back to this grid where floating precision fails.
constexpr double kSnapMetres = 1e-3;
/// Less than a square centimetre in common is arithmetic, not ground.
constexpr double kNothing_m2 = 1e-4;
/// A patch with more vertices is cut in tiles before it meets features: overlay reads all of both sides.
constexpr int kTileVertices = 8192;
constexpr int kTileDepth = 24;
/// Features whose WKB is at least this long are kept between patches, up to a total.
constexpr std::size_t kLargeWkb = std::size_t{1} << 15, kLargeTotal = std::size_t{1} << 23;
constexpr int kQuadrantSegments = 16;
/// Bounds further out than this times a rim reach beyond it, however its corners are rounded.
constexpr double kBeyond = 1 + 1e-6;

}  // namespace

std::string_view state_name(State state) noexcept {
  switch (state) {
    case State::timeless:
      return "";
    case State::valid:
      return "valid";
    case State::expired:
      return "expired";
    case State::pending:
      return "pending";
    case State::unknown:
      break;
  }
  return "unknown";
}

State state_at(const StoredLayer& layer, const FeatureInfo& feature, const std::optional<std::string>& date) {
  if (!layer.has_validity) return State::timeless;
  if (feature.valid_from.empty() && feature.valid_to.empty()) return State::valid;
  const auto day = date ? date->substr(0, 10) : std::string();
  if (!is_iso_date(day)) return State::unknown;
  if (!feature.valid_to.empty() && feature.valid_to < day) return State::expired;
  if (!feature.valid_from.empty() && day < feature.valid_from) return State::pending;
  return State::valid;
}

const FeatureShape& Workbench::keep(const Key& key, Large large, std::size_t wkb_bytes) {
  if (large_bytes_ + wkb_bytes > kLargeTotal) {
    large_.clear();
    large_bytes_ = 0;
  }
  large_bytes_ += wkb_bytes;
  return (large_[key] = std::move(large)).shape;
}

const FeatureShape& Workbench::shape(const StoredLayer& layer, const StoredFeature& feature) {
  const auto read = [&] {
    const auto wkb = layer.wkb(feature);
    if (auto polygons = plain_polygons(wkb)) return FeatureShape(std::move(*polygons), wkb);
    return FeatureShape(geos_.from_wkb(wkb));
  };
  if (feature.size < kLargeWkb) return last_ = read();
  const Key key{&layer, &feature - layer.features.data()};
  const auto known = large_.find(key);
  if (known != large_.end()) return known->second.shape;
  return keep(key, {nullptr, {}, read()}, feature.size);
}

void Workbench::near(const StoredLayer& layer, std::span<const Bounds> boxes, const Meet& meet) {
  auto& way = ways_[&layer];
  if (!way) way = layer.open();
  std::vector<std::int64_t> known;
  for (auto large = large_.lower_bound({&layer, std::numeric_limits<std::int64_t>::min()});
       large != large_.end() && large->first.first == &layer; ++large) {
    known.push_back(large->first.second);
    meet(large->second.info, known.back(), large->second.shape);
  }
  way->near(boxes, known, [&](LayerFeature&& feature) {
    const auto state = layer.met->state(feature.fid);
    if (state == Met::State::unmet) check_feature(layer.spec, feature);
    bool repaired = false;
    auto shape = sound_shape(layer.spec, feature, geos_, state == Met::State::sound, repaired);
    if (state == Met::State::unmet) layer.met->add(feature, repaired, has_odd_class(layer.spec, feature));
    const auto bounds = shape.bounds(geos_);
    if (bounds.empty()) return;
    const auto fid = feature.fid;
    auto wkb = std::move(feature.wkb);  // moved, so the bytes stay where the shape reads them
    const auto bytes = wkb.size();
    const auto info = std::make_shared<const FeatureInfo>(info_of(std::move(feature), bounds));
    if (bytes < kLargeWkb) {
      meet(info, fid, shape);
    } else {
      meet(info, fid, keep({&layer, fid}, {info, std::move(wkb), std::move(shape)}, bytes));
    }
  });
}

PatchGround::PatchGround(const Patch& patch, const Grid& grid, Workbench& bench)
    : PatchGround(patch, grid, bench, bench.geos().sound(patch.geometry)) {}

PatchGround::PatchGround(const Patch& patch, const Grid& grid, Workbench& bench, geos::Context::Sound sound)
    : bench_(bench),
      repaired_(sound.mended.has_value()),
      shape_(std::move(sound.shape)),
      outline_(repaired_ ? *sound.mended : patch.geometry) {
  bounds_ = bounds_of(bench_.geos(), shape_.get());
  if (!bounds_.empty())
    metres_ = bench_.earth().metres_per_unit({(bounds_.x0 + bounds_.x1) / 2, (bounds_.y0 + bounds_.y1) / 2});
  const auto side = [&](double dx, double dy) {
    const double x = dx * metres_.x, y = dy * metres_.y;
    return std::sqrt(x * x + y * y);
  };
  pixel_m_ = std::min(side(grid.transform[1], grid.transform[4]), side(grid.transform[2], grid.transform[5]));
  snap_ = kSnapMetres / std::max(metres_.x, metres_.y);
  // An area that was stated of a shape that had to be repaired is not this one's.
  if (patch.area_m2 && !repaired_) {
    area_m2_ = *patch.area_m2;
  } else {
    area_m2_ = bench_.earth().official_area_m2(repaired_ ? *sound.mended : patch.geometry);
    whole_m2_ = area_m2_;
  }
}

void PatchGround::cut(geos::Geometry shape, int depth) const {
  const auto& geos = bench_.geos();
  const auto b = bounds_of(geos, shape.get());
  if (b.empty()) return;
  if (depth == kTileDepth || GEOSGetNumCoordinates_r(geos.handle(), shape.get()) <= kTileVertices) {
    auto prepared = geos.prepare(shape.get());
    tiles_.push_back({std::move(shape), std::move(prepared), b});
    return;
  }
  const double mx = (b.x0 + b.x1) / 2, my = (b.y0 + b.y1) / 2;
  const bool wide = (b.x1 - b.x0) * metres_.x >= (b.y1 - b.y0) * metres_.y;
  const auto first = wide ? geos.box(b.x0, b.y0, mx, b.y1) : geos.box(b.x0, b.y0, b.x1, my);
  const auto second = wide ? geos.box(mx, b.y0, b.x1, b.y1) : geos.box(b.x0, my, b.x1, b.y1);
  cut(geos.overlay(geos::Operation::intersection, shape.get(), first.get(), snap_), depth + 1);
  cut(geos.overlay(geos::Operation::intersection, shape.get(), second.get(), snap_), depth + 1);
}

std::optional<Piece> PatchGround::meet(const FeatureShape& feature, const Bounds& bounds) const {
  const auto& geos = bench_.geos();
  // Batches share patches; every vertex of one then lies on the outline of the other.
  const Outline& other = feature.outline(geos);
  if (outline_ == other) return whole(geos.to_polygons(shape_.get()));
  if (auto common = common_ground(geos, outline_, other)) {
    if (common->empty()) return std::nullopt;
    return outline_.is(*common) ? whole(*common) : measured(geos.from(*common), *common);
  }
  if (tiles_.empty()) cut(geos.own(GEOSGeom_clone_r(geos.handle(), shape_.get())), 0);
  std::vector<geos::Geometry> parts;
  for (const auto& tile : tiles_) {
    if (!bounds.meets(tile.bounds)) continue;
    if (GEOSPreparedIntersects_r(geos.handle(), tile.prepared.get(), feature.geometry(geos)) == 0) continue;
    parts.push_back(
        geos.overlay(geos::Operation::intersection, tile.shape.get(), feature.geometry(geos), snap_));
  }
  if (parts.empty()) return std::nullopt;
  auto shape = std::move(parts.front());
  if (parts.size() > 1) {
    std::vector<const GEOSGeometry*> raw{shape.get()};
    for (std::size_t i = 1; i < parts.size(); ++i) raw.push_back(parts[i].get());
    shape = geos.unite(raw, snap_);
  }
  const auto polygons = geos.to_polygons(shape.get());
  return measured(std::move(shape), polygons);
}

double PatchGround::whole_m2(const MultiPolygon& shape) const {
  if (!whole_m2_) whole_m2_ = bench_.earth().official_area_m2(shape);
  return *whole_m2_;
}

std::optional<Piece> PatchGround::whole(const MultiPolygon& polygons) const {
  Piece piece;
  piece.gross_m2 = whole_m2(polygons);
  if (!(piece.gross_m2 >= kNothing_m2)) return std::nullopt;
  piece.shape = bench_.geos().own(GEOSGeom_clone_r(bench_.geos().handle(), shape_.get()));
  piece.whole = true;
  return piece;
}

std::optional<Piece> PatchGround::measured(geos::Geometry shape, const MultiPolygon& polygons) const {
  Piece piece;
  piece.gross_m2 = bench_.earth().official_area_m2(polygons);
  if (!(piece.gross_m2 >= kNothing_m2)) return std::nullopt;
  piece.shape = std::move(shape);
  return piece;
}

geos::Geometry PatchGround::unite(const std::vector<Piece>& pieces,
                                  const std::function<bool(const Piece&)>& chosen) const {
  std::vector<const Piece*> some;
  for (const auto& piece : pieces) {
    if (chosen(piece)) some.push_back(&piece);
  }
  return unite(some);
}

geos::Geometry PatchGround::unite(const std::vector<const Piece*>& pieces) const {
  const auto& geos = bench_.geos();
  if (pieces.empty()) return geos.from({});
  const auto whole =
      std::find_if(pieces.begin(), pieces.end(), [](const auto* piece) { return piece->whole; });
  if (pieces.size() == 1 || whole != pieces.end()) {
    const auto* const only = whole != pieces.end() ? *whole : pieces.front();
    return geos.own(GEOSGeom_clone_r(geos.handle(), only->shape.get()));
  }
  std::vector<const Outline*> outlines;
  for (const auto* const piece : pieces) {
    if (!piece->outline) piece->outline.emplace(geos.to_polygons(piece->shape.get()));
    outlines.push_back(&*piece->outline);
  }
  auto fewer = joined(geos, outlines);
  if (fewer.size() == 1) return std::move(fewer.front());
  std::vector<const GEOSGeometry*> raw;
  if (!fewer.empty() && fewer.size() < pieces.size()) {
    for (const auto& shape : fewer) raw.push_back(shape.get());
  } else {
    for (const auto* const piece : pieces) raw.push_back(piece->shape.get());
  }
  return geos.unite(raw, snap_);
}

geos::Geometry PatchGround::subtract(const GEOSGeometry* a, const GEOSGeometry* b) const {
  const auto& geos = bench_.geos();
  // Mostly there is nothing to take away, and overlay would still read and rebuild all of `a`.
  if (geos.empty(a) || geos.empty(b)) return geos.own(GEOSGeom_clone_r(geos.handle(), a));
  if (GEOSEqualsExact_r(geos.handle(), b, shape_.get(), 0) == 1) return geos.from({});
  return geos.overlay(geos::Operation::difference, a, b, snap_);
}

geos::Geometry PatchGround::scaled(const GEOSGeometry* shape, bool back) const {
  struct Scale {
    Point origin, factor;
    bool back;
  } scale{{bounds_.x0, bounds_.y0}, metres_, back};
  const auto step = [](double* x, double* y, void* user) {
    const auto& s = *static_cast<Scale*>(user);
    *x = s.back ? *x / s.factor.x + s.origin.x : (*x - s.origin.x) * s.factor.x;
    *y = s.back ? *y / s.factor.y + s.origin.y : (*y - s.origin.y) * s.factor.y;
    return 1;
  };
  const auto& geos = bench_.geos();
  auto result = geos.own(GEOSGeom_transformXY_r(geos.handle(), shape, step, &scale));
  if (!result) throw Error(ErrorCode::runtime, "GEOS could not scale a geometry: " + geos.last_message());
  return result;
}

geos::Geometry PatchGround::grown(const GEOSGeometry* shape, double metres) const {
  const auto& geos = bench_.geos();
  const auto local = scaled(shape, false);
  const auto wider = geos.own(GEOSBuffer_r(geos.handle(), local.get(), metres, kQuadrantSegments));
  if (!wider) throw Error(ErrorCode::runtime, "GEOS could not buffer a geometry: " + geos.last_message());
  return geos.polygonal(scaled(wider.get(), true));
}

geos::Geometry PatchGround::beyond_rim(geos::Geometry remainder, const GEOSGeometry* evidence,
                                       double metres) const {
  const auto& geos = bench_.geos();
  if (geos.empty(remainder.get()) || geos.empty(evidence)) return remainder;
  const auto near = bounds_of(geos, evidence);
  const double x = metres / metres_.x * kBeyond, y = metres / metres_.y * kBeyond;
  const auto reaches_out = [&](const GEOSGeometry* part) {
    const auto b = bounds_of(geos, part);
    if (b.x0 < near.x0 - x || b.y0 < near.y0 - y || b.x1 > near.x1 + x || b.y1 > near.y1 + y) return true;
    const bool same = rim_ && rim_->metres == metres &&
                      GEOSEqualsExact_r(geos.handle(), rim_->around.get(), evidence, 0) == 1;
    if (!same) rim_ = {geos.own(GEOSGeom_clone_r(geos.handle(), evidence)), grown(evidence, metres), metres};
    return !geos.empty(subtract(part, rim_->shape.get()).get());
  };
  std::vector<const GEOSGeometry*> kept;
  const int count = GEOSGetNumGeometries_r(geos.handle(), remainder.get());
  for (int i = 0; i < count; ++i) {
    const auto* const part = GEOSGetGeometryN_r(geos.handle(), remainder.get(), i);
    if (reaches_out(part)) kept.push_back(part);
  }
  if (kept.size() == static_cast<std::size_t>(count)) return remainder;
  return geos.unite(kept, snap_);
}

std::vector<PatchGround::Part> PatchGround::parts_of(const MultiPolygon& polygons,
                                                     std::optional<double> known) const {
  std::vector<Part> parts;
  for (const auto& polygon : polygons) {
    Part part;
    for (const auto& ring : polygon.rings) {
      for (std::size_t i = 1; i < ring.size(); ++i) {
        const double x = (ring[i].x - ring[i - 1].x) * metres_.x, y = (ring[i].y - ring[i - 1].y) * metres_.y;
        part.perimeter_m += std::sqrt(x * x + y * y);
      }
    }
    part.area_m2 = known && polygons.size() == 1 ? *known : bench_.earth().official_area_m2({polygon});
    parts.push_back(part);
  }
  return parts;
}

double PatchGround::area_m2(const GEOSGeometry* shape, double width_m, const Piece* only) const {
  const bool own = GEOSEqualsExact_r(bench_.geos().handle(), shape, shape_.get(), 0) == 1;
  std::vector<Part> others;
  if (!own || !own_parts_) {
    const auto polygons = bench_.geos().to_polygons(shape);
    std::optional<double> known;
    if (only != nullptr && !only->whole) known = only->gross_m2;
    // The other way around, rings could differ in their last bits.
    if (own && polygons.size() == 1 && outline_.is(polygons)) known = whole_m2(polygons);
    (own ? own_parts_.emplace() : others) = parts_of(polygons, known);
  }
  double total = 0;
  for (const auto& part : own ? *own_parts_ : others) {
    // The tolerance keeps a pixel that rounding made a hair narrower.
    if (2 * part.area_m2 >= width_m * part.perimeter_m * (1 - 1e-3)) total += part.area_m2;
  }
  return total;
}

std::vector<double> PatchGround::disjoint_areas(const std::vector<Piece>& pieces,
                                                const GEOSGeometry* everything) const {
  const auto& geos = bench_.geos();
  std::vector<double> areas;
  double planar = 0;
  for (const auto& piece : pieces) {
    areas.push_back(piece.gross_m2);
    planar += geos.area(piece.shape.get());
  }
  if (pieces.size() < 2 || planar - geos.area(everything) <= 1e-9 * planar) return areas;
  auto seen = geos.own(GEOSGeom_clone_r(geos.handle(), pieces.front().shape.get()));
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const auto* const shape = pieces[i].shape.get();
    areas[i] = bench_.earth().official_area_m2(geos.to_polygons(subtract(shape, seen.get()).get()));
    seen = geos.unite({seen.get(), shape}, snap_);
  }
  return areas;
}

Bounds PatchGround::bounds(double metres) const {
  const double x = metres / metres_.x, y = metres / metres_.y;
  return {bounds_.x0 - x, bounds_.y0 - y, bounds_.x1 + x, bounds_.y1 + y};
}

geos::Geometry PatchGround::nearby(const StoredLayer& layer, const StoredFeature& feature,
                                   double metres) const {
  const auto& geos = bench_.geos();
  const auto b = bounds(2 * metres);  // wider than asked, so that no cut edge is mistaken for a boundary
  const auto box = geos.box(b.x0, b.y0, b.x1, b.y1);
  return geos.overlay(geos::Operation::intersection, bench_.shape(layer, feature).geometry(geos), box.get(),
                      snap_);
}

double PatchGround::at_least_m(const FeatureInfo& feature) const {
  const auto& f = feature.bounds;
  const double x = std::max({0.0, f.x0 - bounds_.x1, bounds_.x0 - f.x1}) * metres_.x;
  const double y = std::max({0.0, f.y0 - bounds_.y1, bounds_.y0 - f.y1}) * metres_.y;
  return std::sqrt(x * x + y * y);
}

double PatchGround::distance_m(const StoredLayer& layer, const StoredFeature& feature) const {
  const auto& geos = bench_.geos();
  const auto h = geos.handle();
  const auto here = scaled(shape_.get(), false),
             there = scaled(bench_.shape(layer, feature).geometry(geos), false);
  auto* const nearest = GEOSNearestPoints_r(h, here.get(), there.get());
  if (nearest == nullptr)
    throw Error(ErrorCode::runtime, "GEOS could not measure a distance: " + geos.last_message());
  Point ends[2];
  for (unsigned int i = 0; i < 2; ++i) {
    GEOSCoordSeq_getXY_r(h, nearest, i, &ends[i].x, &ends[i].y);
    ends[i] = {ends[i].x / metres_.x + bounds_.x0, ends[i].y / metres_.y + bounds_.y0};
  }
  GEOSCoordSeq_destroy_r(h, nearest);
  return bench_.earth().distance_m(ends[0], ends[1]);
}

}  // namespace tuban
