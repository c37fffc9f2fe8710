// SPDX-License-Identifier: Apache-2.0
#include "engine/io/scene_date.h"

#include <fmt/format.h>

#include <chrono>

namespace tuban {
namespace {

// Metadata keys in the order of trust: GDAL's IMAGERY domain, Sentinel-2, Landsat MTL, Gaofen and others.
constexpr const char* kKeys[] = {"ACQUISITIONDATETIME",
                                 "ACQUISITION_DATETIME",
                                 "ACQUISITION_DATE",
                                 "SENSING_TIME",
                                 "SENSING_START",
                                 "DATE_ACQUIRED",
                                 "DATATAKE_1_DATATAKE_SENSING_START",
                                 "PRODUCT_START_TIME",
                                 "SCENE_DATE",
                                 "TIFFTAG_DATETIME"};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  char take_any(std::string_view set) {
    if (text_.empty() || set.find(text_.front()) == std::string_view::npos) return '\0';
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }
  bool digits(int count, int& value) {
    value = 0;
    for (int i = 0; i < count; ++i) {
      const char c = take_any("0123456789");
      if (c == '\0') return false;
      value = value * 10 + (c - '0');
    }
    return true;
  }

 private:
  std::string_view text_;
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\"");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\"") - begin + 1);
}

}  // namespace

std::optional<std::string> iso_date(std::string_view text) {
  Scanner scan(trimmed(text));
  int year = 0, month = 0, day = 0;
  if (!scan.digits(4, year)) return {};
  const char separator = scan.take_any("-/:");
  const auto separated = [&] { return separator == '\0' || scan.take_any({&separator, 1}) != '\0'; };
  if (!scan.digits(2, month) || !separated() || !scan.digits(2, day)) return {};
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // Year 0 is how writers say "unknown"; satellites came later.
  if (!date.ok() || year < 1900) return {};
  std::string iso = fmt::format("{:04}-{:02}-{:02}", year, month, day);
  if (scan.done()) return iso;

  if (scan.take_any("T ") == '\0') return {};
  int hour = 0, minute = 0, second = 0;
  if (!scan.digits(2, hour) || scan.take_any(":") == '\0' || !scan.digits(2, minute)) return {};
  if (scan.take_any(":") != '\0') {
    if (!scan.digits(2, second)) return {};
    if (scan.take_any(".") != '\0')
      while (scan.take_any("0123456789") != '\0') {
      }
  }
  const bool utc = scan.take_any("Z") != '\0';
  if (!scan.done() || hour > 23 || minute > 59 || second > 60) return {};
  return iso + fmt::format("T{:02}:{:02}:{:02}{}", hour, minute, second, utc ? "Z" : "");
}

std::optional<std::string> acquisition_date(const std::function<const char*(const char* key)>& value) {
  for (const char* key : kKeys)
    if (const char* text = value(key))
      if (auto date = iso_date(text)) return date;
  return {};
}

}  // namespace tuban
