// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/judge.h"

#include <algorithm>
#include <set>

#include "engine/rules/host_book.h"

namespace tuban {
namespace {

bool has_role(const ReferenceLayers* layers, std::string_view role) {
  return layers != nullptr && layers->has(std::string(role));
}

std::vector<CompiledRule> compile(const std::vector<Rulebook>& books, PredicateEngine& engine) {
  std::vector<CompiledRule> result;
  for (const auto& book : books) {
    for (const auto& rule : book.rules) {
      CompiledRule compiled{&book, &rule, {}, {}, {}};
      if (rule.host) {
        compiled.host_facts.assign(fact_dictionary().size(), rule.host->facts.empty());
        for (const auto& fact : rule.host->facts) compiled.host_facts[fact_index(fact)] = true;
      }
      for (const auto& sql : rule.of) compiled.of.push_back(engine.compile(sql, rule.parameters));
      for (const auto& one : rule.cases) {
        CompiledCase prepared{&one, {}};
        for (const auto& sql : one.when) prepared.predicates.push_back(engine.compile(sql, rule.parameters));
        compiled.cases.push_back(std::move(prepared));
      }
      result.push_back(std::move(compiled));
    }
  }
  return result;
}

/// A finding of the rule, but for what was found.
Finding header(const CompiledRule& rule) {
  Finding finding;
  finding.rulebook = rule.book->name;
  finding.version = rule.book->version;
  finding.rule_id = rule.rule->id;
  finding.name_zh = rule.rule->name_zh;
  finding.name_en = rule.rule->name_en;
  finding.effect = rule.rule->effect;
  finding.mark = rule.rule->mark;
  finding.basis = rule.rule->basis;
  return finding;
}

/// A step that rules take with a severity.
struct Step {
  std::string_view effect;
  char last;  ///< where it ends
  int by;
  const char *none, *at_end, *verb_zh;
};
constexpr Step kRaise{
    "raise", '4', 1, "no severity to raise / 无程度可升", "S4 is the highest and stays / S4为最高，保持不变",
    "升为"};
constexpr Step kDemote{
    "demote", '1', -1, "no severity to lower / 无程度可降", "S1 is the lowest and stays / S1为最低，保持不变",
    "降为"};

/// Moves the severity of the patch, or of a piece of it, by one step where a rule of that effect fired,
/// whatever their number: they speak of the same circumstance. Rules on the patch move its pieces as well,
/// and tell of the patch only. The findings that set the severity keep what their rules say.
void take(const Step& step, const std::optional<std::string>& piece, std::string& severity, Marks& marks) {
  std::string note = step.none;
  std::string moved = severity;
  if (!moved.empty() && moved.back() == step.last) {
    note = step.at_end;
  } else if (!moved.empty()) {
    moved.back() = static_cast<char>(moved.back() + step.by);
    note = "severity " + severity + " becomes " + moved + " / 疑似程度由" + severity + step.verb_zh + moved;
  }
  for (auto& finding : marks.findings) {
    if (finding.effect != step.effect || finding.status != "fired") continue;
    if (finding.piece_id && finding.piece_id != piece) continue;
    severity = moved;
    if (finding.piece_id == piece) add_note(finding, note);
  }
}

/// Adds the marks of a rule, joined by commas, that are not there.
void add_marks(std::vector<std::string>& marks, std::string_view joined) {
  while (!joined.empty()) {
    const auto comma = joined.find(',');
    const auto name = joined.substr(0, comma);
    if (std::find(marks.begin(), marks.end(), name) == marks.end()) marks.emplace_back(name);
    joined.remove_prefix(comma == std::string_view::npos ? joined.size() : comma + 1);
  }
}

}  // namespace

void add_note(Finding& finding, const std::string& note) {
  finding.note += std::string(finding.note.empty() ? "" : "; ") + note;
}

void settle(Marks& marks) {
  for (auto& piece : marks.pieces) {
    for (const auto& finding : marks.findings) {
      if (finding.status != "fired" || finding.piece_id != piece.piece_id) continue;
      piece.severity = std::max(piece.severity, finding.severity);
      add_marks(piece.marks, finding.mark);
    }
    take(kRaise, piece.piece_id, piece.severity, marks);
    take(kDemote, piece.piece_id, piece.severity, marks);
  }
  for (const auto& finding : marks.findings) {
    if (finding.status != "fired") continue;
    marks.severity = std::max(marks.severity, finding.severity);
    add_marks(marks.marks, finding.mark);
  }
  take(kRaise, std::nullopt, marks.severity, marks);
  take(kDemote, std::nullopt, marks.severity, marks);
}

Applies applies(const Rule& rule, const Patch& patch) {
  if (rule.effective_from.empty() && rule.effective_to.empty()) return Applies::yes;
  if (!patch.after_date) return Applies::undated;
  const auto day = patch.after_date->substr(0, 10);
  const bool before = !rule.effective_from.empty() && day < rule.effective_from;
  const bool after = !rule.effective_to.empty() && rule.effective_to < day;
  return before || after ? Applies::no : Applies::yes;
}

RuleJudge::RuleJudge(std::shared_ptr<const std::vector<Rulebook>> books, const ReferenceLayers* layers)
    : books_(std::move(books)) {
  if (books_) rules_ = compile(*books_, engine_);
  for (std::size_t i = 0; i < engine_.size(); ++i) {
    const auto& named = engine_.facts(i);
    of_the_patch_.push_back(std::all_of(named.begin(), named.end(),
                                        [](auto fact) { return fact_dictionary()[fact].source == "patch"; }));
  }
  for (const auto& fact : fact_dictionary()) {
    const auto given = [&](auto role) { return has_role(layers, role); };
    layer_missing_.push_back(!roles_missing(fact, given).empty());
  }
}

int RuleJudge::verdict(std::span<const std::size_t> predicates) {
  int all = 1;
  for (const auto predicate : predicates) {
    const int one = engine_.evaluate(predicate);
    if (one == 0) return 0;
    all = std::min(all, one);
  }
  return all;
}

bool RuleJudge::ruled_out(std::span<const std::size_t> predicates) {
  return std::any_of(predicates.begin(), predicates.end(), [&](auto predicate) {
    return of_the_patch_[predicate] && engine_.evaluate(predicate) == 0;
  });
}

void RuleJudge::name_facts(std::span<const std::size_t> predicates, std::vector<bool>& facts) const {
  for (const auto predicate : predicates) {
    for (const auto fact : engine_.facts(predicate)) facts[fact] = true;
  }
}

std::vector<std::size_t> RuleJudge::facts_of_cases(const CompiledRule& rule) const {
  std::vector<bool> named(fact_dictionary().size());
  for (const auto& one : rule.cases) name_facts(one.predicates, named);
  std::vector<std::size_t> facts;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (named[i]) facts.push_back(i);
  }
  return facts;
}

