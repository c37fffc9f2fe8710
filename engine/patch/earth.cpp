// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/earth.h"

#include <fmt/format.h>
#include <geodesic.h>
#include <proj.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tuban/error.h"

namespace tuban {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kDensifyMetres = 70;

// Where results leave they are rounded to what a libm that differs in last bits almost never crosses: with
// and without FMA, 4,000 patches of 100 vertices had no official area, perimeter or position that differed.
// The geodesic area sums down to the equator, so its last bits are the loosest.
constexpr double kPerArea = 1e4, kPerGeodesicArea = 1e3, kPerLength = 1e4, kPerDegree = 1e9;

double rounded(double value, double per_unit) {
  return std::round(value * per_unit) / per_unit;
}

/// As rounded(), with more decimals for small values: seven significant digits at least.
double rounded_measure(double value, double per_unit) {
  while (std::abs(value) * per_unit < 1e6 && per_unit < 1e12) per_unit *= 10;
  return rounded(value, per_unit);
}

struct SinCos {
  double sin, cos;
};

/// A term of each series over the one before it, less the square of the angle.
constexpr auto kTaylor = [] {
  std::array<SinCos, 10> terms{};
  for (int k = 1; k < 10; ++k)
    terms[static_cast<std::size_t>(k)] = {1.0 / ((2 * k) * (2 * k + 1)), 1.0 / ((2 * k - 1) * (2 * k))};
  return terms;
}();

/// Sine and cosine for |x| <= pi/2 from Taylor sums: no libm, so the same bits on every machine (G1).
SinCos sin_cos(double x) {
  const bool flip = std::abs(x) > kPi / 4;
  const double t = flip ? kPi / 2 - std::abs(x) : x;
  const double t2 = t * t;
  double s = 0;
  double c = 0;
  // Half of the difference between two vertices is so small that three terms are exact.
  for (std::size_t k = t2 < 1e-6 ? 3 : kTaylor.size() - 1; k >= 1; --k) {
    s = -t2 * kTaylor[k].sin * (1 + s);
    c = -t2 * kTaylor[k].cos * (1 + c);
  }
  s = t + t * s;
  c = 1 + c;
  return flip ? SinCos{x < 0 ? -c : c, s} : SinCos{s, c};
}

struct PjDeleter {
  void operator()(PJ* p) const noexcept { proj_destroy(p); }
};
using PjPtr = std::unique_ptr<PJ, PjDeleter>;

struct ContextDeleter {
  void operator()(PJ_CONTEXT* c) const noexcept { proj_context_destroy(c); }
};

void keep_silent(void*, int, const char*) {}

/// Longitude and latitude in radians.
struct Geographic {
  double lon, lat;
};

}  // namespace

struct Earth::Impl {
  std::unique_ptr<PJ_CONTEXT, ContextDeleter> context;
  PjPtr to_geographic;     ///< empty where the ground is already longitude and latitude
  double unit = 1;         ///< metres (projected) or radians (geographic) per ground unit
  double degree_unit = 1;  ///< radians per unit of what to_geographic delivers
  double a = 0, b = 0, e2 = 0;
  double series[5] = {};  ///< A..E of the notice, with their alternating signs
  geod_geodesic geodesic{};
  std::string identity;
  std::string portable;  ///< the CRS in full, as PROJJSON; as it was given where PROJ cannot write it so

  /// Points inverted lately, by their bits: a patch, its pieces and what is united of them share most
  /// vertices, and looking one up costs a tenth of inverting it.
  struct Inverted {
    Point ground;
    Geographic place{};
    bool known = false;
  };
  static constexpr int kRecentBits = 14;
  mutable std::vector<Inverted> recent;

  bool geographic() const noexcept { return !to_geographic; }

