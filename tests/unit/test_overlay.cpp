// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <thread>

#include "engine/rules/roles.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

const double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Overlap> rows(const std::shared_ptr<const ReferenceLayers>& layers, const Patch& patch) {
  return Marker(layers, nullptr).mark(patch).overlaps;
}

// A house of 40 m by 30 m: 1200 m2, and where it stands.
const Patch kHouse = rule_patch(box(0, 0, 40, 30), 1200);

TEST(Farmland, IsMeasuredWhereThePatchLiesOnClass01) {
  const auto layers = Ground()
                          .layer("land_use", {{"a", box(-100, -100, 15, 100), "0101"},
                                              {"b", box(15, -100, 25, 100), "0103"},
                                              {"c", box(25, -100, 100, 100), "0702"}})
                          .load();
  EXPECT_NEAR(number(layers, kHouse, "farmland_m2"), 25 * 30, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "farmland_share"), 0.625, 1e-5);
  EXPECT_NEAR(number(layers, kHouse, "construction_land_m2"), 15 * 30, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "agricultural_m2"), 25 * 30, kSmall);
  EXPECT_EQ(number(layers, kHouse, "unused_m2"), 0);
}

TEST(LandClass, IsTheCodeWithMostGround) {
  const auto layers = Ground()
                          .layer("land_use", {{"a", box(-100, -100, 15, 100), "0307K"},
                                              {"b", box(15, -100, 31, 100), "1104A"},
                                              {"c", box(31, -100, 100, 100), "0702"}})
                          .load();
  EXPECT_EQ(fact(Marker(layers, nullptr), kHouse, "land_class").text, "1104A");
  EXPECT_NEAR(number(layers, kHouse, "agricultural_m2"), 31 * 30,
              kSmall);  // suffixes leave the group as it is
}

TEST(LandGroups, FollowTheThirdSurvey) {
  struct Row {
    const char* code;
    const char* group;
  };
  const Row table[] = {{"0101", "agricultural_m2"},
                       {"0303", "agricultural_m2"},
                       {"1006", "agricultural_m2"},
                       {"1103", "agricultural_m2"},
                       {"1202", "agricultural_m2"},
                       {"1203", "agricultural_m2"},
                       {"0602", "construction_land_m2"},
                       {"05H1", "construction_land_m2"},
                       {"08H2A", "construction_land_m2"},
                       {"09", "construction_land_m2"},
                       {"1109", "construction_land_m2"},
                       {"1201", "construction_land_m2"},
                       {"0404", "unused_m2"},
                       {"1101", "unused_m2"},
                       {"1206", "unused_m2"}};
  for (const auto& row : table) {
    const auto layers = Ground().layer("land_use", {{"a", box(-100, -100, 100, 100), row.code}}).load();
    for (const std::string group : {"agricultural_m2", "construction_land_m2", "unused_m2"}) {
      EXPECT_NEAR(number(layers, kHouse, group), group == row.group ? 1200 : 0, kSmall)
          << row.code << " " << group;
    }
  }
}

TEST(FieldRidges, AreTakenOffTheNetAreaOnly) {
  // 80 m by 40 m = 3200 m2 with a coefficient of 0.082: 2937.60 m2 net.
  const auto layers = Ground().layer("land_use", {{"a", box(-9, -9, 99, 99), "0103", "", "", 0.082}}).load();
  const auto patch = rule_patch(box(0, 0, 80, 40), 3200);
  EXPECT_NEAR(number(layers, patch, "farmland_m2"), 3200, kSmall);
  EXPECT_NEAR(number(layers, patch, "farmland_net_m2"), 2937.60, kSmall);
  ASSERT_EQ(rows(layers, patch).size(), 1U);
  EXPECT_NEAR(rows(layers, patch)[0].net_m2.value(), 2937.60, kSmall);
}

TEST(FieldRidges, AreUnknownWithoutTheCoefficient) {
  const auto layers = Ground().layer("land_use", {{"a", box(-9, -9, 99, 99), "0103"}}).load();
  EXPECT_TRUE(unknown(layers, kHouse, "farmland_net_m2"));
  EXPECT_FALSE(rows(layers, kHouse)[0].net_m2.has_value());
}

