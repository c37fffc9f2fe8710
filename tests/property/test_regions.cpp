// SPDX-License-Identifier: Apache-2.0
// G2 on random masks: geometry exact and valid, seams never show. G1 for labelling and tracing: any tiling
// gives the regions of the untiled mask.
#include <gdal.h>
#include <gdal_alg.h>
#include <geos_c.h>
#include <gtest/gtest.h>
#include <ogr_api.h>

#include <algorithm>
#include <memory>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "engine/scan/burn.h"
#include "tests/support/masks.h"

namespace tuban::test {
namespace {

using kernels::Vertex;
using kernels::Window;
using Rings = std::vector<LatticeRing>;

constexpr int kMasks = 2400;

struct Case {
  std::string name;
  Scene scene;
  std::vector<std::vector<Window>> tilings;
};

void add_usual_tilings(Case& c) {
  const int w = c.scene.width;
  const int h = c.scene.height;
  c.tilings.push_back(regular_tiling(w, h, 1, 1, 0));
  c.tilings.push_back(regular_tiling(w, h, 1, h, 0));
  c.tilings.push_back(regular_tiling(w, h, w, 1, 0));
  c.tilings.push_back(regular_tiling(w, h, 2, 3, 2));
  c.tilings.push_back(regular_tiling(w, h, 5, 4, 3));
}

Case random_case(std::uint64_t seed) {
  Random random(seed);
  // Every tenth mask is narrow or tiny: those are the ones with the most frame.
  const bool tiny = seed % 10 == 0;
  const int w = draw(random, 1, tiny ? 4 : 40);
  const int h = draw(random, 1, tiny ? 40 : 36);
  const double fill = 0.05 + 0.9 * draw(random, 0, 1000) / 1000.0;
  const double invalid = draw(random, 0, 2) == 0 ? 0.08 : 0.0;
  const auto type = static_cast<kernels::SampleType>(draw(random, 0, 3));
  Case c{"seed " + std::to_string(seed),
         random_scene(random, w, h, fill, invalid, draw(random, 0, 3), type),
         {}};
  if (seed % 16 == 0) add_usual_tilings(c);
  for (int i = 0; i < 3; ++i) c.tilings.push_back(random_tiling(random, w, h));
  return c;
}

std::vector<Case> structured_cases() {
  std::vector<Case> cases;
  cases.push_back({"checkerboard", checkerboard(64), {}});
  cases.push_back({"spiral", spiral(65), {}});
  cases.push_back({"nested rings", nested_rings(61), {}});
  cases.push_back({"diagonal stripes", diagonal_stripes(70), {}});
  for (Case& c : cases) {
    add_usual_tilings(c);
    c.tilings.push_back(regular_tiling(c.scene.width, c.scene.height, 16, 16, 2));
    c.tilings.push_back(regular_tiling(c.scene.width, c.scene.height, 7, 11, 0));
  }
  return cases;
}

template <typename F>
void for_each_case(int masks, F&& f) {
  const std::uint64_t base = base_seed();
  for (int i = 0; i < masks && !::testing::Test::HasFailure(); ++i)
    f(random_case(base + static_cast<std::uint64_t>(i)));
  for (const Case& c : structured_cases())
    if (!::testing::Test::HasFailure()) f(c);
}

std::vector<Window> whole(const Scene& scene) {
  return {{0, 0, scene.width, scene.height}};
}

class Geos {
 public:
  Geos() : handle_(GEOS_init_r()) {}
  ~Geos() { GEOS_finish_r(handle_); }

