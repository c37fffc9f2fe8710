// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/rulebook.h"

#include <fmt/format.h>

#include <fstream>

#include "engine/rules/rule_changes.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

TEST(ShippedBooks, LoadByName) {
  EXPECT_EQ(shipped_rulebooks(), (std::vector<std::string>{"farmland", "mining", "quality"}));
  std::string ids;
  for (const auto& name : shipped_rulebooks()) {
    const auto book = load_rulebook(name);
    EXPECT_EQ(book.name, name);
    EXPECT_EQ(book.version, "2021.2");
    EXPECT_EQ(book.source, "shipped");
    ids += name + ":";
    for (const auto& rule : book.rules) ids += " " + rule.id;
    ids += "\n";
  }
  EXPECT_EQ(ids,
            "farmland: F01 F02 F03 F04 F05 F06 F07 F08 F09 F10 F11 F12 F13 F14 F15 F16 F17\n"
            "mining: M01 M02 M03 M04 M05 M06 M07 M08 M09 M10 M11\n"
            "quality: Q01 Q02 Q03 Q04 Q05 Q06 Q07 Q08 Q09 Q10\n");
}

TEST(ShippedBooks, SuspectAndNeverJudge) {
  for (const auto& name : shipped_rulebooks()) {
    for (const auto& rule : load_rulebook(name).rules) {
      if (rule.effect == "mark") {
        EXPECT_TRUE(rule.name_zh.starts_with("疑似")) << rule.id;
        EXPECT_TRUE(rule.name_en.starts_with("Suspected")) << rule.id;
      }
      EXPECT_FALSE(rule.basis.empty()) << rule.id;
      for (const auto& text : {rule.name_zh, rule.name_en}) {
        EXPECT_EQ(text.find("违法"), std::string::npos) << rule.id;
        EXPECT_EQ(text.find("llegal"), std::string::npos) << rule.id;
      }
    }
  }
}

TEST(RulebookFiles, AreReadInTheWholeGrammar) {
  const TempFolder folder;
  const auto path = folder / "own.yaml";
  std::ofstream(path) << R"(
rulebook: own
version: 7
rules:
  - id: X1
    effective: {from: 2021-01-01, to: 2022-12-31}
    name: {zh: 疑似甲, en: Suspected A}
    scope: patch
    effect: mark
    mark: a
    basis: a law
    cases:
      - severity: S4
        when: [construction_like, "area_m2 >= 200 OR farmland_share >= 0.5"]
      - {severity: S2, when: [construction_like], note: small}
  - id: X2
    name: {zh: 乙, en: B}
    scope: patch
    effect: label
    basis: none
    cases: [{severity: S1, when: ["change_type = 'C30'"]}]
)";
  const auto book = load_rulebook(path);
  EXPECT_EQ(book.name + book.version + book.source, "own7" + path);
  ASSERT_EQ(book.rules.size(), 2U);
  const auto& first = book.rules[0];
  EXPECT_EQ(first.effective_from + first.effective_to, "2021-01-012022-12-31");
  EXPECT_EQ(first.name_zh + first.name_en, "疑似甲Suspected A");
  ASSERT_EQ(first.cases.size(), 2U);
  EXPECT_EQ(first.cases[0].when.at(1), "area_m2 >= 200 OR farmland_share >= 0.5");
  EXPECT_EQ(first.cases[1].severity + first.cases[1].note, "S2small");
  EXPECT_EQ(book.rules[1].effective_from, "");
  EXPECT_EQ(book.rules[1].mark, "");
}

