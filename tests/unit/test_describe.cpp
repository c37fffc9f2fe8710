// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/describe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "engine/patch/change_type.h"
#include "engine/patch/earth.h"
#include "tests/support/drawn_region.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::array kRoles{BandRole::blue, BandRole::green, BandRole::red, BandRole::nir};

/// 2 m pixels in Gauss-Krueger zone 38, four bands of uint16 reflectance times 10,000.
DescribeContext context() {
  DescribeContext c;
  c.grid = {1000, 1000, {38407000, 2, 0, 2502000, 0, -2}, "EPSG:4526"};
  const std::array names{"blue", "green", "red", "nir"};
  for (std::size_t b = 0; b < 4; ++b) {
    c.bands.push_back({names[b], kRoles[b]});
    c.fixed_before.push_back({0, 1});
    c.fixed_after.push_back({0, 1});
    c.normalisation.push_back({1, 0, 1, false});
  }
  c.before_id = "before.tif";
  c.after_id = "after.tif";
  c.before_date = "2021-01-05";
  c.after_date = "2021-03-20";
  c.min_area = {0, false};
  return c;
}

/// Flat spectra; `spread` is added to one half of the pixels and taken from the other.
void paint(Region& region, const std::vector<int>& before, const std::vector<int>& after, int spread = 0) {
  const std::int64_t n = region.stats.pixels;
  for (std::size_t b = 0; b < before.size(); ++b) {
    const auto fill = [&](kernels::BandSums& sums, int value) {
      sums.sum = n * value;
      sums.squares = static_cast<kernels::Int128>(n) * (value * value + spread * spread);
    };
    fill(region.stats.before[b], before[b]);
    fill(region.stats.after[b], after[b]);
  }
}

const std::vector<int> kPaddy{400, 700, 500, 3800};
const std::vector<int> kConcrete{2800, 3000, 3100, 3300};

Region house() {
  Region region = drawn_region(std::vector<std::string>(10, "##########"), 100, 200, 1000);
  paint(region, kPaddy, kConcrete, 20);
  return region;
}

TEST(Describe, gives_a_house_its_areas) {
  const Patch p = Describer(context()).describe(house()).value();
  EXPECT_EQ(p.area_px, 100);
  const double truth = Earth("EPSG:4526").official_area_m2(p.geometry);
  EXPECT_NEAR(*p.area_m2, 400 * 0.999787, 0.01);
  EXPECT_EQ(*p.area_m2, truth);
  EXPECT_NEAR(*p.area_geod_m2, *p.area_m2, 0.01);
  EXPECT_DOUBLE_EQ(*p.area_mu, *p.area_m2 * 3 / 2000);
  EXPECT_NEAR(*p.perimeter_m, 80, 0.02);
  EXPECT_EQ(p.perimeter_px, 40);
}

TEST(Describe, puts_a_house_on_the_earth) {
  const Patch p = Describer(context()).describe(house()).value();
  EXPECT_EQ(p.centroid_x, 38407000 + 2 * 105);
  EXPECT_EQ(p.centroid_y, 2502000 - 2 * 205);
  const Point at = Earth("EPSG:4526").lon_lat({p.centroid_x, p.centroid_y});
  EXPECT_EQ(*p.lon, at.x);
  EXPECT_EQ(*p.lat, at.y);
  ASSERT_EQ(p.geometry.size(), 1U);
  const Ring& ring = p.geometry[0].rings[0];
  EXPECT_EQ(ring.size(), 5U);
  EXPECT_EQ(p.last_row, 209);
  EXPECT_EQ(p.region_id, 200U * 1000 + 100);
}

TEST(Describe, gives_a_house_its_form) {
  const Patch p = Describer(context()).describe(house()).value();
  EXPECT_NEAR(p.compactness, 0.7853981634, 1e-9);
  EXPECT_NEAR(p.elongation, 1, 1e-9);
  EXPECT_EQ(p.edge_share, 0);
}

