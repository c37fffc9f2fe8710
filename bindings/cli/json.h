// SPDX-License-Identifier: Apache-2.0
// Just enough JSON to write results.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace tuban::cli {

std::string json_text(std::string_view text);

inline std::string json_number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

template <typename Items, typename ToJson>
std::string json_list(const Items& items, ToJson to_json) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + to_json(item);
  return "[" + list + "]";
}

class JsonObject {
 public:
  JsonObject& raw(std::string_view key, std::string_view json) {
    body_ += fmt::format("{}{}: {}", body_.empty() ? "" : ", ", json_text(key), json);
    return *this;
  }
  JsonObject& add(std::string_view key, std::string_view text) { return raw(key, json_text(text)); }
  template <std::integral Number>
  JsonObject& add(std::string_view key, Number value) {
    return raw(key, fmt::format("{}", value));
  }
  JsonObject& add(std::string_view key, double value) { return raw(key, json_number(value)); }
  JsonObject& add(std::string_view key, const std::vector<std::string>& texts) {
    return raw(key, json_list(texts, [](const std::string& text) { return json_text(text); }));
  }
  std::string str() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

}  // namespace tuban::cli
