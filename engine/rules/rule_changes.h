// SPDX-License-Identifier: Apache-2.0
// What a job changes in the rulebooks it uses: rules switched off, parameters set anew.
#pragma once

#include <string>
#include <vector>

#include "engine/rules/rulebook.h"

namespace tuban {

struct RuleChange {
  std::string rulebook, rule_id;
  std::string parameter;    ///< empty where the rule is switched off
  double from = 0, to = 0;  ///< of the parameter
};

/// Applies `[BOOK.]RULE=off` and `[BOOK.]RULE.PARAMETER=NUMBER`; without a book every book that has the rule
/// (and the parameter) is meant. Returns what was done: parameters first, each in the order given, then by
/// book. Throws Error(usage) that begins with `--rule` for a book, rule, parameter or value that is none
/// (with the nearest), and for the same thing given twice.
std::vector<RuleChange> change_rules(std::vector<Rulebook>& books, const std::vector<std::string>& options);

}  // namespace tuban
