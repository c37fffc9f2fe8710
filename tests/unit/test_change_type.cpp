// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <string>

#include "engine/patch/change_type.h"

namespace tuban {
namespace {

/// Typical reflectances (blue, green, red, nir) and texture (coefficient of variation).
struct Surface {
  const char* name;
  std::array<double, 4> reflectance;
  double texture;
};

constexpr Surface kPaddy{"growing paddy", {.04, .07, .05, .38}, .05};
constexpr Surface kStubble{"stubble", {.08, .10, .13, .25}, .07};
constexpr Surface kDrySoil{"dry soil", {.12, .15, .19, .26}, .07};
constexpr Surface kFlooded{"flooded paddy", {.06, .07, .06, .08}, .08};
constexpr Surface kPond{"pond", {.07, .08, .05, .03}, .05};
constexpr Surface kForest{"forest", {.03, .05, .04, .35}, .12};
constexpr Surface kFill{"laterite fill", {.10, .15, .25, .32}, .08};
constexpr Surface kConcrete{"concrete", {.28, .30, .31, .33}, .05};
constexpr Surface kBlueRoof{"blue roof", {.35, .28, .22, .30}, .05};
constexpr Surface kQuarry{"quarry", {.25, .28, .31, .36}, .20};
constexpr Surface kFilm{"film over crops", {.18, .21, .20, .33}, .05};
constexpr Surface kAsphalt{"asphalt", {.08, .09, .10, .12}, .06};

/// A patch of `new_surface` of which a share `mixed` is still the old one, in samples of gain `gain`.
ChangeMeasures measured(const Surface& old_surface, const Surface& new_surface, double mixed, double gain,
                        const std::array<double, 4>& disturbance = {1, 1, 1, 1}) {
  ChangeMeasures m;
  std::array<std::optional<double> RoleMeans::*, 4> roles{&RoleMeans::blue, &RoleMeans::green,
                                                          &RoleMeans::red, &RoleMeans::nir};
  for (std::size_t b = 0; b < 4; ++b) {
    const double g = old_surface.reflectance[b];
    const double c = new_surface.reflectance[b] * disturbance[b];
    m.before.*roles[b] = gain * g;
    m.after.*roles[b] = gain * (c + mixed * (g - c));
    const double rough = c * new_surface.texture;
    m.sd_after.*roles[b] = gain * std::sqrt(mixed * (1 - mixed) * (g - c) * (g - c) + rough * rough);
  }
  m.area_m2 = 900;
  m.compactness = 0.6;
  return m;
}

ChangeType judged(const Surface& from, const Surface& to, double area = 900) {
  ChangeMeasures m = measured(from, to, 0.1, 10000);
  m.area_m2 = area;
  return judge_change(m);
}

TEST(ChangeType, a_concrete_roof_on_a_field_is_a_building) {
  for (const Surface& field : {kPaddy, kStubble, kFlooded, kForest}) {
    const ChangeType t = judged(field, kConcrete);
    EXPECT_EQ(t.code, "C10") << field.name;
    EXPECT_TRUE(t.construction_like());
    EXPECT_FALSE(t.earthwork_like());
    EXPECT_GE(t.confidence, 0.4);
  }
}

TEST(ChangeType, a_blue_metal_roof_is_a_building_whatever_its_size) {
  for (const double area : {200.0, 900.0, 20000.0})
    EXPECT_EQ(judged(kPaddy, kBlueRoof, area).code, "C10") << area;
}

TEST(ChangeType, even_white_ground_with_plants_beneath_is_film) {
  for (const Surface& field : {kPaddy, kStubble, kFlooded}) {
    const ChangeType t = judged(field, kFilm, 3000);
    EXPECT_EQ(t.code, "C16") << field.name;
    EXPECT_TRUE(t.construction_like());
    EXPECT_FALSE(t.earthwork_like());
  }
}

TEST(ChangeType, film_is_claimed_neither_of_thin_patches_nor_of_roofs_among_trees) {
  ChangeMeasures thin = measured(kPaddy, kFilm, 0.1, 10000);
  thin.width_px = 3;
  EXPECT_NE(judge_change(thin).code, "C16");
  Surface village = kFilm;
  village.texture = .2;
  EXPECT_NE(judged(kPaddy, village, 3000).code, "C16");
  EXPECT_NE(judge_change(measured(kPaddy, kConcrete, 0.5, 10000)).code, "C16");
  EXPECT_NE(judged(kDrySoil, kFilm, 3000).code, "C16");
}

TEST(ChangeType, no_crop_that_another_crop_follows_is_film) {
  for (const Surface& from : {kPaddy, kStubble, kFlooded, kForest, kDrySoil})
    for (const Surface& to : {kPaddy, kStubble, kFlooded, kForest, kDrySoil})
      EXPECT_NE(judged(from, to, 3000).code, "C16") << from.name << " to " << to.name;
}

TEST(ChangeType, red_bare_ground_is_earthwork_and_construction_like) {
  for (const Surface& field : {kPaddy, kStubble, kFlooded, kForest, kDrySoil}) {
    const ChangeType t = judged(field, kFill, 3000);
    EXPECT_EQ(t.code, "C11") << field.name;
    EXPECT_TRUE(t.construction_like());
    EXPECT_TRUE(t.earthwork_like());
  }
}

TEST(ChangeType, a_filled_pond_is_earthwork) {
  const ChangeType t = judged(kPond, kFill, 3000);
  EXPECT_EQ(t.direction, "from_water");
  EXPECT_EQ(t.code, "C11");
}

TEST(ChangeType, large_rough_bright_rock_is_a_quarry) {
  for (const double area : {1500.0, 8000.0, 60000.0}) {
    const ChangeType t = judged(kForest, kQuarry, area);
    EXPECT_EQ(t.code, "C30") << area;
    EXPECT_TRUE(t.earthwork_like());
    EXPECT_FALSE(t.construction_like());
  }
}

TEST(ChangeType, a_large_flat_factory_is_no_quarry) {
  EXPECT_EQ(judged(kPaddy, kConcrete, 6000).code, "C10");
  EXPECT_EQ(judged(kPaddy, kConcrete, 30000).code, "C12");
}

TEST(ChangeType, a_long_thin_bright_strip_is_a_road) {
  ChangeMeasures m = measured(kPaddy, kConcrete, 0.15, 10000);
  m.elongation = 20;
  m.compactness = 0.08;
  EXPECT_EQ(judge_change(m).code, "C13");
  m = measured(kPaddy, kAsphalt, 0.1, 10000);
  m.elongation = 20;
  m.compactness = 0.08;
  EXPECT_EQ(judge_change(m).code, "C13");
}

TEST(ChangeType, a_new_pond_is_water) {
  for (const Surface& field : {kPaddy, kStubble, kFlooded, kFill}) {
    const ChangeType t = judged(field, kPond, 4000);
    EXPECT_EQ(t.code, "C50") << field.name;
    EXPECT_EQ(t.direction, "to_water") << field.name;
    EXPECT_FALSE(t.construction_like());
  }
}

TEST(ChangeType, green_on_former_bare_ground_is_regreening) {
  for (const Surface& bare : {kFill, kQuarry, kConcrete}) {
    EXPECT_EQ(judged(bare, kForest).code, "C33") << bare.name;
    EXPECT_EQ(judged(bare, kForest).direction, "vegetation_gain") << bare.name;
  }
}

TEST(ChangeType, crop_states_are_seasonal_in_any_order) {
  const std::array crops{kPaddy, kStubble, kFlooded, kDrySoil};
  for (const Surface& from : crops) {
    for (const Surface& to : crops) {
      const ChangeType t = judged(from, to);
      if (std::string(from.name) == to.name) continue;
      EXPECT_FALSE(t.construction_like()) << from.name << " to " << to.name;
      EXPECT_FALSE(t.earthwork_like()) << from.name << " to " << to.name;
      EXPECT_TRUE(t.code == "C90" || t.code == "C99") << from.name << " to " << to.name;
    }
  }
  EXPECT_EQ(judged(kPaddy, kStubble).code, "C90");
  EXPECT_EQ(judged(kPaddy, kFlooded).code, "C90");
  EXPECT_EQ(judged(kFlooded, kPaddy).code, "C90");
  EXPECT_EQ(judged(kPaddy, kStubble).direction, "vegetation_loss");
  EXPECT_EQ(judged(kFlooded, kPaddy).direction, "vegetation_gain");
}

TEST(ChangeType, no_harvest_or_flood_becomes_construction_under_noise_mixture_and_any_gain) {
  std::mt19937 random(7);
  const auto between = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random()) / 4294967295.0;
  };
  const std::array crops{kPaddy, kStubble, kFlooded, kDrySoil};
  int claimed = 0;
  for (int i = 0; i < 20000; ++i) {
    const Surface& from = crops[random() % crops.size()];
    const Surface& to = crops[random() % crops.size()];
    const std::array<double, 4> noise{between(.92, 1.08), between(.92, 1.08), between(.92, 1.08),
                                      between(.92, 1.08)};
    ChangeMeasures m = measured(from, to, between(0, 0.6), between(0.1, 20000), noise);
    m.area_m2 = between(200, 50000);
    m.elongation = between(1, 7);
    m.compactness = between(0.1, 0.78);
    m.exposed = i % 2 == 0;
    const ChangeType t = judge_change(m);
    claimed += t.construction_like() || t.earthwork_like();
  }
  EXPECT_EQ(claimed, 0);
}