TEST(Describe, gives_spectra_in_native_units) {
  const Patch p = Describer(context()).describe(house()).value();
  ASSERT_EQ(p.spectra.size(), 4U);
  EXPECT_EQ(p.spectra[3].role, BandRole::nir);
  EXPECT_EQ(p.spectra[3].band, "nir");
  EXPECT_DOUBLE_EQ(p.spectra[3].mean_before, 3800);
  EXPECT_DOUBLE_EQ(p.spectra[3].mean_after, 3300);
  EXPECT_DOUBLE_EQ(p.spectra[3].sd_after, 20);
}

TEST(Describe, gives_indices_where_the_roles_allow) {
  const Patch p = Describer(context()).describe(house()).value();
  EXPECT_DOUBLE_EQ(*p.ndvi.before, 3300.0 / 4300);
  EXPECT_DOUBLE_EQ(*p.ndvi.after, 200.0 / 6400);
  EXPECT_DOUBLE_EQ(*p.ndwi.before, -3100.0 / 4500);
  EXPECT_DOUBLE_EQ(*p.brightness.before, 1350);
  EXPECT_DOUBLE_EQ(*p.brightness.after, 3050);
  for (const IndexPair& missing : {p.mndwi, p.ndbi, p.bsi}) {
    EXPECT_FALSE(missing.before);
    EXPECT_FALSE(missing.after);
  }
}

TEST(Describe, uses_short_wave_infrared_where_it_is_there) {
  DescribeContext c = context();
  c.bands.push_back({"swir", BandRole::swir1});
  c.fixed_before.push_back({0, 1});
  c.fixed_after.push_back({0, 1});
  c.normalisation.push_back({1, 0, 1, false});
  Region region = house();
  paint(region, {400, 700, 500, 3800, 1500}, {2800, 3000, 3100, 3300, 3500});
  const Patch p = Describer(std::move(c)).describe(region).value();
  EXPECT_DOUBLE_EQ(*p.mndwi.before, (700.0 - 1500) / 2200);
  EXPECT_DOUBLE_EQ(*p.ndbi.after, (3500.0 - 3300) / 6800);
  EXPECT_DOUBLE_EQ(*p.bsi.after, ((3500.0 + 3100) - (3300 + 2800)) / (3500 + 3100 + 3300 + 2800));
}

TEST(Describe, measures_indices_on_the_scale_of_the_before_date) {
  // The after date has half the gain and 100 more: before = 2 * after - 200.
  DescribeContext c = context();
  for (auto& n : c.normalisation) n = {2, -200, 1, false};
  Region region = house();
  paint(region, kPaddy, {1500, 1600, 1650, 1750}, 20);
  const Patch p = Describer(std::move(c)).describe(region).value();
  EXPECT_DOUBLE_EQ(p.spectra[0].mean_after, 1500);
  EXPECT_DOUBLE_EQ(*p.ndvi.after, 200.0 / 6400);
  EXPECT_EQ(p.change_type, "C10");
}

TEST(Describe, an_index_without_a_denominator_is_empty) {
  Region region = house();
  paint(region, {0, 0, 0, 0}, kConcrete);
  const Patch p = Describer(context()).describe(region).value();
  EXPECT_FALSE(p.ndvi.before);
  EXPECT_TRUE(p.ndvi.after);
}

TEST(Describe, undoes_the_fixed_point_of_each_date) {
  DescribeContext c = context();
  c.fixed_before.assign(4, {-32768, 1});
  c.fixed_after.assign(4, {0, 10});
  Region region = house();
  paint(region, {32768, 32769, 32767, 32778}, {10, 20, 30, 40}, 5);
  const Patch p = Describer(std::move(c)).describe(region).value();
  EXPECT_DOUBLE_EQ(p.spectra[2].mean_before, -1);
  EXPECT_DOUBLE_EQ(p.spectra[3].mean_before, 10);
  EXPECT_DOUBLE_EQ(p.spectra[3].mean_after, 4);
  EXPECT_DOUBLE_EQ(p.spectra[3].sd_after, 0.5);
}

TEST(Describe, judges_direction_and_type) {
  const Patch p = Describer(context()).describe(house()).value();
  EXPECT_EQ(p.direction, "vegetation_loss");
  EXPECT_EQ(p.change_type, "C10");
  EXPECT_TRUE(p.construction_like);
  EXPECT_FALSE(p.earthwork_like);
  EXPECT_GT(p.type_confidence, 0.4);
}

