// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

class OGRSpatialReference;

namespace tuban {

/// WKT2, as Grid has it; empty for none. Throws Error(mismatch) naming the raster.
std::string wkt2_of(const OGRSpatialReference* crs, const std::string& raster);

/// The same of a text: WKT or what else PROJ understands, such as "EPSG:4549". Throws Error(usage) naming the
/// raster where it does not.
std::string wkt2_of(const std::string& crs, const std::string& raster);

}  // namespace tuban
