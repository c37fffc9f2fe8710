// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/rulebook.h"
#include "tuban/rules.h"

namespace tuban {
namespace {

const char* name_of(FactInfo::Type type) {
  switch (type) {
    case FactInfo::Type::number:
      return "number";
    case FactInfo::Type::boolean:
      return "boolean";
    case FactInfo::Type::text:
      break;
  }
  return "text";
}

}  // namespace

std::vector<FactDescription> describe_facts() {
  std::vector<FactDescription> facts;
  for (const FactInfo& fact : fact_dictionary()) {
    facts.push_back({std::string(fact.name), name_of(fact.type), std::string(fact.unit), std::string(fact.zh),
                     std::string(fact.en), std::string(fact.source), std::string(fact.unknown_when)});
  }
  return facts;
}

RulebookDescription describe_rulebook(const std::string& name_or_path) {
  const Rulebook book = load_rulebook(name_or_path);
  RulebookDescription description{book.name, book.version, book.source, {}};
  for (const Rule& rule : book.rules) {
    description.rules.push_back({rule.id,
                                 rule.name_zh,
                                 rule.name_en,
                                 rule.effective_from,
                                 rule.effective_to,
                                 rule.scope,
                                 rule.effect,
                                 rule.mark,
                                 rule.basis,
                                 {}});
    for (const Parameter& one : rule.parameters)
      description.rules.back().parameters.emplace_back(one.name, one.value);
    if (rule.within_m) description.rules.back().parameters.emplace_back("within_m", *rule.within_m);
  }
  return description;
}

std::vector<std::string> rulebook_names() {
  return shipped_rulebooks();
}

}  // namespace tuban