TEST(Describe, judges_by_the_kind_of_pixels_a_region_grew_from) {
  Region hut = drawn_region(std::vector<std::string>(5, "#####"), 100, 200, 1000);
  paint(hut, kPaddy, {1600, 1850, 1800, 3550}, 840);
  const auto code = [&] { return Describer(context()).describe(hut).value().change_type; };
  EXPECT_EQ(code(), "C90");
  hut.kind = kernels::Kind::exposed;
  EXPECT_EQ(code(), "C10");
}

TEST(Describe, bands_of_unknown_role_claim_nothing) {
  DescribeContext c = context();
  for (auto& band : c.bands) band.role = BandRole::unknown;
  const Patch p = Describer(std::move(c)).describe(house()).value();
  EXPECT_EQ(p.direction, "unknown");
  EXPECT_EQ(p.change_type, "C99");
  EXPECT_FALSE(p.ndvi.before);
  EXPECT_FALSE(p.brightness.before);
  EXPECT_EQ(p.spectra.size(), 4U);
}

TEST(Describe, confidence_grows_with_the_score_above_the_cut) {
  DescribeContext c = context();
  c.cut = 3;
  Region region = house();
  const auto scored = [&](double mean) {
    region.stats.score_sum = static_cast<std::int64_t>(mean * 65536) * region.stats.pixels;
    region.stats.score_max = 20 * 65536;
    return Describer(c).describe(region).value();
  };
  const Patch p = scored(4);
  EXPECT_DOUBLE_EQ(p.score_mean, 4);
  EXPECT_DOUBLE_EQ(p.score_max, 20);
  // By hand: e = 1/4, a square of 10 px has w = 5 and b = 5/7; m from the spectra that test_change_type
  // checks.
  ChangeOverSpread bands;
  for (const BandSpectrum& band : p.spectra)
    bands.add(band.mean_before, band.sd_before, band.mean_after, band.sd_after);
  const double r = bands.value().value_or(1);
  EXPECT_DOUBLE_EQ(p.confidence, std::sqrt(0.25 * std::sqrt(5.0 / 7 * r / (r + 0.5))));
  EXPECT_GT(scored(6).confidence, p.confidence);
  EXPECT_LT(scored(19).confidence, 1);
  EXPECT_EQ(scored(3).confidence, 0);
}

TEST(Describe, confidence_is_less_for_what_the_season_does) {
  Region hut = drawn_region(std::vector<std::string>(5, "#####"), 100, 200, 1000);
  paint(hut, kPaddy, {1600, 1850, 1800, 3550}, 840);
  hut.stats.score_sum = 4 * 65536 * hut.stats.pixels;
  DescribeContext c = context();
  c.cut = 3;
  const Patch crop = Describer(c).describe(hut).value();
  ASSERT_EQ(crop.change_type, "C90");
  hut.kind = kernels::Kind::exposed;
  EXPECT_DOUBLE_EQ(crop.confidence, 0.8 * Describer(c).describe(hut).value().confidence);
}

TEST(Describe, a_region_whose_highest_score_is_too_low_is_no_patch_unless_it_is_a_piece) {
  DescribeContext c = context();
  c.least_score_max = 5.5;
  const Describer describer(std::move(c));
  Region region = house();
  region.stats.score_max = 5 * 65536;
  EXPECT_FALSE(describer.describe(region));
  region.cut = true;
  EXPECT_TRUE(describer.describe(region));
  region.cut = false;
  region.stats.score_max = 5 * 65536 + 32768;
  EXPECT_TRUE(describer.describe(region));
}

TEST(Describe, edge_share_counts_sides_next_to_nothing) {
  Region region = house();
  region.stats.invalid_edges = 10;
  EXPECT_DOUBLE_EQ(Describer(context()).describe(region)->edge_share, 0.25);
}

TEST(Describe, valid_share_is_that_of_the_outline_at_seen_ground) {
  Region region = house();
  EXPECT_EQ(Describer(context()).describe(region)->valid_share, 1);
  region.stats.invalid_edges = 10;
  EXPECT_EQ(Describer(context()).describe(region)->valid_share, 0.75);
}

