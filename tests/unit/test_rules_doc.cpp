// SPDX-License-Identifier: Apache-2.0
// docs/rules.md lists roles, facts and shipped rules as they are.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>

#include "engine/rules/roles.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

using Lines = std::set<std::string>;

const Lines& page() {
  static const auto lines = [] {
    std::ifstream file(std::string(std::getenv("TUBAN_SOURCE_DIR")) + "/docs/rules.md");
    Lines result;
    for (std::string line; std::getline(file, line);) result.insert(line);
    return result;
  }();
  return lines;
}

std::string row(const std::vector<std::string>& cells) {
  std::string text;
  for (const auto& cell : cells) {
    std::string safe;
    for (const char c : cell) safe += c == '|' ? "\\|" : std::string(1, c);
    text += text.empty() ? "| `" + safe + "` " : "| " + safe + (safe.empty() ? "" : " ");
  }
  return text + "|";
}

/// How many rows of the page begin with a name in code, in tables of this many columns.
std::size_t rows_of(std::size_t columns) {
  std::size_t count = 0;
  for (const auto& line : page()) {
    if (!line.starts_with("| `")) continue;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    count += bars == columns + 1;
  }
  return count;
}

std::string type_name(FactInfo::Type type) {
  return type == FactInfo::Type::number ? "number" : type == FactInfo::Type::boolean ? "boolean" : "text";
}

TEST(RulesPage, ListsEveryFactAsItIs) {
  for (const auto& fact : fact_dictionary()) {
    const auto line =
        row({std::string(fact.name), type_name(fact.type), std::string(fact.unit), std::string(fact.zh),
             std::string(fact.en), std::string(fact.source), std::string(fact.unknown_when)});
    EXPECT_EQ(page().count(line), 1U) << line;
  }
}

TEST(RulesPage, ListsEveryShippedRuleAsItIs) {
  std::size_t rules = 0;
  for (const auto& name : shipped_rulebooks()) {
    for (const auto& rule : load_rulebook(name).rules) {
      ++rules;
      std::string severities, parameters;
      for (const auto& one : rule.cases) {
        if (severities.find(one.severity) == std::string::npos)
          severities += (severities.empty() ? "" : " ") + one.severity;
      }
      for (const auto& one : rule.parameters)
        parameters += fmt::format("{}{} {}", parameters.empty() ? "" : ", ", one.name,
                                  std::round(one.value * 100) / 100);
      const auto effect = rule.effect + (rule.mark.empty() ? "" : " `" + rule.mark + "`");
      const auto line =
          row({rule.id, rule.name_zh, rule.name_en, rule.scope, effect, severities, parameters});
      EXPECT_EQ(page().count(line), 1U) << line;
    }
  }
  EXPECT_EQ(rows_of(7), fact_dictionary().size() + rules);
}

TEST(RulesPage, ListsEveryRole) {
  for (const auto& role : roles()) {
    const auto start = fmt::format("| `{}` | {} | {} |", role.name, role.zh, role.en);
    EXPECT_TRUE(std::any_of(page().begin(), page().end(), [&](const auto& line) {
      return line.starts_with(start);
    })) << start;
  }
  EXPECT_EQ(rows_of(4), roles().size());
}

}  // namespace
}  // namespace tuban::test
