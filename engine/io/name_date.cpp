// SPDX-License-Identifier: Apache-2.0
#include "engine/io/name_date.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <string_view>

#include "engine/io/scene_date.h"
#include "tuban/error.h"

namespace tuban {

NameDate::NameDate(const std::string& pattern) {
  const auto refuse = [&](std::string_view why) {
    throw Error(
        ErrorCode::usage,
        fmt::format("the date pattern \"{}\" {}; expected %Y with %m and %d, or %Y with %j, once each, "
                    "such as \"S2?_*_%Y%m%dT*\"",
                    pattern, why));
  };
  std::string form;
  int groups = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '*') {
      form += ".*?";
    } else if (c == '?') {
      form += '.';
    } else if (c == '%') {
      const char what = i + 1 < pattern.size() ? pattern[++i] : '\0';
      int* const group = what == 'Y'   ? &year_
                         : what == 'm' ? &month_
                         : what == 'd' ? &day_
                         : what == 'j' ? &day_of_year_
                                       : nullptr;
      if (group == nullptr) refuse("has a % that stands for nothing");
      if (*group != 0) refuse(fmt::format("has %{} twice", what));
      *group = ++groups;
      form += what == 'Y' ? "([0-9]{4})" : what == 'j' ? "([0-9]{3})" : "([0-9]{2})";
    } else {
      if (std::string_view(R"(\^$.|+()[]{})").find(c) != std::string_view::npos) form += '\\';
      form += c;
    }
  }
  const bool by_month = month_ != 0 && day_ != 0 && day_of_year_ == 0;
  const bool by_day_of_year = month_ == 0 && day_ == 0 && day_of_year_ != 0;
  if (year_ == 0 || !(by_month || by_day_of_year)) refuse("does not name a day");
  form_ = std::regex(form);
}

std::optional<std::string> NameDate::find(const std::string& path) const {
  const std::string name = std::filesystem::path(path).filename().string();
  std::smatch found;
  if (!std::regex_match(name, found, form_)) return std::nullopt;
  const auto text = [&](int group) { return found[static_cast<std::size_t>(group)].str(); };
  if (day_of_year_ == 0) return iso_date(text(year_) + text(month_) + text(day_));
  using namespace std::chrono;
  const year in{std::stoi(text(year_))};
  const int count = std::stoi(text(day_of_year_));
  if (count < 1 || count > (in.is_leap() ? 366 : 365)) return std::nullopt;
  const year_month_day date = sys_days(in / January / 1) + days(count - 1);
  return iso_date(fmt::format("{}{:02}{:02}", text(year_), static_cast<unsigned>(date.month()),
                              static_cast<unsigned>(date.day())));
}

}  // namespace tuban
