// SPDX-License-Identifier: Apache-2.0
// Rows into tables that stand already, by prepared statements: what OGR's feature model costs per row is many
// times what SQLite itself takes.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/io/ogr_table.h"
#include "engine/io/staged_output.h"

namespace tuban {

/// An SQLite file of a staged output. It neither syncs nor keeps a journal, runs no triggers, and all that is
/// written is one transaction: an unfinished file is thrown away, a whole one is synced once, before its
/// rename. Everything throws as StagedOutput::fail(). One thread at a time.
class SqliteFile {
 public:
  explicit SqliteFile(const StagedOutput& staged);
  ~SqliteFile();
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  void execute(const std::string& sql);
  /// The first cell of the first row as a number; `otherwise` where there is no row.
  std::int64_t number(const std::string& sql, std::int64_t otherwise = 0);
  bool has_table(const std::string& name);
  /// Commits and closes; statements must be gone.
  void close();

  sqlite3* handle() const noexcept { return database_; }
  [[noreturn]] void fail() const { staged_.fail(sqlite3_errmsg(database_)); }

 private:
  const StagedOutput& staged_;
  sqlite3* database_ = nullptr;
};

/// A prepared statement; parameters count from 1. Text and blobs must live until step().
class SqliteStatement {
 public:
  SqliteStatement(SqliteFile& file, const std::string& sql);
  ~SqliteStatement() { sqlite3_finalize(statement_); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::span<const std::byte> blob);
  void bind_null(int parameter);
  /// Runs it to its end; bindings stay.
  void step();

 private:
  void must(int code) const {
    if (code != SQLITE_OK) file_.fail();
  }
  SqliteFile& file_;
  sqlite3_stmt* statement_ = nullptr;
};

/// Appends rows to one table, several to a statement: what a statement costs is shared by its rows.
class SqliteRows {
 public:
  /// Columns before `columns` (a key, a geometry) are bound by the caller.
  SqliteRows(SqliteFile& file, const std::string& table, const std::vector<std::string>& leading,
             std::span<const Column> columns, int rows_per_statement);

  /// A row being bound.
  class Row final : public CellRow {
   public:
    void set(std::size_t column, const Cell& value) override;
    void lead(std::size_t index, std::int64_t value) { to_.bind(first_ + static_cast<int>(index), value); }
    void lead(std::size_t index, std::span<const std::byte> blob) {
      to_.bind(first_ + static_cast<int>(index), blob);
    }

   private:
    friend class SqliteRows;
    Row(const SqliteRows& rows, SqliteStatement& to, int first) : rows_(rows), to_(to), first_(first) {}
    const SqliteRows& rows_;
    SqliteStatement& to_;
    int first_;
  };

  /// `bind(index, row)` for index 0 .. count-1. What is bound must live until append() returns.
  template <typename Bind>
  void append(std::int64_t count, const Bind& bind) {
    for (std::int64_t at = 0; at < count;) {
      const bool many = count - at >= per_statement_;
      SqliteStatement& to = many ? many_ : one_;
      const std::int64_t end = at + (many ? per_statement_ : 1);
      int first = 1;
      for (; at < end; ++at, first += width_) {
        Row row(*this, to, first);
        bind(at, row);
      }
      to.step();
    }
    rows_ += count;
  }
  std::int64_t rows() const noexcept { return rows_; }

 private:
  std::span<const Column> columns_;
  int leading_, width_, per_statement_;
  SqliteStatement one_, many_;
  std::int64_t rows_ = 0;
};

/// A name or a text as SQL, with `quote` doubled.
std::string quoted(const std::string& text, char quote);

}  // namespace tuban