TEST(ChangeType, most_real_changes_keep_their_type_under_noise_and_mixture) {
  struct Truth {
    Surface from, to;
    const char* code;
    double least_area, most_area;
  };
  const std::array truths{
      Truth{kPaddy, kConcrete, "C10", 200, 1500}, Truth{kStubble, kConcrete, "C10", 200, 1500},
      Truth{kPaddy, kBlueRoof, "C10", 200, 3000}, Truth{kPaddy, kFill, "C11", 400, 20000},
      Truth{kStubble, kFill, "C11", 400, 20000},  Truth{kForest, kQuarry, "C30", 1000, 50000},
      Truth{kPaddy, kPond, "C50", 1000, 10000}};
  std::mt19937 random(11);
  const auto between = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random()) / 4294967295.0;
  };
  for (const Truth& truth : truths) {
    int right = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::array<double, 4> noise{between(.95, 1.05), between(.95, 1.05), between(.95, 1.05),
                                        between(.95, 1.05)};
      ChangeMeasures m = measured(truth.from, truth.to, between(0, 0.35), 10000, noise);
      m.area_m2 = between(truth.least_area, truth.most_area);
      right += judge_change(m).code == truth.code;
    }
    EXPECT_GE(right, 950) << truth.from.name << " to " << truth.to.name;
  }
}

