// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/mark.h"

#include <set>

#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

using Books = std::shared_ptr<const std::vector<Rulebook>>;

/// A shipped book with some of its rules; tests/rules/cases.yaml tries each of them.
Rulebook some_of(const char* name, const std::set<std::string>& ids) {
  auto book = load_rulebook(name);
  std::erase_if(book.rules, [&](const Rule& rule) { return ids.count(rule.id) == 0; });
  return book;
}

Books shipped() {
  static const Books books = std::make_shared<const std::vector<Rulebook>>(
      std::vector{some_of("farmland", {"F01", "F02", "F08"}), some_of("mining", {"M01", "M02", "M03"})});
  return books;
}

Books book_of(std::vector<RuleCase> cases, const std::string& from = "", const std::string& to = "") {
  Rule rule{"X1", "疑似", "Suspected", from, to, "patch", "mark", "x", "a law", std::move(cases)};
  return std::make_shared<const std::vector<Rulebook>>(std::vector{Rulebook{"own", "3", "test", {rule}}});
}

/// Rule and severity of every finding: "F01/S4 F02/unknown".
std::string told(const Marks& marks) {
  std::string text;
  for (const auto& finding : marks.findings) {
    if (!text.empty()) text += " ";
    text += finding.rule_id + "/" + (finding.status == "fired" ? finding.severity : finding.status);
  }
  return text;
}

struct Situation {
  const char* name;
  Ground ground;
  Patch patch;
  const char* findings;
  const char* marks;
};

class ShippedRules : public ::testing::TestWithParam<Situation> {};

TEST_P(ShippedRules, SayWhatTheDomainSays) {
  const auto& one = GetParam();
  const auto marks = Marker(one.ground.load(), shipped()).mark(one.patch);
  EXPECT_EQ(told(marks), one.findings);
  std::string all;
  for (const auto& mark : marks.marks) all += (all.empty() ? "" : " ") + mark;
  EXPECT_EQ(all, one.marks);
}

const auto kAll = box(-500, -500, 500, 500);
const auto kNowhere = box(800, 800, 810, 810);
const auto kHouse = box(0, 0, 40, 30);  // 1200 m2

/// Every layer given and none near, but for what a situation adds.
Ground everything(const std::string& role, const std::vector<Feature>& features) {
  Ground ground;
  for (const std::string known :
       {"approved_land", "basic_farmland", "ecological_redline", "land_use", "mining_right"}) {
    const bool here = known == role;
    ground.layer(
        known, here ? features : std::vector<Feature>{{"none", kNowhere, known == "land_use" ? "0301" : ""}},
        here);
  }
  return ground;
}

