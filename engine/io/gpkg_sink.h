// SPDX-License-Identifier: Apache-2.0
// The default result: one GeoPackage that holds everything.
#pragma once

#include <memory>

#include "engine/io/sink.h"

namespace tuban {

/// Tables patches, findings, overlaps, pieces, spectra, lineage and run (design.md 7), all there even when
/// empty. Aliases are in gpkg_data_columns (GeoPackage extension gpkg_schema). job.layer_creation_options
/// serve `patches`.
std::unique_ptr<PatchSink> make_gpkg_sink(const MarkingJob& job, const Grid& grid, bool confidential,
                                          std::span<const Column> originals);

}  // namespace tuban
