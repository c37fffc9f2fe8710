// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <span>

#include "engine/rules/iso_date.h"
#include "engine/rules/nearest.h"
#include "tuban/error.h"

namespace tuban {

StrictMap::StrictMap(const YAML::Node& node, std::string where, std::initializer_list<std::string_view> known)
    : node_(node), where_(std::move(where)) {
  const std::span<const std::string_view> words(known.begin(), known.size());
  if (!node_.IsMap()) refuse("a map with the keys " + listed(words) + " is expected here");
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) refuse("keys must be plain words");
    const auto key = entry.first.Scalar();
    if (std::find(words.begin(), words.end(), key) == words.end()) {
      refuse(fmt::format("unknown key \"{}\"{}", key, suggestion(key, words)));
    }
    if (!seen.insert(key).second) refuse(fmt::format("key \"{}\" stands here twice", key));
  }
}

void StrictMap::refuse(const std::string& what) const {
  throw Error(ErrorCode::usage, where_ + ": " + what);
}

bool StrictMap::has(const char* key) const {
  return static_cast<bool>(node_[key]);
}

YAML::Node StrictMap::node(const char* key) const {
  const auto value = node_[key];
  if (!value) refuse(fmt::format("key \"{}\" is missing", key));
  return value;
}

std::string StrictMap::text(const char* key) const {
  const auto value = node(key);
  if (!value.IsScalar() || value.Scalar().empty())
    refuse(fmt::format("key \"{}\" must be a plain text", key));
  return value.Scalar();
}

std::string StrictMap::optional_text(const char* key) const {
  return has(key) ? text(key) : std::string();
}

std::string StrictMap::optional_date(const char* key) const {
  auto value = optional_text(key);
  if (!value.empty() && !is_iso_date(value)) {
    refuse(fmt::format("key \"{}\": \"{}\" is not a date; expected is yyyy-mm-dd", key, value));
  }
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

namespace {

/// Bytes of the UTF-8 sequence at the front: 0 where there is none. Overlong forms of three and four bytes
/// pass.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length > text.size()) return 0;
  const auto follows = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return length != 0 &&
                 std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), follows)
             ? length
             : 0;
}

}  // namespace

void require_utf8(std::string_view content, const std::string& file) {
  if (content.starts_with("\xFF\xFE") || content.starts_with("\xFE\xFF"))
    return;  // UTF-16, which YAML may be in
  std::size_t line = 1;
  while (!content.empty()) {
    const std::size_t length = utf8_length(content);
    if (length == 0) {
      throw Error(
          ErrorCode::usage,
          fmt::format("{}: line {} is not in UTF-8 (GBK, perhaps); save the file as UTF-8", file, line));
    }
    if (content.front() == '\n') ++line;
    content.remove_prefix(length);
  }
}

YAML::Node parse_yaml(const std::string& content, const std::string& file) {
  require_utf8(content, file);
  try {
    return YAML::Load(content);
  } catch (const YAML::Exception& e) {
    throw Error(ErrorCode::usage, fmt::format("{}: line {}, column {}: this is not valid YAML: {}", file,
                                              e.mark.line + 1, e.mark.column + 1, e.msg));
  }
}

std::string read_text_file(const std::string& path, const std::string& what) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    throw Error(ErrorCode::usage, fmt::format("{}: no such file; expected is {}", path, what));
  }
  std::ifstream file(path, std::ios::binary);
  if (std::filesystem::is_directory(path, failed) || !file) {
    throw Error(ErrorCode::usage, fmt::format("{}: this file cannot be read; expected is {}", path, what));
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tuban