INSTANTIATE_TEST_SUITE_P(
    Farmland, ShippedRules,
    ::testing::Values(
        Situation{"house_on_nothing", everything("", {}), rule_patch(kHouse, 1200), "", ""},
        Situation{"house_on_farmland", everything("land_use", {{"a", kAll, "0101"}}),
                  rule_patch(kHouse, 1200), "F02/S3", "farmland"},
        Situation{"crop_on_farmland", everything("land_use", {{"a", kAll, "0101"}}),
                  rule_patch(kHouse, 1200, "C90"), "", ""},
        Situation{"house_on_199_m2_of_farmland",
                  everything("land_use", {{"a", box(0, 0, 6.633, 30), "0101"}}), rule_patch(kHouse, 1200), "",
                  ""},
        Situation{"house_on_201_m2_of_farmland", everything("land_use", {{"a", box(0, 0, 6.7, 30), "0101"}}),
                  rule_patch(kHouse, 1200), "F02/S3", "farmland"},
        Situation{"shed_half_on_farmland", everything("land_use", {{"a", box(0, 0, 6, 30), "0101"}}),
                  rule_patch(box(0, 0, 12, 12), 144), "F02/S3", "farmland"},
        Situation{"house_on_basic_farmland", everything("basic_farmland", {{"a", kAll}}),
                  rule_patch(kHouse, 1200), "F01/S4", "farmland"},
        Situation{"sliver_of_basic_farmland", everything("basic_farmland", {{"a", box(0, 0, 1, 30)}}),
                  rule_patch(kHouse, 1200), "F01/S3", "farmland"},
        Situation{"less_than_a_metre_of_basic_farmland",
                  everything("basic_farmland", {{"a", box(0, 0, 0.03, 30)}}), rule_patch(kHouse, 1200), "",
                  ""},
        Situation{"earthwork_on_both",
                  Ground().layer("land_use", {{"a", kAll, "0101"}}).layer("basic_farmland", {{"b", kAll}}),
                  rule_patch(kHouse, 1200, "C11"), "F01/S4 F02/S3", "farmland"},
        Situation{"approved",
                  Ground().layer("land_use", {{"a", kAll, "0101"}}).layer("approved_land", {{"b", kAll}}),
                  rule_patch(kHouse, 1200), "F08/S1", ""},
        Situation{"half_outside_its_approval",
                  Ground()
                      .layer("land_use", {{"a", kAll, "0101"}})
                      .layer("approved_land", {{"b", box(0, 0, 20, 30)}}),
                  rule_patch(kHouse, 1200), "F02/S3", "farmland"},
        Situation{"approval_expired",
                  Ground()
                      .layer("land_use", {{"a", kAll, "0101"}})
                      .layer("approved_land", {{"b", kAll, "", "2018-01-01", "2020-01-01"}}),
                  rule_patch(kHouse, 1200), "F02/S3", "farmland"},
        Situation{"approval_missing_hides_nothing", Ground().layer("land_use", {{"a", kAll, "0101"}}),
                  rule_patch(kHouse, 1200), "F02/S3", "farmland"},
        Situation{"approval_undated_hides_nothing",
                  Ground()
                      .layer("land_use", {{"a", kAll, "0101"}})
                      .layer("approved_land", {{"b", kAll, "", "2018-01-01", ""}}),
                  rule_patch(kHouse, 1200, "C10", std::nullopt), "F02/S3 F08/unknown", "farmland"},
        Situation{"no_layers_at_all", Ground(), rule_patch(kHouse, 1200), "", ""},
        Situation{"before_the_rules_were_in_force", Ground().layer("land_use", {{"a", kAll, "0101"}}),
                  rule_patch(kHouse, 1200, "C10", "2020-12-31"), "", ""}),
    [](const auto& one) { return one.param.name; });

const auto kPit = box(0, 0, 60, 30);  // 1800 m2