TEST(Describe, valid_share_leaves_the_frame_out) {
  DescribeContext c = context();
  c.grid.width = 110;
  c.grid.height = 210;
  const Describer describer(std::move(c));
  Region corner = house();  // its right and its lower side are the frame
  corner.stats.invalid_edges = 20;
  EXPECT_EQ(describer.describe(corner)->valid_share, 1);
  corner.stats.invalid_edges = 25;
  EXPECT_EQ(describer.describe(corner)->valid_share, 0.75);
  Region origin = drawn_region({"##", "#."}, 0, 0, 1000);
  paint(origin, kPaddy, kConcrete);
  origin.stats.invalid_edges = 5;  // four at the frame, one at a cloud
  EXPECT_EQ(describer.describe(origin)->valid_share, 0.75);
}

TEST(Describe, valid_share_is_unknown_where_all_of_the_outline_is_the_frame) {
  DescribeContext c = context();
  c.grid.width = 3;
  c.grid.height = 2;
  Region region = drawn_region({"###", "###"}, 0, 0, 3);
  paint(region, kPaddy, kConcrete);
  region.stats.invalid_edges = 10;
  const Patch patch = Describer(std::move(c)).describe(region).value();
  EXPECT_EQ(patch.valid_share, std::nullopt);
  EXPECT_EQ(patch.edge_share, 1);
}

TEST(Describe, valid_share_sees_a_cloud_inside) {
  Region region = drawn_region({"###", "#.#", "###"}, 5, 5, 1000);
  paint(region, kPaddy, kConcrete);
  region.stats.invalid_edges = 4;
  EXPECT_EQ(Describer(context()).describe(region)->valid_share, 0.75);
}

TEST(Describe, subtracts_holes) {
  Region region = drawn_region({"###", "#.#", "###"}, 0, 0, 1000);
  paint(region, kPaddy, kConcrete);
  const Patch p = Describer(context()).describe(region).value();
  ASSERT_EQ(p.geometry[0].rings.size(), 2U);
  EXPECT_NEAR(*p.area_m2, 32 * 0.999787, 0.001);
  EXPECT_NEAR(*p.perimeter_m, 32, 0.01);
  EXPECT_EQ(p.perimeter_px, 16);
}

TEST(Describe, a_region_of_two_parts_is_one_patch) {
  Region region = drawn_region({"##..", "##..", "..##"}, 0, 0, 1000);
  paint(region, kPaddy, kConcrete);
  const Patch p = Describer(context()).describe(region).value();
  EXPECT_EQ(p.geometry.size(), 2U);
  EXPECT_NEAR(*p.area_m2, 24 * 0.999787, 0.001);
}

TEST(Describe, south_up_rasters_have_the_same_patch_upside_down) {
  DescribeContext c = context();
  c.grid.transform = {38407000, 2, 0, 2500000, 0, 2};
  const Patch p = Describer(std::move(c)).describe(house()).value();
  EXPECT_EQ(p.centroid_y, 2500000 + 2 * 205);
  const Ring& r = p.geometry[0].rings[0];
  double twice = 0;
  for (std::size_t i = 0; i + 1 < r.size(); ++i) {
    twice += (r[i].x - r[0].x) * (r[i + 1].y - r[0].y) - (r[i + 1].x - r[0].x) * (r[i].y - r[0].y);
  }
  EXPECT_EQ(twice, 800);
}

TEST(Describe, geographic_pixels_are_measured_in_metres) {
  DescribeContext c = context();
  // At 60 degrees a degree of longitude is about half one of latitude: 2e-4 x 1e-4 degrees is nearly square.
  c.grid = {1000, 1000, {10, 2e-4, 0, 60, 0, -1e-4}, "EPSG:4326"};
  Region region = drawn_region({"##", "##"}, 0, 0, 1000);
  paint(region, kPaddy, kConcrete);
  const Patch p = Describer(std::move(c)).describe(region).value();
  EXPECT_NEAR(p.elongation, 1, 0.01);
  EXPECT_NEAR(p.compactness, 0.7854, 1e-3);
  EXPECT_NEAR(*p.area_m2, 4 * 11.16 * 11.14, 1.5);
  EXPECT_NEAR(*p.area_geod_m2 / *p.area_m2, 1, 1e-6);
  EXPECT_NEAR(*p.lon, 10.0002, 1e-9);
  EXPECT_NEAR(*p.lat, 59.9999, 1e-9);
}

