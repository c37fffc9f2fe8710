// SPDX-License-Identifier: Apache-2.0
// Patches as one layer of any other OGR format.
#pragma once

#include <memory>

#include "engine/io/output_paths.h"
#include "engine/io/sink.h"

namespace tuban {

/// One layer with the columns of `patches`, in the grid's CRS (GeoJSON: RFC 7946, longitude and latitude in
/// WGS 84, unless RFC7946=NO is asked for or there is no CRS). The findings, so that each mark explains
/// itself (G6), are JSON in a last column `findings`, or rows of STEM_findings.csv where the format's text is
/// short. The manifest stands beside it as STEM_run.json, beside a
/// stream nowhere. Overlaps, pieces and spectra are in GeoPackage
/// results only.
std::unique_ptr<PatchSink> make_ogr_sink(const MarkingJob& job, const Grid& grid, const VectorFormat& format,
                                         bool confidential, std::span<const Column> originals);

}  // namespace tuban