  explicit Impl(const std::string& wkt) : context(proj_context_create()) {
    PJ_CONTEXT* c = context.get();
    proj_log_func(c, nullptr, keep_silent);
    proj_context_set_enable_network(c, 0);
    PjPtr crs(proj_create(c, wkt.c_str()));
    if (!crs) refuse(wkt, "PROJ does not understand it");
    const char* authority = proj_get_id_auth_name(crs.get(), 0);
    const char* code = proj_get_id_code(crs.get(), 0);
    identity = authority != nullptr && code != nullptr ? fmt::format("{}:{}", authority, code) : wkt;
    const char* json = proj_as_projjson(c, crs.get(), nullptr);
    portable = json != nullptr ? json : wkt;
    for (;;) {
      const PJ_TYPE type = proj_get_type(crs.get());
      if (type == PJ_TYPE_BOUND_CRS) {
        crs.reset(proj_get_source_crs(c, crs.get()));
      } else if (type == PJ_TYPE_COMPOUND_CRS) {
        crs.reset(proj_crs_get_sub_crs(c, crs.get(), 0));
      } else {
        break;
      }
      if (!crs) refuse(wkt, "its horizontal part cannot be taken out");
    }
    const PJ_TYPE type = proj_get_type(crs.get());
    const bool is_geographic = (type == PJ_TYPE_GEOGRAPHIC_2D_CRS || type == PJ_TYPE_GEOGRAPHIC_3D_CRS) &&
                               proj_crs_is_derived(c, crs.get()) == 0;
    if (!is_geographic && type != PJ_TYPE_PROJECTED_CRS)
      refuse(wkt, "it is neither geographic nor projected");
    unit = axis_unit(crs.get());

    const PjPtr ellipsoid(proj_get_ellipsoid(c, crs.get()));
    double inverse_flattening = 0;
    int computed = 0;
    if (!ellipsoid ||
        !proj_ellipsoid_get_parameters(c, ellipsoid.get(), &a, &b, &computed, &inverse_flattening) ||
        !(a > 0) || !(b > 0)) {
      refuse(wkt, "it has no ellipsoid");
    }
    set_series();
    geod_init(&geodesic, a, (a - b) / a);

    if (!is_geographic) {
      const PjPtr base(proj_crs_get_geodetic_crs(c, crs.get()));
      if (!base) refuse(wkt, "it has no geographic base");
      degree_unit = axis_unit(base.get());
      const PjPtr raw(proj_create_crs_to_crs_from_pj(c, crs.get(), base.get(), nullptr, nullptr));
      if (raw) to_geographic.reset(proj_normalize_for_visualization(c, raw.get()));
      if (!to_geographic) refuse(wkt, "PROJ cannot invert its projection");
    }
  }

  [[noreturn]] static void refuse(const std::string& wkt, const char* why) {
    const std::size_t quote = wkt.find('"') + 1;  // WKT begins with KEYWORD["name"
    throw Error(ErrorCode::mismatch,
                fmt::format("the coordinate reference system \"{}\" cannot be measured on: {}; expected a "
                            "geographic or projected one",
                            wkt.substr(quote, wkt.find_first_of("\",", quote) - quote), why));
  }

  double axis_unit(const PJ* crs) const {
    const PjPtr cs(proj_crs_get_coordinate_system(context.get(), crs));
    double factor = 0;
    if (!cs ||
        !proj_cs_get_axis_info(context.get(), cs.get(), 0, nullptr, nullptr, nullptr, &factor, nullptr,
                               nullptr, nullptr) ||
        !(factor > 0)) {
      throw Error(ErrorCode::mismatch, "the coordinate reference system's axes have no unit");
    }
    // WKT writes the degree with 15 digits; the same degree everywhere.
    return std::abs(factor - kPi / 180) < 1e-12 ? kPi / 180 : factor;
  }

  void set_series() {
    e2 = (a * a - b * b) / (a * a);
    const double e4 = e2 * e2;
    const double e6 = e4 * e2;
    const double e8 = e4 * e4;
    series[0] = 1 + 3 * e2 / 6 + 30 * e4 / 80 + 35 * e6 / 112 + 630 * e8 / 2304;
    series[1] = -(e2 / 6 + 15 * e4 / 80 + 21 * e6 / 112 + 420 * e8 / 2304);
    series[2] = 3 * e4 / 80 + 7 * e6 / 112 + 180 * e8 / 2304;
    series[3] = -(e6 / 112 + 45 * e8 / 2304);
    series[4] = 5 * e8 / 2304;
  }