TEST(ChangeType, a_roof_with_a_mixed_border_is_no_rock_whatever_it_stands_on) {
  for (const Surface& field : {kPaddy, kStubble, kDrySoil, kFlooded}) {
    for (const double mixed : {0.1, 0.2, 0.3, 0.4}) {
      // A roof of two planes, one of them turned away from the sun.
      const Surface roof{"roof", kConcrete.reflectance, 0.1};
      ChangeMeasures m = measured(field, roof, mixed, 10000);
      for (const double area : {700.0, 2500.0, 6000.0}) {
        m.area_m2 = area;
        EXPECT_NE(judge_change(m).code, "C30") << field.name << " " << mixed << " " << area;
      }
    }
  }
}

// A house a few pixels wide: more than half border, and too few pixels for its spread to say so.
ChangeMeasures hut() {
  ChangeMeasures m = measured(kPaddy, kConcrete, 0.55, 10000);
  m.area_m2 = 240;
  for (const auto role : {&RoleMeans::blue, &RoleMeans::green, &RoleMeans::red, &RoleMeans::nir})
    *(m.sd_after.*role) *= 0.6;
  return m;
}

TEST(ChangeType, a_house_that_is_mostly_border_is_known_by_the_bare_pixels_it_grew_from) {
  ChangeMeasures m = hut();
  EXPECT_EQ(judge_change(m).code, "C90");
  m.exposed = true;
  EXPECT_EQ(judge_change(m).code, "C10");
}