TEST(RulebookFiles, ParametersAndMarksAreReadInTheirOrder) {
  const TempFolder folder;
  const auto path = folder / "own.yaml";
  std::ofstream(path) << R"yaml(
rulebook: own
version: 7
rules:
  - id: X1
    name: {zh: 疑似甲, en: Suspected A}
    scope: patch
    effect: mark
    mark: [mining, farmland]
    basis: a law
    parameters: {share: 0.5, least_m2: 2e2, below: -1}
    cases:
      - {severity: S4, when: ["area_m2 >= :least_m2 OR farmland_share >= (:share)", "ndvi_after > :below"]}
)yaml";
  const auto rule = load_rulebook(path).rules.at(0);
  EXPECT_EQ(rule.mark, "mining,farmland");
  ASSERT_EQ(rule.parameters.size(), 3U);
  std::string all;
  for (const auto& one : rule.parameters) all += one.name + "=" + std::to_string(one.value) + " ";
  EXPECT_EQ(all, "share=0.500000 least_m2=200.000000 below=-1.000000 ");
}

TEST(RulebookFiles, RulesOnSeveralPatchesAndPiecesAreRead) {
  const TempFolder folder;
  const auto path = folder / "own.yaml";
  std::ofstream(path) << R"yaml(
rulebook: own
version: 7
rules:
  - id: X1
    name: {zh: 疑似甲, en: Suspected A}
    scope: cluster
    effect: mark
    mark: a
    basis: a law
    parameters: {least_m2: 3333.33, sure: 0.5}
    of: [construction_like, "confidence >= :sure"]
    within_m: 50
    cases: [{severity: S4, when: ["farmland_m2 >= :least_m2"]}]
  - id: X2
    name: {zh: 乙, en: B}
    scope: case
    effect: label
    basis: a law
    of: [construction_like]
    cases: [{severity: S1, when: ["area_mu >= 1"]}]
  - id: X3
    name: {zh: 丙, en: C}
    scope: patch
    effect: derive
    mark: a
    derive: {outside: [approved_land, temporary_land]}
    basis: a law
    cases: [{severity: S3, when: ["unapproved_m2 >= 200"]}]
  - id: X4
    name: {zh: 丁, en: D}
    scope: piece
    effect: mark
    mark: a
    basis: a law
    cases: [{severity: S3, when: ["farmland_m2 >= 200"]}]
  - id: X5
    name: {zh: 戊, en: E}
    scope: patch
    effect: derive
    derive: {inside: ecological_redline}
    basis: a law
    cases: [{severity: S3, when: [construction_like]}]
)yaml";
  const auto book = load_rulebook(path);
  using Texts = std::vector<std::string>;
  EXPECT_EQ(book.rules.at(0).of, (Texts{"construction_like", "confidence >= :sure"}));
  EXPECT_EQ(book.rules[0].within_m, 50);
  EXPECT_EQ(book.rules.at(1).within_m, std::nullopt);
  EXPECT_TRUE(book.rules.at(2).derive.outside);
  EXPECT_EQ(book.rules[2].derive.roles, (Texts{"approved_land", "temporary_land"}));
  EXPECT_EQ(book.rules.at(3).scope, "piece");
  EXPECT_FALSE(book.rules.at(4).derive.outside);
  EXPECT_EQ(book.rules[4].derive.roles, Texts{"ecological_redline"});
}

Rule with_parameters(const std::string& id, std::vector<Parameter> parameters) {
  Rule rule{id, "疑", "S", "", "", "patch", "label", "", "a law", {}};
  rule.parameters = std::move(parameters);
  return rule;
}

/// Two books that both have a rule F02.
std::vector<Rulebook> two_books() {
  return {{"farmland",
           "1",
           "",
           {with_parameters("F01", {{"least_m2", 200}, {"share", 0.5}}),
            with_parameters("F02", {{"least_m2", 400}}), with_parameters("F08", {})}},
          {"own", "1", "", {with_parameters("F02", {{"least_m2", 7}, {"most_m2", 9}})}}};
}

/// What is left of both books, as text, or the refusal.
std::string changed(const std::vector<std::string>& options) {
  auto books = two_books();
  try {
    change_rules(books, options);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::usage);
    return e.what();
  }
  std::string text;
  for (const auto& book : books) {
    text += book.name + ":";
    for (const auto& rule : book.rules) {
      text += " " + rule.id;
      for (const auto& one : rule.parameters) text += fmt::format(" {}", one.value);
    }
    text += "; ";
  }
  return text;
}

