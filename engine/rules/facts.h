// SPDX-License-Identifier: Apache-2.0
// Facts as values: a row in the order of the dictionary. Internal to rules.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/rulebook.h"
#include "tuban/patch.h"

namespace tuban {

/// The distance where there is nothing to be near to. SQLite compares it as any number.
constexpr double kInfiniteDistance = std::numeric_limits<double>::infinity();

/// The codes a rule may name for a text fact of a fixed vocabulary; empty for other facts.
const std::vector<std::string_view>& fact_vocabulary(std::string_view fact);

/// Position in the dictionary, or nothing.
std::optional<std::size_t> find_fact(std::string_view name);

/// Position of a fact that is known to exist.
std::size_t fact_index(std::string_view name);

const std::vector<std::string_view>& fact_names();

/// The roles whose absence leaves a fact unknown, by its source: each role joined by " + " is needed, and one
/// of those joined by " | ", of which the first is named. Empty for the patch's own facts.
std::vector<std::string_view> roles_missing(const FactInfo& fact,
                                            const std::function<bool(std::string_view)>& given);

/// One value per fact; everything starts unknown.
class FactRow {
 public:
  FactRow();
  const FactValue& at(std::size_t fact) const { return values_[fact]; }
  const FactValue& at(std::string_view name) const { return values_[fact_index(name)]; }
  /// NaN stays unknown: it never reaches a predicate.
  void set(std::size_t fact, double number);
  void set(std::size_t fact, std::string text);

 private:
  std::vector<FactValue> values_;
};

/// Fills the patch's own facts.
void set_patch_facts(const Patch& patch, FactRow& row);

}  // namespace tuban
