// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/rulebook.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>
#include <span>
#include <stdexcept>

#include "engine/rules/nearest.h"
#include "engine/rules/predicate.h"
#include "engine/rules/roles.h"
#include "engine/rules/shipped_books.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::array<std::string_view, 4> kScopes{"patch", "piece", "cluster", "case"};
constexpr std::array<std::string_view, 5> kEffects{"mark", "raise", "demote", "label", "derive"};
constexpr std::array<std::string_view, 4> kSeverities{"S1", "S2", "S3", "S4"};

std::string grammar_word(const StrictMap& rule, const char* key, std::span<const std::string_view> words) {
  auto value = rule.text(key);
  if (std::find(words.begin(), words.end(), value) == words.end())
    rule.refuse(fmt::format("{} \"{}\" is unknown; known are {}", key, value, listed(words)));
  return value;
}

bool moves_severity(const Rule& rule) {
  return rule.effect == "raise" || rule.effect == "demote";
}

/// Compiles the predicates under a key; `used` gets the parameters that they name.
std::vector<std::string> read_predicates(const StrictMap& rule, const StrictMap& map, const char* key,
                                         const std::vector<Parameter>& parameters, PredicateEngine& engine,
                                         std::set<std::string>& used) {
  std::vector<std::string> result;
  const auto list = map.node(key);
  if (!list.IsSequence() || list.size() == 0)
    map.refuse(fmt::format("key \"{}\" must be a list of at least one predicate", key));
  for (const auto& item : list) {
    if (!item.IsScalar())
      map.refuse(fmt::format(
          "key \"{}\" must list predicates, each a plain text; one with commas or colons needs quotes", key));
    const auto& sql = item.Scalar();
    try {
      for (const auto& named : engine.parameters(engine.compile(sql, parameters))) used.insert(named.name);
    } catch (const std::invalid_argument& e) {
      rule.refuse(fmt::format("predicate `{}`: {}", sql, e.what()));
    }
    result.push_back(sql);
  }
  return result;
}

/// Names that options and lists of names can hold without quotes.
std::string plain_name(const StrictMap& map, const char* key) {
  auto name = map.text(key);
  if (name.find_first_of(".=, \t\n") != std::string::npos) {
    map.refuse(fmt::format("key \"{}\": \"{}\" may hold neither blanks nor . , =", key, name));
  }
  return name;
}

std::vector<Parameter> read_parameters(const StrictMap& rule) {
  std::vector<Parameter> result;
  if (!rule.has("parameters")) return result;
  const auto map = rule.node("parameters");
  if (!map.IsMap() || map.size() == 0)
    rule.refuse("key \"parameters\" must be a map of names and numbers, such as {least_m2: 200}");
  for (const auto& entry : map) {
    const auto name = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
    const bool word =
        !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
        std::all_of(name.begin(), name.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!word)
      rule.refuse(fmt::format(
          "parameter \"{}\": a name is of letters, digits and _, and begins with no digit", name));
    if (std::any_of(result.begin(), result.end(), [&](const auto& one) { return one.name == name; }))
      rule.refuse(fmt::format("parameter \"{}\" stands here twice", name));
    const auto value = entry.second.IsScalar() ? parse_number(entry.second.Scalar()) : std::nullopt;
    if (!value)
      rule.refuse(
          fmt::format("parameter \"{}\" is {}; expected is a number", name,
                      entry.second.IsScalar() ? '"' + entry.second.Scalar() + '"' : "no plain value"));
    result.push_back({name, *value});
  }
  return result;
}

/// One mark or a list of them.
std::string read_marks(const StrictMap& rule) {
  if (!rule.has("mark")) return {};
  const auto node = rule.node("mark");
  if (!node.IsSequence()) return plain_name(rule, "mark");
  std::string joined;
  std::set<std::string> seen;
  for (const auto& item : node) {
    const auto name = item.IsScalar() ? item.Scalar() : std::string();
    if (name.empty() || name.find_first_of(".=, \t\n") != std::string::npos || !seen.insert(name).second)
      rule.refuse("key \"mark\" must be a name or a list of different names, without blanks and . , =");
    joined += (joined.empty() ? "" : ",") + name;
  }
  if (joined.empty()) rule.refuse("key \"mark\" is an empty list");
  return joined;
}

RuleCase read_case(const StrictMap& rule, const YAML::Node& node, std::size_t number, const Rule& of,
                   PredicateEngine& engine, std::set<std::string>& used) {
  const StrictMap map(node, fmt::format("{}: case {}", rule.where(), number), {"severity", "when", "note"});
  RuleCase result;
  if (!moves_severity(of)) {
    result.severity = map.text("severity");
    if (std::find(kSeverities.begin(), kSeverities.end(), result.severity) == kSeverities.end()) {
      map.refuse(
          fmt::format("severity \"{}\" is unknown; known are {}", result.severity, listed(kSeverities)));
    }
  } else if (map.has("severity")) {
    map.refuse(
        fmt::format("effect \"{}\" has no severity of its own: it {} the patch's by one step; leave the key "
                    "out",
                    of.effect, of.effect == "raise" ? "raises" : "lowers"));
  }
  result.note = map.optional_text("note");
  result.when = read_predicates(rule, map, "when", of.parameters, engine, used);
  return result;
}