PredicateResult RuleJudge::result(std::size_t predicate, int verdict, const FactRow& facts) const {
  PredicateResult one{engine_.text(predicate), verdict, {}, {}};
  for (const auto fact : engine_.facts(predicate)) {
    one.facts.emplace_back(std::string(fact_dictionary()[fact].name), facts.at(fact));
  }
  for (const auto& [name, value] : engine_.parameters(predicate)) one.parameters.emplace_back(name, value);
  return one;
}

bool RuleJudge::for_want_of_layers(std::size_t predicate, const FactRow& facts) const {
  const auto& named = engine_.facts(predicate);
  return std::all_of(named.begin(), named.end(), [&](auto fact) {
    return facts.at(fact).kind != FactValue::Kind::unknown || layer_missing_[fact];
  });
}

std::optional<Finding> RuleJudge::ask(const CompiledRule& rule, const FactRow& facts) const {
  const auto answer = ask_host(*rule.rule->host, facts, rule.host_facts);
  const auto holds = answer.verdict.holds;
  if (holds == 0) return std::nullopt;
  PredicateResult evidence{kHostPredicate, holds, {}, {}};
  bool unknown = false, worth_saying = false;
  for (const auto fact : answer.read) {
    evidence.facts.emplace_back(std::string(fact_dictionary()[fact].name), facts.at(fact));
    if (facts.at(fact).kind != FactValue::Kind::unknown) continue;
    unknown = true;
    worth_saying |= !layer_missing_[fact];
  }
  if (holds < 0 && unknown && !worth_saying) return std::nullopt;
  auto finding = header(rule);
  finding.status = holds > 0 ? "fired" : "unknown";
  finding.predicates.push_back(std::move(evidence));
  if (holds > 0) finding.severity = answer.verdict.severity;
  finding.note = answer.verdict.note;
  return finding;
}

std::optional<Finding> RuleJudge::judge(const CompiledRule& rule, const FactRow& facts) {
  if (rule.rule->host) return ask(rule, facts);
  std::vector<const CompiledCase*> told;
  const CompiledCase* fired = nullptr;
  for (const auto& one : rule.cases) {
    const int holds = verdict(one.predicates);
    if (holds == 0) continue;
    if (holds == 1) {
      fired = &one;
      told = {&one};
      break;
    }
    told.push_back(&one);
  }
  const auto undecided = [&](auto predicate) {
    return engine_.evaluate(predicate) == -1 && !for_want_of_layers(predicate, facts);
  };
  const bool worth_saying = fired != nullptr || std::any_of(told.begin(), told.end(), [&](const auto* one) {
                              return std::any_of(one->predicates.begin(), one->predicates.end(), undecided);
                            });
  if (!worth_saying) return std::nullopt;

  auto finding = header(rule);
  finding.status = fired != nullptr ? "fired" : "unknown";
  for (const auto* one : told) {
    for (const auto predicate : one->predicates) {
      const auto same = [&](const auto& result) { return result.sql == engine_.text(predicate); };
      if (std::none_of(finding.predicates.begin(), finding.predicates.end(), same))
        finding.predicates.push_back(result(predicate, engine_.evaluate(predicate), facts));
    }
  }
  if (fired != nullptr) {
    finding.severity = fired->text->severity;
    finding.note = fired->text->note;
  }
  return finding;
}

std::vector<std::string> missing_roles(const std::vector<Rulebook>& books, const ReferenceLayers* layers) {
  PredicateEngine engine;
  std::vector<bool> named(fact_dictionary().size());
  std::set<std::string> missing;
  const auto given = [&](auto role) { return has_role(layers, role); };
  for (const auto& rule : compile(books, engine)) {
    const auto name = [&](const std::vector<std::size_t>& predicates) {
      for (const auto predicate : predicates)
        for (const auto fact : engine.facts(predicate)) named[fact] = true;
    };
    name(rule.of);
    for (const auto& one : rule.cases) name(one.predicates);
    // A function that may read any fact asks for no layer in particular.
    if (rule.rule->host && !rule.rule->host->facts.empty())
      for (const auto& fact : rule.rule->host->facts) named[fact_index(fact)] = true;
    for (const auto& role : rule.rule->derive.roles) {
      if (!given(role)) missing.insert(role);
    }
  }
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (!named[i]) continue;
    for (const auto role : roles_missing(fact_dictionary()[i], given)) missing.emplace(role);
  }
  return {missing.begin(), missing.end()};
}

}  // namespace tuban
