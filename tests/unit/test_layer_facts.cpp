// SPDX-License-Identifier: Apache-2.0
// Facts that roles have in common, and those that one role alone has.
#include <cmath>

#include "engine/rules/facts.h"
#include "engine/rules/roles.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

const auto kYard = rule_patch(box(0, 0, 40, 30), 1200);  // 2021-06-15

std::string text(const std::shared_ptr<const ReferenceLayers>& layers, const Patch& patch, const char* name) {
  const auto value = fact(Marker(layers, nullptr), patch, name);
  return value.kind == FactValue::Kind::text ? value.text : "unknown";
}

TEST(FactsOfEveryRole, AreAreaAndShareOfItsGround) {
  for (const auto& role : roles()) {
    const std::string name(role.name);
    if (!find_fact(name + "_m2") || role.family == RoleFamily::earlier) continue;
    const auto layers = Ground().layer(name, {{"a", box(-9, -9, 10, 90)}, {"b", box(5, -9, 15, 90)}}).load();
    EXPECT_NEAR(number(layers, kYard, name + "_m2"), 450, kSmall) << name;
    EXPECT_NEAR(number(layers, kYard, name + "_share"), 0.375, 1e-5) << name;
    const auto elsewhere = Ground().layer(name, {{"a", box(90, 90, 99, 99)}}).load();
    EXPECT_EQ(number(elsewhere, kYard, name + "_m2"), 0) << name;
    EXPECT_EQ(number(elsewhere, kYard, name + "_share"), 0) << name;
  }
}

TEST(FactsOfEveryRole, TellWhatHasEndedAndWhatHasNotBegun) {
  for (const auto& role : roles()) {
    const std::string name(role.name);
    if (!find_fact(name + "_expired_m2")) continue;
    const auto layers = Ground()
                            .layer(name, {{"past", box(0, -9, 20, 90), "", "2015-01-01", "2020-12-31"},
                                          {"now", box(15, -9, 25, 90), "", "2021-01-01", "2021-12-31"},
                                          {"next", box(20, -9, 30, 90), "", "2022-01-01", ""}})
                            .load();
    EXPECT_NEAR(number(layers, kYard, name + "_m2"), 300, kSmall) << name;
    EXPECT_NEAR(number(layers, kYard, name + "_expired_m2"), 450, kSmall) << name;
    EXPECT_NEAR(number(layers, kYard, name + "_pending_m2"), 150, kSmall) << name;
  }
}

TEST(LandUseFacts, KnowHomesteadsWaterAndFacilities) {
  const auto on = [&](const char* code, const char* name) {
    return number(Ground().layer("land_use", {{"a", box(-9, -9, 10, 90), code}}).load(), kYard, name);
  };
  EXPECT_NEAR(on("0702", "homestead_m2"), 300, kSmall);
  EXPECT_EQ(on("0701", "homestead_m2"), 0);
  for (const auto* code : {"1101", "1102", "1103", "1104", "1104A", "1105", "1106"})
    EXPECT_NEAR(on(code, "water_m2"), 300, kSmall) << code;
  for (const auto* code : {"1107", "1108", "1109"}) EXPECT_EQ(on(code, "water_m2"), 0) << code;
  EXPECT_NEAR(on("1202", "facility_land_m2"), 300, kSmall);
  EXPECT_EQ(on("1203", "facility_land_m2"), 0);
}

TEST(FieldRidges, AreTakenOffPaddiesIrrigatedAndDryFieldsAlone) {
  // The arithmetic of E.4: 3200 m2 at KCXS 0.0820 are 2937.60 m2 net, which are 4.41 mu.
  const auto field = rule_patch(box(0, 0, 80, 40), 3200);
  for (const auto* code : {"0101", "0102", "0103"}) {
    const auto layers = Ground().layer("land_use", {{"a", box(-9, -9, 90, 90), code, "", "", 0.082}}).load();
    EXPECT_NEAR(number(layers, field, "farmland_m2"), 3200, 0.03);
    EXPECT_NEAR(number(layers, field, "farmland_net_m2"), 2937.60, 0.03);
    EXPECT_EQ(std::lround(number(layers, field, "farmland_net_m2") * 3 / 2000 * 100), 441);
  }
  const auto odd = Ground().layer("land_use", {{"a", box(-9, -9, 90, 90), "0104", "", "", 0.082}}).load();
  EXPECT_NEAR(number(odd, field, "farmland_net_m2"), 3200, 0.03);
  const auto marks = Marker(odd, nullptr).mark(field);
  EXPECT_NEAR(marks.overlaps.at(0).net_m2.value(), 3200, 0.03);
}