TEST(ChangeType, a_bare_core_may_be_the_smaller_part_of_its_patch) {
  for (const Surface& roof : {kConcrete, kBlueRoof}) {
    for (const double mixed : {0.5, 0.55, 0.6}) {
      ChangeMeasures m = measured(kPaddy, roof, mixed, 10000);
      m.area_m2 = 400;
      m.exposed = true;
      EXPECT_EQ(judge_change(m).code, "C10") << roof.name << " " << mixed;
    }
  }
}

TEST(ChangeType, grey_rock_is_told_by_its_texture_where_it_is_large) {
  const Surface limestone{"limestone", {.29, .30, .31, .33}, 0.2};
  ChangeMeasures m = measured(kForest, limestone, 0.1, 10000);
  m.area_m2 = 12000;
  EXPECT_EQ(judge_change(m).code, "C30");
  m.area_m2 = 600;
  EXPECT_EQ(judge_change(m).code, "C10");
}

TEST(ChangeType, an_edge_seen_twice_is_misregistration) {
  // Half roof, half yard on both dates, a fraction of a pixel apart.
  ChangeMeasures m;
  m.before = {1600, 1750, 1800, 2600};
  m.after = {1700, 1850, 1900, 2580};
  m.sd_before = {900, 950, 1000, 500};
  m.sd_after = {950, 950, 1050, 500};
  m.width_px = 2;
  const ChangeType t = judge_change(m);
  EXPECT_EQ(t.code, "C92");
  EXPECT_GE(t.confidence, 0.4);
  EXPECT_FALSE(t.construction_like());
  EXPECT_FALSE(t.earthwork_like());
  m.width_px = 6;
  EXPECT_NE(judge_change(m).code, "C92");
  m.width_px = std::nullopt;
  EXPECT_NE(judge_change(m).code, "C92");
}

TEST(ChangeType, a_village_seen_twice_is_misregistration_however_large) {
  ChangeMeasures m;
  m.before = {1600, 1750, 1800, 2600};
  m.after = {1605, 1755, 1810, 2600};
  m.sd_before = m.sd_after = {650, 700, 720, 600};
  for (const std::optional<double> width :
       {std::optional(3.0), std::optional(30.0), std::optional<double>()}) {
    m.width_px = width;
    EXPECT_EQ(judge_change(m).code, "C92");
  }
  m.after = {2100, 2250, 2310, 2900};
  m.width_px = 30;
  EXPECT_EQ(judge_change(m).code, "C93");
}

TEST(ChangeType, worked_ground_is_neither_green_nor_even_nor_wet) {
  // Yards and roofs of a works, 10 m pixels: darker after, as rough as before.
  ChangeMeasures m;
  m.before = {1900, 2000, 2200, 2600};
  m.after = {1300, 1350, 1400, 1700};
  m.sd_before = {350, 380, 400, 420};
  m.sd_after = {300, 310, 330, 350};
  m.width_px = 8;
  const ChangeType t = judge_change(m);
  EXPECT_EQ(t.code, "C93");
  EXPECT_EQ(t.direction, "darkening");
  EXPECT_FALSE(t.construction_like());
  EXPECT_FALSE(t.earthwork_like());

  ChangeMeasures even = m;  // a field that was wetted
  even.sd_before = {100, 100, 110, 120};
  even.sd_after = {90, 90, 100, 110};
  EXPECT_EQ(judge_change(even).code, "C99");
  ChangeMeasures green = m;
  green.before.nir = 5200;
  EXPECT_EQ(judge_change(green).code, "C90");
  ChangeMeasures drained = m;
  drained.before = {1250, 1300, 1100, 700};
  EXPECT_EQ(judge_change(drained).code, "C90");
  drained.after = {2500, 2700, 2900, 3800};
  drained.sd_after = {500, 520, 550, 600};
  EXPECT_NE(judge_change(drained).code, "C90");
}

TEST(ChangeType, change_over_spread_counts_bands_by_their_level) {
  ChangeOverSpread bands;
  EXPECT_FALSE(bands.value());
  bands.add(90, 10, 110, 10);
  EXPECT_DOUBLE_EQ(bands.value().value(), 2);
  bands.add(9000, 1000, 11000, 1000);
  EXPECT_DOUBLE_EQ(bands.value().value(), 2);
  bands.add(-100, 50, 20, 50);
  EXPECT_DOUBLE_EQ(bands.value().value(), 2);
}

