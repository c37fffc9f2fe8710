// SPDX-License-Identifier: Apache-2.0
#include "engine/io/layer_crs.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "engine/io/gdal_errors.h"

namespace tuban {
namespace {

/// Zones as China numbers them: 13 to 23 are 6 degrees wide, 24 to 45 are 3 degrees wide.
constexpr int kFirstZone = 13, kFirstNarrow = 24, kLastZone = 45;
constexpr double kMillion = 1e6, kFalseEasting = 5e5;
/// Eastings without the zone lie this far from 0 and from the next million.
constexpr double kLeast = 1e5;

struct GaussKrueger {
  double meridian, easting;
  bool prefixed() const { return easting > kMillion; }
};

double meridian_of(int zone) {
  return zone < kFirstNarrow ? 6.0 * zone - 3 : 3.0 * zone;
}

/// The zone that an easting begins with, or 0.
int zone_of(double easting) {
  const int zone =
      std::isfinite(easting) && std::abs(easting) < 1e9 ? static_cast<int>(easting / kMillion) : 0;
  const double rest = easting - zone * kMillion;
  return zone >= kFirstZone && zone <= kLastZone && rest >= kLeast && rest <= kMillion - kLeast ? zone : 0;
}

bool near(double a, double b) {
  return std::abs(a - b) < 1e-9;
}

std::optional<GaussKrueger> gauss_krueger(const OGRSpatialReference& crs) {
  const char* const how = crs.GetAttrValue("PROJECTION");
  if (crs.IsProjected() == 0 || how == nullptr || !EQUAL(how, SRS_PT_TRANSVERSE_MERCATOR))
    return std::nullopt;
  if (!near(crs.GetNormProjParm(SRS_PP_SCALE_FACTOR, 0), 1) ||
      !near(crs.GetNormProjParm(SRS_PP_LATITUDE_OF_ORIGIN, -1), 0) || !near(crs.GetLinearUnits(), 1))
    return std::nullopt;
  const GaussKrueger found{crs.GetNormProjParm(SRS_PP_CENTRAL_MERIDIAN),
                           crs.GetNormProjParm(SRS_PP_FALSE_EASTING)};
  if (!near(found.easting, kFalseEasting) && zone_of(found.easting) == 0) return std::nullopt;
  return found;
}

/// Where the layer lies in its own coordinates: what the driver knows without reading, else the first
/// feature.
std::optional<OGREnvelope> whereabouts(OGRLayer& layer) {
  const GdalErrors unheard;
  OGREnvelope box;
  const bool known = layer.GetExtent(&box, FALSE) == OGRERR_NONE && std::isfinite(box.MinX + box.MaxX) &&
                     (box.MinX != 0 || box.MaxX != 0);
  if (known && box.MinX <= box.MaxX) return box;
  std::optional<OGREnvelope> first;
  layer.ResetReading();
  while (const auto feature = OGRFeatureUniquePtr(layer.GetNextFeature())) {
    const auto* const geometry = feature->GetGeometryRef();
    if (geometry == nullptr || geometry->IsEmpty()) continue;
    geometry->getEnvelope(&first.emplace());
    break;
  }
  layer.ResetReading();
  return first;
}

OgrCrs on_datum_of(const OGRSpatialReference& crs, const GaussKrueger& projection) {
  OgrCrs made(crs.CloneGeogCS());
  made->SetProjCS(crs.GetName());
  made->SetTM(0, projection.meridian, 1, projection.easting, 0);
  made->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return made;
}

/// CGCS2000 with the zone in its eastings, for an example.
int epsg_of(int zone) {
  return zone < kFirstNarrow ? 4491 + zone - kFirstZone : 4513 + zone - 25;
}

bool states_crs(const OGRSpatialReference* stated) {
  return stated != nullptr && stated->IsLocal() == 0 && !STARTS_WITH_CI(stated->GetName(), "undefined");
}

}  // namespace

LayerCrs crs_of(OGRLayer& layer, const std::string& given, const OGRSpatialReference& grid,
                const std::function<void(ErrorCode, const std::string&)>& refuse) {
  OgrCrs key;
  if (!given.empty()) {
    key.reset(new OGRSpatialReference());
    const GdalErrors unheard;
    if (key->SetFromUserInput(given.c_str()) != OGRERR_NONE)
      refuse(ErrorCode::usage,
             fmt::format("crs: GDAL knows no CRS \"{}\"; expected is one such as EPSG:4526", given));
    key->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  }
  const auto box = whereabouts(layer);
  const int zone = box ? zone_of(box->MinX) : 0;
  const auto* const stated = layer.GetSpatialRef();
  if (!states_crs(stated) && !key) {
    const bool zoned = zone >= kFirstNarrow + 1 || (zone != 0 && zone < kFirstNarrow);
    refuse(
        ErrorCode::mismatch,
        fmt::format("it has no CRS and the scenes are in {}; state it with the key \"crs\"{}", grid.GetName(),
                    zoned ? fmt::format(": its coordinates are of zone {}, which is EPSG:{} in CGCS2000",
                                        zone, epsg_of(zone))
                          : ", such as crs: EPSG:4526"));
  }
  OgrCrs own(states_crs(stated) ? stated->Clone() : key->Clone());
  own->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  if (key) {
    const char* const equivalent[] = {"CRITERION=EQUIVALENT", nullptr};
    if (own->IsSame(key.get(), equivalent) == 0)
      refuse(ErrorCode::mismatch,
             fmt::format("its CRS is {} and the key \"crs\" says {}; leave the key out where the "
                         "layer is right",
                         own->GetName(), key->GetName()));
  }
  const auto projection = gauss_krueger(*own);
  if (!box || (!projection && own->IsGeographic() == 0)) return {std::move(own), {}};
  const std::string name = own->GetName();
  if (zone == 0) {
    const bool bare = box->MinX >= kLeast && box->MaxX <= kMillion - kLeast;
    if (!projection || !projection->prefixed() || !bare) return {std::move(own), {}};
    return {
        on_datum_of(*own, {projection->meridian, kFalseEasting}),
        fmt::format("its eastings do not begin with a zone as those of its CRS {} do: they are read as {} "
                    "degrees east without one",
                    name, projection->meridian)};
  }
  if (const int other = zone_of(box->MaxX); other != zone && other != 0)
    refuse(ErrorCode::mismatch,
           fmt::format(
               "its eastings begin with zone {} and with zone {}; expected is one zone: give each a layer of "
               "its own",
               zone, other));
  const GaussKrueger meant{meridian_of(zone), zone * kMillion + kFalseEasting};
  if (projection && near(projection->meridian, meant.meridian) && near(projection->easting, meant.easting))
    return {std::move(own), {}};
  return {on_datum_of(*own, meant),
          fmt::format(
              "its eastings begin with zone {} and its CRS is {}: they are read as zone {}, {} degrees east",
              zone, name, zone, meant.meridian)};
}

}  // namespace tuban