INSTANTIATE_TEST_SUITE_P(
    Mining, ShippedRules,
    ::testing::Values(
        Situation{"pit_without_any_right", everything("", {}), rule_patch(kPit, 1800, "C30"), "M01/S4",
                  "mining"},
        Situation{"dump_without_any_right", everything("", {}), rule_patch(kPit, 1800, "C31"), "M01/S4",
                  "mining"},
        Situation{"earthwork_without_any_right", everything("", {}), rule_patch(kPit, 1800, "C11"), "", ""},
        Situation{"pit_inside_its_right",
                  everything("mining_right", {{"a", kAll, "", "2020-01-01", "2030-01-01"}}),
                  rule_patch(kPit, 1800, "C30"), "", ""},
        Situation{"pit_within_ten_metres", everything("mining_right", {{"a", box(-90, -90, 51, 90)}}),
                  rule_patch(kPit, 1800, "C30"), "", ""},
        Situation{"pit_190_m2_beyond", everything("mining_right", {{"a", box(-90, -90, 43.66, 90)}}),
                  rule_patch(kPit, 1800, "C30"), "", ""},
        Situation{"pit_across_its_right", everything("mining_right", {{"a", box(-90, -90, 20, 90)}}),
                  rule_patch(kPit, 1800, "C30"), "M02/S4", "mining"},
        Situation{"pit_beside_a_right", everything("mining_right", {{"a", box(-90, -90, -5, 90)}}),
                  rule_patch(kPit, 1800, "C30"), "M02/S4", "mining"},
        Situation{"pit_eleven_metres_off", everything("mining_right", {{"a", box(-90, -90, -11, 90)}}),
                  rule_patch(kPit, 1800, "C30"), "M01/S4", "mining"},
        Situation{"pit_in_an_expired_right",
                  everything("mining_right", {{"a", kAll, "", "2010-01-01", "2020-06-01"}}),
                  rule_patch(kPit, 1800, "C30"), "M03/S3", "mining"},
        Situation{"pit_in_an_expired_right_beside_a_valid_one",
                  everything("mining_right", {{"a", box(-1, -90, 90, 90), "", "2010-01-01", "2020-06-01"},
                                              {"b", box(-90, -90, -5, 90), "", "2015-01-01", "2030-01-01"}}),
                  rule_patch(kPit, 1800, "C30"), "M03/S3", "mining"},
        Situation{"hall_in_an_expired_right",
                  everything("mining_right", {{"a", kAll, "", "2010-01-01", "2020-06-01"}}),
                  rule_patch(kPit, 1800, "C10"), "M03/S3", "mining"},
        Situation{"approved_hall_in_an_expired_right",
                  Ground()
                      .layer("mining_right", {{"a", kAll, "", "2010-01-01", "2020-06-01"}})
                      .layer("approved_land", {{"b", kAll}}),
                  rule_patch(kPit, 1800, "C10"), "F08/S1", ""},
        Situation{"pit_in_a_right_to_come", everything("mining_right", {{"a", kAll, "", "2022-01-01", ""}}),
                  rule_patch(kPit, 1800, "C30"), "M01/S4", "mining"},
        Situation{"pit_in_a_renewed_right",
                  everything("mining_right", {{"a", kAll, "", "2010-01-01", "2020-06-01"},
                                              {"b", kAll, "", "2020-06-02", "2030-06-01"}}),
                  rule_patch(kPit, 1800, "C30"), "", ""},
        Situation{"pit_on_recorded_mining_land", everything("land_use", {{"a", kAll, "0602"}}),
                  rule_patch(kPit, 1800, "C30"), "", ""},
        Situation{"pit_by_a_right_of_unknown_date",
                  everything("mining_right", {{"a", kAll, "", "2010-01-01", ""}}),
                  rule_patch(kPit, 1800, "C30", std::nullopt), "M01/unknown M02/unknown M03/unknown", ""},
        Situation{"crop_by_a_right_of_unknown_date",
                  everything("mining_right", {{"a", kAll, "", "2010-01-01", ""}}),
                  rule_patch(kPit, 1800, "C90", std::nullopt), "", ""}),
    [](const auto& one) { return one.param.name; });

TEST(Findings, CarryEveryPredicateWithWhatItMeasured) {
  const auto layers = Ground().layer("land_use", {{"a", kAll, "0101"}}).load();
  const auto marks = Marker(layers, shipped()).mark(rule_patch(kHouse, 1200));
  ASSERT_EQ(told(marks), "F02/S3");
  const auto& finding = marks.findings[0];
  EXPECT_EQ(finding.patch_id, "00000000000000aa");
  EXPECT_EQ(finding.rulebook + " " + finding.version + " " + finding.effect + " " + finding.mark,
            "farmland 2021.2 mark farmland");
  EXPECT_TRUE(holds(finding.name_zh + finding.name_en, {"疑似占用耕地", "Suspected occupation of farmland"}));
  EXPECT_TRUE(holds(finding.basis, {"江府办函〔2021〕83号"}));
  ASSERT_EQ(finding.predicates.size(), 2U);
  EXPECT_EQ(finding.predicates[0].sql, "construction_like");
  EXPECT_EQ(finding.predicates[0].verdict, 1);
  const auto& facts = finding.predicates[1].facts;
  ASSERT_EQ(facts.size(), 3U);
  EXPECT_EQ(facts[0].first, "farmland_unapproved_m2");
  EXPECT_EQ(facts[0].second.kind, FactValue::Kind::unknown);
  EXPECT_EQ(facts[1].first, "farmland_m2");
  EXPECT_NEAR(facts[1].second.number, 1200, kSmall);
  EXPECT_EQ(facts[2].first, "area_m2");
  EXPECT_EQ(facts[2].second.number, 1200);
  EXPECT_EQ(marks.severity, "S3");
}