TEST(RuleChanges, SwitchRulesOffAndSetParameters) {
  EXPECT_EQ(changed({}), "farmland: F01 200 0.5 F02 400 F08; own: F02 7 9; ");
  EXPECT_EQ(changed({"F08=off"}), "farmland: F01 200 0.5 F02 400; own: F02 7 9; ");
  EXPECT_EQ(changed({"own.F02=off", "F01.least_m2=300"}), "farmland: F01 300 0.5 F02 400 F08; own:; ");
  EXPECT_EQ(changed({"farmland.F02.least_m2=-1.5", "own.F02.least_m2=0"}),
            "farmland: F01 200 0.5 F02 -1.5 F08; own: F02 0 9; ");
}

TEST(RuleChanges, WithoutABookMeanEveryBookThatHasTheThing) {
  EXPECT_EQ(changed({"F02=off"}), "farmland: F01 200 0.5 F08; own:; ");
  EXPECT_EQ(changed({"F02.least_m2=5"}), "farmland: F01 200 0.5 F02 5 F08; own: F02 5 9; ");
  EXPECT_EQ(changed({"F02.most_m2=5"}), "farmland: F01 200 0.5 F02 400 F08; own: F02 7 5; ");
}

TEST(RuleChanges, SetTheDistanceOfACluster) {
  auto books = two_books();
  books[0].rules[0].within_m = 50;
  EXPECT_EQ(change_rules(books, {"F01.within_m=100"}).at(0).from, 50);
  EXPECT_EQ(books[0].rules[0].within_m, 100);
  EXPECT_TRUE(
      holds(refusal(ErrorCode::usage, [&] { change_rules(books, {"F01.within_m=0"}); }), {"above 0"}));
}

TEST(RuleChanges, AreTold) {
  auto books = two_books();
  const auto done = change_rules(books, {"F08=off", "F02.least_m2=5"});
  std::string told;
  for (const auto& one : done)
    told += fmt::format("{}.{} {} {}>{}; ", one.rulebook, one.rule_id, one.parameter, one.from, one.to);
  EXPECT_EQ(told, "farmland.F02 least_m2 400>5; own.F02 least_m2 7>5; farmland.F08  0>0; ");
}

TEST(RuleChanges, ThatMeanNothingAreRefusedWithTheNearest) {
  const std::pair<const char*, std::vector<std::string>> table[] = {
      {"F05=off", {"--rule \"F05=off\"", "no rule \"F05\"", "\"F01\""}},
      {"farmlnd.F01=off", {"no rulebook \"farmlnd\" is used", "\"farmland\""}},
      {"own.F01=off", {"rulebook own has no rule \"F01\"", "F02"}},
      {"F01.leest_m2=3", {"rule F01 has no parameter \"leest_m2\"", "\"least_m2\""}},
      {"F08.least_m2=3", {"rule F08 has no parameters"}},
      {"F01.least_m2=many", {"off or a number", "\"many\""}},
      {"F01.least_m2=nan", {"off or a number", "\"nan\""}},
      {"F01.least_m2=", {"off or a number", "\"\""}},
      {"F01=300", {"RULE.PARAMETER=NUMBER"}},
      {"farmland.F01.least_m2=off", {"off is for a rule"}},
      {"F01", {"RULE=off or RULE.PARAMETER=NUMBER"}},
  };
  for (const auto& [option, says] : table) EXPECT_TRUE(holds(changed({option}), says));
  EXPECT_TRUE(
      holds(changed({"F01.share=1", "farmland.F01.share=2"}), {"farmland.F01.share=2", "two options"}));
  EXPECT_TRUE(holds(changed({"F02=off", "own.F02=off"}), {"F02 of rulebook own", "two options"}));
}

TEST(RulebookFiles, ARuleThatDemotesHasNoSeverity) {
  const auto rule = load_rulebook("quality").rules.at(0);
  EXPECT_EQ(rule.effect, "demote");
  for (const auto& one : rule.cases) EXPECT_EQ(one.severity, "");
}

}  // namespace
}  // namespace tuban::test