TEST(ChangeType, a_thin_strip_that_really_changed_is_no_misregistration) {
  for (const Surface& now : {kConcrete, kFill, kPond, kStubble, kFlooded}) {
    ChangeMeasures m = measured(kPaddy, now, 0.3, 10000);
    m.sd_before = {40, 60, 50, 300};
    m.width_px = 2;
    m.elongation = 20;
    m.compactness = 0.08;
    EXPECT_NE(judge_change(m).code, "C92") << now.name;
  }
}

TEST(ChangeType, white_or_shaded_along_a_mask_is_cloud_or_shadow) {
  constexpr Surface kCloud{"cloud", {.50, .50, .50, .55}, .1};
  ChangeMeasures m = measured(kPaddy, kCloud, 0, 10000);
  m.edge_share = 0.6;
  EXPECT_EQ(judge_change(m).code, "C91");
  constexpr Surface kShade{"shaded paddy", {.02, .035, .025, .17}, .1};
  m = measured(kPaddy, kShade, 0, 10000);
  m.edge_share = 0.6;
  EXPECT_EQ(judge_change(m).code, "C91");
  m.edge_share = 0;
  EXPECT_NE(judge_change(m).code, "C91");
}

TEST(ChangeType, without_near_infrared_only_light_is_told) {
  ChangeMeasures m = measured(kPaddy, kConcrete, 0, 255);
  m.before.nir = m.after.nir = m.sd_after.nir = std::nullopt;
  ChangeType t = judge_change(m);
  EXPECT_EQ(t.direction, "brightening");
  EXPECT_EQ(t.code, "C99");
  EXPECT_EQ(t.confidence, 0);
  std::swap(m.before, m.after);
  EXPECT_EQ(judge_change(m).direction, "darkening");
}

TEST(ChangeType, without_any_role_nothing_is_claimed) {
  const ChangeType t = judge_change({});
  EXPECT_EQ(t.direction, "unknown");
  EXPECT_EQ(t.code, "C99");
  EXPECT_EQ(t.confidence, 0);
}

TEST(ChangeType, without_blue_vegetation_and_water_are_still_told) {
  ChangeMeasures m = measured(kPaddy, kPond, 0, 10000);
  m.before.blue = m.after.blue = m.sd_after.blue = std::nullopt;
  EXPECT_EQ(judge_change(m).code, "C50");
  m = measured(kPaddy, kConcrete, 0, 10000);
  m.before.blue = m.after.blue = m.sd_after.blue = std::nullopt;
  EXPECT_EQ(judge_change(m).direction, "vegetation_loss");
  EXPECT_FALSE(judge_change(m).construction_like());
}

TEST(ChangeType, an_unknown_area_is_no_evidence_but_no_obstacle) {
  ChangeMeasures m = measured(kPaddy, kConcrete, 0.1, 10000);
  m.area_m2 = std::nullopt;
  EXPECT_EQ(judge_change(m).code, "C10");
}

TEST(ChangeType, zero_and_negative_samples_do_not_break_it) {
  ChangeMeasures m;
  m.before = {0, 0, 0, 0};
  m.after = {0, -5, 3, 0};
  const ChangeType t = judge_change(m);
  EXPECT_EQ(t.code, "C99");
  EXPECT_EQ(t.direction, "unknown");
}

TEST(ChangeType, confidence_grows_with_distance_from_the_threshold) {
  const ChangeType clear = judge_change(measured(kPaddy, kFill, 0, 10000));
  const ChangeType doubtful = judge_change(measured(kPaddy, kFill, 0, 10000, {1.15, 1, 1, 1.1}));
  EXPECT_EQ(clear.code, "C11");
  EXPECT_EQ(doubtful.code, "C11");
  EXPECT_GT(clear.confidence, doubtful.confidence);
  EXPECT_LE(clear.confidence, 1);
}

}  // namespace
}  // namespace tuban
