// SPDX-License-Identifier: Apache-2.0
// The columns of the result tables, in their order, and how a patch fills them. Every sink writes these.
#pragma once

#include <span>
#include <string>

#include "engine/io/ogr_table.h"
#include "engine/rules/mark.h"
#include "tuban/patch.h"

namespace tuban {

std::span<const Column> patch_columns();
std::span<const Column> finding_columns();
std::span<const Column> overlap_columns();
std::span<const Column> spectrum_columns();
std::span<const Column> run_columns();

/// Sets every column of patch_columns() but the geometry.
void set_patch(OgrTable& table, const Patch& patch, std::int64_t rank, const Marks& marks);
/// `evidence` as of evidence_json().
void set_finding(OgrTable& table, const Finding& finding, const std::string& evidence);
void set_overlap(OgrTable& table, const Overlap& overlap);
void set_spectrum(OgrTable& table, const std::string& patch_id, const BandSpectrum& spectrum, bool after);

/// A finding's cells in the order of finding_columns().
std::vector<Cell> finding_cells(const Finding& finding, const std::string& evidence);

/// "nir" and so on; "unknown" where a band has no role.
const char* role_name(BandRole role) noexcept;

}  // namespace tuban
