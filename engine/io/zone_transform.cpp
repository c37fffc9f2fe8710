// SPDX-License-Identifier: Apache-2.0
#include "engine/io/zone_transform.h"

#include <fmt/format.h>
#include <ogr_spatialref.h>

#include <cmath>
#include <vector>

#include "engine/io/gdal_errors.h"
#include "tuban/error.h"

namespace tuban {

namespace {

constexpr double kPerMetre = 1e4;

double rounded(double value) {
  return std::round(value * kPerMetre) / kPerMetre;
}

}  // namespace

int zone_of_longitude(double degrees) noexcept {
  return static_cast<int>(std::floor((degrees + 1.5) / 3));
}

struct ZoneTransform::Impl {
  std::unique_ptr<OGRCoordinateTransformation> transform;
  std::string names;

  void apply(std::vector<double>& x, std::vector<double>& y) const {
    const GdalErrors errors;
    if (!transform->Transform(static_cast<int>(x.size()), x.data(), y.data())) {
      throw Error(ErrorCode::mismatch,
                  fmt::format("a point cannot be brought from {}: {}", names, errors.reason()));
    }
  }
};

ZoneTransform::ZoneTransform(const std::string& crs, int zone) : impl_(std::make_unique<Impl>()) {
  const GdalErrors errors;
  impl_->names = fmt::format("{} to EPSG:{}", crs.substr(0, crs.find('[')), zone_epsg(zone));
  OGRSpatialReference from, to;
  const bool known =
      from.SetFromUserInput(crs.c_str()) == OGRERR_NONE && to.importFromEPSG(zone_epsg(zone)) == OGRERR_NONE;
  from.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  to.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  if (known) impl_->transform.reset(OGRCreateCoordinateTransformation(&from, &to));
  if (!impl_->transform) {
    throw Error(ErrorCode::mismatch, fmt::format("no way from {}: {}", impl_->names, errors.reason()));
  }
}

ZoneTransform::~ZoneTransform() = default;

void ZoneTransform::apply(MultiPolygon& geometry) const {
  std::vector<double> x, y;
  for (Polygon& polygon : geometry) {
    for (Ring& ring : polygon.rings) {
      x.resize(ring.size());
      y.resize(ring.size());
      for (std::size_t i = 0; i < ring.size(); ++i) {
        x[i] = ring[i].x;
        y[i] = ring[i].y;
      }
      impl_->apply(x, y);
      for (std::size_t i = 0; i < ring.size(); ++i) ring[i] = {rounded(x[i]), rounded(y[i])};
    }
  }
}

Point ZoneTransform::apply(Point point) const {
  std::vector<double> x{point.x}, y{point.y};
  impl_->apply(x, y);
  return {rounded(x[0]), rounded(y[0])};
}

}  // namespace tuban
