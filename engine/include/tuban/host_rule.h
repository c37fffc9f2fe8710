// SPDX-License-Identifier: Apache-2.0
// A rule that a function of the host's judges, beside those of rulebooks.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tuban/patch.h"

namespace tuban {

/// The facts of one patch, by name (describe_facts() in tuban/rules.h). Of kind unknown where nothing tells;
/// valid until the rule returns. Throws Error(usage) for a name that is no fact, with the nearest, or none of
/// HostRule::facts.
using Facts = std::function<const FactValue&(std::string_view name)>;

/// What a function says of a patch.
struct Verdict {
  int holds = 0;              ///< as PredicateResult::verdict: 1 makes a finding, 0 none, -1 an unknown one
  std::string severity = {};  ///< S1 ... S4; empty: the rule's
  std::string note = {};      ///< the reason, for people
};

/// Judged on each patch, as a rule of scope patch. Its findings are like others: in every output, with the
/// facts that the function read as evidence, and settled with them. `rule_changes` may switch it off.
struct HostRule {
  std::string id;
  std::string name_zh = {}, name_en = {};  ///< empty: the other, or the id
  /// What findings name as their rulebook; rules of one name are one book, in their order, behind those of
  /// the job's rulebooks, and have one version.
  std::string rulebook = "functions";
  /// Stands in findings. A run with a rule of the host's may be resumed where it has a version: the host
  /// promises that a version stands for the same function.
  std::string version = {};
  std::string effect = "mark";  ///< or "label", "raise", "demote"
  std::string mark = {};        ///< of effect "mark"; several are joined by commas
  std::string severity = {};    ///< where the verdict has none; S1 ... S4
  std::string basis = {};
  std::string effective_from = {}, effective_to = {};  ///< ISO dates or empty
  std::vector<std::string> facts = {};  ///< it reads, which the layers are asked for; empty: any, all asked
  /// Called from several threads at once, in no order of patches; the same facts must get the same verdict.
  /// What it throws ends the run, which throws it on.
  std::function<Verdict(const Facts&)> judge = {};
};

}  // namespace tuban