TEST(OverlappingFeatures, NeverCountTheSameGroundTwice) {
  // Two parcels share x from 10 to 30: together they cover 40 m, not 60.
  const auto layers = Ground()
                          .layer("land_use", {{"a", box(0, 0, 30, 30), "0101", "", "", 0.1},
                                              {"b", box(10, 0, 40, 30), "0101", "", "", 0.3}})
                          .layer("basic_farmland", {{"p", box(0, 0, 30, 30)}, {"q", box(10, 0, 40, 30)}})
                          .load();
  EXPECT_NEAR(number(layers, kHouse, "farmland_m2"), 1200, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "basic_farmland_m2"), 1200, kSmall);
  EXPECT_LE(number(layers, kHouse, "basic_farmland_share"), 1);
  // The first keeps the shared ground: 900 * 0.9 + 300 * 0.7.
  EXPECT_NEAR(number(layers, kHouse, "farmland_net_m2"), 1020, kSmall);
  double gross = 0;
  for (const auto& row : rows(layers, kHouse)) gross += row.layer == "land_use" ? row.gross_m2 : 0;
  EXPECT_NEAR(gross, 1800, 2 * kSmall);  // the rows stay complete
}

TEST(TwoLayersOfOneRole, AreOneGround) {
  const auto layers = Ground()
                          .layer("approved_land", {{"a", box(0, 0, 20, 30)}})
                          .layer("approved_land", {{"b", box(10, 0, 30, 30)}})
                          .load();
  EXPECT_NEAR(number(layers, kHouse, "approved_m2"), 900, kSmall);
}

TEST(LayersThatDoNotOverlap, GiveZeroAndNotUnknown) {
  const auto far = box(500, 500, 600, 600);
  const auto layers = Ground()
                          .layer("land_use", {{"a", far, "0101"}})
                          .layer("basic_farmland", {})
                          .layer("approved_land", {{"c", far}})
                          .layer("ecological_redline", {{"d", far}})
                          .layer("mining_right", {})
                          .load();
  for (const auto* name :
       {"farmland_m2", "farmland_share", "basic_farmland_m2", "basic_farmland_share", "approved_m2",
        "approved_share", "approved_expired_m2", "approved_pending_m2", "farmland_unapproved_m2",
        "basic_farmland_unapproved_m2", "ecological_redline_m2", "ecological_redline_share",
        "mining_right_m2", "mining_right_share", "mining_right_expired_m2", "recorded_mining_m2"}) {
    EXPECT_EQ(number(layers, kHouse, name), 0) << name;
  }
  for (const auto* name : {"unapproved_m2", "mining_right_outside_m2", "mining_right_beyond_m2"}) {
    EXPECT_NEAR(number(layers, kHouse, name), 1200, kSmall) << name;
  }
  EXPECT_EQ(number(layers, kHouse, "mining_right_distance_m"), kInfinity);
  EXPECT_EQ(fact(Marker(layers, nullptr), kHouse, "land_class").kind, FactValue::Kind::text);
  EXPECT_EQ(fact(Marker(layers, nullptr), kHouse, "land_class").text, "");
  EXPECT_TRUE(rows(layers, kHouse).empty());
}

TEST(LayersThatAreNotGiven, LeaveTheirFactsUnknownAndNoOthers) {
  const auto layers = Ground().layer("land_use", {{"a", box(-9, -9, 99, 99), "0101", "", "", 0.1}}).load();
  for (const auto& info : fact_dictionary()) {
    if (info.source == "patch") continue;
    EXPECT_EQ(unknown(layers, kHouse, info.name), info.source != "land_use") << info.name;
  }
}

TEST(SliverGuard, DropsWhatIsNarrowerThanHalfAPixel) {
  // 400 m by 0.9 m is 360 m2, more than 2 % of 12000 m2, but under half of a 2 m pixel wide.
  const auto patch = rule_patch(box(0, 0, 400, 30), 12000);
  const auto thin = Ground().layer("land_use", {{"a", box(0, -50, 400, 0.9), "0101"}}).load();
  EXPECT_EQ(number(thin, patch, "farmland_m2"), 0);
  ASSERT_EQ(rows(thin, patch).size(), 1U);
  EXPECT_NEAR(rows(thin, patch)[0].gross_m2, 360, kSmall);
  const auto wide = Ground().layer("land_use", {{"a", box(0, -50, 400, 1.2), "0101"}}).load();
  EXPECT_NEAR(number(wide, patch, "farmland_m2"), 480, kSmall);
}

