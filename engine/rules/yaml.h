// SPDX-License-Identifier: Apache-2.0
// Strict reading of YAML: every key is known, every value has the expected kind, or the file is refused with
// the place. Internal to rules.
#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tuban {

/// A YAML map and how to name it in a message, such as `farmland.yaml: rule F01`.
class StrictMap {
 public:
  /// Throws Error(usage) unless `node` is a map whose keys are all in `known` and appear once.
  StrictMap(const YAML::Node& node, std::string where, std::initializer_list<std::string_view> known);

  const std::string& where() const noexcept { return where_; }
  bool has(const char* key) const;
  YAML::Node node(const char* key) const;            ///< required
  std::string text(const char* key) const;           ///< required, a nonempty scalar
  std::string optional_text(const char* key) const;  ///< empty if absent
  /// An ISO date or empty if absent.
  std::string optional_date(const char* key) const;
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  YAML::Node node_;
  std::string where_;
};

/// A finite number and nothing else.
std::optional<double> parse_number(std::string_view text);

/// Throws Error(usage) with file and line where text is not UTF-8; YAML would quietly spoil its words.
void require_utf8(std::string_view content, const std::string& file);

/// Parses a document; broken YAML becomes Error(usage) with file, line and column.
YAML::Node parse_yaml(const std::string& content, const std::string& file);

/// The whole file. Throws Error(usage) naming it if it cannot be read.
std::string read_text_file(const std::string& path, const std::string& what);

}  // namespace tuban