TEST(Cases, TheFirstThatHoldsDecides) {
  const auto layers = Ground().load();
  const auto patch = rule_patch(kHouse, 1200);
  const auto mark = [&](std::vector<RuleCase> cases) {
    return Marker(layers, book_of(std::move(cases))).mark(patch);
  };
  EXPECT_EQ(
      told(mark(
          {{"S4", {"area_m2 > 2000"}, ""}, {"S2", {"area_m2 > 1000"}, "b"}, {"S3", {"area_m2 > 1"}, ""}})),
      "X1/S2");
  EXPECT_EQ(mark({{"S2", {"area_m2 > 1000"}, "a note"}}).findings.at(0).note, "a note");
}

TEST(Cases, AFalsePredicateOutweighsUnknownOnes) {
  const auto layers = Ground().load();
  const auto patch = rule_patch(kHouse, 1200);  // area_mu is not known
  const auto mark = [&](std::vector<RuleCase> cases) {
    return Marker(layers, book_of(std::move(cases))).mark(patch);
  };
  EXPECT_EQ(told(mark({{"S4", {"area_mu > 1", "area_m2 > 2000"}, ""}})), "");
  EXPECT_EQ(told(mark({{"S4", {"area_mu > 1", "area_m2 > 1000"}, ""}})), "X1/unknown");
  EXPECT_EQ(told(mark({{"S4", {"area_mu > 1"}, ""}, {"S2", {"area_m2 > 1000"}, ""}})), "X1/S2");
  const auto unknown = mark({{"S4", {"area_mu > 1", "area_m2 > 1000"}, ""}});
  EXPECT_EQ(unknown.severity, "");
  EXPECT_TRUE(unknown.marks.empty());
  ASSERT_EQ(unknown.findings[0].predicates.size(), 2U);
  EXPECT_EQ(unknown.findings[0].predicates[0].verdict, -1);
  EXPECT_EQ(unknown.findings[0].predicates[1].verdict, 1);
  EXPECT_EQ(unknown.findings[0].severity, "");
}

TEST(EffectiveDates, AreBothInclusiveAndJudgedByTheAfterDate) {
  const auto books = book_of({{"S2", {"area_m2 > 1"}, "n"}}, "2021-06-15", "2021-07-31");
  const Marker marker(nullptr, books);
  const auto at = [&](std::optional<std::string> date) {
    return marker.mark(rule_patch(kHouse, 1200, "C10", date));
  };
  EXPECT_EQ(told(at("2021-06-14")), "");
  EXPECT_EQ(told(at("2021-06-15")), "X1/S2");
  EXPECT_EQ(told(at("2021-07-31")), "X1/S2");
  EXPECT_EQ(told(at("2021-08-01")), "");
  const auto undated = at(std::nullopt);
  EXPECT_EQ(told(undated), "X1/S2");
  EXPECT_EQ(undated.findings[0].note, "n; no after-date: taken as in force");
}

TEST(MissingLayers, AreSaidOnceAndNotByEveryPatch) {
  const auto layers = Ground().layer("land_use", {{"a", kAll, "0101"}}).load();
  EXPECT_EQ(missing_roles(*shipped(), layers.get()),
            (std::vector<std::string>{"approved_land", "basic_farmland", "mining_right", "supplied_land"}));
  EXPECT_EQ(missing_roles(*shipped(), nullptr),
            (std::vector<std::string>{"approved_land", "basic_farmland", "land_use", "mining_right",
                                      "supplied_land"}));
  EXPECT_EQ(told(Marker(layers, shipped()).mark(rule_patch(kHouse, 1200))), "F02/S3");
  // Something else unknown beside a missing layer is said.
  const auto books = book_of({{"S2", {"approved_share > 0.5", "area_mu > 1"}, ""}});
  EXPECT_EQ(told(Marker(layers, books).mark(rule_patch(kHouse, 1200))), "X1/unknown");
}

