// SPDX-License-Identifier: Apache-2.0
#include "engine/io/sqlite_file.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace tuban {

namespace {

std::string insert_sql(const std::string& table, const std::vector<std::string>& leading,
                       std::span<const Column> columns, int rows) {
  std::string names, marks;
  const auto add = [&](const std::string& name) {
    if (!names.empty()) {
      names += ',';
      marks += ',';
    }
    names.append(quoted(name, '"'));
    marks += '?';
  };
  for (const std::string& name : leading) add(name);
  for (const Column& column : columns) add(column.name);
  std::string sql = fmt::format("INSERT INTO {} ({}) VALUES ", quoted(table, '"'), names);
  for (int i = 0; i < rows; ++i) sql += fmt::format("{}({})", i == 0 ? "" : ",", marks);
  return sql;
}

}  // namespace

std::string quoted(const std::string& text, char quote) {
  std::string result(1, quote);
  for (const char c : text) result.append(c == quote ? 2 : 1, c);
  result += quote;
  return result;
}

SqliteFile::SqliteFile(const StagedOutput& staged) : staged_(staged) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(staged.path().c_str(), &database_, kFlags, nullptr) != SQLITE_OK) {
    const std::string reason = database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_);
    sqlite3_close(database_);
    staged.fail(reason);
  }
  // Counts and the index are written once, at the end, not row by row through GeoPackage's triggers; and the
  // index's own tables are filled directly.
  sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; BEGIN");
}

SqliteFile::~SqliteFile() {
  sqlite3_close_v2(database_);
}

void SqliteFile::execute(const std::string& sql) {
  if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t SqliteFile::number(const std::string& sql, std::int64_t otherwise) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail();
  const int code = sqlite3_step(statement);
  const std::int64_t result = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : otherwise;
  sqlite3_finalize(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
  return result;
}

bool SqliteFile::has_table(const std::string& name) {
  return number(fmt::format("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = {}",
                            quoted(name, '\''))) == 1;
}

void SqliteFile::close() {
  execute("COMMIT");
  if (sqlite3_close(database_) != SQLITE_OK) fail();
  database_ = nullptr;
}

SqliteStatement::SqliteStatement(SqliteFile& file, const std::string& sql) : file_(file) {
  must(sqlite3_prepare_v3(file.handle(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

void SqliteStatement::bind(int parameter, std::int64_t value) {
  must(sqlite3_bind_int64(statement_, parameter, value));
}

void SqliteStatement::bind(int parameter, double value) {
  must(sqlite3_bind_double(statement_, parameter, value));
}

void SqliteStatement::bind(int parameter, std::string_view text) {
  must(sqlite3_bind_text64(statement_, parameter, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteStatement::bind(int parameter, std::span<const std::byte> blob) {
  must(sqlite3_bind_blob64(statement_, parameter, blob.data(), blob.size(), SQLITE_STATIC));
}

void SqliteStatement::bind_null(int parameter) {
  must(sqlite3_bind_null(statement_, parameter));
}

void SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_DONE && code != SQLITE_ROW) file_.fail();
  must(sqlite3_reset(statement_));
}

SqliteRows::SqliteRows(SqliteFile& file, const std::string& table, const std::vector<std::string>& leading,
                       std::span<const Column> columns, int rows_per_statement)
    : columns_(columns),
      leading_(static_cast<int>(leading.size())),
      width_(leading_ + static_cast<int>(columns.size())),
      per_statement_(rows_per_statement),
      one_(file, insert_sql(table, leading, columns, 1)),
      many_(file, insert_sql(table, leading, columns, rows_per_statement)) {}

void SqliteRows::Row::set(std::size_t column, const Cell& value) {
  const int parameter = first_ + rows_.leading_ + static_cast<int>(column);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    to_.bind(parameter, *integer);
  } else if (const auto* real = std::get_if<double>(&value); real && std::isfinite(*real)) {
    to_.bind(parameter, *real);
  } else if (const auto* text = std::get_if<const char*>(&value)) {
    std::string_view shown(*text);
    if (rows_.columns_[column].type == ColumnType::date) shown = iso_day(shown);
    if (shown.empty() && rows_.columns_[column].type == ColumnType::date) {
      to_.bind_null(parameter);
    } else {
      to_.bind(parameter, shown);
    }
  } else {
    to_.bind_null(parameter);
  }
}

}  // namespace tuban
