// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/host_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "engine/rules/iso_date.h"
#include "engine/rules/nearest.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::array<std::string_view, 4> kEffects{"mark", "label", "raise", "demote"};
constexpr std::array<std::string_view, 4> kSeverities{"S1", "S2", "S3", "S4"};

template <typename Words>
bool among(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

[[noreturn]] void refuse(const HostRule& rule, const std::string& what) {
  throw Error(ErrorCode::usage, fmt::format("rule {} of the host: {}", rule.id, what));
}

bool moves_severity(const HostRule& rule) {
  return rule.effect == "raise" || rule.effect == "demote";
}

void check_severity(const HostRule& rule, const std::string& severity, const char* whose) {
  if (!severity.empty() && moves_severity(rule))
    refuse(rule, fmt::format("effect \"{}\" moves the patch's severity by one step and has none of its own; "
                             "leave \"{}\" out",
                             rule.effect, severity));
  if (!severity.empty() && !among(kSeverities, severity))
    refuse(rule,
           fmt::format("{} severity \"{}\" is unknown; known are {}", whose, severity, listed(kSeverities)));
}

void check_name(const HostRule& rule, const char* what, const std::string& name) {
  if (name.empty() || name.find_first_of(".=, \t\n") != std::string::npos)
    refuse(rule, fmt::format("its {} is \"{}\"; expected is a name without blanks and . , =", what, name));
}

void check(const HostRule& rule) {
  check_name(rule, "id", rule.id);
  check_name(rule, "rulebook", rule.rulebook);
  if (!rule.judge) refuse(rule, "it has no function to judge");
  if (rule.basis.empty()) refuse(rule, "it has no basis; say what it stands on");
  if (!among(kEffects, rule.effect))
    refuse(rule,
           fmt::format("effect \"{}\" is none of a function; known are {}", rule.effect, listed(kEffects)));
  if ((rule.effect == "mark") == rule.mark.empty())
    refuse(rule, rule.mark.empty()
                     ? "effect \"mark\" needs the name of the mark"
                     : fmt::format("effect \"{}\" sets no mark; leave \"{}\" out, or use effect "
                                   "\"mark\"",
                                   rule.effect, rule.mark));
  if (rule.mark.find_first_of(".= \t\n") != std::string::npos)
    refuse(rule, fmt::format("mark \"{}\" may hold neither blanks nor . =", rule.mark));
  check_severity(rule, rule.severity, "its");
  for (const std::string* date : {&rule.effective_from, &rule.effective_to})
    if (!date->empty() && !is_iso_date(*date))
      refuse(rule, fmt::format("\"{}\" is no date; expected yyyy-mm-dd", *date));
  for (const std::string& fact : rule.facts)
    if (!find_fact(fact))
      refuse(rule, fmt::format("\"{}\" is no fact{}", fact, suggestion(fact, fact_names())));
}

const std::string& first_of(const std::string& a, const std::string& b, const std::string& c) {
  return !a.empty() ? a : !b.empty() ? b : c;
}

Rule header_of(const HostRule& host) {
  Rule rule;
  rule.id = host.id;
  rule.name_zh = first_of(host.name_zh, host.name_en, host.id);
  rule.name_en = first_of(host.name_en, host.name_zh, host.id);
  rule.effective_from = host.effective_from;
  rule.effective_to = host.effective_to;
  rule.scope = "patch";
  rule.effect = host.effect;
  rule.mark = host.mark;
  rule.basis = host.basis;
  rule.host = std::make_shared<const HostRule>(host);
  return rule;
}

}  // namespace

std::vector<Rulebook> host_books(const std::vector<HostRule>& rules) {
  std::vector<Rulebook> books;
  for (const HostRule& host : rules) {
    check(host);
    auto book = std::find_if(books.begin(), books.end(),
                             [&](const Rulebook& one) { return one.name == host.rulebook; });
    if (book == books.end())
      book = books.insert(books.end(), {host.rulebook, host.version, "functions of the host", {}});
    if (book->version != host.version)
      refuse(host, fmt::format("its version is \"{}\" and that of rulebook {} \"{}\"; a rulebook has one",
                               host.version, host.rulebook, book->version));
    if (std::any_of(book->rules.begin(), book->rules.end(),
                    [&](const Rule& one) { return one.id == host.id; }))
      refuse(host, fmt::format("rulebook {} has this id twice", host.rulebook));
    book->rules.push_back(header_of(host));
  }
  return books;
}

HostVerdict ask_host(const HostRule& rule, const FactRow& facts, const std::vector<bool>& may_read) {
  std::vector<bool> read(may_read.size());
  const Facts ask = [&](std::string_view name) -> const FactValue& {
    const auto fact = find_fact(name);
    if (!fact) refuse(rule, fmt::format("\"{}\" is no fact{}", name, suggestion(name, fact_names())));
    if (!may_read[*fact])
      refuse(rule, fmt::format("it reads {}, which is not among the facts it names; add it", name));
    read[*fact] = true;
    return facts.at(*fact);
  };
  HostVerdict result{rule.judge(ask), {}};
  check_severity(rule, result.verdict.severity, "its verdict's");
  if (result.verdict.holds == 1 && result.verdict.severity.empty()) result.verdict.severity = rule.severity;
  if (result.verdict.holds == 1 && result.verdict.severity.empty() && !moves_severity(rule))
    refuse(rule, "it holds without a severity; give the rule one, or the verdict");
  for (std::size_t i = 0; i < read.size(); ++i)
    if (read[i]) result.read.push_back(i);
  return result;
}

}  // namespace tuban
