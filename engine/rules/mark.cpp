// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/mark.h"

#include <algorithm>
#include <set>

#include "engine/rules/facts.h"
#include "engine/rules/overlay.h"
#include "engine/rules/predicate.h"

namespace tuban {
namespace {

/// A case with its predicates prepared.
struct CompiledCase {
  const RuleCase* text = nullptr;
  std::vector<std::size_t> predicates;
};
struct CompiledRule {
  const Rulebook* book = nullptr;
  const Rule* rule = nullptr;
  std::vector<CompiledCase> cases;
};

std::vector<CompiledRule> compile(const std::vector<Rulebook>& books, PredicateEngine& engine) {
  std::vector<CompiledRule> result;
  for (const auto& book : books) {
    for (const auto& rule : book.rules) {
      CompiledRule compiled{&book, &rule, {}};
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

std::set<std::size_t> facts_of(const std::vector<CompiledRule>& rules, const PredicateEngine& engine) {
  std::set<std::size_t> facts;
  for (const auto& rule : rules) {
    for (const auto& one : rule.cases) {
      for (const auto predicate : one.predicates) {
        const auto& named = engine.facts(predicate);
        facts.insert(named.begin(), named.end());
      }
    }
  }
  return facts;
}

bool has_role(const ReferenceLayers* layers, std::string_view role) {
  return layers != nullptr && layers->has(std::string(role));
}

void add_note(Finding& finding, const std::string& note) {
  finding.note += std::string(finding.note.empty() ? "" : "; ") + note;
}

/// A step that rules take with a patch's severity.
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

/// Moves the severity by one step where a rule of that effect fired, whatever their number: they speak of the
/// same circumstance. Their notes say what became of it; the findings that set it keep what their rules say.
void take(const Step& step, Marks& marks) {
  std::string note = step.none;
  std::string moved = marks.severity;
  if (!moved.empty() && moved.back() == step.last) {
    note = step.at_end;
  } else if (!moved.empty()) {
    moved.back() = static_cast<char>(moved.back() + step.by);
    note = "severity " + marks.severity + " becomes " + moved + " / 疑似程度由" + marks.severity +
           step.verb_zh + moved;
  }
  for (auto& finding : marks.findings) {
    if (finding.effect != step.effect || finding.status != "fired") continue;
    marks.severity = moved;
    add_note(finding, note);
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

enum class Applies { yes, no, undated };

Applies applies(const Rule& rule, const Patch& patch) {
  if (rule.effective_from.empty() && rule.effective_to.empty()) return Applies::yes;
  if (!patch.after_date) return Applies::undated;
  const auto day = patch.after_date->substr(0, 10);
  const bool before = !rule.effective_from.empty() && day < rule.effective_from;
  const bool after = !rule.effective_to.empty() && rule.effective_to < day;
  return before || after ? Applies::no : Applies::yes;
}

}  // namespace

struct Marker::Impl {
  std::shared_ptr<const ReferenceLayers> layers;
  std::shared_ptr<const std::vector<Rulebook>> books;
  Overlayer overlayer;
  PredicateEngine engine;
  std::vector<CompiledRule> rules;
  std::vector<bool> layer_missing;  ///< per fact: a role it needs is not given

  Impl(std::shared_ptr<const ReferenceLayers> with, std::shared_ptr<const std::vector<Rulebook>> by)
      : layers(std::move(with)), books(std::move(by)), overlayer(layers) {
    if (books) rules = compile(*books, engine);
    for (const auto& fact : fact_dictionary()) {
      const auto given = [&](auto role) { return has_role(layers.get(), role); };
      layer_missing.push_back(!roles_missing(fact, given).empty());
    }
  }

  bool of_the_patch_alone(std::size_t predicate) const {
    const auto& named = engine.facts(predicate);
    return std::all_of(named.begin(), named.end(),
                       [](auto fact) { return fact_dictionary()[fact].source == "patch"; });
  }

  /// The facts that can still decide something once the patch's own are bound: a case that these already
  /// rule out asks for no overlay.
  std::vector<bool> wanted(const Patch& patch) {
    std::vector<bool> facts(fact_dictionary().size());
    for (const auto& rule : rules) {
      if (applies(*rule.rule, patch) == Applies::no) continue;
      for (const auto& one : rule.cases) {
        const bool out = std::any_of(one.predicates.begin(), one.predicates.end(), [&](auto predicate) {
          return of_the_patch_alone(predicate) && engine.evaluate(predicate) == 0;
        });
        if (out) continue;
        for (const auto predicate : one.predicates) {
          for (const auto fact : engine.facts(predicate)) facts[fact] = true;
        }
      }
    }
    return facts;
  }

  PredicateResult result(std::size_t predicate, const std::string& sql, int verdict,
                         const FactRow& facts) const {
    PredicateResult one{sql, verdict, {}, {}};
    for (const auto fact : engine.facts(predicate)) {
      one.facts.emplace_back(std::string(fact_dictionary()[fact].name), facts.at(fact));
    }
    for (const auto& [name, value] : engine.parameters(predicate)) one.parameters.emplace_back(name, value);
    return one;
  }

  /// Whether a predicate is unknown only because layers are not given.
  bool for_want_of_layers(std::size_t predicate, const FactRow& facts) const {
    const auto& named = engine.facts(predicate);
    return std::all_of(named.begin(), named.end(), [&](auto fact) {
      return facts.at(fact).kind != FactValue::Kind::unknown || layer_missing[fact];
    });
  }

  /// Judges a rule on the bound facts; nothing where it does not hold or there is nothing to say.
  std::optional<Finding> judge(const CompiledRule& rule, const FactRow& facts) {
    Finding finding;
    bool worth_saying = false;
    for (const auto& one : rule.cases) {
      std::vector<int> verdicts;
      for (const auto predicate : one.predicates) verdicts.push_back(engine.evaluate(predicate));
      const auto is = [&](int verdict) {
        return std::find(verdicts.begin(), verdicts.end(), verdict) != verdicts.end();
      };
      if (is(0)) continue;
      const bool fired = !is(-1);
      if (fired) finding.predicates.clear();
      for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const auto& sql = one.text->when[i];
        const bool told = std::any_of(finding.predicates.begin(), finding.predicates.end(),
                                      [&](const auto& p) { return p.sql == sql; });
        if (!told) finding.predicates.push_back(result(one.predicates[i], sql, verdicts[i], facts));
        worth_saying |= verdicts[i] == -1 && !for_want_of_layers(one.predicates[i], facts);
      }
      if (fired) {
        finding.status = "fired";
        finding.severity = one.text->severity;
        finding.note = one.text->note;
        return finding;
      }
    }
    if (!worth_saying) return std::nullopt;
    finding.status = "unknown";
    return finding;
  }

  /// The patch at `index` of those laid last.
  Marks mark(const Patch& patch, std::size_t index) {
    Marks marks;
    FactRow facts;
    set_patch_facts(patch, facts);
    engine.bind(facts);
    overlayer.overlay(index, wanted(patch), facts, marks.overlaps);
    engine.bind(facts);
    for (const auto& rule : rules) {
      const auto in_force = applies(*rule.rule, patch);
      if (in_force == Applies::no) continue;
      auto finding = judge(rule, facts);
      if (!finding) continue;
      finding->patch_id = patch.patch_id;
      finding->rulebook = rule.book->name;
      finding->version = rule.book->version;
      finding->rule_id = rule.rule->id;
      finding->name_zh = rule.rule->name_zh;
      finding->name_en = rule.rule->name_en;
      finding->effect = rule.rule->effect;
      finding->mark = rule.rule->mark;
      finding->basis = rule.rule->basis;
      if (in_force == Applies::undated) {
        add_note(*finding, "no after-date: taken as in force");
      }
      if (finding->status == "fired") {
        marks.severity = std::max(marks.severity, finding->severity);
        add_marks(marks.marks, finding->mark);
      }
      marks.findings.push_back(std::move(*finding));
    }
    take(kRaise, marks);
    take(kDemote, marks);
    return marks;
  }
};

Marker::Marker(std::shared_ptr<const ReferenceLayers> layers,
               std::shared_ptr<const std::vector<Rulebook>> books)
    : impl_(std::make_unique<Impl>(std::move(layers), std::move(books))) {}
Marker::~Marker() = default;
Marker::Marker(Marker&&) noexcept = default;

Marks Marker::mark(const Patch& patch) const {
  return std::move(mark(std::span(&patch, 1)).front());
}

std::vector<Marks> Marker::mark(std::span<const Patch> patches) const {
  std::vector<Marks> marks;
  if (impl_->overlayer.lay(patches)) {
    for (std::size_t i = 0; i < patches.size(); ++i) marks.push_back(impl_->mark(patches[i], i));
  } else {
    const auto half = patches.size() / 2;
    marks = mark(patches.first(half));
    for (auto& more : mark(patches.subspan(half))) marks.push_back(std::move(more));
  }
  return marks;
}

std::vector<std::pair<std::string_view, FactValue>> Marker::facts(const Patch& patch) const {
  FactRow row;
  std::vector<Overlap> overlaps;
  set_patch_facts(patch, row);
  impl_->overlayer.lay(std::span(&patch, 1));
  impl_->overlayer.overlay(0, std::vector<bool>(fact_dictionary().size(), true), row, overlaps);
  std::vector<std::pair<std::string_view, FactValue>> result;
  for (std::size_t i = 0; i < fact_dictionary().size(); ++i) {
    result.emplace_back(fact_dictionary()[i].name, row.at(i));
  }
  return result;
}

std::vector<std::string> missing_roles(const std::vector<Rulebook>& books, const ReferenceLayers* layers) {
  PredicateEngine engine;
  std::set<std::string> missing;
  const auto given = [&](auto role) { return has_role(layers, role); };
  for (const auto fact : facts_of(compile(books, engine), engine)) {
    for (const auto role : roles_missing(fact_dictionary()[fact], given)) missing.emplace(role);
  }
  return {missing.begin(), missing.end()};
}

}  // namespace tuban
