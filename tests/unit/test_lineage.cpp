// SPDX-License-Identifier: Apache-2.0
// Three months of patches on a 2 m grid against the truth: borders that flicker, growth, split, merge,
// disappearance and return.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/dump.h"
#include "tests/support/read_results.h"
#include "tests/support/rule_ground.h"
#include "tests/support/vector_file.h"
#include "tuban/mark.h"

namespace tuban::test {
namespace {

/// Corners in metres from the origin; "x y, x y, ..." without the first one again.
std::string outline(const std::vector<Point>& corners) {
  std::string text = "POLYGON((";
  for (std::size_t i = 0; i <= corners.size(); ++i) {
    const Point& p = corners[i % corners.size()];
    if (i > 0) text.push_back(',');
    text.append(std::to_string(kOriginX + p.x)).append(" ").append(std::to_string(kOriginY + p.y));
  }
  return text.append("))");
}
std::string block(double x, double y, double width, double height) {
  return outline({{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}});
}
/// The same with pixels of its border flipped: one column more on the left, a bite of one pixel on the right.
std::string flickering(double x, double y, double width, double height) {
  return outline({{x - 2, y},
                  {x + width, y},
                  {x + width, y + 8},
                  {x + width - 2, y + 8},
                  {x + width - 2, y + 10},
                  {x + width, y + 10},
                  {x + width, y + height},
                  {x - 2, y + height}});
}

using Batch = std::vector<std::pair<std::string, std::string>>;  // id, shape

const Batch kApril{
    {"4A", block(0, 0, 40, 40)},    {"4B", block(100, 0, 40, 40)},  {"4C", block(200, 0, 80, 40)},
    {"4D1", block(400, 0, 40, 40)}, {"4D2", block(444, 0, 40, 40)}, {"4E", block(600, 0, 40, 40)},
    {"4F", block(700, 0, 40, 40)},  {"4G", block(800, 0, 40, 80)},  {"4H", block(1000, 0, 40, 40)}};
const Batch kMay{
    {"5A", flickering(0, 0, 40, 40)},    {"5B", block(100, 0, 40, 80)},  {"5C1", block(200, 0, 36, 40)},
    {"5C2", block(244, 0, 36, 40)},      {"5D", block(400, 0, 84, 40)},  {"5G", block(800, 0, 40, 40)},
    {"5H", flickering(1000, 0, 38, 40)}, {"5I", block(1038, 0, 40, 40)}, {"5N", block(900, 0, 40, 40)}};
const Batch kJune{{"6A", block(0, 0, 40, 40)},         {"6B", flickering(100, 0, 40, 80)},
                  {"6C1", flickering(200, 0, 36, 40)}, {"6C2", block(244, 0, 36, 40)},
                  {"6D", flickering(400, 0, 84, 40)},  {"6E", flickering(600, 0, 40, 40)},
                  {"6G", flickering(800, 0, 40, 40)},  {"6H", block(1000, 0, 40, 40)},
                  {"6I", block(1040, 0, 40, 40)},      {"6N", flickering(900, 0, 40, 40)}};

/// id -> status, lineage, first seen.
using Truth = std::map<std::string, std::array<std::string, 3>>;

class Lineage : public ::testing::Test {
 protected:
  std::string issue(const std::string& name, const Batch& batch, const char* date,
                    const char* crs = "EPSG:4526") {
    const std::string path = folder_ / (name + ".gpkg");
    VectorFile file("GPKG", path, crs);
    file.field("JCBH", OFTString).field("HSX", OFTString);
    for (const auto& [id, shape] : batch) file.feature(shape, {id.c_str(), date});
    return path;
  }

  Report mark(const std::string& patches, const std::string& output, const std::vector<std::string>& previous,
              int threads = 2) {
    MarkJob job;
    job.patches = patches;
    job.output = folder_ / output;
    job.previous = previous;
    job.threads = threads;
    job.overwrite = true;
    return tuban::mark(job);
  }

  Truth told(const std::string& output) {
    Truth truth;
    const auto dataset = open_vector(folder_ / output);
    for (const auto& row :
         query(*dataset, "SELECT patch_id, lineage_status, lineage_id, first_seen_date FROM patches"))
      truth[row[0]] = {row[1], row[2], row[3]};
    return truth;
  }
  std::vector<Names> links(const std::string& output, const std::string& where) {
    const auto dataset = open_vector(folder_ / output);
    return query(
        *dataset,
        ("SELECT earlier_id, relation FROM lineage WHERE " + where + " ORDER BY earlier_id").c_str());
  }