TEST(SliverGuard, DropsWhatIsUnderFiftySquareMetresOrTwoPercent) {
  const auto corner = [](double size) {
    return Ground().layer("land_use", {{"a", box(-50, -50, size, size), "0101"}}).load();
  };
  EXPECT_EQ(number(corner(7), kHouse, "farmland_m2"), 0);  // 49 m2
  EXPECT_NEAR(number(corner(7.2), kHouse, "farmland_m2"), 51.84, kSmall);
  const auto field = rule_patch(box(0, 0, 100, 100), 10000);  // 2 % is 200 m2
  EXPECT_EQ(number(corner(14), field, "farmland_m2"), 0);     // 196 m2
  EXPECT_NEAR(number(corner(14.5), field, "farmland_m2"), 210.25, kSmall);
}

TEST(SliverGuard, KeepsASmallPatchThatLiesWhollyInside) {
  const auto layers = Ground().layer("land_use", {{"a", box(-50, -50, 50, 50), "0101"}}).load();
  const auto pixel = rule_patch(box(0, 0, 2, 2), 4);
  EXPECT_NEAR(number(layers, pixel, "farmland_m2"), 4, kSmall);
  EXPECT_NEAR(number(layers, pixel, "farmland_share"), 1, 1e-6);
}

TEST(BasicFarmlandAndRedline, CountFromOneSquareMetreWhateverTheWidth) {
  for (const std::string role : {"basic_farmland", "ecological_redline"}) {
    const auto strip = [&](double width) {
      return Ground().layer(role, {{"a", box(-9, 0, width, 30)}}).load();
    };
    EXPECT_NEAR(number(strip(0.05), kHouse, role + "_m2"), 1.5, kSmall);
    EXPECT_EQ(number(strip(0.03), kHouse, role + "_m2"), 0);
    EXPECT_NEAR(rows(strip(0.03), kHouse).at(0).gross_m2, 0.9, kSmall);
  }
}

TEST(Overlaps, QuoteTheDocumentAndItsTerm) {
  const auto layers = Ground()
                          .layer("approved_land", {{"full",
                                                    box(-5, -5, 50, 50),
                                                    "",
                                                    "2021-01-01",
                                                    "2030-12-31",
                                                    {},
                                                    "粤〔2021〕1号",
                                                    "2020-12-01"},
                                                   {"open", box(-5, -5, 50, 50), "", "", "", {}, "", ""}})
                          .load();
  const auto found = rows(layers, kHouse);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].number, "粤〔2021〕1号");
  EXPECT_EQ(found[0].dated, "2020-12-01");
  EXPECT_EQ(found[0].valid_from, "2021-01-01");
  EXPECT_EQ(found[0].valid_to, "2030-12-31");
  EXPECT_FALSE(found[1].number || found[1].dated || found[1].valid_from || found[1].valid_to);
}

TEST(Roles, HaveNamesOfTheirOwnAndDistancesNeedRightsWhole) {
  std::set<std::string_view> names;
  for (const Role& role : roles()) {
    EXPECT_TRUE(names.insert(role.name).second) << role.name;
    EXPECT_TRUE(names.insert(role.zh).second) << role.zh;
    EXPECT_TRUE(names.insert(role.en).second) << role.en;
  }
  ASSERT_NE(find_role("mining_right"), nullptr);
  EXPECT_EQ(find_role("mining_right")->family, RoleFamily::right);
  EXPECT_EQ(find_role("mining right"), nullptr);
}

TEST(Validity, SplitsOverlapsByTheAfterDate) {
  const auto layers =
      Ground()
          .layer("approved_land", {{"past", box(0, 0, 10, 30), "", "2019-01-01", "2020-12-31"},
                                   {"now", box(10, 0, 20, 30), "", "2021-01-01", "2021-12-31"},
                                   {"next", box(20, 0, 30, 30), "", "2022-01-01", ""}})
          .load();
  const auto at = [&](const char* date, const char* name) {
    return number(layers, rule_patch(box(0, 0, 40, 30), 1200, "C10", date), name);
  };
  EXPECT_NEAR(at("2021-06-15", "approved_m2"), 300, kSmall);
  EXPECT_NEAR(at("2021-06-15", "approved_expired_m2"), 300, kSmall);
  EXPECT_NEAR(at("2021-06-15", "approved_pending_m2"), 300, kSmall);
  EXPECT_NEAR(at("2021-06-15", "unapproved_m2"), 900, kSmall);
  EXPECT_NEAR(at("2023-01-01", "approved_expired_m2"), 600, kSmall);
  const auto states = rows(layers, kHouse);
  ASSERT_EQ(states.size(), 3U);
  EXPECT_EQ(states[0].feature_id + states[0].state, "nextpending");
  EXPECT_EQ(states[1].feature_id + states[1].state, "nowvalid");
  EXPECT_EQ(states[2].feature_id + states[2].state, "pastexpired");
}

