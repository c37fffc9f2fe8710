// SPDX-License-Identifier: Apache-2.0
// A finished result, read back. Results of older and newer versions have other columns and tables, so every
// column is asked for by name and may be absent.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/ogr_table.h"
#include "tuban/geometry.h"

namespace tuban {

/// A column as the file declares it; short name (at most 10 bytes) and alias are those of result_columns.h
/// where it has them.
struct ResultColumn {
  std::string name, short_name, zh;
  ColumnType type = ColumnType::text;
  int decimals = 6;
};

/// A row being read, valid until the next one is.
class ResultRow {
 public:
  /// Empty where NULL or where the table has no such column.
  std::string text(std::string_view column) const;
  std::optional<double> number(std::string_view column) const;
  /// Of the columns that ResultFile::columns() lists, by position.
  Cell cell(std::size_t index) const;
  /// Throws Error(runtime) where it is no polygon of a GeoPackage; empty where the row has none.
  MultiPolygon geometry() const;

 private:
  friend class ResultFile;
  int find(std::string_view column) const;
  sqlite3_stmt* statement_ = nullptr;
  const std::vector<ResultColumn>* columns_ = nullptr;
  int geometry_ = -1;
};

/// A result GeoPackage, open for reading. One thread.
class ResultFile {
 public:
  /// Throws Error(usage) where the file cannot be opened or is no result of tuban.
  explicit ResultFile(const std::string& path);
  ~ResultFile();
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  bool has(const std::string& table) const { return tables_.count(table) != 0; }
  bool spatial(const std::string& table) const;
  /// Without key and geometry; empty where there is no such table.
  const std::vector<ResultColumn>& columns(const std::string& table) const;

  using Take = std::function<void(const ResultRow&)>;
  /// Every row in the order in which it was written; none where there is no such table.
  void each(const std::string& table, const Take& take) const;
  /// The rows of one patch.
  void each_of(const std::string& table, const std::string& patch_id, const Take& take) const;
  /// The value of a key of table run: text, or JSON; empty where there is none.
  std::string run_value(const std::string& key) const;
  /// The CRS of the patches: "EPSG:4526" or WKT; empty where they have none.
  std::string crs() const;

 private:
  struct Table {
    std::vector<ResultColumn> columns;
    std::string key, geometry;
  };
  [[noreturn]] void fail() const;
  void read_tables();
  void rows(const std::string& table, const std::string& patch_id, const Take& take) const;
  void ask(const std::string& sql, const std::string& parameter,
           const std::function<void(sqlite3_stmt*)>& take) const;

  std::string path_;
  sqlite3* database_ = nullptr;
  std::map<std::string, Table, std::less<>> tables_;
};

}  // namespace tuban