  /// Square metres on the plane, which on the central meridian are those on the ellipsoid.
  static double union_of(const std::vector<const Batch*>& batches) {
    OGRMultiPolygon all;
    for (const Batch* batch : batches)
      for (const auto& [id, shape] : *batch) {
        OGRGeometry* one = nullptr;
        OGRGeometryFactory::createFromWkt(shape.c_str(), nullptr, &one);
        all.addGeometryDirectly(one);
      }
    const std::unique_ptr<OGRGeometry> whole(all.UnionCascaded());
    return whole->toMultiPolygon()->get_Area();
  }

  TempFolder folder_;
};

const Truth kMayTruth{{"5A", {"continued", "4A", "2021/04/30"}}, {"5B", {"grown", "4B", "2021/04/30"}},
                      {"5C1", {"split", "4C", "2021/04/30"}},    {"5C2", {"split", "4C", "2021/04/30"}},
                      {"5D", {"merged", "4D1", "2021/04/30"}},   {"5G", {"shrunk", "4G", "2021/04/30"}},
                      {"5H", {"continued", "4H", "2021/04/30"}}, {"5I", {"new", "5I", "2021/05/31"}},
                      {"5N", {"new", "5N", "2021/05/31"}}};
const Truth kJuneTruth{{"6A", {"continued", "4A", "2021/04/30"}},  {"6B", {"continued", "4B", "2021/04/30"}},
                       {"6C1", {"continued", "4C", "2021/04/30"}}, {"6C2", {"continued", "4C", "2021/04/30"}},
                       {"6D", {"continued", "4D1", "2021/04/30"}}, {"6E", {"continued", "4E", "2021/04/30"}},
                       {"6G", {"continued", "4G", "2021/04/30"}},  {"6H", {"continued", "4H", "2021/04/30"}},
                       {"6I", {"continued", "5I", "2021/05/31"}},  {"6N", {"continued", "5N", "2021/05/31"}}};

TEST_F(Lineage, ThreeMonthsAreExactAgainstTheTruth) {
  const auto april = issue("april", kApril, "20210430"), may = issue("may", kMay, "20210531");
  const auto june = issue("june", kJune, "20210630");
  mark(april, "4.gpkg", {});
  mark(may, "5.gpkg", {folder_ / "4.gpkg"});
  mark(june, "6.gpkg", {folder_ / "4.gpkg", folder_ / "5.gpkg"});
  EXPECT_EQ(told("5.gpkg"), kMayTruth);
  EXPECT_EQ(told("6.gpkg"), kJuneTruth);
  EXPECT_EQ(links("5.gpkg", "patch_id IS NULL"),
            (std::vector<Names>{{"4E", "disappeared"}, {"4F", "disappeared"}}));
  EXPECT_EQ(links("6.gpkg", "patch_id IS NULL"), (std::vector<Names>{{"4F", "disappeared"}}));
  EXPECT_EQ(links("5.gpkg", "patch_id = '5D'"), (std::vector<Names>{{"4D1", "merged"}, {"4D2", "merged"}}));
}

TEST_F(Lineage, ItDoesNotMatterWhetherEarlierFilesKnowTheirLineage) {
  const auto june = issue("june", kJune, "20210630");
  mark(june, "6.gpkg", {issue("may", kMay, "20210531"), issue("april", kApril, "20210430")});
  EXPECT_EQ(told("6.gpkg"), kJuneTruth);
}

TEST_F(Lineage, TheNewestResultAloneCarriesWhatCameBeforeIt) {
  mark(issue("april", kApril, "20210430"), "4.gpkg", {});
  mark(issue("may", kMay, "20210531"), "5.gpkg", {folder_ / "4.gpkg"});
  mark(issue("june", kJune, "20210630"), "6.gpkg", {folder_ / "5.gpkg"});
  Truth truth = kJuneTruth;
  truth["6E"] = {"new", "6E", "2021/06/30"};  // May did not see it
  EXPECT_EQ(told("6.gpkg"), truth);
}

TEST_F(Lineage, NoGroundCountsTwice) {
  const auto april = issue("april", kApril, "20210430"), may = issue("may", kMay, "20210531");
  const Report report = mark(issue("june", kJune, "20210630"), "6.gpkg", {april, may});
  ASSERT_TRUE(report.lineage);
  EXPECT_NEAR(report.lineage->earlier_m2, union_of({&kApril, &kMay}), 0.05);
  EXPECT_NEAR(report.lineage->batch_m2, union_of({&kJune}), 0.05);
  EXPECT_NEAR(report.lineage->union_m2, union_of({&kApril, &kMay, &kJune}), 0.05);
}

TEST_F(Lineage, PatchesOfOneBatchThatOverlapCountOnceToo) {
  const Batch twice{{"a", block(0, 0, 40, 40)}, {"b", block(20, 0, 40, 40)}, {"c", block(0, 0, 60, 40)}};
  const Batch before{{"x", block(0, 0, 10, 40)}};
  const Report report =
      mark(issue("now", twice, "20210630"), "6.gpkg", {issue("before", before, "20210531")});
  EXPECT_NEAR(report.lineage->batch_m2, 2400, kSmall);
  EXPECT_NEAR(report.lineage->new_m2, 2000, kSmall);
}

TEST_F(Lineage, TheNumberOfThreadsDoesNotShow) {
  const auto april = issue("april", kApril, "20210430"), may = issue("may", kMay, "20210531");
  const auto june = issue("june", kJune, "20210630");
  mark(june, "one.gpkg", {april, may}, 1);
  mark(june, "four.gpkg", {april, may}, 4);
  EXPECT_EQ(dump_geopackage(folder_ / "one.gpkg"), dump_geopackage(folder_ / "four.gpkg"));
}

TEST_F(Lineage, ANeighbourThatFlipsAPixelOverTheBorderIsNoAncestor) {
  mark(issue("may", {{"5", block(38, 0, 40, 40)}}, "20210531"), "5.gpkg",
       {issue("april", {{"4", block(0, 0, 40, 40)}}, "20210430")});
  EXPECT_EQ(told("5.gpkg"), (Truth{{"5", {"new", "5", "2021/05/31"}}}));
  const auto dataset = open_vector(folder_ / "5.gpkg");
  EXPECT_EQ(query(*dataset, "SELECT round(earlier_patch_m2, 2), round(earlier_patch_share, 6) FROM patches"),
            (std::vector<Names>{{"80", "0.05"}}));
}

TEST_F(Lineage, AFragmentThatAFlippedPixelCutsOffDoesNotSplitThePatch) {
  mark(issue("may", {{"5a", block(0, 0, 94, 100)}, {"5b", block(96, 0, 4, 60)}}, "20210531"), "5.gpkg",
       {issue("april", {{"4", block(0, 0, 100, 100)}}, "20210430")});
  EXPECT_EQ(told("5.gpkg"),
            (Truth{{"5a", {"continued", "4", "2021/04/30"}}, {"5b", {"split", "4", "2021/04/30"}}}));
}

TEST_F(Lineage, EarlierPatchesOfAnotherCrsAreTransformed) {
  const std::string path = folder_ / "degrees.gpkg";
  {
    VectorFile file("GPKG", path, "EPSG:4490");
    file.field("JCBH", OFTString);
    OGRGeometry* shape = nullptr;
    OGRGeometryFactory::createFromWkt(block(0, 0, 40, 40).c_str(), nullptr, &shape);
    const std::unique_ptr<OGRGeometry> owned(shape);
    OGRSpatialReference from, to;
    from.importFromEPSG(4526);
    to.importFromEPSG(4490);
    from.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    to.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    const std::unique_ptr<OGRCoordinateTransformation> way(OGRCreateCoordinateTransformation(&from, &to));
    ASSERT_EQ(owned->transform(way.get()), OGRERR_NONE);
    char* wkt = nullptr;
    owned->exportToWkt(&wkt);
    file.feature(wkt, {"4A"});
    CPLFree(wkt);
  }
  mark(issue("may", {{"5A", block(0, 0, 40, 40)}}, "20210531"), "5.gpkg", {path});
  EXPECT_EQ(told("5.gpkg"), (Truth{{"5A", {"continued", "4A", ""}}}));
}

TEST_F(Lineage, WhatIsWrongWithAnEarlierFileIsSaidAtOnce) {
  const auto may = issue("may", kMay, "20210531");
  const auto refused = [&](ErrorCode code, const std::string& previous) {
    return refusal(code, [&] { mark(may, "5.gpkg", {previous}); });
  };
  EXPECT_TRUE(holds(
      refused(ErrorCode::mismatch, issue("twins", {{"4", block(0, 0, 4, 4)}, {"4", block(9, 0, 4, 4)}}, "")),
      {"twins.gpkg", "\"4\"", "JCBH", "--previous-id"}));
  EXPECT_TRUE(holds(refused(ErrorCode::mismatch, issue("nowhere", kApril, "", "")),
                    {"nowhere.gpkg", "coordinate reference system"}));
  EXPECT_TRUE(holds(refused(ErrorCode::usage, folder_ / "missing.gpkg"), {"missing.gpkg", "no such file"}));
  {
    VectorFile nameless("GPKG", folder_ / "nameless.gpkg", "EPSG:4526");
    nameless.field("NAME", OFTString);
  }
  EXPECT_TRUE(holds(refused(ErrorCode::usage, folder_ / "nameless.gpkg"),
                    {"nameless.gpkg", "--previous-id", "NAME"}));
  {
    VectorFile table("GPKG", folder_ / "table.gpkg", "EPSG:4526", wkbNone);
    table.field("JCBH", OFTString);
  }
  EXPECT_TRUE(holds(refused(ErrorCode::usage, folder_ / "table.gpkg"), {"table.gpkg", "polygons"}));
}

}  // namespace
}  // namespace tuban::test