  std::vector<Geographic> inverse(std::span<const Point> points) const {
    std::vector<Geographic> result(points.size());
    if (geographic()) {
      for (std::size_t i = 0; i < points.size(); ++i) result[i] = on_earth(points[i], unit);
      return result;
    }
    if (recent.empty()) recent.resize(std::size_t{1} << kRecentBits);
    std::vector<std::size_t> unknown;
    std::vector<Point> asked;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Inverted& one = recent[slot(points[i])];
      if (one.known && same(one.ground, points[i])) {
        result[i] = one.place;
      } else {
        unknown.push_back(i);
        asked.push_back(points[i]);
      }
    }
    if (asked.empty()) return result;
    proj_errno_reset(to_geographic.get());
    proj_trans_generic(to_geographic.get(), PJ_FWD, &asked[0].x, sizeof(Point), asked.size(), &asked[0].y,
                       sizeof(Point), asked.size(), nullptr, 0, 0, nullptr, 0, 0);
    for (std::size_t k = 0; k < asked.size(); ++k) {
      if (!std::isfinite(asked[k].x) || !std::isfinite(asked[k].y)) {
        throw Error(
            ErrorCode::mismatch,
            fmt::format("a point near ({:.12g}, {:.12g}) lies outside what the raster's projection can "
                        "invert; check its georeference",
                        points.front().x, points.front().y));
      }
      const Point& ground = points[unknown[k]];
      result[unknown[k]] = on_earth(asked[k], degree_unit);
      recent[slot(ground)] = {ground, result[unknown[k]], true};
    }
    return result;
  }

  static Geographic on_earth(Point p, double factor) {
    const Geographic place{p.x * factor, p.y * factor};
    if (std::abs(place.lat) > kPi / 2 + 1e-9) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("latitude {:.6f} degrees is beyond the pole; check the raster's georeference",
                              place.lat * 180 / kPi));
    }
    return place;
  }

  static bool same(Point a, Point b) {
    return std::bit_cast<std::uint64_t>(a.x) == std::bit_cast<std::uint64_t>(b.x) &&
           std::bit_cast<std::uint64_t>(a.y) == std::bit_cast<std::uint64_t>(b.y);
  }
  static std::size_t slot(Point p) {
    const auto mixed = std::bit_cast<std::uint64_t>(p.x) * 0x9e3779b97f4a7c15U ^
                       std::bit_cast<std::uint64_t>(p.y) * 0xc2b2ae3d27d4eb4fU;
    return static_cast<std::size_t>((mixed ^ mixed >> 29) * 0x9e3779b97f4a7c15U >> (64 - kRecentBits));
  }

  /// Radii of curvature (along the meridian, times cosine of latitude along the parallel), in metres.
  struct Radii {
    double meridian, parallel;
  };
  Radii radii(double lat) const {
    const SinCos sc = sin_cos(lat);
    const double w2 = 1 - e2 * sc.sin * sc.sin;
    const double n = a / std::sqrt(w2);
    return {n * (1 - e2) / w2, n * sc.cos};
  }

  double segment_metres(Point p, Point q) const {
    double dx = (q.x - p.x) * unit;
    double dy = (q.y - p.y) * unit;
    if (geographic()) {
      const Radii r = radii((p.y + q.y) / 2 * unit);
      dx *= r.parallel;
      dy *= r.meridian;
    }
    return std::sqrt(dx * dx + dy * dy);
  }

  /// One trapezoid between a segment and the reference meridian, formula (2).
  double trapezoid(Geographic p, Geographic q, double reference) const {
    const double dl = (east_of(p.lon, reference) + east_of(q.lon, reference)) / 2;
    const SinCos half = sin_cos((q.lat - p.lat) / 2);
    const SinCos mean = sin_cos((q.lat + p.lat) / 2);
    // sin(kx) and cos(kx) for odd k by recurrence in steps of 2x.
    const double step_half = 2 * (1 - 2 * half.sin * half.sin);
    const double step_mean = 2 * (2 * mean.cos * mean.cos - 1);
    double s = half.sin, s_before = -half.sin;
    double c = mean.cos, c_before = mean.cos;
    double sum = 0;
    for (const double coefficient : series) {
      sum += coefficient * s * c;
      const double s_next = step_half * s - s_before;
      const double c_next = step_mean * c - c_before;
      s_before = s;
      c_before = c;
      s = s_next;
      c = c_next;
    }
    return 2 * b * b * dl * sum;
  }

  static double east_of(double lon, double reference) {
    const double d = lon - reference;
    return d > kPi ? d - 2 * kPi : d < -kPi ? d + 2 * kPi : d;
  }

  /// Inverse-projects a ring with the interior points of its long segments; `at` gets where the ring's own
  /// vertices lie in the result.
  std::vector<Geographic> densified(const Ring& ring, std::vector<std::size_t>& at) const {
    std::vector<Point> points;
    points.reserve(ring.size() * 2);
    at.clear();
    for (std::size_t i = 0; i < ring.size(); ++i) {
      at.push_back(points.size());
      points.push_back(ring[i]);
      if (i + 1 == ring.size()) break;
      const double length = segment_metres(ring[i], ring[i + 1]);
      if (!(length > kDensifyMetres)) continue;
      const auto interior = static_cast<std::size_t>(length / kDensifyMetres);
      for (std::size_t k = 1; k <= interior; ++k) {
        const double share = static_cast<double>(k) / static_cast<double>(interior + 1);
        points.push_back({ring[i].x + (ring[i + 1].x - ring[i].x) * share,
                          ring[i].y + (ring[i + 1].y - ring[i].y) * share});
      }
    }
    return inverse(points);
  }

  Measures measure(const MultiPolygon& geometry, bool official, bool by_geodesics) const {
    Measures total;
    std::vector<std::size_t> at;
    for (const Polygon& polygon : geometry) {
      for (std::size_t r = 0; r < polygon.rings.size(); ++r) {
        const Ring& ring = polygon.rings[r];
        if (ring.size() < 4) continue;
        const double sign = r == 0 ? 1 : -1;
        std::vector<Geographic> points;
        if (official) {
          points = densified(ring, at);
          double area = 0;
          for (std::size_t i = 0; i + 1 < points.size(); ++i) {
            area += trapezoid(points[i], points[i + 1], points.front().lon);
          }
          total.official_area_m2 += sign * std::abs(area);
        } else {
          points = inverse(ring);
          at.resize(ring.size());
          for (std::size_t i = 0; i < ring.size(); ++i) at[i] = i;
        }
        if (by_geodesics) {
          geod_polygon polygon_sum;
          geod_polygon_init(&polygon_sum, 0);
          for (std::size_t i = 0; i + 1 < at.size(); ++i) {
            const Geographic& p = points[at[i]];
            geod_polygon_addpoint(&geodesic, &polygon_sum, p.lat * 180 / kPi, p.lon * 180 / kPi);
          }
          double area = 0;
          double length = 0;
          geod_polygon_compute(&geodesic, &polygon_sum, 0, 1, &area, &length);
          total.geodesic_area_m2 += sign * std::abs(area);
          total.perimeter_m += length;
        }
      }
    }
    total.official_area_m2 = rounded_measure(std::max(total.official_area_m2, 0.0), kPerArea);
    total.geodesic_area_m2 = rounded_measure(std::max(total.geodesic_area_m2, 0.0), kPerGeodesicArea);
    total.perimeter_m = rounded_measure(total.perimeter_m, kPerLength);
    return total;
  }

  double distance(Point p, Point q) const {
    const std::vector<Geographic> ends = inverse(std::array{p, q});
    double metres = 0;
    geod_inverse(&geodesic, ends[0].lat * 180 / kPi, ends[0].lon * 180 / kPi, ends[1].lat * 180 / kPi,
                 ends[1].lon * 180 / kPi, &metres, nullptr, nullptr);
    return metres;
  }
};