TEST(Severity, IsTheHighestFired) {
  const auto layers =
      Ground().layer("land_use", {{"a", kAll, "0101"}}).layer("basic_farmland", {{"b", kAll}}).load();
  EXPECT_EQ(Marker(layers, shipped()).mark(rule_patch(kHouse, 1200)).severity, "S4");
  EXPECT_EQ(Marker(layers, shipped()).mark(rule_patch(kHouse, 1200, "C90")).severity, "");
}

class Q02 : public ::testing::Test {
 protected:
  /// A house on basic farmland, S4 by F01 and S3 by F02, of which `valid_share` of the outline is at seen
  /// ground.
  static Marks marks(std::optional<double> valid_share, const std::string& type = "C10") {
    auto patch = rule_patch(kHouse, 1200, type);
    patch.valid_share = valid_share;
    return Marker(layers(), books()).mark(patch);
  }
  static std::shared_ptr<const ReferenceLayers> layers() {
    return Ground().layer("land_use", {{"a", kAll, "0101"}}).layer("basic_farmland", {{"b", kAll}}).load();
  }
  static Books books() {
    return std::make_shared<const std::vector<Rulebook>>(
        std::vector{some_of("quality", {"Q02"}), (*shipped())[0], (*shipped())[1]});
  }
};

TEST_F(Q02, LowersTheSeverityOfAPatchAQuarterHidden) {
  const auto one = marks(0.75);
  EXPECT_EQ(told(one), "Q02/ F01/S4 F02/S3");
  EXPECT_EQ(one.severity, "S3");
  EXPECT_EQ(one.marks, std::vector<std::string>{"farmland"});
}

TEST_F(Q02, TellsWhatItMeasuredAndWhatItDid) {
  const auto finding = marks(0.5).findings.at(0);
  EXPECT_EQ(finding.rulebook + " " + finding.effect + finding.mark, "quality demote");
  EXPECT_TRUE(holds(finding.note, {"outline", "severity S4 becomes S3", "由S4降为S3"}));
  ASSERT_EQ(finding.predicates.size(), 1U);
  EXPECT_EQ(finding.predicates[0].verdict, 1);
  EXPECT_EQ(finding.predicates[0].facts.at(0).first, "valid_share");
  EXPECT_EQ(finding.predicates[0].facts.at(0).second.number, 0.5);
}

TEST_F(Q02, SaysNothingOfAPatchThatIsSeen) {
  const auto one = marks(0.76);
  EXPECT_EQ(told(one), "F01/S4 F02/S3");
  EXPECT_EQ(one.severity, "S4");
}

TEST_F(Q02, IsUnknownAndLowersNothingWhereNothingWasMeasured) {
  const auto one = marks(std::nullopt);
  EXPECT_EQ(told(one), "Q02/unknown F01/S4 F02/S3");
  EXPECT_EQ(one.severity, "S4");
  EXPECT_EQ(one.findings.at(0).note, "");
}

TEST_F(Q02, GivesAnUnmarkedPatchNoSeverity) {
  const auto one = marks(0.5, "C90");
  EXPECT_EQ(told(one), "Q02/");
  EXPECT_EQ(one.severity, "");
  EXPECT_TRUE(holds(one.findings.at(0).note, {"no severity to lower"}));
}

TEST_F(Q02, FiresOnWhatLooksLikeCloudAlthoughAllIsSeen) {
  EXPECT_EQ(told(marks(1, "C91")), "Q02/");
  EXPECT_EQ(told(marks(std::nullopt, "C91")), "Q02/");
}