  // The reason why not, or nothing.
  std::string invalid(const Region& region) const {
    std::vector<GEOSGeometry*> polygons;
    for (const RegionPart& part : region.parts) {
      std::vector<GEOSGeometry*> rings;
      for (const LatticeRing& ring : part.rings) {
        GEOSCoordSequence* points = GEOSCoordSeq_create_r(handle_, static_cast<unsigned>(ring.size()), 2);
        for (unsigned i = 0; i < ring.size(); ++i)
          GEOSCoordSeq_setXY_r(handle_, points, i, ring[i].x, ring[i].y);
        rings.push_back(GEOSGeom_createLinearRing_r(handle_, points));
      }
      polygons.push_back(GEOSGeom_createPolygon_r(handle_, rings[0], rings.data() + 1,
                                                  static_cast<unsigned>(rings.size() - 1)));
    }
    GEOSGeometry* all = GEOSGeom_createCollection_r(handle_, GEOS_MULTIPOLYGON, polygons.data(),
                                                    static_cast<unsigned>(polygons.size()));
    std::string reason;
    if (GEOSisValid_r(handle_, all) != 1) {
      char* text = GEOSisValidReason_r(handle_, all);
      reason = text;
      GEOSFree_r(handle_, text);
    }
    GEOSGeom_destroy_r(handle_, all);
    return reason;
  }

 private:
  GEOSContextHandle_t handle_;
};

// What GDALPolygonize makes of the changed pixels: rings without collinear vertices, closed, from the
// smallest vertex, exteriors and holes in our directions.
std::vector<Rings> gdal_polygons(const Scene& scene, int connectivity) {
  static const GDALDriverH memory = (GDALAllRegister(), GDALGetDriverByName("MEM"));
  static const GDALDriverH vectors = GDALGetDriverByName("Memory");
  std::vector<std::uint8_t> values(scene.mask.size());
  std::transform(scene.mask.begin(), scene.mask.end(), values.begin(),
                 [](std::uint8_t m) { return static_cast<std::uint8_t>(m == kernels::kChanged); });
  const GDALDatasetH raster = GDALCreate(memory, "", scene.width, scene.height, 1, GDT_Byte, nullptr);
  const GDALRasterBandH band = GDALGetRasterBand(raster, 1);
  EXPECT_EQ(GDALRasterIO(band, GF_Write, 0, 0, scene.width, scene.height, values.data(), scene.width,
                         scene.height, GDT_Byte, 0, 0),
            CE_None);
  const GDALDatasetH output = GDALCreate(vectors, "", 0, 0, 0, GDT_Unknown, nullptr);
  const OGRLayerH layer = GDALDatasetCreateLayer(output, "polygons", nullptr, wkbPolygon, nullptr);
  char eight[] = "8CONNECTED=8";
  char* options[] = {eight, nullptr};
  EXPECT_EQ(GDALPolygonize(band, band, layer, -1, connectivity == 8 ? options : nullptr, nullptr, nullptr),
            CE_None);

  std::vector<Rings> polygons;
  OGR_L_ResetReading(layer);
  while (const OGRFeatureH feature = OGR_L_GetNextFeature(layer)) {
    const OGRGeometryH polygon = OGR_F_GetGeometryRef(feature);
    Rings rings;
    for (int r = 0; r < OGR_G_GetGeometryCount(polygon); ++r) {
      const OGRGeometryH line = OGR_G_GetGeometryRef(polygon, r);
      LatticeRing raw;
      for (int i = 0; i + 1 < OGR_G_GetPointCount(line); ++i)
        raw.push_back({static_cast<int>(OGR_G_GetX(line, i)), static_cast<int>(OGR_G_GetY(line, i))});
      LatticeRing ring;
      for (std::size_t i = 0; i < raw.size(); ++i) {
        const Vertex& before = raw[(i + raw.size() - 1) % raw.size()];
        const Vertex& after = raw[(i + 1) % raw.size()];
        if ((before.x == raw[i].x) != (raw[i].x == after.x)) ring.push_back(raw[i]);
      }
      const auto by_row = [](const Vertex& a, const Vertex& b) {
        return std::pair(a.y, a.x) < std::pair(b.y, b.x);
      };
      std::rotate(ring.begin(), std::min_element(ring.begin(), ring.end(), by_row), ring.end());
      ring.push_back(ring.front());
      if ((shoelace(ring) < 0) != (r == 0)) std::reverse(ring.begin(), ring.end());
      rings.push_back(ring);
    }
    std::sort(rings.begin() + 1, rings.end(), [&](const LatticeRing& a, const LatticeRing& b) {
      return std::pair(a[0].y, a[0].x) < std::pair(b[0].y, b[0].x);
    });
    polygons.push_back(rings);
    OGR_F_Destroy(feature);
  }
  GDALClose(output);
  GDALClose(raster);
  return polygons;
}

// Per pixel the region it is burned by, 0 for none; fails where two regions burn one pixel.
std::vector<int> burned(const Scene& scene, const std::vector<Region>& regions) {
  std::vector<int> labels(scene.mask.size(), 0);
  for (std::size_t i = 0; i < regions.size(); ++i)
    burn(regions[i], [&](int y, int x0, int x1) {
      for (int x = x0; x < x1; ++x) {
        int& label = labels[static_cast<std::size_t>(y) * static_cast<std::size_t>(scene.width) +
                            static_cast<std::size_t>(x)];
        EXPECT_EQ(label, 0);
        label = static_cast<int>(i) + 1;
      }
    });
  return labels;
}

// Two labellings are the same partition; 0 is the ground in both.
bool same_partition(const std::vector<int>& a, const std::vector<int>& b) {
  std::map<int, int> forth;
  std::map<int, int> back;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if ((a[i] == 0) != (b[i] == 0)) return false;
    if (forth.emplace(a[i], b[i]).first->second != b[i]) return false;
    if (back.emplace(b[i], a[i]).first->second != a[i]) return false;
  }
  return true;
}

}  // namespace