Earth::Earth(const std::string& crs_wkt) : impl_(std::make_unique<Impl>(crs_wkt)) {}
Earth::Earth(const Earth& other) : impl_(std::make_unique<Impl>(other.impl_->portable)) {
  impl_->identity = other.impl_->identity;
}
Earth::~Earth() = default;
Earth::Earth(Earth&&) noexcept = default;

Earth::Measures Earth::measure(const MultiPolygon& geometry) const {
  return impl_->measure(geometry, true, true);
}

double Earth::official_area_m2(const MultiPolygon& geometry) const {
  return impl_->measure(geometry, true, false).official_area_m2;
}

double Earth::geodesic_area_m2(const MultiPolygon& geometry) const {
  return impl_->measure(geometry, false, true).geodesic_area_m2;
}

double Earth::perimeter_m(const MultiPolygon& geometry) const {
  return impl_->measure(geometry, false, true).perimeter_m;
}

double Earth::distance_m(Point a, Point b) const {
  return rounded_measure(impl_->distance(a, b), kPerLength);
}

Point Earth::lon_lat(Point ground) const {
  const Geographic g = impl_->inverse(std::array{ground}).front();
  return {rounded(g.lon * 180 / kPi, kPerDegree), rounded(g.lat * 180 / kPi, kPerDegree)};
}

Point Earth::metres_per_unit(Point ground) const {
  if (impl_->geographic()) {
    const Impl::Radii r = impl_->radii(impl_->inverse(std::array{ground}).front().lat);
    return {r.parallel * impl_->unit, r.meridian * impl_->unit};
  }
  // 100 m either way: far above rounding, far below where the scale bends.
  const double h = 100 / impl_->unit;
  const double along_x = impl_->distance({ground.x - h, ground.y}, {ground.x + h, ground.y}) / (2 * h);
  const double along_y = impl_->distance({ground.x, ground.y - h}, {ground.x, ground.y + h}) / (2 * h);
  return {rounded(along_x, 1e8), rounded(along_y, 1e8)};
}

bool Earth::geographic() const noexcept {
  return impl_->geographic();
}

const std::string& Earth::identity() const noexcept {
  return impl_->identity;
}

}  // namespace tuban