TEST(Validity, IncludesItsFirstAndLastDay) {
  const auto layers =
      Ground().layer("approved_land", {{"a", box(0, 0, 40, 30), "", "2021-03-01", "2021-09-30"}}).load();
  const auto state = [&](const char* date) {
    return rows(layers, rule_patch(box(0, 0, 40, 30), 1200, "C10", date)).at(0).state;
  };
  EXPECT_EQ(state("2021-02-28"), "pending");
  EXPECT_EQ(state("2021-03-01"), "valid");
  EXPECT_EQ(state("2021-09-30"), "valid");
  EXPECT_EQ(state("2021-10-01"), "expired");
  EXPECT_EQ(state("2021-09-30T16:40:00Z"), "valid");
}

TEST(ExpiredGround, IsNotExpiredWhereARenewalIsValid) {
  const auto layers = Ground()
                          .layer("mining_right", {{"old", box(0, 0, 40, 30), "", "2010-01-01", "2020-01-01"},
                                                  {"new", box(0, 0, 25, 30), "", "2020-01-02", "2030-01-01"}})
                          .load();
  EXPECT_NEAR(number(layers, kHouse, "mining_right_m2"), 750, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "mining_right_expired_m2"), 450, kSmall);
}

TEST(PatchesWithoutADate, LeaveUnknownOnlyWhatDependsOnIt) {
  const auto undated = rule_patch(box(0, 0, 40, 30), 1200, "C10", std::nullopt);
  const auto dated = Ground().layer("approved_land", {{"a", box(0, 0, 20, 30), "", "2021-01-01", ""}}).load();
  EXPECT_TRUE(unknown(dated, undated, "approved_m2"));
  EXPECT_TRUE(unknown(dated, undated, "unapproved_m2"));
  EXPECT_EQ(rows(dated, undated).at(0).state, "unknown");
  const auto open = Ground().layer("approved_land", {{"a", box(0, 0, 20, 30)}}, true).load();
  EXPECT_NEAR(number(open, undated, "approved_m2"), 600, kSmall);
  const auto elsewhere =
      Ground().layer("approved_land", {{"a", box(90, 0, 99, 30), "", "2021-01-01", ""}}).load();
  EXPECT_EQ(number(elsewhere, undated, "approved_m2"), 0);
  const auto rights =
      Ground().layer("mining_right", {{"a", box(60, 0, 99, 30), "", "2021-01-01", ""}}).load();
  EXPECT_TRUE(unknown(rights, undated, "mining_right_distance_m"));
}

TEST(UnapprovedFarmland, IsTheFarmlandOutsideTheUnionOfApprovals) {
  // Farmland x < 30; approvals cover x 10..20 and 15..25 and, expired, 25..40.
  const auto layers =
      Ground()
          .layer("land_use", {{"a", box(-50, -50, 30, 50), "0101"}, {"b", box(30, -50, 90, 50), "0301"}})
          .layer("basic_farmland", {{"n", box(-50, -50, 18, 50)}})
          .layer("approved_land", {{"p", box(10, -50, 20, 50), "", "2020-01-01", ""},
                                   {"q", box(15, -50, 25, 50), "", "2020-01-01", ""},
                                   {"r", box(25, -50, 40, 50), "", "", "2020-12-31"}})
          .load();
  EXPECT_NEAR(number(layers, kHouse, "farmland_unapproved_m2"), (10 + 5) * 30, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "basic_farmland_unapproved_m2"), 10 * 30, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "unapproved_m2"), (10 + 15) * 30, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "unapproved_share"), 25.0 / 40, 1e-5);
  EXPECT_NEAR(number(layers, kHouse, "approved_share"), 15.0 / 40, 1e-5);
}