TEST(Describe, without_a_crs_areas_are_unknown) {
  DescribeContext c = context();
  c.grid = {1000, 1000, {0, 1, 0, 0, 0, 1}, {}};
  const Patch p = Describer(std::move(c)).describe(house()).value();
  EXPECT_FALSE(p.area_m2);
  EXPECT_FALSE(p.area_geod_m2);
  EXPECT_FALSE(p.area_mu);
  EXPECT_FALSE(p.perimeter_m);
  EXPECT_FALSE(p.lon);
  EXPECT_FALSE(p.lat);
  EXPECT_EQ(p.area_px, 100);
  EXPECT_EQ(p.centroid_x, 105);
  EXPECT_NEAR(p.compactness, 0.7853981634, 1e-9);
  EXPECT_EQ(p.change_type, "C10");
}

TEST(MinimumArea, is_told_by_the_official_area) {
  // 100 pixels of 4 m2 are 399.915 m2 here: 400 m2 on the plane would have passed.
  for (const auto& [least, kept] : {std::pair{399.9, true}, std::pair{400.0, false}}) {
    DescribeContext c = context();
    c.min_area = {least, false};
    EXPECT_EQ(Describer(std::move(c)).describe(house()).has_value(), kept) << least;
  }
}

TEST(MinimumArea, in_pixels_counts_pixels) {
  for (const auto& [least, kept] : {std::pair{100.0, true}, std::pair{101.0, false}}) {
    DescribeContext c = context();
    c.min_area = {least, true};
    const Describer describer(std::move(c));
    EXPECT_EQ(describer.describe(house()).has_value(), kept);
    EXPECT_EQ(describer.fewest_pixels(), static_cast<std::int64_t>(least));
  }
}

TEST(MinimumArea, without_a_crs_is_in_pixels) {
  DescribeContext c = context();
  c.grid.crs.clear();
  c.min_area = {101, false};
  const Describer describer(std::move(c));
  EXPECT_FALSE(describer.describe(house()));
  EXPECT_EQ(describer.fewest_pixels(), 101);
}

TEST(MinimumArea, the_fewest_pixels_never_drop_what_describing_would_keep) {
  struct Place {
    Grid grid;
    double least;
  };
  for (const Place& place : {Place{{4000, 4000, {38345500, 2, 0, 2502000, 0, -2}, "EPSG:4526"}, 200},
                             Place{{10000, 10000, {300000, 30, 0, 5300000, 0, -30}, "EPSG:32630"}, 40000},
                             Place{{36000, 18000, {-180, .01, 0, 90, 0, -.01}, "EPSG:4326"}, 5e6},
                             Place{{40000, 40000, {-2e7, 1000, 0, 2e7, 0, -1000}, "EPSG:3857"}, 2e7}}) {
    DescribeContext c = context();
    c.grid = place.grid;
    c.min_area = {place.least, false};
    const Describer describer(std::move(c));
    const std::int64_t fewest = describer.fewest_pixels();
    EXPECT_GE(fewest, 1);
    // The largest pixel anywhere: search rows and columns more finely than the bound does.
    const Earth earth(place.grid.crs);
    double largest = 0;
    for (int i = 0; i < 400; ++i) {
      const double y = std::floor((place.grid.height - 1) * (i + 0.5) / 400);
      for (int j = 0; j < 40; ++j) {
        const double x = std::floor((place.grid.width - 1) * (j + 0.5) / 40);
        const auto at = [&](double dx, double dy) {
          return Point{place.grid.ground_x(x + dx, y + dy), place.grid.ground_y(x + dx, y + dy)};
        };
        const Ring pixel{at(0, 0), at(1, 0), at(1, 1), at(0, 1), at(0, 0)};
        largest = std::max(largest, earth.official_area_m2({{{pixel}}}));
      }
    }
    EXPECT_LE(static_cast<double>(fewest - 1) * largest, place.least) << place.grid.crs;
    EXPECT_GE(static_cast<double>(fewest + 1) * largest, place.least * 0.95) << place.grid.crs;
  }
}

