// SPDX-License-Identifier: Apache-2.0
#include "engine/io/result_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>

#include "engine/io/gpkg_geometry.h"
#include "engine/io/result_columns.h"
#include "engine/io/sqlite_file.h"
#include "tuban/error.h"

namespace tuban {

namespace {

std::string column_text(sqlite3_stmt* statement, int column) {
  const auto* text = sqlite3_column_text(statement, column);
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

ColumnType type_of(std::string_view declared) {
  if (declared == "INTEGER" || declared == "MEDIUMINT") return ColumnType::integer;
  if (declared == "REAL" || declared == "DOUBLE") return ColumnType::real;
  if (declared == "BOOLEAN") return ColumnType::boolean;
  if (declared == "DATE") return ColumnType::date;
  return ColumnType::text;
}

/// What this version knows of a column that another may have written.
const Column* known_column(std::string_view name) {
  for (const auto columns : {patch_columns(), finding_columns(), overlap_columns(), spectrum_columns()}) {
    for (const Column& column : columns) {
      if (column.name == name) return &column;
    }
  }
  return nullptr;
}

/// The first `most` bytes, of whole characters.
std::string cut_at(const std::string& name, std::size_t most) {
  std::size_t end = std::min(name.size(), most);
  while (end > 0 && end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return name.substr(0, end);
}

/// At most ten bytes, as Shapefiles take, and another name than those before it.
std::string shortened(const std::string& name, const std::vector<ResultColumn>& before) {
  constexpr std::size_t kMost = 10;
  const auto taken = [&](const std::string& candidate) {
    return std::any_of(before.begin(), before.end(),
                       [&](const ResultColumn& one) { return one.short_name == candidate; });
  };
  std::string candidate = cut_at(name, kMost);
  for (int number = 1; taken(candidate); ++number) {
    const std::string suffix = fmt::format("_{}", number);
    candidate = cut_at(name, kMost - suffix.size()) + suffix;
  }
  return candidate;
}

}  // namespace

int ResultRow::find(std::string_view column) const {
  for (std::size_t i = 0; i < columns_->size(); ++i) {
    if ((*columns_)[i].name == column) return static_cast<int>(i);
  }
  return -1;
}

std::string ResultRow::text(std::string_view column) const {
  const int found = find(column);
  return found < 0 ? std::string() : column_text(statement_, found);
}

std::optional<double> ResultRow::number(std::string_view column) const {
  const int found = find(column);
  if (found < 0) return std::nullopt;
  const int type = sqlite3_column_type(statement_, found);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return std::nullopt;
  return sqlite3_column_double(statement_, found);
}

Cell ResultRow::cell(std::size_t index) const {
  const int column = static_cast<int>(index);
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(statement_, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement_, column);
    case SQLITE_TEXT:
      return reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    default:
      return {};
  }
}

MultiPolygon ResultRow::geometry() const {
  if (geometry_ < 0) return {};
  const auto* blob = static_cast<const std::byte*>(sqlite3_column_blob(statement_, geometry_));
  const int size = sqlite3_column_bytes(statement_, geometry_);
  return blob == nullptr ? MultiPolygon() : decode_geometry({blob, static_cast<std::size_t>(size)});
}

ResultFile::ResultFile(const std::string& path) : path_(path) {
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  const auto refuse = [&](const std::string& reason) {
    sqlite3_close(database_);
    throw Error(
        ErrorCode::usage,
        fmt::format("cannot read '{}' as a result: {}; expected is a GeoPackage that tuban has written",
                    path_, reason));
  };
  if (sqlite3_open_v2(path.c_str(), &database_, kFlags, nullptr) != SQLITE_OK) {
    refuse(database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_));
  }
  try {
    read_tables();
  } catch (const Error&) {
    refuse(sqlite3_errmsg(database_));
  }
  if (!has("patches") || !has("run")) {
    refuse(fmt::format("it has no table {}", has("patches") ? "run" : "patches"));
  }
}

ResultFile::~ResultFile() {
  sqlite3_close(database_);
}

void ResultFile::fail() const {
  throw Error(ErrorCode::runtime, fmt::format("cannot read '{}': {}", path_, sqlite3_errmsg(database_)));
}

void ResultFile::ask(const std::string& sql, const std::string& parameter,
                     const std::function<void(sqlite3_stmt*)>& take) const {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) fail();
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
  if (sqlite3_bind_parameter_count(raw) > 0) {
    sqlite3_bind_text(raw, 1, parameter.c_str(), static_cast<int>(parameter.size()), SQLITE_STATIC);
  }
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(raw)) == SQLITE_ROW) take(raw);
  if (code != SQLITE_DONE) fail();
}