TEST(UnapprovedGround, IgnoresARimNoWiderThanImageAndOutlineAreSure) {
  // The approval misses the outline by a pixel on all sides: 1200 - 36 * 26 = 264 m2 of rim.
  const auto rim = Ground()
                       .layer("approved_land", {{"a", box(2, 2, 38, 28)}})
                       .layer("basic_farmland", {{"b", box(-50, -50, 50, 50)}})
                       .load();
  EXPECT_EQ(number(rim, kHouse, "unapproved_m2"), 0);
  EXPECT_EQ(number(rim, kHouse, "basic_farmland_unapproved_m2"), 0);
  EXPECT_NEAR(number(rim, kHouse, "basic_farmland_m2"), 1200, kSmall);
  // A strip of the same width that leads away from the approval is ground, to its last square metre.
  const auto road = Ground().layer("approved_land", {{"a", box(0, 0, 10, 2)}}).load();
  EXPECT_NEAR(number(road, rule_patch(box(0, 0, 100, 2), 200), "unapproved_m2"), 180, kSmall);
}

TEST(MiningRights, MeasureOutsideAndBeyondTheBuffer) {
  // The right ends at x = 20; the pit reaches 40 m further: 1200 m2 outside, 900 m2 beyond ten metres.
  const auto layers = Ground().layer("mining_right", {{"a", box(-200, -200, 20, 200)}}).load();
  const auto pit = rule_patch(box(0, 0, 60, 30), 1800, "C30");
  EXPECT_NEAR(number(layers, pit, "mining_right_m2"), 600, kSmall);
  EXPECT_NEAR(number(layers, pit, "mining_right_share"), 1.0 / 3, 1e-5);
  EXPECT_NEAR(number(layers, pit, "mining_right_outside_m2"), 1200, kSmall);
  EXPECT_NEAR(number(layers, pit, "mining_right_beyond_m2"), 900, kSmall);
  EXPECT_EQ(number(layers, pit, "mining_right_distance_m"), 0);
}

TEST(MiningRights, BufferReachesAPatchThatDoesNotTouchTheRight) {
  const auto layers = Ground().layer("mining_right", {{"a", box(-200, -200, -4, 200)}}).load();
  EXPECT_NEAR(number(layers, kHouse, "mining_right_distance_m"), 4, 1e-3);
  EXPECT_NEAR(number(layers, kHouse, "mining_right_beyond_m2"), 34 * 30, kSmall);
  EXPECT_NEAR(number(layers, kHouse, "mining_right_outside_m2"), 1200, kSmall);
}

TEST(MiningRights, DistanceIsToTheNearestValidOne) {
  const auto layers = Ground()
                          .layer("mining_right", {{"expired", box(50, 0, 60, 30), "", "", "2020-12-31"},
                                                  {"far", box(-300, 0, -100, 30), "", "2020-01-01", ""},
                                                  {"near", box(43, 34, 90, 90), "", "2020-01-01", ""}})
                          .load();
  EXPECT_NEAR(number(layers, kHouse, "mining_right_distance_m"), 5, 1e-3);  // a 3-4-5 triangle at the corner
}

