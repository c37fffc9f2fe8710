// SPDX-License-Identifier: Apache-2.0
// G1 for reference layers: what is read near patches, in any chunks and by any number of markers, marks as
// what is held whole does.
#include <cmath>
#include <random>
#include <set>

#include "engine/io/layer_reader.h"
#include "engine/rules/overlay.h"
#include "tests/support/rule_ground.h"
#include "tests/support/vector_file.h"

namespace tuban::test {
namespace {

using Random = std::mt19937_64;

double draw(Random& random, double least, double most) {
  return least + (most - least) * static_cast<double>(random() % 100003) / 100003.0;
}

std::string ring_wkt(const Ring& ring, const OGRSpatialReference* to) {
  std::unique_ptr<OGRCoordinateTransformation> transform;
  if (to != nullptr) {
    OGRSpatialReference own;
    own.importFromWkt(kGaussKruger38);
    own.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    transform.reset(OGRCreateCoordinateTransformation(&own, to));
  }
  std::string text = "POLYGON((";
  const char* separator = "";
  for (auto p : ring) {
    if (transform) transform->Transform(1, &p.x, &p.y);
    char pair[80];
    std::snprintf(pair, sizeof pair, "%s%.12f %.12f", separator, p.x, p.y);
    text += pair;
    separator = ",";
  }
  return text + "))";
}

Ring star(Random& random, Point centre, double radius, int corners) {
  Ring ring;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::acos(-1.0) * i / corners, r = radius * draw(random, 0.6, 1);
    ring.push_back({kOriginX + centre.x + r * std::cos(angle), kOriginY + centre.y + r * std::sin(angle)});
  }
  ring.push_back(ring.front());
  return ring;
}

Point somewhere(Random& random) {
  return {draw(random, -1050, 1050), draw(random, -1050, 1050)};
}

/// A shape of whole pixels, sometimes in two parts or with a hole.
Patch random_patch(Random& random, int number) {
  const double x = 2 * std::round(draw(random, -490, 400)), y = 2 * std::round(draw(random, -490, 400));
  const double w = 2 * std::round(draw(random, 2, 45)), h = 2 * std::round(draw(random, 2, 45));
  MultiPolygon shape =
      polygon({{x, y}, {x + w, y}, {x + w, y + h}, {x + 2, y + h}, {x + 2, y + 2}, {x, y + 2}});
  if (random() % 3 == 0 && w > 12 && h > 12) {
    auto hole = box(x + 4, y + 4, x + 8, y + 8).front().rings.front();
    std::reverse(hole.begin(), hole.end());
    shape.front().rings.push_back(hole);
  }
  if (random() % 3 == 0) shape.push_back(box(x + w + 2, y + 2, x + w + 10, y + 6).front());
  const char* const types[] = {"C10", "C11", "C30", "C20", "C99"};
  Patch patch = rule_patch(shape, w * h, types[random() % 5],
                           random() % 8 == 0 ? std::nullopt : std::optional<std::string>("2021-06-15"));
  patch.patch_id = std::to_string(number);
  return patch;
}

class Files {
 public:
  Files(Random& random, const std::string& driver, const std::string& crs) : driver_(driver), crs_(crs) {
    CPLSetConfigOption("OGR_SQLITE_SYNCHRONOUS", "OFF");
    srs_.SetFromUserInput(crs.c_str());
    srs_.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    const char* const classes[] = {"0101", "0301", "0602", "0702", "2301", "1207"};
    add("land_use", 120, [&](VectorFile& file, int i) {
      file.feature(shape(random, 90, 5 + static_cast<int>(random() % 9)),
                   {std::to_string(i % 50).c_str(), classes[random() % 6], "0.1"});
    });
    add("basic_farmland", 40,
        [&](VectorFile& file, int i) { file.feature(shape(random, 150, 8), {std::to_string(i).c_str()}); });
    add("approved_land", 30, [&](VectorFile& file, int i) {
      file.feature(shape(random, 120, 7), {std::to_string(i).c_str(), nullptr, nullptr,
                                           random() % 2 == 0 ? "2020-01-01" : "2022-01-01", "2030-01-01"});
    });
    add("mining_right", 12, [&](VectorFile& file, int i) {
      file.feature(shape(random, 200, 9), {std::to_string(i).c_str(), nullptr, nullptr, nullptr,
                                           random() % 2 == 0 ? "2021-01-01" : nullptr});
    });
    add("ecological_redline", 3, [&](VectorFile& file, int i) {
      file.feature(shape(random, 900, 3000), {std::to_string(i).c_str()});  // longer than what is kept apart
    });
  }