TEST(Regions, AnyTilingGivesTheRegionsOfTheUntiledMask) {  // G1, G2
  int compared = 0;
  for_each_case(kMasks, [&](const Case& c) {
    for (const int connectivity : {4, 8}) {
      const auto expected = assemble(c.scene, whole(c.scene), connectivity);
      for (const auto& tiles : c.tilings) {
        ASSERT_EQ(assemble(c.scene, tiles, connectivity), expected)
            << c.name << ", connectivity " << connectivity << ", tiles " << to_string(tiles);
        ++compared;
      }
    }
  });
  EXPECT_GE(compared, 2 * 3 * kMasks);
}

TEST(Regions, StatisticsAreThoseCountedPixelByPixel) {
  for_each_case(kMasks / 2, [&](const Case& c) {
    for (const int connectivity : {4, 8}) {
      const auto expected = naive_stats(c.scene, connectivity);
      const auto regions = assemble(c.scene, whole(c.scene), connectivity);
      ASSERT_EQ(regions.size(), expected.size()) << c.name;
      for (const Region& region : regions) {
        ASSERT_TRUE(expected.contains(region.id)) << c.name << ", region " << region.id;
        ASSERT_EQ(region.stats, expected.at(region.id))
            << c.name << ", connectivity " << connectivity << ", region " << region.id;
      }
    }
  });
}

TEST(Regions, GeometryIsExactAndEveryMultiPolygonIsValid) {  // G2
  const Geos geos;
  for_each_case(kMasks, [&](const Case& c) {
    for (const int connectivity : {4, 8}) {
      for (const Region& region : assemble(c.scene, whole(c.scene), connectivity)) {
        SCOPED_TRACE(c.name + ", connectivity " + std::to_string(connectivity) + ", region " +
                     std::to_string(region.id));
        std::int64_t twice_area = 0;
        std::int64_t sides = 0;
        for (const RegionPart& part : region.parts)
          for (std::size_t r = 0; r < part.rings.size(); ++r) {
            const LatticeRing& ring = part.rings[r];
            ASSERT_EQ(ring.front(), ring.back());
            ASSERT_EQ(shoelace(ring) < 0, r == 0) << "exteriors and holes run in opposite directions";
            twice_area -= shoelace(ring);
            for (std::size_t i = 1; i < ring.size(); ++i)
              sides += std::abs(ring[i].x - ring[i - 1].x) + std::abs(ring[i].y - ring[i - 1].y);
          }
        ASSERT_EQ(twice_area, 2 * region.stats.pixels);
        ASSERT_EQ(sides, region.stats.horizontal_edges + region.stats.vertical_edges);
        ASSERT_EQ(geos.invalid(region), "");
      }
    }
  });
}

