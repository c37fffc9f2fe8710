// SPDX-License-Identifier: Apache-2.0
// Rows of plain cells into one OGR layer. Field indices are looked up once, the feature is reused.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tuban/geometry.h"
#include "tuban/patch.h"

class GDALDataset;
class OGRFeature;
class OGRLayer;
class OGRSpatialReference;

namespace tuban {

/// What a column holds; a date comes as ISO 8601 text.
enum class ColumnType { text, integer, real, boolean, date };

struct Column {
  const char* name;        ///< English snake_case
  const char* short_name;  ///< at most 10 characters, for Shapefile
  std::string_view zh;     ///< alias; unique within its table
  ColumnType type = ColumnType::text;
  int decimals = 6;  ///< of a real number where the format stores digits (Shapefile)
};

/// One value; empty is NULL. Text must outlive the call it is passed to.
using Cell = std::variant<std::monostate, std::int64_t, double, const char*>;

/// NULL where unknown or not finite.
Cell number_cell(const std::optional<double>& value);
Cell text_cell(const std::optional<std::string>& value);

/// A row being filled, whatever it is written with.
class CellRow {
 public:
  virtual void set(std::size_t column, const Cell& value) = 0;

 protected:
  ~CellRow() = default;
};

/// The calendar day that an ISO 8601 date or date-time begins with; empty where it begins with none.
std::string_view iso_day(std::string_view iso) noexcept;

/// One layer being filled. All calls return whether OGR took them; its messages go to the error handler of
/// the calling thread.
class OgrTable final : public CellRow {
 public:
  struct Style {
    bool short_names = false;
    bool boolean_subtype = false;        ///< the driver has a boolean type
    bool integer64 = true, date = true;  ///< else reals, else text
    bool digits = false;                 ///< declare width and decimals of reals
  };

  OgrTable();
  ~OgrTable();
  OgrTable(OgrTable&&) noexcept;
  OgrTable& operator=(OgrTable&&) noexcept;

  /// Makes the layer, with MultiPolygons where `spatial`.
  bool create(GDALDataset& dataset, const std::string& name, std::span<const Column> columns, bool spatial,
              const OGRSpatialReference* crs, const std::vector<std::string>& options, const Style& style);

  void set(std::size_t column, const Cell& value) override;
  void set_geometry(const MultiPolygon& geometry);
  /// Appends the row set so far; every column must be set for every row.
  bool insert();
  std::int64_t rows() const noexcept { return rows_; }

 private:
  OGRLayer* layer_ = nullptr;
  std::unique_ptr<OGRFeature> feature_;
  std::vector<int> fields_;
  std::vector<ColumnType> types_;
  Style style_;
  std::int64_t rows_ = 0;
};

}  // namespace tuban
