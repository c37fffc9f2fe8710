// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/io/sink.h"
#include "tuban/geometry.h"

namespace tuban {

/// A GeoPackage blob (header with envelope, then little-endian WKB of a MultiPolygon) and its envelope.
void encode_geometry(const MultiPolygon& parts, std::int32_t srs_id, StoredGeometry& to);

/// The polygons of a GeoPackage blob (Polygon or MultiPolygon, little-endian). Throws Error(runtime) where it
/// holds anything else.
MultiPolygon decode_geometry(std::span<const std::byte> blob);

}  // namespace tuban