void ResultFile::read_tables() {
  std::vector<std::string> names;
  ask("SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY 1", {},
      [&](sqlite3_stmt* row) { names.push_back(column_text(row, 0)); });
  for (const std::string& name : names) {
    Table table;
    ask("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", name,
        [&](sqlite3_stmt* row) { table.geometry = column_text(row, 0); });
    ask("SELECT name, type, pk FROM pragma_table_info(?)", name, [&](sqlite3_stmt* row) {
      ResultColumn column{column_text(row, 0), {}, {}, type_of(column_text(row, 1)), 6};
      if (sqlite3_column_int(row, 2) != 0) {
        table.key = column.name;
        return;
      }
      if (column.name == table.geometry) return;
      const Column* known = known_column(column.name);
      column.short_name = known == nullptr ? shortened(column.name, table.columns) : known->short_name;
      column.zh = known == nullptr ? column.name : known->zh;
      if (known != nullptr) column.decimals = known->decimals;
      table.columns.push_back(std::move(column));
    });
    tables_.emplace(name, std::move(table));
  }
}

bool ResultFile::spatial(const std::string& table) const {
  const auto found = tables_.find(table);
  return found != tables_.end() && !found->second.geometry.empty();
}

const std::vector<ResultColumn>& ResultFile::columns(const std::string& table) const {
  static const std::vector<ResultColumn> none;
  const auto found = tables_.find(table);
  return found == tables_.end() ? none : found->second.columns;
}

void ResultFile::each(const std::string& table, const Take& take) const {
  rows(table, {}, take);
}

void ResultFile::each_of(const std::string& table, const std::string& patch_id, const Take& take) const {
  rows(table, patch_id, take);
}

void ResultFile::rows(const std::string& table, const std::string& patch_id, const Take& take) const {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return;
  const Table& layout = found->second;
  std::string sql = "SELECT ";
  for (const ResultColumn& column : layout.columns) sql += quoted(column.name, '"') + ",";
  sql += layout.geometry.empty() ? std::string("NULL") : quoted(layout.geometry, '"');
  sql += " FROM " + quoted(table, '"');
  if (!patch_id.empty()) sql += " WHERE patch_id = ?";
  sql += " ORDER BY rowid";
  ResultRow row;
  row.columns_ = &layout.columns;
  row.geometry_ = layout.geometry.empty() ? -1 : static_cast<int>(layout.columns.size());
  ask(sql, patch_id, [&](sqlite3_stmt* statement) {
    row.statement_ = statement;
    take(row);
  });
}

std::string ResultFile::run_value(const std::string& key) const {
  std::string value;
  ask("SELECT value FROM run WHERE key = ?", key, [&](sqlite3_stmt* row) { value = column_text(row, 0); });
  return value;
}

std::string ResultFile::crs() const {
  std::string crs;
  ask("SELECT s.organization, s.organization_coordsys_id, s.definition FROM gpkg_geometry_columns g JOIN "
      "gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = 'patches' AND s.srs_id > 0",
      {}, [&](sqlite3_stmt* row) {
        const std::string organization = column_text(row, 0);
        const bool epsg = organization == "EPSG" || organization == "epsg";
        crs = epsg ? "EPSG:" + column_text(row, 1) : column_text(row, 2);
      });
  return crs;
}

}  // namespace tuban
