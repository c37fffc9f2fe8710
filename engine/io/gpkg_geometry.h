// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/io/sink.h"

namespace tuban {

/// Puts row.patch.geometry into row.geometry as a GeoPackage blob (header with envelope, then little-endian
/// WKB of a MultiPolygon) and its envelope into the row. The vertices themselves are released.
void encode_geometry(PatchRow& row, std::int32_t srs_id);

}  // namespace tuban
