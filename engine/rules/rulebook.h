// SPDX-License-Identifier: Apache-2.0
// Rulebooks: YAML, checked against the fact dictionary when loaded.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuban {

struct HostRule;

/// What stands as predicate in the evidence of a rule that a function of the host's judges.
inline constexpr const char* kHostPredicate = "function of the host";

/// A number that predicates name as `:name`, so that a job can change it without touching them.
struct Parameter {
  std::string name;
  double value = 0;
};

/// The first case whose predicates all hold decides the severity.
struct RuleCase {
  std::string severity;           ///< S1 ... S4; empty where the effect is to raise or to demote
  std::vector<std::string> when;  ///< SQL expressions over facts, ANDed, each judged alone
  std::string note;
};

/// What of a patch becomes a piece of its own: what lies inside, or outside, the union of these roles.
struct Derivation {
  bool outside = false;
  std::vector<std::string> roles;
};

struct Rule {
  std::string id, name_zh, name_en;
  std::string effective_from, effective_to;  ///< ISO dates or empty
  /// "patch"; "piece": judged on each derived piece; "cluster" and "case": on the totals of patches that lie
  /// together or belong to one case.
  std::string scope;
  /// "mark"; "label": a finding that sets no mark; "raise" and "demote": one that sets neither mark nor
  /// severity and moves the patch's severity by one step; "derive": one that makes a piece.
  std::string effect;
  std::string mark;  ///< several are joined by commas
  std::string basis;
  std::vector<RuleCase> cases;
  std::vector<Parameter> parameters = {};     ///< in the order of the file
  std::vector<std::string> of = {};           ///< of scopes cluster and case: which patches count
  std::optional<double> within_m = {};        ///< patches nearer than this, chained, are one cluster
  Derivation derive = {};                     ///< of effect "derive"
  std::shared_ptr<const HostRule> host = {};  ///< what judges in place of cases

  bool of_groups() const { return scope == "cluster" || scope == "case"; }
};

struct Rulebook {
  std::string name, version, source;  ///< source: path or "shipped"
  std::vector<Rule> rules;
};

/// Loads a shipped book by name ("farmland", "mining", "quality") or a file. Throws Error(usage) naming file,
/// rule id and predicate or key: broken YAML, unknown key, duplicate id, unknown fact or parameter (with the
/// nearest), a parameter that no predicate names, text compared with a number, SQL that does not parse, a
/// fact without a total in a rule on several patches, a piece derived from a piece.
Rulebook load_rulebook(const std::string& name_or_path);

/// The same of the text of a book, which messages call `name`.
Rulebook parse_rulebook(const std::string& text, const std::string& name);

std::vector<std::string> shipped_rulebooks();

/// A fact: what rules may speak of.
struct FactInfo {
  std::string_view name;
  enum class Type { number, boolean, text } type;
  std::string_view unit, zh, en;
  std::string_view source;        ///< where it comes from
  std::string_view unknown_when;  ///< why it may be NULL
};

/// The dictionary, in a fixed order.
const std::vector<FactInfo>& fact_dictionary();

}  // namespace tuban
