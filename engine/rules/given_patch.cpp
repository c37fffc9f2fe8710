// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/given_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/rules/geos.h"
#include "engine/rules/plain_ring.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.14159265358979323846;

/// Integrals over polygons in metres from a point near them, so that the products keep their digits.
struct AreaMoments {
  double area = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0, length = 0;

  void add(const Ring& ring, Point from, Point metres) {
    for (std::size_t i = 1; i < ring.size(); ++i) {
      const double ax = (ring[i - 1].x - from.x) * metres.x, ay = (ring[i - 1].y - from.y) * metres.y;
      const double bx = (ring[i].x - from.x) * metres.x, by = (ring[i].y - from.y) * metres.y;
      const double cross = ax * by - bx * ay;
      area += cross / 2;
      x += cross * (ax + bx) / 6;
      y += cross * (ay + by) / 6;
      xx += cross * (ax * ax + ax * bx + bx * bx) / 12;
      yy += cross * (ay * ay + ay * by + by * by) / 12;
      xy += cross * (2 * ax * ay + ax * by + bx * ay + 2 * bx * by) / 24;
      length += std::sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay));
    }
  }
};

double signed_area(const Ring& ring) {
  double twice = 0;
  const Point from = ring.front();
  for (std::size_t i = 1; i < ring.size(); ++i)
    twice +=
        (ring[i - 1].x - from.x) * (ring[i].y - from.y) - (ring[i].x - from.x) * (ring[i - 1].y - from.y);
  return twice / 2;
}

/// Exteriors counter-clockwise, holes clockwise.
void turn(MultiPolygon& polygons) {
  for (Polygon& polygon : polygons) {
    for (std::size_t i = 0; i < polygon.rings.size(); ++i) {
      Ring& ring = polygon.rings[i];
      if ((signed_area(ring) < 0) == (i == 0)) std::reverse(ring.begin(), ring.end());
    }
  }
}

}  // namespace

std::string patch_in_words(const std::string& id, bool discreet) {
  return discreet ? "a patch (not named beside a layer of role military)" : "patch " + id;
}

GivenPatchMaker::GivenPatchMaker(const Earth& earth, std::string table, bool discreet)
    : earth_(earth),
      table_(std::move(table)),
      discreet_(discreet),
      geos_(std::make_unique<geos::Context>()) {}

GivenPatchMaker::~GivenPatchMaker() = default;
GivenPatchMaker::GivenPatchMaker(GivenPatchMaker&&) noexcept = default;

Patch GivenPatchMaker::make(const GivenPatch& given, bool& repaired) const {
  Patch patch;
  patch.patch_id = patch.lineage_id = given.id;
  patch.region_id = static_cast<std::uint64_t>(given.row);
  patch.original = given.values;
  patch.perimeter_px = patch.type_confidence = patch.score_mean = patch.score_max = kUnknown;
  patch.confidence = patch.edge_share = patch.compactness = patch.elongation = kUnknown;
  patch.centroid_x = patch.centroid_y = kUnknown;
  repaired = false;
  if (given.wkb.empty()) return patch;
  const auto refuse = [&](std::string_view why, std::string_view reason) {
    throw Error(ErrorCode::mismatch, fmt::format("{}: {} {}{}{}", table_, patch_in_words(given.id, discreet_),
                                                 why, discreet_ ? "" : ": ", discreet_ ? "" : reason));
  };
  if (auto polygons = plain_polygons(given.wkb); polygons && surely_valid(*polygons)) {
    patch.geometry = std::move(*polygons);
  } else {
    geos::Geometry shape = geos_->from_wkb(given.wkb);
    if (!shape) refuse("has a geometry that cannot be read", geos_->last_message());
    if (!geos_->valid(shape.get())) {
      repaired = true;
      shape = geos_->repair(shape.get());
      if (!shape) refuse("has a geometry that cannot be repaired", geos_->last_message());
    }
    patch.geometry = geos_->to_polygons(shape.get());
  }
  turn(patch.geometry);
  if (patch.geometry.empty()) return patch;
  try {
    measure(patch);
  } catch (const Error& error) {
    refuse("cannot be measured on the earth", error.what());
  }
  return patch;
}

void GivenPatchMaker::measure(Patch& patch) const {
  const Earth::Measures measures = earth_.measure(patch.geometry);
  patch.area_m2 = measures.official_area_m2;
  patch.area_geod_m2 = measures.geodesic_area_m2;
  patch.area_mu = measures.official_area_m2 * 3 / 2000;
  patch.perimeter_m = measures.perimeter_m;
  const Point from = patch.geometry.front().rings.front().front();
  const Point metres = earth_.metres_per_unit(from);
  AreaMoments sum;
  for (const Polygon& polygon : patch.geometry)
    for (const Ring& ring : polygon.rings) sum.add(ring, from, metres);
  if (!(sum.area > 0)) return;
  const double x = sum.x / sum.area, y = sum.y / sum.area;
  patch.centroid_x = from.x + x / metres.x;
  patch.centroid_y = from.y + y / metres.y;
  const Point lon_lat = earth_.lon_lat({patch.centroid_x, patch.centroid_y});
  patch.lon = lon_lat.x;
  patch.lat = lon_lat.y;
  patch.compactness = std::min(1.0, 4 * kPi * sum.area / (sum.length * sum.length));
  const double xx = sum.xx / sum.area - x * x, yy = sum.yy / sum.area - y * y, xy = sum.xy / sum.area - x * y;
  const double mean = (xx + yy) / 2, half = std::sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
  if (mean - half > 0) patch.elongation = std::sqrt((mean + half) / (mean - half));
}

}  // namespace tuban
