// SPDX-License-Identifier: Apache-2.0
#include "engine/io/crs_wkt.h"

#include <cpl_conv.h>
#include <fmt/format.h>
#include <ogr_spatialref.h>

#include "engine/io/gdal_errors.h"
#include "tuban/error.h"

namespace tuban {

std::string wkt2_of(const OGRSpatialReference* crs, const std::string& raster) {
  if (crs == nullptr || crs->IsEmpty()) return {};
  const GdalErrors errors;
  const char* const options[] = {"FORMAT=WKT2_2019", "MULTILINE=NO", nullptr};
  char* text = nullptr;
  const OGRErr result = crs->exportToWkt(&text, options);
  const std::string wkt = text ? text : "";
  CPLFree(text);
  if (result != OGRERR_NONE || wkt.empty())
    throw Error(ErrorCode::mismatch,
                fmt::format("the coordinate reference system of {} cannot be written as WKT2: {}", raster,
                            errors.reason()));
  return wkt;
}

std::string wkt2_of(const std::string& crs, const std::string& raster) {
  if (crs.empty()) return {};
  const GdalErrors quiet;
  OGRSpatialReference read;
  const char* const options[] = {"ALLOW_NETWORK_ACCESS=NO", "ALLOW_FILE_ACCESS=NO", nullptr};
  if (read.SetFromUserInput(crs.c_str(), options) != OGRERR_NONE)
    throw Error(
        ErrorCode::usage,
        fmt::format("the coordinate reference system \"{}\" of raster {} is none that PROJ understands; "
                    "expected WKT or a code such as EPSG:4549",
                    crs, raster));
  return wkt2_of(&read, raster);
}

}  // namespace tuban
