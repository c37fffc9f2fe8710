// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/xlsx_book.h"

#include <fmt/format.h>
#include <xlsxwriter.h>

#include <ctime>
#include <utility>

#include "tuban/error.h"

namespace tuban {

namespace {

constexpr std::size_t kCellCharacters = 32767;
constexpr std::size_t kStyles = 6;
constexpr const char* kNumberFormats[kStyles] = {"@", "0", "#,##0.00", "0.000", "0.000000", "0.00"};
constexpr std::uint32_t kHeadingColour = 0xD9E2F3, kTotalColour = 0xF2F2F2;

/// The bytes of the character that begins at `at`, 0 where none does.
std::size_t character(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                                                           : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
  }
  // Overlong forms and surrogates.
  if (length == 3 && ((lead == 0xE0 && byte(at + 1) < 0xA0) || (lead == 0xED && byte(at + 1) >= 0xA0)))
    return 0;
  if (length == 4 && ((lead == 0xF0 && byte(at + 1) < 0x90) || (lead == 0xF4 && byte(at + 1) >= 0x90)))
    return 0;
  return length;
}

}  // namespace

std::string cell_text(const std::string& text, std::size_t most) {
  std::string result;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size() && characters < most; ++characters) {
    const std::size_t length = character(text, at);
    if (length == 0) {
      result += "\xEF\xBF\xBD";
      ++at;
    } else {
      result.append(text, at, length);
      at += length;
    }
  }
  return result;
}

struct XlsxBook::Impl {
  std::string path, folder;
  lxw_workbook* book = nullptr;
  lxw_format *heading = nullptr, *styles[kStyles] = {}, *totals[kStyles] = {};

  void must(lxw_error error) const {
    if (error == LXW_NO_ERROR) return;
    if (error == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE) {
      throw Error(ErrorCode::runtime,
                  fmt::format("cannot write '{}': a sheet holds at most 1048576 rows; keep patches out with "
                              "--severity or --marks, or leave xlsx out of --format",
                              path));
    }
    throw Error(ErrorCode::runtime, fmt::format("cannot write '{}': {}", path, lxw_strerror(error)));
  }

  lxw_format* format(std::size_t style, bool total) const {
    lxw_format* const made = workbook_add_format(book);
    format_set_num_format(made, kNumberFormats[style]);
    format_set_align(made, LXW_ALIGN_VERTICAL_TOP);
    if (static_cast<XlsxStyle>(style) == XlsxStyle::text) format_set_text_wrap(made);
    if (total) {
      format_set_bold(made);
      format_set_bg_color(made, kTotalColour);
      format_set_top(made, LXW_BORDER_THIN);
    }
    return made;
  }
};

struct XlsxSheet::Impl {
  const XlsxBook::Impl* book = nullptr;
  lxw_worksheet* sheet = nullptr;
  std::vector<XlsxColumn> columns;
  std::vector<double> sums;
  lxw_row_t row = 1;
};

XlsxSheet::XlsxSheet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
XlsxSheet::XlsxSheet(XlsxSheet&&) noexcept = default;
XlsxSheet::~XlsxSheet() = default;

void XlsxSheet::text(std::size_t column, const std::string& value) {
  if (value.empty()) return;
  impl_->book->must(worksheet_write_string(impl_->sheet, impl_->row, static_cast<lxw_col_t>(column),
                                           cell_text(value, kCellCharacters).c_str(),
                                           impl_->book->styles[static_cast<std::size_t>(XlsxStyle::text)]));
}

void XlsxSheet::number(std::size_t column, const std::optional<double>& value) {
  if (!value) return;
  impl_->sums[column] += *value;
  const auto style = static_cast<std::size_t>(impl_->columns[column].style);
  impl_->book->must(worksheet_write_number(impl_->sheet, impl_->row, static_cast<lxw_col_t>(column), *value,
                                           impl_->book->styles[style]));
}

void XlsxSheet::next_row() {
  ++impl_->row;
}

