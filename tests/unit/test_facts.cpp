// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/facts.h"

#include <algorithm>
#include <limits>
#include <set>

#include "engine/rules/nearest.h"
#include "engine/rules/predicate.h"
#include "engine/rules/roles.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

/// Judges one expression over a row of facts.
int judge(const std::string& sql, const FactRow& row) {
  PredicateEngine engine;
  const auto predicate = engine.compile(sql);
  engine.bind(row);
  return engine.evaluate(predicate);
}

FactRow row_with(std::string_view fact, double value) {
  FactRow row;
  row.set(fact_index(fact), value);
  return row;
}

TEST(Dictionary, ExplainsEveryFactOnce) {
  std::set<std::string_view> names;
  for (const auto& fact : fact_dictionary()) {
    EXPECT_TRUE(names.insert(fact.name).second) << fact.name;
    EXPECT_FALSE(fact.zh.empty() || fact.en.empty() || fact.source.empty() || fact.unknown_when.empty())
        << fact.name;
    EXPECT_EQ(fact_dictionary()[fact_index(fact.name)].name, fact.name);
  }
  for (const auto* name :
       {"area_m2", "farmland_m2", "mining_right_distance_m", "ndvi_before", "ndvi_after"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

using Names = std::vector<std::string_view>;

/// Roles whose absence leaves the fact unknown, where those in `given` are there.
Names missing(const char* fact, const Names& given) {
  return roles_missing(fact_dictionary()[fact_index(fact)], [&](std::string_view role) {
    return std::find(given.begin(), given.end(), role) != given.end();
  });
}

TEST(Dictionary, SaysWhichLayersAFactNeeds) {
  EXPECT_EQ(missing("area_m2", {}), Names{});
  EXPECT_EQ(missing("farmland_m2", {}), Names{"land_use"});
  EXPECT_EQ(missing("farmland_m2", {"land_use"}), Names{});
  EXPECT_EQ(missing("farmland_unapproved_m2", {}), (Names{"land_use", "approved_land"}));
  EXPECT_EQ(missing("farmland_unapproved_m2", {"temporary_land"}), Names{"land_use"});
  EXPECT_EQ(missing("farmland_unapproved_m2", {"land_use", "advance_land"}), Names{});
  EXPECT_EQ(missing("conversion_only_m2", {"approved_land"}), Names{"supplied_land"});
}

TEST(Dictionary, HasAreaAndShareOfEveryRoleThatGroundLiesInside) {
  for (const auto& role : roles()) {
    const bool states = role.family == RoleFamily::evidence || role.family == RoleFamily::right;
    const bool inside = states || role.family == RoleFamily::strict || role.family == RoleFamily::plain;
    const auto has = [&](const char* ending) {
      return find_fact(std::string(role.name) + ending).has_value();
    };
    if (role.family != RoleFamily::earlier) {
      EXPECT_EQ(has("_m2"), inside) << role.name;
      EXPECT_EQ(has("_share"), inside || role.family == RoleFamily::district) << role.name;
    }
    EXPECT_EQ(has("_expired_m2"), states) << role.name;
    EXPECT_EQ(has("_pending_m2"), states) << role.name;
  }
}

TEST(PatchFacts, AreThePatchsOwnFields) {
  auto patch = rule_patch(box(0, 0, 40, 30), 1200, "C30");
  patch.ndvi = {0.75, std::nullopt};
  patch.edge_share = 0.125;
  EXPECT_EQ(fact(Marker(nullptr, nullptr), patch, "valid_share").kind, FactValue::Kind::unknown);
  patch.valid_share = 0.875;
  patch.registration_px = 0.25;
  const Marker marker(nullptr, nullptr);
  EXPECT_EQ(fact(marker, patch, "area_m2").number, 1200);
  EXPECT_EQ(fact(marker, patch, "area_px").number, 300);
  EXPECT_EQ(fact(marker, patch, "edge_share").number, 0.125);
  EXPECT_EQ(fact(marker, patch, "registration_px").number, 0.25);
  EXPECT_EQ(fact(marker, patch, "valid_share").number, 0.875);
  EXPECT_EQ(fact(marker, patch, "change_type").text, "C30");
  EXPECT_EQ(fact(marker, patch, "after_date").text, "2021-06-15");
  EXPECT_EQ(fact(marker, patch, "earthwork_like").number, 1);
  EXPECT_EQ(fact(marker, patch, "construction_like").number, 0);
  EXPECT_EQ(fact(marker, patch, "ndvi_before").number, 0.75);
  EXPECT_EQ(fact(marker, patch, "ndvi_after").kind, FactValue::Kind::unknown);
  EXPECT_EQ(fact(marker, patch, "area_mu").kind, FactValue::Kind::unknown);
  EXPECT_EQ(fact(marker, patch, "before_date").kind, FactValue::Kind::unknown);
}

TEST(Predicates, HaveThreeValues) {
  struct Row {
    const char* sql;
    int verdict;
  };
  const auto facts = row_with("area_m2", 250);  // all else is unknown
  const Row table[] = {
      {"area_m2 >= 200", 1},
      {"area_m2 < 200", 0},
      {"farmland_m2 >= 200", -1},
      {"farmland_m2 >= 200 OR area_m2 >= 200", 1},
      {"farmland_m2 >= 200 AND area_m2 < 200", 0},
      {"farmland_m2 >= 200 AND area_m2 >= 200", -1},
      {"NOT farmland_m2 >= 200", -1},
      {"farmland_m2 IS NULL", 1},
      {"COALESCE(farmland_m2, area_m2) >= 200", 1},
      {"construction_like", -1},
      {"change_type IN ('C30', 'C31')", -1},
      {"area_m2 BETWEEN 200 AND 300 AND NOT (area_m2 = 251)", 1},
      {"max(area_m2, 300) = 300 AND abs(-1 * area_m2) = area_m2", 1},
      {"area_m2 / 0 > 1", -1},
  };
  for (const auto& row : table) EXPECT_EQ(judge(row.sql, facts), row.verdict) << row.sql;
}

TEST(Predicates, CompareAnInfiniteDistanceAsANumber) {
  const auto facts = row_with("mining_right_distance_m", kInfiniteDistance);
  EXPECT_EQ(judge("mining_right_distance_m > 10", facts), 1);
  EXPECT_EQ(judge("mining_right_distance_m <= 1e300", facts), 0);
}

TEST(Predicates, NeverSeeNotANumber) {
  const auto facts = row_with("score_mean", std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(facts.at("score_mean").kind, FactValue::Kind::unknown);
  EXPECT_EQ(judge("score_mean > 1", facts), -1);
}

TEST(Predicates, ForgetThePatchBefore) {
  PredicateEngine engine;
  const auto predicate = engine.compile("area_m2 >= 200");
  engine.bind(row_with("area_m2", 250));
  EXPECT_EQ(engine.evaluate(predicate), 1);
  engine.bind(FactRow());
  EXPECT_EQ(engine.evaluate(predicate), -1);
}

TEST(Predicates, KnowTheFactsTheyName) {
  PredicateEngine engine;
  const auto predicate =
      engine.compile("farmland_m2 >= 0.5 * area_m2 OR farmland_m2 > 200 AND confidence > .5");
  EXPECT_EQ(
      engine.facts(predicate),
      (std::vector<std::size_t>{fact_index("farmland_m2"), fact_index("area_m2"), fact_index("confidence")}));
}

TEST(Words, AdmitWhatAnExpressionNeeds) {
  for (const auto* sql : {"construction_like",
                          "NOT construction_like",
                          "construction_like AND earthwork_like",
                          "(construction_like)",
                          "construction_like = 1",
                          "construction_like IS TRUE",
                          "change_type = 'C30'",
                          "change_type NOT IN ('C90','C91')",
                          "change_type LIKE 'C1%'",
                          "after_date >= '2021-09-01'",
                          "after_date BETWEEN '2021-01-01' AND '2021-12-31'",
                          "area_m2 BETWEEN -1 AND 5 AND construction_like",
                          "farmland_m2 - COALESCE(approved_m2, 0) >= 200",
                          "round(farmland_share, 2) >= 0.5",
                          "CASE WHEN area_m2 > 1 THEN 1 ELSE 0 END = 1",
                          "area_m2 > 1e3",
                          "coalesce(change_type, 'C99') = 'C99'",
                          "land_class = 'it''s'",
                          "ndvi_before - ndvi_after > .3",
                          "nullif(area_m2, 0) IS NOT NULL",
                          "before_date < after_date",
                          "min(area_m2, 5) > -1"}) {
    EXPECT_NO_THROW(PredicateEngine().compile(sql)) << sql;
  }
}

TEST(NearestWord, SuggestsSmallSlipsOnly) {
  const std::vector<std::string_view> known{"farmland_m2", "farmland_share", "approved_m2", "id"};
  EXPECT_EQ(nearest_word("farmland_m", known), "farmland_m2");
  EXPECT_EQ(nearest_word("famrland_m2", known), "farmland_m2");
  EXPECT_EQ(nearest_word("aproved_m2", known), "approved_m2");
  EXPECT_EQ(nearest_word("temperature", known), "");
  EXPECT_EQ(nearest_word("xy", known), "");
}

}  // namespace
}  // namespace tuban::test
