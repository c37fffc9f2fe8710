// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <regex>
#include <string>

namespace tuban {

/// Finds dates in file names by a pattern of the user's: see SceneListOptions::date_pattern.
class NameDate {
 public:
  /// Throws Error(usage) for a pattern that does not name a year and a day.
  explicit NameDate(const std::string& pattern);
  /// The ISO date in the name, which may stand behind folders; nothing where the pattern does not fit or what
  /// it finds is no date.
  std::optional<std::string> find(const std::string& path) const;

 private:
  std::regex form_;
  int year_ = 0, month_ = 0, day_ = 0, day_of_year_ = 0;  ///< groups of the form; 0: none
};

}  // namespace tuban
