// SPDX-License-Identifier: Apache-2.0
// What rules may speak of, and what a rulebook says, for people and programs that write rulebooks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tuban/export.h"

namespace tuban {

/// One fact of the dictionary.
struct FactDescription {
  std::string name;
  std::string type;  ///< "number", "boolean" or "text"
  std::string unit, zh, en;
  std::string source;        ///< where it comes from
  std::string unknown_when;  ///< why it may be NULL
};

/// Every fact there is, in the fixed order of the dictionary.
TUBAN_API std::vector<FactDescription> describe_facts();

struct RuleDescription {
  std::string id, name_zh, name_en;
  std::string effective_from, effective_to;  ///< ISO dates or empty
  std::string scope, effect, mark, basis;
  std::vector<std::pair<std::string, double>> parameters;  ///< what a job may set, with the book's values
};

struct RulebookDescription {
  std::string name, version;
  std::string source;  ///< path or "shipped"
  std::vector<RuleDescription> rules;
};

/// Loads and checks a rulebook as a run would: a shipped one by name or a file. Throws Error(usage) naming
/// file, rule and predicate or key.
TUBAN_API RulebookDescription describe_rulebook(const std::string& name_or_path);

/// The names of the rulebooks inside the library.
TUBAN_API std::vector<std::string> rulebook_names();

}  // namespace tuban