TEST(PatchId, is_sixteen_hex_digits_and_the_lineage_at_first_sight) {
  const Patch p = Describer(context()).describe(house()).value();
  EXPECT_EQ(p.patch_id.size(), 16U);
  EXPECT_EQ(p.patch_id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(p.lineage_id, p.patch_id);
}

TEST(PatchId, is_the_same_on_every_machine_and_in_every_version) {
  // FNV-1a over "EPSG:4526\n2 2\nbefore.tif\nafter.tif\n19203600500 1250799500", computed apart.
  EXPECT_EQ(Describer(context()).describe(house())->patch_id, "1187c06d5f6eb074");
}

TEST(PatchId, does_not_depend_on_the_window_of_the_grid) {
  // The same ground in a raster that begins 50 pixels further east and 100 further south.
  DescribeContext window = context();
  window.grid = {500, 500, {38407000 + 100, 2, 0, 2502000 - 200, 0, -2}, "EPSG:4526"};
  Region region = drawn_region(std::vector<std::string>(10, "##########"), 50, 100, 500);
  paint(region, kPaddy, kConcrete, 20);
  EXPECT_EQ(Describer(std::move(window)).describe(region)->patch_id,
            Describer(context()).describe(house())->patch_id);
}

TEST(PatchId, differs_with_place_pixel_scene_and_crs) {
  std::set<std::string> ids{Describer(context()).describe(house())->patch_id};
  const auto add = [&](auto change) {
    DescribeContext c = context();
    Region region = house();
    change(c, region);
    ids.insert(Describer(std::move(c)).describe(region)->patch_id);
  };
  add([](DescribeContext&, Region& r) { r.id += 1; });
  add([](DescribeContext&, Region& r) { r.id += 1000; });
  add([](DescribeContext& c, Region&) { c.before_id = "other.tif"; });
  add([](DescribeContext& c, Region&) { c.after_id = "other.tif"; });
  add([](DescribeContext& c, Region&) { c.grid.crs = "EPSG:4527"; });
  add([](DescribeContext& c, Region&) { c.grid.crs.clear(); });
  add([](DescribeContext& c, Region&) { c.grid.transform[1] = 2.5; });
  EXPECT_EQ(ids.size(), 8U);
}

TEST(Describe, a_grid_whose_pixels_have_no_area_is_refused) {
  DescribeContext c = context();
  c.grid.transform = {0, 1, 1, 0, 1, 1};
  try {
    const Describer describer(std::move(c));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::mismatch);
  }
}