TEST(InvalidPolygons, AreRepairedCountedAndSaidOncePerLayer) {
  // A bow tie: two triangles of 100 m2 each that meet in a point.
  const auto bow_tie = polygon({{0, 0}, {20, 20}, {20, 0}, {0, 20}});
  std::vector<std::string> warnings;
  const auto layers =
      Ground()
          .layer("basic_farmland", {{"good", box(90, 90, 99, 99)}, {"tie", bow_tie}, {"tie2", bow_tie}})
          .load(&warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(holds(warnings[0], {"basic_farmland", "2 of 3", "repaired", "tie"}));
  EXPECT_TRUE(
      holds(layers->manifest_json(), {"\"repaired\":2", "\"features\":3", "\"role\":\"basic_farmland\""}));
  EXPECT_NEAR(number(layers, kHouse, "basic_farmland_m2"), 200, kSmall);
}

TEST(OverlapRows, ComeByRoleThenFeature) {
  const auto everywhere = box(-99, -99, 99, 99);
  const auto layers =
      Ground()
          .layer("mining_right", {{"m", everywhere}})
          .layer("land_use", {{"b", box(-99, -99, 20, 99), "0101"}, {"a", box(20, -99, 99, 99), "0702"}})
          .layer("approved_land", {{"p", everywhere, "批复"}})
          .load();
  std::string order;
  for (const auto& row : rows(layers, kHouse)) {
    EXPECT_EQ(row.patch_id, kHouse.patch_id);
    order += row.layer + ":" + row.feature_id + ":" + row.feature_class + ":" + row.state + " ";
  }
  EXPECT_EQ(order, "approved_land:p:批复: land_use:a:0702: land_use:b:0101: mining_right:m:: ");
}

TEST(FeaturesThatOnlyTouch, MakeNoRow) {
  const auto layers = Ground().layer("land_use", {{"a", box(40, 0, 60, 30), "0101"}}).load();
  EXPECT_TRUE(rows(layers, kHouse).empty());
}

TEST(PatchesOfManyVertices, AreMeasuredInTilesWithoutLosingGround) {
  // A comb of 3000 teeth of 0.2 m by 20 m, 0.4 m apart, on a back of 2 m: more than 12000 vertices.
  std::vector<Point> corners{{0, -2}, {1200, -2}};
  for (int tooth = 2999; tooth >= 0; --tooth) {
    const double x = tooth * 0.4;
    if (tooth < 2999) corners.push_back({x + 0.4, 0});
    corners.push_back({x + 0.2, 0});
    corners.push_back({x + 0.2, 20});
    corners.push_back({x, 20});
    corners.push_back({x, 0});
  }
  corners.insert(corners.begin() + 2, {1200, 0});
  auto patch = rule_patch(polygon(corners), 2400 + 3000 * 4.0);
  const auto layers =
      Ground()
          .layer("land_use", {{"a", box(-10, -10, 600, 50), "0301"}, {"b", box(600, -10, 1300, 50), "0301"}})
          .load();
  const auto both = rows(layers, patch);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_NEAR(both[0].gross_m2, 1200 + 1500 * 4.0, 0.1);
  EXPECT_NEAR(both[0].gross_m2 + both[1].gross_m2, 14400, 0.2);
}

TEST(NearlyCoincidentEdges, NeverFailAndPartTheGround) {
  // Layers that retrace the patch with errors of nanometres to millimetres: the classic failure of overlay.
  std::mt19937_64 random(20210705);
  std::uniform_real_distribution<double> along(0, 1), exponent(-9, -3);
  for (int round = 0; round < 100; ++round) {
    std::vector<Point> outline, retraced;
    for (int i = 0; i < 24; ++i) {
      const double angle = i * 0.2617993877991494, radius = 30 + 20 * along(random);
      const double error = std::pow(10, exponent(random)) * (along(random) - 0.5);
      outline.push_back({radius * std::cos(angle), radius * std::sin(angle)});
      retraced.push_back({outline.back().x + error, outline.back().y - error});
    }
    const auto layers = Ground()
                            .layer("approved_land", {{"a", polygon(retraced)}, {"b", box(-90, -90, 3, 90)}})
                            .layer("mining_right", {{"m", polygon(retraced)}})
                            .load();
    const auto patch = rule_patch(polygon(outline), 1);
    EXPECT_NEAR(number(layers, patch, "approved_share"), 1, 1e-3);
    EXPECT_EQ(number(layers, patch, "unapproved_m2"), 0);
    EXPECT_EQ(number(layers, patch, "mining_right_beyond_m2"), 0);
  }
}

TEST(Markers, ShareLayersBetweenThreads) {
  std::vector<Feature> parcels;
  for (int i = 0; i < 400; ++i) {
    const double x = -200 + 20 * (i % 20), y = -200 + 20 * (i / 20);
    parcels.push_back({std::to_string(i), box(x, y, x + 20, y + 20), "0101"});
  }
  const auto layers = Ground().layer("land_use", parcels).load();
  const auto total = [&] {
    const Marker marker(layers, nullptr);
    double sum = 0;
    for (int i = 0; i < 40; ++i) {
      for (const auto& row : marker.mark(rule_patch(box(-190 + i, -150, -130 + i, -90), 3600)).overlaps)
        sum += row.gross_m2;
    }
    return sum;
  };
  const double alone = total();
  EXPECT_NEAR(alone, 40 * 3600, 1);
  double together[3] = {};
  std::vector<std::jthread> threads;
  for (auto& result : together) threads.emplace_back([&] { result = total(); });
  threads.clear();
  for (const double result : together) EXPECT_EQ(result, alone);
}

}  // namespace
}  // namespace tuban::test