void XlsxSheet::totals(const std::string& label) {
  const auto& book = *impl_->book;
  const lxw_row_t last = impl_->row;
  for (std::size_t i = 0; i < impl_->columns.size(); ++i) {
    const auto column = static_cast<lxw_col_t>(i);
    lxw_format* const style = book.totals[static_cast<std::size_t>(impl_->columns[i].style)];
    if (i == 0) {
      book.must(worksheet_write_string(impl_->sheet, last, column, label.c_str(), book.totals[0]));
    } else if (impl_->columns[i].total) {
      char from[LXW_MAX_CELL_NAME_LENGTH], to[LXW_MAX_CELL_NAME_LENGTH];
      lxw_rowcol_to_cell(from, 1, column);
      lxw_rowcol_to_cell(to, last - 1, column);
      const std::string formula = fmt::format("=SUM({}:{})", from, to);
      book.must(
          worksheet_write_formula_num(impl_->sheet, last, column, formula.c_str(), style, impl_->sums[i]));
    } else {
      book.must(worksheet_write_blank(impl_->sheet, last, column, style));
    }
  }
}

XlsxBook::XlsxBook(const std::string& path, const std::string& temporary_folder, const std::string& day,
                   const std::string& title)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->folder = temporary_folder;
  lxw_workbook_options options{};
  options.tmpdir = impl_->folder.data();
  impl_->book = workbook_new_opt(path.c_str(), &options);
  if (impl_->book == nullptr) {
    throw Error(ErrorCode::runtime, fmt::format("cannot write '{}': no workbook could be made", path));
  }
  std::tm made{};
  if (::strptime(day.c_str(), "%Y-%m-%d", &made) == nullptr) ::strptime("1980-01-01", "%Y-%m-%d", &made);
  std::string name = title;
  lxw_doc_properties properties{};
  properties.title = name.data();
  properties.created = ::timegm(&made);
  impl_->must(workbook_set_properties(impl_->book, &properties));
  impl_->heading = workbook_add_format(impl_->book);
  format_set_bold(impl_->heading);
  format_set_text_wrap(impl_->heading);
  format_set_bg_color(impl_->heading, kHeadingColour);
  format_set_border(impl_->heading, LXW_BORDER_THIN);
  format_set_align(impl_->heading, LXW_ALIGN_CENTER);
  format_set_align(impl_->heading, LXW_ALIGN_VERTICAL_CENTER);
  for (std::size_t style = 0; style < kStyles; ++style) {
    impl_->styles[style] = impl_->format(style, false);
    impl_->totals[style] = impl_->format(style, true);
  }
}

XlsxBook::~XlsxBook() {
  if (impl_->book != nullptr) lxw_workbook_free(impl_->book);
}

XlsxSheet XlsxBook::add(const std::string& name, const std::vector<XlsxColumn>& columns, std::size_t frozen) {
  auto sheet = std::make_unique<XlsxSheet::Impl>();
  sheet->book = impl_.get();
  sheet->sheet = workbook_add_worksheet(impl_->book, name.c_str());
  sheet->columns = columns;
  sheet->sums.assign(columns.size(), 0);
  if (sheet->sheet == nullptr) impl_->must(LXW_ERROR_MEMORY_MALLOC_FAILED);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto column = static_cast<lxw_col_t>(i);
    impl_->must(worksheet_set_column(sheet->sheet, column, column, columns[i].width, nullptr));
    impl_->must(worksheet_write_string(sheet->sheet, 0, column, columns[i].heading.c_str(), impl_->heading));
  }
  impl_->must(worksheet_set_row(sheet->sheet, 0, 32, nullptr));
  worksheet_freeze_panes(sheet->sheet, 1, static_cast<lxw_col_t>(frozen));
  worksheet_set_landscape(sheet->sheet);
  worksheet_fit_to_pages(sheet->sheet, 1, 0);
  impl_->must(worksheet_repeat_rows(sheet->sheet, 0, 0));
  return XlsxSheet(std::move(sheet));
}

void XlsxBook::close() {
  impl_->must(workbook_close(std::exchange(impl_->book, nullptr)));
}

}  // namespace tuban
