// SPDX-License-Identifier: Apache-2.0
// The tables go through a layer in memory: OGR makes Arrow arrays of any layer.
#include "tuban/arrow.h"

#include <ogr_recordbatch.h>
#include <ogrsf_frmts.h>

#include <memory>
#include <utility>

#include "engine/io/evidence.h"
#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/io/result_columns.h"
#include "tuban/error.h"

namespace tuban {
namespace {

[[noreturn]] void fail(const std::string& reason) {
  throw Error(ErrorCode::runtime, "the result cannot be made an Arrow stream: " + reason);
}

/// OGR's stream over a layer, and the dataset that has to live as long.
struct Held {
  OgrDataset dataset;
  ArrowArrayStream inner{};
};

Held& held(ArrowArrayStream* stream) {
  return *static_cast<Held*>(stream->private_data);
}
int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto& inner = held(stream).inner;
  return inner.get_schema(&inner, out);
}
int get_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto& inner = held(stream).inner;
  return inner.get_next(&inner, out);
}
const char* last_error(ArrowArrayStream* stream) {
  auto& inner = held(stream).inner;
  return inner.get_last_error(&inner);
}
void release(ArrowArrayStream* stream) {
  auto* const all = &held(stream);
  all->inner.release(&all->inner);
  delete all;
  stream->release = nullptr;
}

std::span<const Column> columns_of(ResultTable table) {
  switch (table) {
    case ResultTable::findings:
      return finding_columns();
    case ResultTable::overlaps:
      return overlap_columns();
    case ResultTable::pieces:
      return piece_columns();
    case ResultTable::spectra:
      return spectrum_columns();
    case ResultTable::patches:
      break;
  }
  return patch_columns();
}

PatchRow row_of(const MarkedPatch& marked) {
  PatchRow row;
  row.patch = marked.patch;
  row.patch.original.clear();  // columns that this table does not have
  row.rank = marked.rank;
  row.marks.severity = marked.severity;
  row.marks.marks = marked.marks;
  row.marks.findings = marked.findings;
  join_texts(row);
  return row;
}

std::string joined_marks(const DerivedPiece& piece) {
  PatchRow row;
  row.marks.pieces = {piece};
  join_texts(row);
  return row.pieces.front().marks_text;
}

void fill(OgrTable& to, ResultTable table, const MarkedPatch& marked) {
  const auto insert = [&] {
    if (!to.insert()) fail("a row was refused");
  };
  switch (table) {
    case ResultTable::patches: {
      set_patch(to, row_of(marked));
      to.set_geometry(marked.patch.geometry);
      insert();
      break;
    }
    case ResultTable::findings:
      for (const auto& finding : marked.findings) {
        set_finding(to, finding, evidence_json(finding));
        insert();
      }
      break;
    case ResultTable::overlaps:
      for (const auto& overlap : marked.overlaps) {
        set_overlap(to, overlap);
        insert();
      }
      break;
    case ResultTable::pieces:
      for (const auto& piece : marked.pieces) {
        set_piece(to, piece, joined_marks(piece));
        to.set_geometry(piece.geometry);
        insert();
      }
      break;
    case ResultTable::spectra:
      for (const auto& spectrum : marked.patch.spectra) {
        for (const bool after : {false, true}) {
          set_spectrum(to, marked.patch.patch_id, spectrum, after);
          insert();
        }
      }
      break;
  }
}

}  // namespace

void export_arrow(ResultTable table, std::span<const MarkedPatch> patches, const Grid& grid,
                  ArrowArrayStream* out) {
  if (out == nullptr)
    throw Error(ErrorCode::usage, "there is no place for an Arrow stream: the pointer to it is null");
  register_gdal_drivers();
  const GdalErrors errors;
  auto all = std::make_unique<Held>();
  all->dataset = create_dataset("Memory", "", {});
  if (!all->dataset) fail(errors.reason());
  const bool spatial = table == ResultTable::patches || table == ResultTable::pieces;
  const OgrCrs crs = make_ogr_crs(grid, false);
  OgrTable rows;
  OgrTable::Style style;
  style.boolean_subtype = true;
  if (!rows.create(*all->dataset, "result", columns_of(table), spatial, crs.get(), {}, style))
    fail(errors.reason());
  for (const MarkedPatch& marked : patches) fill(rows, table, marked);
  if (errors.failed()) fail(errors.reason());
  const char* const options[] = {"INCLUDE_FID=NO", nullptr};
  if (!all->dataset->GetLayer(0)->GetArrowStream(&all->inner, const_cast<char**>(options)))
    fail(errors.reason());
  *out = {get_schema, get_next, last_error, release, all.release()};
}

}  // namespace tuban
