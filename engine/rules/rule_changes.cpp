// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/rule_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "engine/rules/nearest.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"

namespace tuban {
namespace {

/// One option and the books it speaks of.
class Change {
 public:
  Change(std::string_view option, std::vector<Rulebook>& books) : option_(option), books_(books) {
    const auto equals = option.find('=');
    if (equals == std::string_view::npos) refuse("expected RULE=off or RULE.PARAMETER=NUMBER");
    auto target = option.substr(0, equals);
    const auto value = option.substr(equals + 1);
    number_ = parse_number(value);
    if (!number_ && value != "off") {
      refuse(fmt::format("expected off or a number behind =, found \"{}\"", value));
    }
    for (auto dot = target.find('.'); dot != std::string_view::npos; dot = target.find('.')) {
      parts_.push_back(target.substr(0, dot));
      target.remove_prefix(dot + 1);
    }
    parts_.push_back(target);
    const std::size_t fewest = number_ ? 2 : 1;
    if (parts_.size() < fewest || parts_.size() > fewest + 1) {
      refuse(number_ ? "a number is for a parameter: RULE.PARAMETER=NUMBER or BOOK.RULE.PARAMETER=NUMBER"
                     : "off is for a rule: RULE=off or BOOK.RULE=off");
    }
    if (parts_.size() > fewest) {
      book_ = parts_.front();
      parts_.erase(parts_.begin());
    }
  }

  bool sets_parameter() const { return number_.has_value(); }

  /// What it changes; parameters are set, rules only named.
  std::vector<RuleChange> apply() {
    std::vector<RuleChange> done;
    std::vector<std::string_view> parameters;
    for (auto* const rule : rules()) {
      if (rule->within_m) parameters.emplace_back("within_m");
      if (rule->within_m && sets_parameter() && parts_[1] == "within_m") {
        if (!(*number_ > 0)) refuse("expected a number of metres above 0");
        done.push_back({owner(rule).name, rule->id, "within_m", *rule->within_m, *number_});
        rule->within_m = number_;
      }
      if (!sets_parameter()) done.push_back({owner(rule).name, rule->id, {}, 0, 0});
      for (auto& one : rule->parameters) {
        parameters.push_back(one.name);
        if (!sets_parameter() || one.name != parts_[1]) continue;
        done.push_back({owner(rule).name, rule->id, one.name, one.value, *number_});
        one.value = *number_;
      }
    }
    if (done.empty() && parameters.empty()) refuse(fmt::format("rule {} has no parameters", parts_[0]));
    if (done.empty()) {
      refuse(fmt::format("rule {} has no parameter \"{}\"{}", parts_[0], parts_[1],
                         suggestion(parts_[1], parameters)));
    }
    return done;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::usage, fmt::format("--rule \"{}\": {}", option_, why));
  }

  const Rulebook& owner(const Rule* rule) const {
    return *std::find_if(books_.begin(), books_.end(), [&](const Rulebook& book) {
      return std::any_of(book.rules.begin(), book.rules.end(), [&](const Rule& one) { return &one == rule; });
    });
  }

  std::vector<Rule*> rules() {
    std::vector<Rule*> found;
    std::vector<std::string_view> names, ids;
    bool known = false;
    for (auto& book : books_) {
      names.push_back(book.name);
      if (!book_.empty() && book.name != book_) continue;
      known = true;
      for (auto& rule : book.rules) {
        ids.push_back(rule.id);
        if (rule.id == parts_[0]) found.push_back(&rule);
      }
    }
    if (!known) {
      refuse(fmt::format("no rulebook \"{}\" is used{}", book_, suggestion(book_, names)));
    }
    if (found.empty()) {
      refuse(fmt::format("{} no rule \"{}\"{}",
                         book_.empty() ? "the rulebooks used have" : fmt::format("rulebook {} has", book_),
                         parts_[0], suggestion(parts_[0], ids)));
    }
    return found;
  }

  std::string_view option_;
  std::vector<Rulebook>& books_;
  std::optional<double> number_;
  std::string_view book_;
  std::vector<std::string_view> parts_;  ///< rule, then parameter
};

}  // namespace

std::vector<RuleChange> change_rules(std::vector<Rulebook>& books, const std::vector<std::string>& options) {
  std::vector<RuleChange> done;
  std::set<std::string> seen;
  for (const bool parameters : {true, false}) {
    for (const auto& option : options) {
      Change change(option, books);
      if (change.sets_parameter() != parameters) continue;
      for (auto& one : change.apply()) {
        if (!seen.insert(fmt::format("{}.{}.{}", one.rulebook, one.rule_id, one.parameter)).second) {
          throw Error(ErrorCode::usage,
                      fmt::format("--rule \"{}\": {} of rulebook {} is changed by two options", option,
                                  one.parameter.empty() ? one.rule_id : one.rule_id + "." + one.parameter,
                                  one.rulebook));
        }
        done.push_back(std::move(one));
      }
    }
  }
  for (auto& book : books) {
    std::erase_if(book.rules, [&](const Rule& rule) {
      return std::any_of(done.begin(), done.end(), [&](const RuleChange& one) {
        return one.parameter.empty() && one.rulebook == book.name && one.rule_id == rule.id;
      });
    });
  }
  return done;
}

}  // namespace tuban
