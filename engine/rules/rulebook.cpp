// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/rulebook.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <stdexcept>

#include "engine/rules/nearest.h"
#include "engine/rules/predicate.h"
#include "engine/rules/shipped_books.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"

namespace tuban {
namespace {

/// A word of the grammar; those not built are known so that they are refused for what they are.
struct GrammarWord {
  std::string_view name;
  bool built;
};
constexpr std::array<GrammarWord, 4> kScopes{
    {{"patch", true}, {"piece", false}, {"cluster", false}, {"case", false}}};
constexpr std::array<GrammarWord, 5> kEffects{
    {{"mark", true}, {"raise", false}, {"demote", true}, {"label", true}, {"derive", false}}};
constexpr std::array<std::string_view, 4> kSeverities{"S1", "S2", "S3", "S4"};

template <std::size_t N>
std::string grammar_word(const StrictMap& rule, const char* key, const std::array<GrammarWord, N>& words) {
  const auto value = rule.text(key);
  std::vector<std::string_view> known, built;
  for (const auto& word : words) {
    known.push_back(word.name);
    if (word.built) built.push_back(word.name);
    if (word.name != value) continue;
    if (word.built) return value;
    built.clear();
    for (const auto& other : words) {
      if (other.built) built.push_back(other.name);
    }
    rule.refuse(fmt::format("{} \"{}\" is not available in this version; available are {}", key, value,
                            listed(built)));
  }
  rule.refuse(fmt::format("{} \"{}\" is unknown; known are {}", key, value, listed(known)));
}

RuleCase read_case(const StrictMap& rule, const YAML::Node& node, std::size_t number,
                   const std::string& effect, PredicateEngine& engine) {
  const StrictMap map(node, fmt::format("{}: case {}", rule.where(), number), {"severity", "when", "note"});
  RuleCase result;
  if (effect != "demote") {
    result.severity = map.text("severity");
    if (std::find(kSeverities.begin(), kSeverities.end(), result.severity) == kSeverities.end()) {
      map.refuse(
          fmt::format("severity \"{}\" is unknown; known are {}", result.severity, listed(kSeverities)));
    }
  } else if (map.has("severity")) {
    map.refuse(
        "effect \"demote\" has no severity of its own: it lowers the patch's by one step; leave the key out");
  }
  result.note = map.optional_text("note");
  const auto when = map.node("when");
  if (!when.IsSequence() || when.size() == 0)
    map.refuse("key \"when\" must be a list of at least one predicate");
  for (const auto& item : when) {
    if (!item.IsScalar())
      map.refuse(
          "key \"when\" must list predicates, each a plain text; one with commas or colons needs quotes");
    const auto& sql = item.Scalar();
    try {
      engine.compile(sql);
    } catch (const std::invalid_argument& e) {
      rule.refuse(fmt::format("predicate `{}`: {}", sql, e.what()));
    }
    result.when.push_back(sql);
  }
  return result;
}

Rule read_rule(const YAML::Node& node, const std::string& file, std::size_t number, PredicateEngine& engine) {
  const auto named =
      node.IsMap() && node["id"] && node["id"].IsScalar() ? node["id"].Scalar() : std::string();
  const StrictMap map(
      node, fmt::format("{}: rule {}", file, named.empty() ? fmt::format("number {}", number) : named),
      {"id", "effective", "name", "scope", "effect", "mark", "basis", "cases"});
  Rule rule;
  rule.id = map.text("id");
  if (map.has("effective")) {
    const StrictMap dates(map.node("effective"), map.where() + ": effective", {"from", "to"});
    rule.effective_from = dates.optional_date("from");
    rule.effective_to = dates.optional_date("to");
    if (!rule.effective_from.empty() && !rule.effective_to.empty() &&
        rule.effective_to < rule.effective_from) {
      dates.refuse(
          fmt::format("it ends on {} before it begins on {}", rule.effective_to, rule.effective_from));
    }
  }
  const StrictMap name(map.node("name"), map.where() + ": name", {"zh", "en"});
  rule.name_zh = name.text("zh");
  rule.name_en = name.text("en");
  rule.scope = grammar_word(map, "scope", kScopes);
  rule.effect = grammar_word(map, "effect", kEffects);
  rule.mark = map.optional_text("mark");
  if (rule.effect == "mark" && rule.mark.empty())
    map.refuse("effect \"mark\" needs the key \"mark\" to name the mark");
  if (rule.effect != "mark" && !rule.mark.empty()) {
    map.refuse(fmt::format("effect \"{}\" sets no mark; leave the key \"mark\" out or use effect \"mark\"",
                           rule.effect));
  }
  rule.basis = map.text("basis");
  const auto cases = map.node("cases");
  if (!cases.IsSequence() || cases.size() == 0)
    map.refuse("key \"cases\" must be a list of at least one case");
  for (std::size_t i = 0; i < cases.size(); ++i)
    rule.cases.push_back(read_case(map, cases[i], i + 1, rule.effect, engine));
  return rule;
}

Rulebook read_book(const std::string& content, const std::string& file, const std::string& source) {
  const StrictMap map(parse_yaml(content, file), file, {"rulebook", "version", "rules"});
  Rulebook book;
  book.name = map.text("rulebook");
  book.version = map.text("version");
  book.source = source;
  const auto rules = map.node("rules");
  if (!rules.IsSequence() || rules.size() == 0)
    map.refuse("key \"rules\" must be a list of at least one rule");
  PredicateEngine engine;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    book.rules.push_back(read_rule(rules[i], file, i + 1, engine));
    if (!ids.insert(book.rules.back().id).second) {
      map.refuse(fmt::format("rule {}: this id stands here twice", book.rules.back().id));
    }
  }
  return book;
}

}  // namespace

std::vector<std::string> shipped_rulebooks() {
  std::vector<std::string> names;
  for (const auto& book : shipped_books()) names.emplace_back(book.name);
  return names;
}

Rulebook load_rulebook(const std::string& name_or_path) {
  std::vector<std::string_view> names;
  for (const auto& book : shipped_books()) {
    if (book.name == name_or_path)
      return read_book(std::string(book.content), name_or_path + ".yaml (shipped)", "shipped");
    names.push_back(book.name);
  }
  std::error_code failed;
  if (name_or_path.find_first_of("/.") == std::string::npos &&
      !std::filesystem::exists(name_or_path, failed)) {
    throw Error(ErrorCode::usage, fmt::format("rulebook \"{}\" is neither a file nor shipped; shipped are {}",
                                              name_or_path, listed(names)));
  }
  return read_book(
      read_text_file(name_or_path, "a rulebook in YAML, or the name of a shipped one: " + listed(names)),
      name_or_path, name_or_path);
}

}  // namespace tuban
