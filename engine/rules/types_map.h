// SPDX-License-Identifier: Apache-2.0
// What issued lists call a kind of change, in the codes of the rules.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuban {

/// A YAML file:
///   types: {1A: C10, "2*": C11, 推填土: C11}
/// A key that ends with * stands for all values that begin so; a whole value wins over it, a longer
/// beginning over a shorter one. Codes of the engine stand for themselves.
class TypesMap {
 public:
  /// An empty path: the shipped map. Throws Error(usage) naming file and key, with the nearest code for one
  /// that is none.
  explicit TypesMap(const std::string& path);

  /// C10 ... C99, or empty where the map does not know the value.
  std::string code_of(std::string_view value) const;
  /// The path, or "shipped".
  const std::string& source() const noexcept { return source_; }

 private:
  std::string source_;
  std::map<std::string, std::string, std::less<>> whole_;
  std::vector<std::pair<std::string, std::string>> beginnings_;  ///< the longest first
};

}  // namespace tuban
