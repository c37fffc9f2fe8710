// SPDX-License-Identifier: Apache-2.0
// Rules prepared for judging on a row of facts, and what the findings of a patch come to. Internal to rules.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/rules/facts.h"
#include "engine/rules/layers.h"
#include "engine/rules/mark.h"
#include "engine/rules/predicate.h"
#include "engine/rules/rulebook.h"

namespace tuban {

/// A case with its predicates prepared.
struct CompiledCase {
  const RuleCase* text = nullptr;
  std::vector<std::size_t> predicates;
};
struct CompiledRule {
  const Rulebook* book = nullptr;
  const Rule* rule = nullptr;
  std::vector<std::size_t> of;
  std::vector<CompiledCase> cases;
  std::vector<bool> host_facts;  ///< per fact: a rule of the host's may read it; empty for others
};

enum class Applies { yes, no, undated };
/// Whether a rule was in force when the patch was seen.
Applies applies(const Rule& rule, const Patch& patch);

/// All rules of all books, in their order. One thread.
class RuleJudge {
 public:
  /// Both may be null.
  RuleJudge(std::shared_ptr<const std::vector<Rulebook>> books, const ReferenceLayers* layers);

  std::span<const CompiledRule> rules() const noexcept { return rules_; }
  /// Makes `facts` what the methods below see.
  void bind(const FactRow& facts) { engine_.bind(facts); }
  /// Whether all predicates hold: 1, 0, or -1 where that is unknown.
  int verdict(std::span<const std::size_t> predicates);
  /// Whether a predicate that names facts of the patch alone does not hold.
  bool ruled_out(std::span<const std::size_t> predicates);
  /// Sets those of the facts that the predicates name.
  void name_facts(std::span<const std::size_t> predicates, std::vector<bool>& facts) const;
  /// The facts that the rule's cases name, in the order of the dictionary.
  std::vector<std::size_t> facts_of_cases(const CompiledRule& rule) const;
  /// The rule's finding on the facts bound, complete but for what it was found on; nothing where the rule
  /// does not hold, or is unknown only for want of layers that are not given.
  std::optional<Finding> judge(const CompiledRule& rule, const FactRow& facts);

 private:
  std::optional<Finding> ask(const CompiledRule& rule, const FactRow& facts) const;
  PredicateResult result(std::size_t predicate, int verdict, const FactRow& facts) const;
  bool for_want_of_layers(std::size_t predicate, const FactRow& facts) const;

  std::shared_ptr<const std::vector<Rulebook>> books_;
  PredicateEngine engine_;
  std::vector<CompiledRule> rules_;
  std::vector<bool> of_the_patch_;   ///< per predicate: it names facts of the patch alone
  std::vector<bool> layer_missing_;  ///< per fact: a role it needs is not given
};

void add_note(Finding& finding, const std::string& note);

}  // namespace tuban
