// SPDX-License-Identifier: Apache-2.0
// The columns of the result tables, in their order, and how a patch fills them. Every sink writes these.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/io/ogr_table.h"
#include "engine/io/sink.h"
#include "engine/rules/mark.h"
#include "tuban/patch.h"

namespace tuban {

std::span<const Column> patch_columns();
/// Ours, then those that patches came with.
std::vector<Column> with_originals(std::span<const Column> originals);
std::span<const Column> finding_columns();
std::span<const Column> overlap_columns();
std::span<const Column> piece_columns();
std::span<const Column> spectrum_columns();
std::span<const Column> run_columns();
std::span<const Column> lineage_columns();

/// Fills marks_text and rules_text, of the pieces too.
void join_texts(PatchRow& row);

/// Sets every column of patch_columns() but the geometry, and behind them what the patch came with;
/// join_texts() was called.
void set_patch(CellRow& to, const PatchRow& row);
/// `evidence` as of evidence_json().
void set_finding(CellRow& to, const Finding& finding, const std::string& evidence);
/// Every column of piece_columns() but the geometry.
void set_piece(CellRow& to, const DerivedPiece& piece, const std::string& marks_text);
void set_overlap(CellRow& to, const Overlap& overlap);
void set_link(CellRow& to, const LineageLink& link);
void set_spectrum(CellRow& to, const std::string& patch_id, const BandSpectrum& spectrum, bool after);

/// A finding's cells in the order of finding_columns().
std::vector<Cell> finding_cells(const Finding& finding, const std::string& evidence);

/// "nir" and so on; "unknown" where a band has no role.
const char* role_name(BandRole role) noexcept;

}  // namespace tuban