Rule demoting(const std::string& id) {
  return {id, "疑", "Doubt", "", "", "patch", "demote", "", "a reason", {{"", {"area_m2 > 1"}, ""}}};
}

TEST(Demoting, StopsAtTheLowest) {
  auto books = *book_of({{"S1", {"area_m2 > 1"}, ""}});
  books[0].rules.push_back(demoting("D1"));
  const auto marks =
      Marker(nullptr, std::make_shared<const std::vector<Rulebook>>(books)).mark(rule_patch(kHouse, 1200));
  EXPECT_EQ(marks.severity, "S1");
  EXPECT_TRUE(holds(marks.findings.at(1).note, {"S1 is the lowest and stays"}));
}

TEST(Demoting, IsOneStepHoweverManyRulesDoubt) {
  auto books = *book_of({{"S4", {"area_m2 > 1"}, ""}});
  books[0].rules.insert(books[0].rules.begin(), demoting("D1"));
  books[0].rules.push_back(demoting("D2"));
  const auto marks =
      Marker(nullptr, std::make_shared<const std::vector<Rulebook>>(books)).mark(rule_patch(kHouse, 1200));
  EXPECT_EQ(marks.severity, "S3");
  for (const std::size_t i : {0U, 2U}) EXPECT_TRUE(holds(marks.findings.at(i).note, {"S4 becomes S3"}));
}

Rule raising(const std::string& id) {
  auto rule = demoting(id);
  rule.effect = "raise";
  return rule;
}

Marks marks_of(std::vector<Rule> rules) {
  return Marker(nullptr, std::make_shared<const std::vector<Rulebook>>(
                             std::vector{Rulebook{"own", "3", "test", std::move(rules)}}))
      .mark(rule_patch(kHouse, 1200));
}

TEST(Raising, IsOneStepHoweverManyRulesRaise) {
  const auto marks =
      marks_of({raising("R1"), book_of({{"S2", {"area_m2 > 1"}, ""}})->at(0).rules.at(0), raising("R2")});
  EXPECT_EQ(told(marks), "R1/ X1/S2 R2/");
  EXPECT_EQ(marks.severity, "S3");
  for (const std::size_t i : {0U, 2U}) {
    EXPECT_TRUE(holds(marks.findings.at(i).note, {"severity S2 becomes S3", "由S2升为S3"}));
  }
}

TEST(Raising, StopsAtTheHighest) {
  const auto marks = marks_of({book_of({{"S4", {"area_m2 > 1"}, ""}})->at(0).rules.at(0), raising("R1")});
  EXPECT_EQ(marks.severity, "S4");
  EXPECT_EQ(marks.findings.at(1).note, "S4 is the highest and stays / S4为最高，保持不变");
}

TEST(Raising, GivesAnUnmarkedPatchNoSeverity) {
  const auto marks = marks_of({raising("R1")});
  EXPECT_EQ(marks.severity, "");
  EXPECT_TRUE(holds(marks.findings.at(0).note, {"no severity to raise"}));
}

TEST(Raising, ComesBeforeDemotingWhereverTheyStand) {
  const auto marked = [](const char* severity) {
    return book_of({{severity, {"area_m2 > 1"}, ""}})->at(0).rules.at(0);
  };
  const auto highest = marks_of({demoting("D1"), marked("S4"), raising("R1")});
  EXPECT_EQ(highest.severity, "S3");
  EXPECT_TRUE(holds(highest.findings.at(0).note, {"S4 becomes S3"}));
  const auto lowest = marks_of({demoting("D1"), marked("S1"), raising("R1")});
  EXPECT_EQ(lowest.severity, "S1");
  EXPECT_TRUE(holds(lowest.findings.at(0).note, {"S2 becomes S1"}));
}

