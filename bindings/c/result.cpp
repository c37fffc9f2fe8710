// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "bindings/c/columns.h"
#include "bindings/c/handles.h"
#include "tuban/arrow.h"

namespace tuban::c {
namespace {

void describe(const tuban_result& result, tuban_report* into) {
  const Report& from = result.report;
  tuban_report report{};
  report.width = from.grid.width;
  report.height = from.grid.height;
  std::copy(from.grid.transform.begin(), from.grid.transform.end(), report.transform);
  report.crs = from.grid.crs.c_str();
  report.pixels = from.pixels;
  report.valid_pixels = from.valid_pixels;
  report.changed_pixels = from.changed_pixels;
  report.regions = from.regions;
  report.patches = from.patches;
  report.findings = from.findings;
  report.left_out_by_types = from.left_out_by_types;
  report.left_out_by_budget = from.left_out_by_budget;
  report.finished_before = from.finished_before;
  report.warning_count = static_cast<std::uint32_t>(from.warnings.size());
  report.peak_rss_bytes = from.peak_rss_bytes;
  report.planned_bytes = from.planned_bytes;
  report.manifest = from.manifest.c_str();
  give(into, report, "tuban_report");
}

void show(tuban_result& result, std::size_t number, tuban_patch* into) {
  if (number >= result.patches.size())
    refuse("there is no patch " + std::to_string(number) + "; the result holds " +
           std::to_string(result.patches.size()));
  give(into, result.held[number].view(), "tuban_patch");
}

template <typename T>
void copy_column(const tuban_result& result, const char* name, T* into, std::int32_t type,
                 const char* reader) {
  const std::string_view wanted(&needed(name, "column"));
  const auto all = columns();
  const auto column =
      std::find_if(all.begin(), all.end(), [&](const Column& one) { return one.name == wanted; });
  if (column == all.end()) refuse("patches have no column '" + std::string(wanted) + "'");
  if (column->type != type) {
    constexpr const char* kReaders[] = {"tuban_result_doubles", "tuban_result_int64s", "tuban_result_texts"};
    refuse("column '" + std::string(wanted) + "' is read by " + kReaders[column->type] + ", not by " +
           reader);
  }
  if (result.patches.empty()) return;
  needed(into, "into");
  for (const HeldPatch& patch : result.held) *into++ = std::get<T>(column->get(patch));
}

void stream(const tuban_result& result, std::int32_t table, ArrowArrayStream* into) {
  if (table < TUBAN_TABLE_PATCHES || table > TUBAN_TABLE_SPECTRA)
    refuse("table is " + std::to_string(table) +
           "; expected one of TUBAN_TABLE_PATCHES to TUBAN_TABLE_SPECTRA");
  export_arrow(static_cast<ResultTable>(table), result.patches, result.report.grid, into);
}

static_assert(static_cast<int>(ResultTable::patches) == TUBAN_TABLE_PATCHES);
static_assert(static_cast<int>(ResultTable::findings) == TUBAN_TABLE_FINDINGS);
static_assert(static_cast<int>(ResultTable::overlaps) == TUBAN_TABLE_OVERLAPS);
static_assert(static_cast<int>(ResultTable::pieces) == TUBAN_TABLE_PIECES);
static_assert(static_cast<int>(ResultTable::spectra) == TUBAN_TABLE_SPECTRA);

}  // namespace
}  // namespace tuban::c

using namespace tuban::c;

void tuban_result_free(tuban_result* result) {
  delete result;
}

const char* tuban_result_error(const tuban_result* result) {
  return result == nullptr ? "the result is NULL" : result->outcome.sentence();
}

tuban_status tuban_result_report(tuban_result* result, tuban_report* report) {
  return guarded(result, [&](tuban_result& of) { describe(of, report); });
}

const char* tuban_result_warning(const tuban_result* result, size_t number) {
  if (result == nullptr || number >= result->report.warnings.size()) return nullptr;
  return result->report.warnings[number].c_str();
}

size_t tuban_result_count(const tuban_result* result) {
  return result == nullptr ? 0 : result->patches.size();
}

tuban_status tuban_result_patch(tuban_result* result, size_t number, tuban_patch* patch) {
  return guarded(result, [&](tuban_result& of) { show(of, number, patch); });
}

tuban_status tuban_result_arrow(tuban_result* result, int32_t table, struct ArrowArrayStream* stream) {
  return guarded(result, [&](tuban_result& of) { tuban::c::stream(of, table, stream); });
}

tuban_status tuban_result_doubles(tuban_result* result, const char* column, double* into) {
  return guarded(result, [&](tuban_result& of) {
    copy_column(of, column, into, TUBAN_COLUMN_DOUBLE, "tuban_result_doubles");
  });
}

tuban_status tuban_result_int64s(tuban_result* result, const char* column, int64_t* into) {
  return guarded(result, [&](tuban_result& of) {
    copy_column(of, column, into, TUBAN_COLUMN_INT64, "tuban_result_int64s");
  });
}

tuban_status tuban_result_texts(tuban_result* result, const char* column, const char** into) {
  return guarded(result, [&](tuban_result& of) {
    copy_column(of, column, into, TUBAN_COLUMN_TEXT, "tuban_result_texts");
  });
}