  std::shared_ptr<const ReferenceLayers> load(const LayerLimits& limits) const {
    return ReferenceLayers::load(specs_, rule_grid(), make_layer_reader(limits), nullptr);
  }

 private:
  std::string shape(Random& random, double radius, int corners) {
    const Point at = somewhere(random);
    Ring ring = star(random, at, draw(random, radius / 4, radius), corners);
    if (random() % 6 == 0) std::swap(ring[1], ring[3]);  // crosses itself
    return ring_wkt(ring, crs_ == "EPSG:4526" ? nullptr : &srs_);
  }

  template <typename Write>
  void add(const std::string& role, int count, const Write& write) {
    LayerSpec spec;
    spec.role = role;
    spec.path = folder_ / (role + (driver_ == "GPKG" ? ".gpkg" : ".fgb"));
    spec.declared_in = "layers.yaml";
    spec.id_field = "id";
    if (role == "land_use") {
      spec.class_field = "class";
      spec.ridge_field = "ridge";
    }
    if (role == "approved_land" || role == "mining_right") {
      spec.valid_from_field = "since";
      spec.valid_to_field = "until";
    }
    VectorFile file(driver_, spec.path, crs_);
    for (const char* name : {"id", "class", "ridge", "since", "until"}) file.field(name, OFTString);
    for (int i = 0; i < count; ++i) write(file, i);
    specs_.push_back(spec);
  }

  TempFolder folder_;
  std::string driver_, crs_;
  OGRSpatialReference srs_;
  std::vector<LayerSpec> specs_;
};

std::string bytes(const Marks& marks) {
  Encoder encoder;
  encode(encoder, marks);
  const auto all = encoder.bytes();
  return {reinterpret_cast<const char*>(all.data()), all.size()};
}

void expect_same_marks(const std::string& driver, const std::string& crs, std::uint64_t seed) {
  SCOPED_TRACE(driver + " " + crs + " seed " + std::to_string(seed));
  Random random(seed);
  const Files files(random, driver, crs);
  const auto books = std::make_shared<std::vector<Rulebook>>();
  for (const auto& name : shipped_rulebooks()) books->push_back(load_rulebook(name));
  std::vector<Patch> patches;
  for (int i = 0; i < 60; ++i) patches.push_back(random_patch(random, i));

  const auto whole = files.load({.features = 1 << 20, .bytes = 1 << 30});
  ASSERT_TRUE(whole->notes().empty());
  const Marker reference(whole, books);
  std::vector<std::string> expected;
  std::size_t rows = 0;
  for (const Patch& patch : patches) {
    const Marks marks = reference.mark(patch);
    rows += marks.overlaps.size();
    expected.push_back(bytes(marks));
  }
  ASSERT_GT(rows, 60U);

  std::set<std::vector<std::string>> notes;
  for (const std::size_t most : {std::size_t{1}, std::size_t{7}, patches.size()}) {
    const auto near = files.load({.features = 0, .bytes = 0});
    const Marker markers[] = {Marker(near, books), Marker(near, books)};
    for (std::size_t at = 0; at < patches.size();) {
      const std::size_t count = std::min(patches.size() - at, 1 + random() % most);
      const auto marks = markers[random() % 2].mark(std::span(patches).subspan(at, count));
      ASSERT_EQ(marks.size(), count);
      for (std::size_t i = 0; i < count; ++i)
        EXPECT_EQ(bytes(marks[i]), expected[at + i]) << "patch " << at + i;
      at += count;
    }
    notes.insert(near->notes());
  }
  EXPECT_EQ(notes.size(), 1U);  // counted once each, whoever met them
  EXPECT_FALSE(notes.begin()->empty());
}

constexpr std::uint64_t kSeeds = 3;

TEST(LayersReadNearPatches, MarkAsLayersHeldWholeInAGeoPackage) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) expect_same_marks("GPKG", "EPSG:4526", seed);
}

TEST(LayersReadNearPatches, MarkAsLayersHeldWholeInAnotherCrs) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) expect_same_marks("GPKG", "EPSG:4490", seed);
}

TEST(LayersReadNearPatches, MarkAsLayersHeldWholeInAFormatWithAFastFilter) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) expect_same_marks("FlatGeobuf", "EPSG:4526", seed);
}

}  // namespace
}  // namespace tuban::test
