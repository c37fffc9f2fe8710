// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <GeographicLib/Geodesic.hpp>
#include <GeographicLib/PolygonArea.hpp>
#include <GeographicLib/TransverseMercatorExact.hpp>
#include <cmath>

#include "engine/patch/earth.h"
#include "tuban/error.h"

namespace tuban {
namespace {

Polygon square(double x, double y, double width, double height) {
  return {{{{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}, {x, y}}}};
}

Ring reversed(Ring ring) {
  return {ring.rbegin(), ring.rend()};
}

/// Karney's own library on longitude, latitude.
double geographiclib_area(const Ring& lon_lat, double* perimeter = nullptr) {
  GeographicLib::PolygonArea sum(GeographicLib::Geodesic(6378137.0, 1 / 298.257222101));
  for (std::size_t i = 0; i + 1 < lon_lat.size(); ++i) sum.AddPoint(lon_lat[i].y, lon_lat[i].x);
  double length = 0;
  double area = 0;
  sum.Compute(false, true, length, area);
  if (perimeter != nullptr) *perimeter = length;
  return std::abs(area);
}

/// Ground of a Gauss-Krueger or UTM zone to longitude, latitude without PROJ.
Ring unproject(const Ring& ring, double scale, double meridian, double false_easting) {
  const GeographicLib::TransverseMercatorExact tm(6378137.0, 1 / 298.257222101, scale);
  Ring result;
  for (const Point& p : ring) {
    Point g;
    tm.Reverse(meridian, p.x - false_easting, p.y, g.y, g.x);
    result.push_back(g);
  }
  return result;
}

struct Vector {
  const char* crs;
  double x, y, side, expected;
};

class OfficialArea : public testing::TestWithParam<Vector> {};

TEST_P(OfficialArea, agrees_with_the_published_vector_to_a_square_decimetre) {
  const Vector v = GetParam();
  const Earth earth(v.crs);
  EXPECT_NEAR(earth.official_area_m2({square(v.x, v.y, v.side, v.side)}), v.expected, 0.01);
}

INSTANTIATE_TEST_SUITE_P(Vectors, OfficialArea,
                         testing::Values(Vector{"EPSG:4526", 38500000, 2500000, 100, 10000.00},
                                         Vector{"EPSG:4526", 38407000, 2500000, 100, 9997.87},
                                         Vector{"EPSG:4526", 38345500, 2500000, 100, 9994.11},
                                         Vector{"EPSG:4525", 37649500, 2500000, 100, 9994.48},
                                         Vector{"EPSG:4526", 38407000, 2500000, 1000, 999788.70}));

TEST(Earth, a_minute_cell_has_the_area_of_the_map_sheet_formula) {
  const Earth earth("EPSG:4490");
  EXPECT_NEAR(earth.official_area_m2({square(113, 22, 1 / 60.0, 1 / 60.0)}), 3175997.0562, 0.01);
}

TEST(Earth, holes_subtract_whatever_the_direction_of_rings) {
  const Earth earth("EPSG:4526");
  Polygon plate = square(38407000, 2500000, 100, 100);
  const double whole = earth.official_area_m2({plate});
  const Polygon hole = square(38407020, 2500020, 30, 30);
  const double missing = earth.official_area_m2({hole});
  for (const Ring& ring : {hole.rings[0], reversed(hole.rings[0])}) {
    Polygon pierced = plate;
    pierced.rings.push_back(ring);
    EXPECT_NEAR(earth.official_area_m2({pierced}), whole - missing, 2e-4);
    EXPECT_NEAR(earth.perimeter_m({pierced}), earth.perimeter_m({plate}) + earth.perimeter_m({hole}), 2e-4);
    EXPECT_NEAR(earth.geodesic_area_m2({pierced}),
                earth.geodesic_area_m2({plate}) - earth.geodesic_area_m2({hole}), 2e-3);
  }
}

TEST(Earth, parts_add_up) {
  const Earth earth("EPSG:4526");
  const Polygon one = square(38407000, 2500000, 100, 100);
  const Polygon two = square(38407100, 2500100, 50, 50);
  EXPECT_NEAR(earth.official_area_m2({one, two}),
              earth.official_area_m2({one}) + earth.official_area_m2({two}), 2e-4);
}

TEST(Earth, one_pass_measures_what_the_single_measures_say) {
  const Earth earth("EPSG:4526");
  const MultiPolygon shape{square(38407000, 2500000, 1000, 300)};
  const Earth::Measures m = earth.measure(shape);
  EXPECT_EQ(m.official_area_m2, earth.official_area_m2(shape));
  EXPECT_EQ(m.geodesic_area_m2, earth.geodesic_area_m2(shape));
  EXPECT_EQ(m.perimeter_m, earth.perimeter_m(shape));
}

TEST(Earth, geographic_pixels_agree_with_geographiclib_at_every_latitude) {
  const Earth earth("EPSG:4490");
  for (const double lat : {-77.0, -35.5, -0.0001, 0.0, 22.5, 48.1, 66.0, 89.9}) {
    const MultiPolygon pixel{square(113.1, lat, 1e-4, 0.9e-4)};
    double length = 0;
    const double area = geographiclib_area(pixel[0].rings[0], &length);
    EXPECT_NEAR(earth.geodesic_area_m2(pixel) / area, 1, 1e-6) << lat;
    EXPECT_NEAR(earth.official_area_m2(pixel) / area, 1, 1e-6) << lat;
    EXPECT_NEAR(earth.perimeter_m(pixel) / length, 1, 1e-6) << lat;
  }
}

TEST(Earth, world_geodetic_degrees_are_longitude_first) {
  const Earth earth("EPSG:4326");
  const Point at = earth.lon_lat({-1.67, 48.11});
  EXPECT_EQ(at.x, -1.67);
  EXPECT_EQ(at.y, 48.11);
  EXPECT_TRUE(earth.geographic());
  // A degree of longitude shrinks with the cosine, one of latitude hardly changes.
  const Point m = earth.metres_per_unit({-1.67, 48.11});
  EXPECT_NEAR(m.x, 74471, 60);
  EXPECT_NEAR(m.y, 111205, 60);
}

TEST(Earth, metres_per_degree_match_short_geodesics) {
  const Earth earth("EPSG:4326");
  const Point at{113, 22.5};
  const Point m = earth.metres_per_unit(at);
  EXPECT_NEAR(earth.distance_m({113 - 5e-4, 22.5}, {113 + 5e-4, 22.5}) / 1e-3, m.x, 0.06);
  EXPECT_NEAR(earth.distance_m({113, 22.5 - 5e-4}, {113, 22.5 + 5e-4}) / 1e-3, m.y, 0.06);
}

TEST(Earth, a_projected_patch_agrees_with_geographiclib) {
  struct Case {
    const char* crs;
    double scale, meridian, false_easting, x, y;
  };
  for (const Case& c : {Case{"EPSG:4526", 1, 114, 38500000, 38407000, 2500000},
                        Case{"EPSG:4547", 1, 114, 500000, 380000, 2450000}}) {
    const Earth earth(c.crs);
    const Polygon plate = square(c.x, c.y, 60, 40);
    const Polygon hole = square(c.x + 10, c.y + 10, 6, 8);
    const MultiPolygon shape{{{plate.rings[0], reversed(hole.rings[0])}}};
    const double truth = geographiclib_area(unproject(plate.rings[0], c.scale, c.meridian, c.false_easting)) -
                         geographiclib_area(unproject(hole.rings[0], c.scale, c.meridian, c.false_easting));
    EXPECT_NEAR(earth.geodesic_area_m2(shape) / truth, 1, 1e-6) << c.crs;
    EXPECT_NEAR(earth.official_area_m2(shape) / truth, 1, 1e-6) << c.crs;
  }
}

TEST(Earth, utm_scale_is_undone) {
  const Earth earth("EPSG:32649");
  // On the central meridian the scale is 0.9996: a ground square is larger than its planar area says.
  const MultiPolygon shape{square(500000 - 50, 2500000, 100, 100)};
  EXPECT_NEAR(earth.official_area_m2(shape), 10000 / (0.9996 * 0.9996), 0.01);
  EXPECT_NEAR(earth.geodesic_area_m2(shape), 10000 / (0.9996 * 0.9996), 0.01);
  EXPECT_NEAR(earth.metres_per_unit({500000, 2500000}).x, 1 / 0.9996, 1e-6);
  EXPECT_NEAR(earth.metres_per_unit({500000, 2500000}).y, 1 / 0.9996, 1e-6);
  EXPECT_FALSE(earth.geographic());
}

TEST(Earth, long_segments_follow_the_ground_plane) {
  // One undensified trapezoid per 50 km side would miss the curvature of the projected line; a mosaic of
  // small squares has the same area because every edge is shared.
  const Earth earth("EPSG:4526");
  MultiPolygon mosaic;
  for (int i = 0; i < 50; ++i) mosaic.push_back(square(38360000 + i * 1000, 2500000, 1000, 1000));
  const double whole = earth.official_area_m2({square(38360000, 2500000, 50000, 1000)});
  EXPECT_NEAR(whole / earth.official_area_m2(mosaic), 1, 1e-9);
}

TEST(Earth, feet_are_not_metres) {
  const Earth earth("EPSG:2263");  // New York Long Island, US survey foot
  const double metres = earth.official_area_m2({square(984000, 200000, 328.0833333, 328.0833333)});
  EXPECT_NEAR(metres, 10000, 5);
  EXPECT_NEAR(earth.metres_per_unit({984000, 200000}).x, 0.3048006, 1e-4);
}

TEST(Earth, axis_order_of_a_projected_crs_does_not_matter) {
  // EPSG:4547 declares northing first; rasters hold easting first.
  const Point at = Earth("EPSG:4547").lon_lat({500000, 2500000});
  EXPECT_NEAR(at.x, 114, 1e-9);
  EXPECT_NEAR(at.y, 22.6, 0.05);
}

TEST(Earth, grads_from_paris_come_out_in_degrees) {
  const Point at =
      Earth("EPSG:27572").lon_lat({600000, 2200000});  // Lambert II on its origin: 52 grads north
  EXPECT_NEAR(at.x, 0, 1e-9);
  EXPECT_NEAR(at.y, 46.8, 1e-9);
}

TEST(Earth, compound_systems_use_their_horizontal_part) {
  const Earth flat("EPSG:4547");
  const Earth compound("EPSG:4547+5737");
  const MultiPolygon shape{square(400000, 2500000, 100, 100)};
  EXPECT_EQ(compound.official_area_m2(shape), flat.official_area_m2(shape));
}

TEST(Earth, a_shape_across_the_antimeridian_keeps_its_area) {
  const Earth earth("EPSG:4326");
  const MultiPolygon across{
      {{{{179.9995, 10}, {-179.9995, 10}, {-179.9995, 10.001}, {179.9995, 10.001}, {179.9995, 10}}}}};
  const MultiPolygon elsewhere{square(10, 10, 0.001, 0.001)};
  EXPECT_NEAR(earth.geodesic_area_m2(across), earth.geodesic_area_m2(elsewhere), 1e-3);
}

TEST(Earth, nonsense_is_refused_with_a_sentence) {
  for (const char* text : {"", "no such thing", "EPSG:4978"}) {
    try {
      const Earth earth(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::mismatch);
      EXPECT_NE(std::string(error.what()).find("coordinate reference system"), std::string::npos);
    }
  }
}

TEST(Earth, the_identity_is_the_authority_code_where_there_is_one) {
  EXPECT_EQ(Earth("EPSG:4526").identity(), "EPSG:4526");
  const std::string proj = "+proj=tmerc +lon_0=113 +ellps=GRS80 +type=crs";
  EXPECT_EQ(Earth(proj).identity(), proj);
}

TEST(Earth, an_engineering_system_is_refused) {
  const char* local =
      "ENGCRS[\"site\",EDATUM[\"site\"],CS[Cartesian,2],AXIS[\"x\",east],AXIS[\"y\",north],"
      "LENGTHUNIT[\"metre\",1]]";
  EXPECT_THROW(Earth{local}, Error);
}

TEST(Earth, a_point_outside_the_projection_is_refused) {
  const Earth earth("EPSG:4326");
  EXPECT_THROW(earth.lon_lat({10, 95}), Error);
  const Earth gk("EPSG:4526");
  EXPECT_THROW(gk.lon_lat({1e30, 1e30}), Error);
}

}  // namespace
}  // namespace tuban
