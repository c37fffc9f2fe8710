// SPDX-License-Identifier: Apache-2.0
// Layers as offices hand them over: zones with and without their number, other CRSs, geodatabases, servers.
#include <GeographicLib/TransverseMercator.hpp>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>

#include "engine/io/layer_file.h"
#include "engine/io/layer_reader.h"
#include "tests/support/rule_ground.h"
#include "tests/support/vector_file.h"

namespace tuban::test {
namespace {

LayerSpec spec_for(const std::string& path, const std::string& role = "basic_farmland") {
  LayerSpec spec;
  spec.role = role;
  spec.path = path;
  spec.declared_in = "layers.yaml";
  return spec;
}

std::string ring(const std::vector<Point>& corners) {
  std::string text = "POLYGON((";
  char pair[96];
  for (std::size_t i = 0; i <= corners.size(); ++i) {
    const Point& p = corners[i % corners.size()];
    std::snprintf(pair, sizeof pair, "%s%.12g %.12g", i > 0 ? "," : "", p.x, p.y);
    text += pair;
  }
  return text + "))";
}

/// 100 m by 100 m whose lower left corner has this easting.
std::string square(double easting) {
  return ring({{easting, 2500000}, {easting + 100, 2500000}, {easting + 100, 2500100}, {easting, 2500100}});
}

/// The first corner and the box of the only feature, on the grid.
struct Drawn {
  OGREnvelope box;
  std::vector<std::string> notes;
  std::vector<Point> corners;
};
Drawn drawn(const LayerSpec& spec) {
  const auto contents = make_layer_reader()(spec, rule_grid());
  EXPECT_EQ(contents.features.size(), 1U);
  OGRGeometry* made = nullptr;
  OGRGeometryFactory::createFromWkb(contents.features.at(0).wkb.data(), nullptr, &made);
  const std::unique_ptr<OGRGeometry> geometry(made);
  Drawn result;
  geometry->getEnvelope(&result.box);
  result.notes = contents.notes;
  const auto* const outline = geometry->toMultiPolygon()->getGeometryRef(0)->getExteriorRing();
  for (int i = 0; i < outline->getNumPoints(); ++i)
    result.corners.push_back({outline->getX(i), outline->getY(i)});
  return result;
}

TEST(OtherCrs, ComesOutRightToAMillimetre) {
  const TempFolder folder;
  const GeographicLib::TransverseMercator gauss_krueger(6378137, 1 / 298.257222101, 1);
  const std::vector<Point> places{{113.995, 22.598}, {114.004, 22.598}, {114.003, 22.606}, {113.996, 22.605}};
  std::vector<Point> zone37, zone38;
  for (const Point& p : places) {
    Point on37, on38;
    gauss_krueger.Forward(111, p.y, p.x, on37.x, on37.y);
    gauss_krueger.Forward(114, p.y, p.x, on38.x, on38.y);
    zone37.push_back({on37.x + 37500000, on37.y});
    zone38.push_back({on38.x + 38500000, on38.y});
  }
  const auto degrees = folder / "degrees.gpkg", west = folder / "zone37.gpkg";
  VectorFile("GPKG", degrees, "EPSG:4490").feature(ring(places));
  VectorFile("GPKG", west, "EPSG:4525").feature(ring(zone37));
  for (const auto& path : {degrees, west}) {
    const auto read = drawn(spec_for(path));
    EXPECT_TRUE(read.notes.empty());
    for (std::size_t i = 0; i < zone38.size(); ++i) {
      const bool near = std::any_of(read.corners.begin(), read.corners.end(), [&](const Point& p) {
        return std::hypot(p.x - zone38[i].x, p.y - zone38[i].y) < 0.001;
      });
      EXPECT_TRUE(near) << path << " corner " << i;
    }
  }
}

struct ZoneCase {
  const char* crs;
  double easting;
  std::vector<std::string> says;  // nothing: no note
};
const ZoneCase kZones[] = {
    {"EPSG:4526", 38500000, {}},
    {"EPSG:4547", 500000, {}},
    {"EPSG:4547", 38500000, {"begin with zone 38", "CM 114E"}},
    {"EPSG:4526", 500000, {"do not begin with a zone", "zone 38", "114"}},
    {"EPSG:4525", 38500000, {"begin with zone 38", "zone 37"}},
    {"EPSG:4546", 38500000, {"begin with zone 38", "CM 111E"}},
    {"EPSG:4490", 38500000, {"begin with zone 38", "Coordinate System 2000"}},
};

TEST(Zones, AreReadAsTheCoordinatesSay) {
  for (const auto& [driver, name] : {std::pair{"GPKG", "a.gpkg"}, {"ESRI Shapefile", "a.shp"}}) {
    for (const auto& one : kZones) {
      const TempFolder folder;
      VectorFile(driver, folder / name, one.crs).feature(square(one.easting));
      const auto read = drawn(spec_for(folder / name));
      EXPECT_NEAR(read.box.MinX, kOriginX, 0.001) << one.crs << " " << one.easting;
      EXPECT_NEAR(read.box.MaxY, kOriginY + 100, 0.001) << one.crs << " " << one.easting;
      ASSERT_EQ(read.notes.size(), one.says.empty() ? 0U : 1U) << one.crs << " " << one.easting;
      // A Shapefile has Esri's names for its CRS.
      if (!one.says.empty() && std::string(driver) == "GPKG") {
        EXPECT_TRUE(holds(read.notes[0], one.says));
      }
    }
  }
}

TEST(Zones, ThatAreTwoInOneLayerAreRefused) {
  const TempFolder folder;
  const auto path = folder / "both.gpkg";
  VectorFile("GPKG", path, "EPSG:4526").feature(square(38500000)).feature(square(37600000));
  const auto text = refusal(ErrorCode::mismatch, [&] { drawn(spec_for(path)); });
  EXPECT_TRUE(holds(text, {"basic_farmland", path, "zone 37 and with zone 38", "expected is one zone"}));
}

TEST(KeyCrs, GivesALayerWithoutACrsItsOwn) {
  const TempFolder folder;
  const auto path = folder / "bare.gpkg";
  VectorFile("GPKG", path, "").feature(square(38500000));
  auto spec = spec_for(path);
  EXPECT_TRUE(holds(refusal(ErrorCode::mismatch, [&] { drawn(spec); }),
                    {"no CRS", "\"crs\"", "zone 38", "EPSG:4526"}));
  spec.crs = "EPSG:4526";
  EXPECT_NEAR(drawn(spec).box.MinX, kOriginX, 0.001);
  spec.crs = "EPSG:4525";
  EXPECT_EQ(drawn(spec).notes.size(), 1U);  // the coordinates are surer than a key
  spec.crs = "EPSG:none";
  EXPECT_TRUE(holds(refusal(ErrorCode::usage, [&] { drawn(spec); }), {"crs", "EPSG:none", "EPSG:4526"}));
}

TEST(KeyCrs, ThatContradictsTheLayerIsRefused) {
  const TempFolder folder;
  const auto path = folder / "own.shp";
  VectorFile("ESRI Shapefile", path, "EPSG:4526").feature(square(38500000));
  auto spec = spec_for(path);
  spec.crs = "EPSG:4526";
  EXPECT_NEAR(drawn(spec).box.MinX, kOriginX, 0.001);
  spec.crs = "EPSG:4490";
  EXPECT_TRUE(
      holds(refusal(ErrorCode::mismatch, [&] { drawn(spec); }), {"\"crs\" says", "leave the key out"}));
}

/// Writes 300 parcels, some large, at seeded places.
void write_parcels(VectorFile& file) {
  file.field("BSM", OFTString).field("DLBM", OFTString).field("KCXS", OFTReal);
  std::mt19937 random(7);
  const auto metres = [&](int most) { return static_cast<double>(random() % static_cast<unsigned>(most)); };
  for (int i = 0; i < 300; ++i) {
    const double x = kOriginX - 900 + metres(1800), y = kOriginY - 900 + metres(1800);
    const double side = i % 50 == 0 ? 400 : 10 + metres(30);
    file.feature(ring({{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}),
                 {("地块" + std::to_string(i)).c_str(), i % 2 == 0 ? "0101" : "0702A", "0.05"});
  }
}

/// The same rows come of a layer that is read near patches and of one that is held.
void expect_same_near_and_whole(const LayerSpec& spec) {
  ASSERT_EQ(LayerFile(spec, rule_grid()).index(), LayerFile::Index::filter);
  const auto load = [&](std::size_t most) {
    return ReferenceLayers::load({spec}, rule_grid(),
                                 make_layer_reader({.features = most, .bytes = most << 20}), nullptr);
  };
  const auto near = load(0), whole = load(10000);
  EXPECT_TRUE(holds(near->manifest_json(), {"\"near patches\""}));
  EXPECT_TRUE(holds(whole->manifest_json(), {"\"whole\"", "\"features\":300", "\"ridge\""}));
  std::vector<Patch> patches;
  for (int i = 0; i < 30; ++i) {
    const double x = -850 + 55 * i;
    patches.push_back(rule_patch(box(x, -x, x + 60, -x + 40), 2400));
  }
  const auto few = Marker(near, nullptr).mark(patches), all = Marker(whole, nullptr).mark(patches);
  std::size_t rows = 0;
  for (std::size_t i = 0; i < patches.size(); ++i) {
    ASSERT_EQ(few[i].overlaps.size(), all[i].overlaps.size());
    rows += few[i].overlaps.size();
    for (std::size_t k = 0; k < few[i].overlaps.size(); ++k) {
      EXPECT_EQ(few[i].overlaps[k].feature_id, all[i].overlaps[k].feature_id);
      EXPECT_EQ(few[i].overlaps[k].gross_m2, all[i].overlaps[k].gross_m2);
      EXPECT_EQ(few[i].overlaps[k].net_m2, all[i].overlaps[k].net_m2);
    }
  }
  EXPECT_GT(rows, 30U);
  EXPECT_FALSE(holds(near->manifest_json(), {"\"features\":300"}));
}

TEST(AnEmptyLayer, NeedsNoWarning) {
  const TempFolder folder;
  VectorFile("GPKG", folder / "none.gpkg", "EPSG:4526").field("XKZH", OFTString);
  const auto contents = make_layer_reader()(spec_for(folder / "none.gpkg"), rule_grid());
  EXPECT_TRUE(contents.features.empty() && contents.notes.empty());
}

LayerSpec aliased(const std::string& path) {
  const TempFolder folder;
  std::ofstream(folder / "layers.yaml") << "layers: [{role: land_use, path: \"" << path << "\"}]";
  return load_layer_specs(folder / "layers.yaml").at(0);
}

TEST(FileGdb, IsReadNearPatchesByItsSpatialIndex) {
  const TempFolder folder;
  const auto path = folder / "survey.gdb";
  {
    VectorFile file("OpenFileGDB", path, "EPSG:4526", wkbMultiPolygon, {}, "DLTB");
    write_parcels(file);
  }
  expect_same_near_and_whole(aliased(path));
}

TEST(PostGis, IsReadNearPatchesByItsSpatialIndex) {
  const char* const server = std::getenv("TUBAN_TEST_PG");
  if (server == nullptr) GTEST_SKIP() << "tests/tools/with_postgis.sh starts the server this needs";
  const std::string path = std::string("PG:") + server;
  {
    VectorFile file("PostgreSQL", path, "EPSG:4526", wkbPolygon, {"OVERWRITE=YES"}, "dltb");
    write_parcels(file);
    VectorFile("PostgreSQL", path, "EPSG:4526", wkbPolygon, {"OVERWRITE=YES"}, "xzq")
        .feature(square(38500000));
  }
  expect_same_near_and_whole(aliased(path));
}

TEST(PostGis, TellsZonesByItsFirstFeature) {
  const char* const server = std::getenv("TUBAN_TEST_PG");
  if (server == nullptr) GTEST_SKIP() << "tests/tools/with_postgis.sh starts the server this needs";
  const std::string path = std::string("PG:") + server;
  VectorFile("PostgreSQL", path, "EPSG:4547", wkbPolygon, {"OVERWRITE=YES"}, "bare")
      .feature(square(38500000));
  auto spec = spec_for(path);
  spec.layer = "bare";
  const auto read = drawn(spec);
  EXPECT_NEAR(read.box.MinX, kOriginX, 0.001);
  ASSERT_EQ(read.notes.size(), 1U);
}

}  // namespace
}  // namespace tuban::test