TEST(Regions, BurningThemGivesTheComponentsThatOpenCvFinds) {  // G2
  for_each_case(kMasks, [&](const Case& c) {
    cv::Mat changed(c.scene.height, c.scene.width, CV_8U);
    std::transform(c.scene.mask.begin(), c.scene.mask.end(), changed.data,
                   [](std::uint8_t m) { return static_cast<std::uint8_t>(m == kernels::kChanged); });
    for (const int connectivity : {4, 8}) {
      const auto regions = assemble(c.scene, whole(c.scene), connectivity);
      cv::Mat labels;
      const int count = cv::connectedComponents(changed, labels, connectivity, CV_32S) - 1;
      ASSERT_EQ(static_cast<int>(regions.size()), count) << c.name << ", connectivity " << connectivity;
      const std::vector<int> expected(labels.begin<int>(), labels.end<int>());
      ASSERT_TRUE(same_partition(burned(c.scene, regions), expected))
          << c.name << ", connectivity " << connectivity;
    }
  });
}

TEST(Regions, FourConnectedGeometryIsThatOfGdalPolygonize) {  // G2
  for_each_case(kMasks, [&](const Case& c) {
    std::multiset<Rings> ours;
    for (const Region& region : assemble(c.scene, whole(c.scene), 4)) ours.insert(region.parts.at(0).rings);
    const auto polygons = gdal_polygons(c.scene, 4);
    ASSERT_EQ(ours, (std::multiset<Rings>(polygons.begin(), polygons.end()))) << c.name;
  });
}

TEST(Regions, EightConnectedPixelSetsAreThoseOfGdalPolygonize) {  // G2
  for_each_case(kMasks / 4, [&](const Case& c) {
    std::vector<Region> theirs;
    for (const Rings& rings : gdal_polygons(c.scene, 8)) theirs.emplace_back().parts.push_back({rings});
    const auto ours = assemble(c.scene, whole(c.scene), 8);
    ASSERT_EQ(ours.size(), theirs.size()) << c.name;
    ASSERT_TRUE(same_partition(burned(c.scene, ours), burned(c.scene, theirs))) << c.name;
  });
}

TEST(Regions, CutPiecesAreExactValidAndTheSameForEveryTiling) {  // G1, G2
  const Geos geos;
  int pieces = 0;
  for_each_case(kMasks / 8, [&](const Case& c) {
    Random random(c.scene.mask.size());
    const CutLimit cut{draw(random, 4, 40), draw(random, 2, 17), draw(random, 1, 3)};
    for (const int connectivity : {4, 8}) {
      const auto expected = assemble(c.scene, whole(c.scene), connectivity, cut);
      for (const auto& tiles : c.tilings)
        ASSERT_EQ(assemble(c.scene, tiles, connectivity, cut), expected) << c.name << to_string(tiles);
      const auto labels = burned(c.scene, expected);
      for (std::size_t i = 0; i < labels.size(); ++i)
        ASSERT_EQ(labels[i] != 0, c.scene.mask[i] == kernels::kChanged) << c.name;
      for (const Region& region : expected) {
        ASSERT_EQ(geos.invalid(region), "") << c.name;
        if (!region.cut) continue;
        ++pieces;
        std::int64_t vertices = 0;
        for (const RegionPart& part : region.parts)
          for (const LatticeRing& ring : part.rings) vertices += static_cast<std::int64_t>(ring.size()) - 1;
        const int side = vertices > cut.vertices ? cut.lattice : cut.square();
        ASSERT_EQ(region.stats.min_x / side, region.stats.max_x / side);
        ASSERT_EQ(region.stats.min_y / side, region.stats.max_y / side);
        std::int64_t pixels = 0;
        burn(region, [&](int, int x0, int x1) { pixels += x1 - x0; });
        ASSERT_EQ(pixels, region.stats.pixels) << c.name;
      }
    }
  });
  EXPECT_GT(pieces, 1000);
}

}  // namespace tuban::test