TEST(BasicFarmland, HasANetAreaWhereItsLayerHasTheCoefficient) {
  const auto layers = Ground()
                          .layer("basic_farmland", {{"a", box(-9, -9, 20, 90), "", "", "", 0.1},
                                                    {"b", box(20, -9, 30, 90), "0101", "", "", 0.2},
                                                    {"c", box(30, -9, 35, 90), "0201", "", "", 0.2}})
                          .load();
  EXPECT_NEAR(number(layers, kYard, "basic_farmland_m2"), 1050, kSmall);
  EXPECT_NEAR(number(layers, kYard, "basic_farmland_net_m2"), 600 * 0.9 + 300 * 0.8 + 150, kSmall);
  EXPECT_TRUE(unknown(Ground().layer("basic_farmland", {{"a", box(-9, -9, 20, 90)}}).load(), kYard,
                      "basic_farmland_net_m2"));
}

TEST(UrbanBoundary, LeavesAShareOutside) {
  const auto up_to = [](double x) {
    return Ground().layer("urban_boundary", {{"a", box(-9, -9, x, 90)}}).load();
  };
  EXPECT_NEAR(number(up_to(10), kYard, "urban_boundary_outside_share"), 0.75, 1e-5);
  EXPECT_EQ(number(up_to(0.9), kYard, "urban_boundary_outside_share"), 1);  // a sliver is no inside
}

TEST(Approvals, AreTheGroundOfAllKindsThatAreGiven) {
  Ground ground;
  ground.layer("land_use", {{"a", box(-90, -90, 90, 90), "0101"}})
      .layer("basic_farmland", {{"b", box(-90, -90, 90, 90)}})
      .layer("temporary_land", {{"t", box(-9, -9, 10, 90), "", "2020-01-01", "2022-01-01"}});
  EXPECT_NEAR(number(ground.load(), kYard, "approved_m2"), 300, kSmall);
  EXPECT_NEAR(number(ground.load(), kYard, "farmland_unapproved_m2"), 900, kSmall);
  ground.layer("advance_land", {{"v", box(10, -9, 20, 90)}});
  ground.layer("approved_land", {{"p", box(15, -9, 25, 90)}});
  EXPECT_NEAR(number(ground.load(), kYard, "approved_m2"), 750, kSmall);
  EXPECT_NEAR(number(ground.load(), kYard, "farmland_unapproved_m2"), 450, kSmall);
  EXPECT_NEAR(number(ground.load(), kYard, "basic_farmland_unapproved_m2"), 450, kSmall);
  EXPECT_NEAR(number(ground.load(), kYard, "unapproved_share"), 0.375, 1e-5);
  // Of what may cover the rest, the validity is unknown: so is what remains.
  const auto undated = rule_patch(box(0, 0, 40, 30), 1200, "C10", std::nullopt);
  EXPECT_TRUE(unknown(ground.load(), undated, "farmland_unapproved_m2"));
  EXPECT_FALSE(unknown(ground.load(), undated, "approved_land_m2"));
}

TEST(ConversionAndSupply, AreToldApart) {
  const auto layers = Ground()
                          .layer("approved_land", {{"p", box(-9, -9, 20, 90)}})
                          .layer("supplied_land", {{"s", box(15, -9, 30, 90)}})
                          .load();
  EXPECT_NEAR(number(layers, kYard, "conversion_and_supply_m2"), 150, kSmall);
  EXPECT_NEAR(number(layers, kYard, "conversion_only_m2"), 450, kSmall);
  EXPECT_NEAR(number(layers, kYard, "supply_only_m2"), 300, kSmall);
  const auto one = Ground().layer("approved_land", {{"p", box(-9, -9, 20, 90)}}).load();
  EXPECT_TRUE(unknown(one, kYard, "conversion_only_m2"));
}

TEST(TemporaryLand, IsOverdueMoreThanAYearAfterItsEnd) {
  const auto ended = [](const char* day) {
    return Ground().layer("temporary_land", {{"t", box(-9, -9, 10, 90), "", "", day}}).load();
  };
  EXPECT_NEAR(number(ended("2020-06-14"), kYard, "temporary_land_overdue_m2"), 300, kSmall);
  EXPECT_EQ(number(ended("2020-06-15"), kYard, "temporary_land_overdue_m2"), 0);  // a year to the day
  EXPECT_NEAR(number(ended("2020-06-15"), kYard, "temporary_land_expired_m2"), 300, kSmall);
  EXPECT_EQ(number(ended("2021-06-15"), kYard, "temporary_land_expired_m2"), 0);
}

TEST(MiningRights, TellWhatMayBeMinedUndergroundOnly) {
  const auto layers =
      Ground()
          .layer("mining_right", {{"u", box(-9, -9, 10, 90), "", "", "", {}, "", "", "地下开采"},
                                  {"o", box(10, -9, 30, 90), "", "", "", {}, "", "", "露天开采"}})
          .load();
  EXPECT_NEAR(number(layers, kYard, "mining_right_underground_m2"), 300, kSmall);
  EXPECT_NEAR(number(layers, kYard, "mining_right_m2"), 900, kSmall);
  EXPECT_TRUE(unknown(Ground().layer("mining_right", {{"u", box(-9, -9, 10, 90)}}).load(), kYard,
                      "mining_right_underground_m2"));
}