void expect_same(const Patch& a, const Patch& b) {
  EXPECT_EQ(a.patch_id, b.patch_id);
  EXPECT_EQ(a.region_id, b.region_id);
  EXPECT_EQ(a.lineage_id, b.lineage_id);
  ASSERT_EQ(a.geometry.size(), b.geometry.size());
  for (std::size_t i = 0; i < a.geometry.size(); ++i) EXPECT_EQ(a.geometry[i].rings, b.geometry[i].rings);
  EXPECT_EQ(a.cut, b.cut);
  EXPECT_EQ(a.area_px, b.area_px);
  EXPECT_EQ(a.area_m2, b.area_m2);
  EXPECT_EQ(a.area_geod_m2, b.area_geod_m2);
  EXPECT_EQ(a.area_mu, b.area_mu);
  EXPECT_EQ(a.perimeter_m, b.perimeter_m);
  EXPECT_EQ(a.perimeter_px, b.perimeter_px);
  EXPECT_EQ(a.compactness, b.compactness);
  EXPECT_EQ(a.elongation, b.elongation);
  EXPECT_EQ(a.centroid_x, b.centroid_x);
  EXPECT_EQ(a.centroid_y, b.centroid_y);
  EXPECT_EQ(a.lon, b.lon);
  EXPECT_EQ(a.lat, b.lat);
  EXPECT_EQ(a.last_row, b.last_row);
  EXPECT_EQ(a.before_date, b.before_date);
  EXPECT_EQ(a.after_date, b.after_date);
  ASSERT_EQ(a.spectra.size(), b.spectra.size());
  for (std::size_t i = 0; i < a.spectra.size(); ++i) {
    EXPECT_EQ(a.spectra[i].role, b.spectra[i].role);
    EXPECT_EQ(a.spectra[i].band, b.spectra[i].band);
    EXPECT_EQ(a.spectra[i].mean_before, b.spectra[i].mean_before);
    EXPECT_EQ(a.spectra[i].sd_before, b.spectra[i].sd_before);
    EXPECT_EQ(a.spectra[i].mean_after, b.spectra[i].mean_after);
    EXPECT_EQ(a.spectra[i].sd_after, b.spectra[i].sd_after);
  }
  for (const auto index :
       {&Patch::ndvi, &Patch::ndwi, &Patch::mndwi, &Patch::ndbi, &Patch::bsi, &Patch::brightness}) {
    EXPECT_EQ((a.*index).before, (b.*index).before);
    EXPECT_EQ((a.*index).after, (b.*index).after);
  }
  EXPECT_EQ(a.direction, b.direction);
  EXPECT_EQ(a.change_type, b.change_type);
  EXPECT_EQ(a.type_confidence, b.type_confidence);
  EXPECT_EQ(a.construction_like, b.construction_like);
  EXPECT_EQ(a.earthwork_like, b.earthwork_like);
  EXPECT_EQ(a.score_mean, b.score_mean);
  EXPECT_EQ(a.score_max, b.score_max);
  EXPECT_EQ(a.confidence, b.confidence);
  EXPECT_EQ(a.edge_share, b.edge_share);
  EXPECT_EQ(a.valid_share, b.valid_share);
  EXPECT_EQ(a.earlier_m2, b.earlier_m2);
  EXPECT_EQ(a.earlier_share, b.earlier_share);
  EXPECT_EQ(a.earlier_suspected_share, b.earlier_suspected_share);
  EXPECT_EQ(a.first_seen_date, b.first_seen_date);
  EXPECT_EQ(a.lineage_status, b.lineage_status);
  EXPECT_EQ(a.case_id, b.case_id);
  EXPECT_EQ(a.off_nadir_deg, b.off_nadir_deg);
  EXPECT_EQ(a.height_change_m, b.height_change_m);
}

TEST(PatchRecord, comes_back_as_it_went_in) {
  Region region = drawn_region({"###...", "#.#...", "###...", "...###"}, 5, 5, 1000);
  paint(region, kPaddy, kConcrete, 20);
  region.cut = true;
  region.stats.invalid_edges = 3;
  Patch patch = Describer(context()).describe(region).value();
  patch.lineage_id = "an older patch";
  patch.earlier_m2 = 120.5;
  patch.earlier_share = 0.25;
  patch.earlier_suspected_share = 0.125;
  patch.first_seen_date = "2021-03-01";
  patch.lineage_status = "grown";
  patch.case_id = "案2021-7";
  patch.off_nadir_deg = 21.5;
  patch.height_change_m = -12.25;
  Encoder encoder;
  encode(encoder, patch);
  Decoder decoder(encoder.bytes());
  expect_same(decode_patch(decoder), patch);
  EXPECT_TRUE(decoder.done());
}

TEST(PatchRecord, keeps_what_is_unknown_unknown) {
  DescribeContext c = context();
  c.grid.crs.clear();
  c.before_date.reset();
  c.bands[0].role = BandRole::unknown;
  const Patch patch = Describer(std::move(c)).describe(house()).value();
  Encoder encoder;
  encode(encoder, patch);
  Decoder decoder(encoder.bytes());
  const Patch back = decode_patch(decoder);
  expect_same(back, patch);
  EXPECT_FALSE(back.area_m2);
  EXPECT_FALSE(back.before_date);
}

TEST(PatchRecord, that_ends_early_is_refused) {
  Encoder encoder;
  encode(encoder, Describer(context()).describe(house()).value());
  for (const std::size_t size : {std::size_t{0}, std::size_t{20}, encoder.bytes().size() - 1}) {
    Decoder decoder(encoder.bytes().first(size));
    EXPECT_THROW(decode_patch(decoder), Error) << size;
  }
}

}  // namespace
}  // namespace tuban
