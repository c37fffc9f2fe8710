// SPDX-License-Identifier: Apache-2.0
// Results for dataframes and databases: the Arrow C stream interface
// (arrow.apache.org/docs/format/CStreamInterface.html), whose structs the host brings.
#pragma once

#include <cstdint>
#include <span>

#include "tuban/export.h"
#include "tuban/grid.h"
#include "tuban/patch.h"

struct ArrowArrayStream;

namespace tuban {

/// The tables of a result, as a GeoPackage holds them.
enum class ResultTable : std::uint8_t { patches, findings, overlaps, pieces, spectra };

/// Makes `out` a stream of one table, in batches: columns and their order are those of the table in a
/// GeoPackage, without its fid. Text is utf8, numbers are int64 and float64, booleans bool, dates date32;
/// unknown is null. Of patches and pieces the last column, "wkb_geometry", is binary: WKB of a MultiPolygon
/// in ground coordinates of `grid`. The stream holds its own copy, lives as long as the host likes, belongs
/// to one thread at a time and is the host's to release. Throws Error(usage) where `out` is null,
/// Error(runtime) where there is no memory for the copy.
TUBAN_API void export_arrow(ResultTable table, std::span<const MarkedPatch> patches, const Grid& grid,
                            ArrowArrayStream* out);

}  // namespace tuban