TEST(Settlements, KnowVillageLandByItsClass) {
  const auto layers =
      Ground()
          .layer("settlement", {{"a", box(-9, -9, 10, 90), "203"}, {"b", box(10, -9, 40, 90), "201"}})
          .load();
  EXPECT_NEAR(number(layers, kYard, "settlement_village_share"), 0.25, 1e-5);
  EXPECT_NEAR(number(layers, kYard, "settlement_share"), 1, 1e-5);
  EXPECT_TRUE(unknown(Ground().layer("settlement", {{"a", box(-9, -9, 10, 90)}}).load(), kYard,
                      "settlement_village_share"));
}

TEST(Districts, NameCountyAndTownOfTheLargestShare) {
  const auto layers = Ground()
                          .layer("district", {{"440705001", box(-9, -9, 15, 90)},
                                              {"440784002", box(15, -9, 32, 90)},
                                              {"440705003", box(32, -9, 40, 90)}})
                          .load();
  EXPECT_NEAR(number(layers, kYard, "district_share"), 1, 1e-5);
  EXPECT_EQ(text(layers, kYard, "county_code"), "440705");   // 23 of 40 m in two of its towns
  EXPECT_EQ(text(layers, kYard, "town_code"), "440784002");  // 17 m
  const auto counties = Ground().layer("district", {{"440705", box(-9, -9, 10, 90)}}).load();
  EXPECT_NEAR(number(counties, kYard, "district_share"), 0.25, 1e-5);
  EXPECT_EQ(text(counties, kYard, "county_code"), "440705");
  EXPECT_EQ(text(counties, kYard, "town_code"), "");
  const auto elsewhere = Ground().layer("district", {{"440705", box(90, 90, 99, 99)}}).load();
  EXPECT_EQ(number(elsewhere, kYard, "district_share"), 0);
  EXPECT_EQ(text(elsewhere, kYard, "county_code"), "");
}

TEST(PatchFacts, MeasureWidthAndDays) {
  auto patch = kYard;
  patch.perimeter_px = 70;  // 300 px: 20 by 15
  EXPECT_DOUBLE_EQ(number(nullptr, patch, "mean_width_px"), 600.0 / 70);
  EXPECT_TRUE(unknown(nullptr, patch, "days_between"));
  patch.before_date = "2020-02-28T03:00:00Z";
  patch.after_date = "2020-03-01";
  EXPECT_EQ(number(nullptr, patch, "days_between"), 2);
  patch.before_date = "2021-03-01";
  EXPECT_EQ(number(nullptr, patch, "days_between"), -365);
}

TEST(PatchFacts, TakeFromElsewhereWhatImagesDoNotTell) {
  auto patch = kYard;
  for (const auto* name : {"off_nadir_deg", "height_change_m", "earlier_patch_m2", "earlier_patch_share",
                           "earlier_suspected_share", "first_seen_date", "lineage_status"})
    EXPECT_TRUE(unknown(nullptr, patch, name)) << name;
  patch.off_nadir_deg = 20;
  patch.height_change_m = -15;
  patch.earlier_m2 = 600;
  patch.earlier_share = 0.5;
  patch.earlier_suspected_share = 0.25;
  patch.first_seen_date = "2021-03-01";
  patch.lineage_status = "grown";
  EXPECT_EQ(number(nullptr, patch, "off_nadir_deg"), 20);
  EXPECT_EQ(number(nullptr, patch, "height_change_m"), -15);
  EXPECT_EQ(number(nullptr, patch, "earlier_patch_m2"), 600);
  EXPECT_EQ(number(nullptr, patch, "earlier_patch_share"), 0.5);
  EXPECT_EQ(number(nullptr, patch, "earlier_suspected_share"), 0.25);
  EXPECT_EQ(text(nullptr, patch, "first_seen_date"), "2021-03-01");
  EXPECT_EQ(text(nullptr, patch, "lineage_status"), "grown");
}

TEST(PatchFacts, SayWhetherTheGroundLookedBuiltBefore) {
  const auto before = [](double blue, double green, double red, double nir, double texture) {
    auto patch = kYard;
    for (const auto& [role, mean] : {std::pair{BandRole::blue, blue}, std::pair{BandRole::green, green},
                                     std::pair{BandRole::red, red}, std::pair{BandRole::nir, nir}})
      patch.spectra.push_back({role, "", mean, mean * texture, 1, 1});
    return number(nullptr, patch, "built_before");
  };
  EXPECT_EQ(before(28, 30, 31, 33, 0.2), 1);   // roofs and yards
  EXPECT_EQ(before(35, 28, 22, 30, 0.15), 1);  // blue roofs
  EXPECT_EQ(before(28, 30, 31, 33, 0.05), 0);  // even: it may be a wet field
  EXPECT_EQ(before(6, 7, 6, 8, 0.08), 0);      // flooded
  EXPECT_EQ(before(7, 8, 5, 3, 0.2), 0);       // pond
  EXPECT_EQ(before(12, 15, 19, 26, 0.2), 0);   // dry soil
  EXPECT_EQ(before(4, 7, 5, 38, 0.2), 0);      // paddy
  EXPECT_TRUE(unknown(nullptr, kYard, "built_before"));
}

}  // namespace
}  // namespace tuban::test