TEST(Parameters, AreBoundForTheRuleThatDeclaresThem) {
  const auto rule = [](const char* id, double least) {
    return Rule{id,
                "疑似",
                "Suspected",
                "",
                "",
                "patch",
                "mark",
                "x",
                "a law",
                {{"S2", {"area_m2 >= :least_m2"}, ""}},
                {{"least_m2", least}}};
  };
  EXPECT_EQ(told(marks_of({rule("X1", 1200), rule("X2", 1200.5), rule("X3", 1199.5)})), "X1/S2 X3/S2");
}

TEST(Parameters, StandInTheFindingWithTheValueUsed) {
  const auto marks = marks_of({{"X1",
                                "疑似",
                                "Suspected",
                                "",
                                "",
                                "patch",
                                "mark",
                                "x",
                                "a law",
                                {{"S2", {"area_m2 >= :least_m2", "area_m2 < :most_m2", "area_m2 > 1"}, ""}},
                                {{"most_m2", 5000}, {"least_m2", 200}}}});
  ASSERT_EQ(told(marks), "X1/S2");
  using Named = std::vector<std::pair<std::string, double>>;
  const auto& predicates = marks.findings[0].predicates;
  EXPECT_EQ(predicates.at(0).parameters, (Named{{"least_m2", 200}}));
  EXPECT_EQ(predicates.at(1).parameters, (Named{{"most_m2", 5000}}));
  EXPECT_TRUE(predicates.at(2).parameters.empty());
}

TEST(Marks, OfOneRuleMayBeSeveral) {
  const auto rule = [](const char* id, const char* mark) {
    return Rule{id,      "疑似", "Suspected", "",      "",
                "patch", "mark", mark,        "a law", {{"S2", {"area_m2 > 1"}, ""}}};
  };
  const auto marks = marks_of({rule("X1", "mining"), rule("X2", "farmland,mining"), rule("X3", "water")});
  EXPECT_EQ(marks.marks, (std::vector<std::string>{"mining", "farmland", "water"}));
  EXPECT_EQ(marks.findings.at(1).mark, "farmland,mining");
}

TEST(Records, BringMarksBackAsTheyWere) {
  const auto layers = Ground()
                          .layer("land_use", {{"a", kAll, "0101", "2020-01-01", "", 0.1, "穗〔2020〕1号"}})
                          .layer("mining_right", {{"m", kNowhere}})
                          .load();
  auto marks = Marker(layers, shipped()).mark(rule_patch(kHouse, 1200, "C11"));
  ASSERT_FALSE(marks.findings.empty());
  ASSERT_FALSE(marks.overlaps.empty());
  Encoder first, second;
  encode(first, marks);
  Decoder from(first.bytes());
  const auto back = decode_marks(from);
  EXPECT_TRUE(from.done());
  encode(second, back);
  EXPECT_TRUE(
      std::equal(first.bytes().begin(), first.bytes().end(), second.bytes().begin(), second.bytes().end()));
  EXPECT_EQ(told(back), told(marks));
  EXPECT_EQ(back.severity, marks.severity);
  EXPECT_EQ(back.marks, marks.marks);
  EXPECT_EQ(back.overlaps[0].net_m2, marks.overlaps[0].net_m2);
  EXPECT_EQ(back.overlaps[0].feature_id, "a");
  EXPECT_EQ(back.overlaps[0].number, "穗〔2020〕1号");
  EXPECT_EQ(back.overlaps[0].valid_from, "2020-01-01");
  EXPECT_FALSE(back.overlaps[0].valid_to.has_value());
  EXPECT_EQ(back.findings[0].basis, marks.findings[0].basis);
  EXPECT_EQ(back.findings[0].predicates[1].facts[1].second.number,
            marks.findings[0].predicates[1].facts[1].second.number);
}

TEST(Records, ThatEndEarlyAreRefused) {
  Encoder encoder;
  encode(encoder, Marker(nullptr, book_of({{"S2", {"area_m2 > 1"}, ""}})).mark(rule_patch(kHouse, 1200)));
  Decoder from(encoder.bytes().first(encoder.bytes().size() / 2));
  EXPECT_THROW(decode_marks(from), Error);
}

}  // namespace
}  // namespace tuban::test
