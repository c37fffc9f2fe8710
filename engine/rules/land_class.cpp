// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/land_class.h"

#include <algorithm>
#include <initializer_list>

namespace tuban {
namespace {

bool starts_with_any(std::string_view code, std::initializer_list<std::string_view> prefixes) noexcept {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return code.starts_with(prefix); });
}

bool all_digits(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_farmland(std::string_view code) noexcept {
  return code.starts_with("01");
}

bool is_agricultural(std::string_view code) noexcept {
  return starts_with_any(
      code, {"01", "02", "03", "0401", "0402", "0403", "1006", "1103", "1104", "1107", "1202", "1203"});
}

bool is_construction_land(std::string_view code) noexcept {
  return starts_with_any(code, {"05", "06", "07", "08", "09", "1001", "1002", "1003", "1004", "1005", "1007",
                                "1008", "1009", "1109", "1201"});
}

bool is_unused(std::string_view code) noexcept {
  return starts_with_any(
      code, {"0404", "1101", "1102", "1105", "1106", "1108", "1110", "1204", "1205", "1206", "1207"});
}

bool is_recorded_mining(std::string_view code) noexcept {
  return code.starts_with("0602");
}

bool is_homestead(std::string_view code) noexcept {
  return code.starts_with("0702");
}

bool is_water(std::string_view code) noexcept {
  return starts_with_any(code, {"1101", "1102", "1103", "1104", "1105", "1106"});
}

bool is_facility_land(std::string_view code) noexcept {
  return code.starts_with("1202");
}

bool has_ridges(std::string_view code) noexcept {
  return starts_with_any(code, {"0101", "0102", "0103"});
}

std::string land_class_fault(std::string_view code) {
  if (code.empty()) return "has no land class";
  if (code.size() == 3 && all_digits(code)) {
    return "has the land class " + std::string(code) +
           ", a three-digit code of the second survey; expected are codes of the third survey (0101, 0702 "
           "...)";
  }
  // Subclasses of towns are 05H1, 08H1 and 08H2.
  const bool fits = (code.size() == 4 || (code.size() == 5 && (code[4] == 'K' || code[4] == 'A'))) &&
                    all_digits(code.substr(0, 2)) && (code[2] == 'H' || all_digits(code.substr(2, 1))) &&
                    all_digits(code.substr(3, 1));
  if (!fits && code != "09") {
    return "has the land class \"" + std::string(code) +
           "\"; expected are codes of the third survey (0101, 0702 ...)";
  }
  return {};
}

}  // namespace tuban