/// Which patches a rule on several of them takes together.
void read_group(const StrictMap& map, Rule& rule, PredicateEngine& engine, std::set<std::string>& used) {
  if (!rule.of_groups()) {
    for (const char* key : {"of", "within_m"}) {
      if (map.has(key))
        map.refuse(fmt::format("key \"{}\" is for the scopes cluster and case, and this is scope \"{}\"", key,
                               rule.scope));
    }
    return;
  }
  rule.of = read_predicates(map, map, "of", rule.parameters, engine, used);
  if (rule.scope == "cluster" || map.has("within_m")) {
    rule.within_m = parse_number(map.text("within_m"));
    if (!rule.within_m || !(*rule.within_m > 0))
      map.refuse(fmt::format("key \"within_m\" is \"{}\"; expected is a number of metres above 0",
                             map.text("within_m")));
  }
}

/// Only areas have a total over several patches.
void require_totals(const StrictMap& map, const Rule& rule, PredicateEngine& engine) {
  for (const auto& one : rule.cases) {
    for (const auto& sql : one.when) {
      for (const auto fact : engine.facts(engine.compile(sql, rule.parameters))) {
        const auto& info = fact_dictionary()[fact];
        if (info.unit == "m2" || info.unit == "mu") continue;
        map.refuse(
            fmt::format("predicate `{}`: {} has no total over several patches; scope \"{}\" takes facts "
                        "in m2 or mu, and what each patch must be stands under \"of\"",
                        sql, info.name, rule.scope));
      }
    }
  }
}

void read_derivation(const StrictMap& rule, Rule& into) {
  if (into.effect != "derive") {
    if (rule.has("derive"))
      rule.refuse(
          fmt::format("key \"derive\" is for effect \"derive\", and this is effect \"{}\"", into.effect));
    return;
  }
  if (into.scope != "patch")
    rule.refuse(
        fmt::format("effect \"derive\" makes pieces of a patch, and this is scope \"{}\"; a piece of "
                    "pieces would have no end",
                    into.scope));
  const StrictMap map(rule.node("derive"), rule.where() + ": derive", {"outside", "inside"});
  into.derive.outside = map.has("outside");
  if (map.has("outside") == map.has("inside"))
    map.refuse("either \"outside\" or \"inside\" must name a role of layers or a list of them");
  const auto node = map.node(into.derive.outside ? "outside" : "inside");
  const auto add = [&](const YAML::Node& one) {
    const auto name = one.IsScalar() ? one.Scalar() : std::string();
    const auto* const role = find_role(name);
    if (role == nullptr || role->family == RoleFamily::opaque || role->family == RoleFamily::earlier)
      map.refuse(fmt::format("\"{}\" is no role of layers{}", name, suggestion(name, layer_roles())));
    into.derive.roles.push_back(name);
  };
  if (!node.IsSequence()) add(node);
  for (const auto& one : node.IsSequence() ? node : YAML::Node(YAML::NodeType::Sequence)) add(one);
  if (into.derive.roles.empty()) map.refuse("the list of roles is empty");
}

Rule read_rule(const YAML::Node& node, const std::string& file, std::size_t number, PredicateEngine& engine) {
  const auto named =
      node.IsMap() && node["id"] && node["id"].IsScalar() ? node["id"].Scalar() : std::string();
  const StrictMap map(
      node, fmt::format("{}: rule {}", file, named.empty() ? fmt::format("number {}", number) : named),
      {"id", "effective", "name", "scope", "effect", "mark", "basis", "parameters", "of", "within_m",
       "derive", "cases"});
  Rule rule;
  rule.id = plain_name(map, "id");
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
  rule.mark = read_marks(map);
  if (rule.effect == "mark" && rule.mark.empty())
    map.refuse("effect \"mark\" needs the key \"mark\" to name the mark");
  if (rule.effect != "mark" && rule.effect != "derive" && !rule.mark.empty()) {
    map.refuse(fmt::format("effect \"{}\" sets no mark; leave the key \"mark\" out or use effect \"mark\"",
                           rule.effect));
  }
  rule.basis = map.text("basis");
  rule.parameters = read_parameters(map);
  const auto cases = map.node("cases");
  if (!cases.IsSequence() || cases.size() == 0)
    map.refuse("key \"cases\" must be a list of at least one case");
  std::set<std::string> used;
  read_group(map, rule, engine, used);
  read_derivation(map, rule);
  for (std::size_t i = 0; i < cases.size(); ++i)
    rule.cases.push_back(read_case(map, cases[i], i + 1, rule, engine, used));
  if (rule.of_groups()) require_totals(map, rule, engine);
  for (const auto& parameter : rule.parameters) {
    if (used.count(parameter.name) == 0)
      map.refuse(fmt::format("parameter \"{}\" is named by no predicate, which would write it as :{}",
                             parameter.name, parameter.name));
  }
  return rule;
}

Rulebook read_book(const std::string& content, const std::string& file, const std::string& source) {
  const StrictMap map(parse_yaml(content, file), file, {"rulebook", "version", "rules"});
  Rulebook book;
  book.name = plain_name(map, "rulebook");
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

Rulebook parse_rulebook(const std::string& text, const std::string& name) {
  return read_book(text, name, name);
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
