// SPDX-License-Identifier: Apache-2.0
// A workbook, written by libxlsxwriter. Internal to delivery.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tuban {

/// How the cells of a column look.
enum class XlsxStyle { text, integer, area, metre, degree, share };

struct XlsxColumn {
  std::string heading;
  double width = 12;  ///< in characters
  XlsxStyle style = XlsxStyle::text;
  bool total = false;  ///< summed in the last row
};

/// One sheet: a heading row that stays in sight, rows, and where columns ask for it a row of totals.
class XlsxSheet {
 public:
  XlsxSheet(XlsxSheet&&) noexcept;
  ~XlsxSheet();

  /// An empty text or no number leaves the cell empty. Text that is no UTF-8 is mended, and cut at what a
  /// cell holds.
  void text(std::size_t column, const std::string& value);
  void number(std::size_t column, const std::optional<double>& value);
  void next_row();
  /// Formulas over all rows, with their values; `label` stands in the first column.
  void totals(const std::string& label);

 private:
  friend class XlsxBook;
  struct Impl;
  explicit XlsxSheet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Equal content gives equal bytes: `day` (ISO 8601) stands for the day of making. Everything throws
/// Error(runtime) where it cannot be written.
class XlsxBook {
 public:
  XlsxBook(const std::string& path, const std::string& temporary_folder, const std::string& day,
           const std::string& title);
  ~XlsxBook();
  XlsxBook(const XlsxBook&) = delete;
  XlsxBook& operator=(const XlsxBook&) = delete;

  /// A sheet under its headings; `frozen` columns stay in sight.
  XlsxSheet add(const std::string& name, const std::vector<XlsxColumn>& columns, std::size_t frozen);
  void close();

 private:
  friend class XlsxSheet;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// UTF-8 with every broken byte replaced, at most `most` characters long.
std::string cell_text(const std::string& text, std::size_t most);

}  // namespace tuban
