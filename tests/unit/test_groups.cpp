// SPDX-License-Identifier: Apache-2.0
// Rules on several patches together, and on pieces derived from one.
#include "engine/rules/groups.h"

#include <fmt/format.h>

#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

using Layers = std::shared_ptr<const ReferenceLayers>;

Rule rule_of(const std::string& id, const std::string& scope, const std::string& effect,
             std::vector<RuleCase> cases) {
  return {id,      "疑似",          "Suspected", "", "", scope, effect, effect == "mark" ? "x" : "",
          "a law", std::move(cases)};
}

Rule cluster_rule(const std::string& when, double within_m = 50) {
  auto rule = rule_of("G1", "cluster", "mark", {{"S4", {when}, "a note"}});
  rule.of = {"construction_like"};
  rule.within_m = within_m;
  return rule;
}

Patch shed(const char* id, double x, double y = 0, const char* type = "C10") {
  auto patch = rule_patch(box(x, y, x + 20, y + 30), 600, type);  // 600 m2
  patch.patch_id = id;
  return patch;
}

/// All patches through a marker and the judge of groups, as a run does it.
std::vector<Marks> judged(std::vector<Rule> rules, const std::vector<Patch>& patches,
                          const Layers& layers = nullptr, bool overlapping = false) {
  const auto books = std::make_shared<const std::vector<Rulebook>>(
      std::vector{Rulebook{"own", "3", "test", std::move(rules)}});
  GroupJudge groups(layers, books, rule_grid(), overlapping);
  auto marks = Marker(layers, books).judge(patches);
  for (std::size_t i = 0; i < patches.size(); ++i) groups.add(i, patches[i], marks[i].memberships);
  groups.judge([&](std::size_t i) { return patches[i]; }, {});
  for (std::size_t i = 0; i < patches.size(); ++i) {
    groups.tell(i, patches[i], marks[i]);
    settle(marks[i]);
  }
  return marks;
}

/// Of every patch, the group and its size that a rule fired on: "b2 b2 -".
std::string groups_of(const std::vector<Marks>& all) {
  std::string text;
  for (const auto& marks : all) {
    if (!text.empty()) text += " ";
    if (marks.findings.empty()) text += "-";
    for (const auto& f : marks.findings)
      text += f.group_id.value_or("?") + std::to_string(f.members) + (f.status == "fired" ? "" : "?");
  }
  return text;
}

TEST(Clusters, ChainPatchesAndJudgeTheirTotal) {
  // 40 m from one to the next; the last lies 60 m off.
  const std::vector<Patch> patches{shed("c", 0), shed("b", 60), shed("d", 120), shed("a", 200)};
  const auto marks = judged({cluster_rule("area_m2 >= 1800")}, patches);
  EXPECT_EQ(groups_of(marks), "b3 b3 b3 -");
  const auto& finding = marks[0].findings.at(0);
  EXPECT_EQ(finding.patch_id, "c");
  EXPECT_EQ(finding.note, "a note");
  EXPECT_EQ(finding.predicates.at(0).facts.at(0).second.number, 1800);
  EXPECT_EQ(marks[2].severity, "S4");
  EXPECT_EQ(marks[2].marks, std::vector<std::string>{"x"});
  EXPECT_EQ(marks[3].severity, "");
  EXPECT_EQ(groups_of(judged({cluster_rule("area_m2 >= 1801")}, patches)), "- - - -");
}

TEST(Clusters, AreOfPatchesNearerThanTheDistance) {
  const auto at = [](double gap) {
    return groups_of(judged({cluster_rule("area_m2 > 1")}, {shed("a", 0), shed("b", 20 + gap)}));
  };
  EXPECT_EQ(at(49.99), "a2 a2");
  EXPECT_EQ(at(50.01), "a1 b1");
  EXPECT_EQ(at(0), "a2 a2");
  // Corner to corner: 30 m right and 40 m up.
  EXPECT_EQ(groups_of(judged({cluster_rule("area_m2 > 1", 50.01)}, {shed("a", 0), shed("b", 50, 70)})),
            "a2 a2");
  EXPECT_EQ(groups_of(judged({cluster_rule("area_m2 > 1", 49.99)}, {shed("a", 0), shed("b", 50, 70)})),
            "a1 b1");
}

TEST(Clusters, TakeOnlyPatchesThatCount) {
  // The crop in the middle is no bridge.
  EXPECT_EQ(groups_of(judged({cluster_rule("area_m2 > 1")},
                             {shed("a", 0), shed("b", 60, 0, "C90"), shed("c", 120)})),
            "a1 - c1");
}

TEST(Clusters, ATotalIsUnknownWhereOneShareIs) {
  auto unmeasured = shed("b", 60);
  unmeasured.area_m2 = std::nullopt;
  const auto marks = judged({cluster_rule("area_m2 > 1")}, {shed("a", 0), unmeasured});
  EXPECT_EQ(groups_of(marks), "a2? a2?");
  EXPECT_EQ(marks[0].severity, "");
}

TEST(Clusters, SayNothingForWantOfALayerThatIsNotGiven) {
  EXPECT_EQ(groups_of(judged({cluster_rule("farmland_m2 > 1")}, {shed("a", 0)})), "-");
}

TEST(Clusters, AddUpWhatLiesOnALayer) {
  const auto layers = Ground().layer("land_use", {{"f", box(10, -100, 70, 100), "0101"}}).load();
  const auto marks = judged({cluster_rule("farmland_m2 >= 599")}, {shed("a", 0), shed("b", 60)}, layers);
  ASSERT_EQ(groups_of(marks), "a2 a2");
  EXPECT_NEAR(marks[0].findings[0].predicates[0].facts[0].second.number, 300 + 300, kSmall);
}

TEST(Clusters, CountGroundOnceWherePatchesOverlap) {
  const std::vector<Patch> patches{shed("a", 0), shed("b", 10)};  // 300 m2 in common
  const auto total = [&](bool overlapping) {
    const auto marks = judged({cluster_rule("area_m2 > 1 AND area_mu < 9")}, patches, nullptr, overlapping);
    return marks.at(0).findings.at(0).predicates.at(0).facts.at(0).second.number;
  };
  EXPECT_EQ(total(false), 1200);
  EXPECT_NEAR(total(true), 900, kSmall);
}

TEST(Clusters, SumWherePatchesFromElsewhereOnlyTouch) {
  auto first = shed("a", 0);
  first.area_m2 = 601;  // as whoever made it says
  const auto marks = judged({cluster_rule("area_m2 > 1")}, {first, shed("b", 20)}, nullptr, true);
  EXPECT_EQ(marks[0].findings.at(0).predicates.at(0).facts.at(0).second.number, 1201);
}

TEST(Clusters, WithoutACrsEachPatchIsAlone) {
  const auto books = std::make_shared<const std::vector<Rulebook>>(
      std::vector{Rulebook{"own", "3", "test", {cluster_rule("area_m2 > 1")}}});
  const std::vector<Patch> patches{shed("a", 0), shed("b", 20)};
  GroupJudge groups(nullptr, books, Grid(), false);
  auto marks = Marker(nullptr, books).judge(patches);
  for (std::size_t i = 0; i < 2; ++i) groups.add(i, patches[i], marks[i].memberships);
  groups.judge([&](std::size_t i) { return patches[i]; }, {});
  groups.tell(1, patches[1], marks[1]);
  EXPECT_EQ(marks[1].findings.at(0).members, 1);
}

TEST(Cases, CountTogetherWhereverTheyLie) {
  auto rule = cluster_rule("area_m2 > 1");
  rule.scope = "case";
  auto far = shed("c", 400), near = shed("b", 30), other = shed("a", 0);
  far.case_id = near.case_id = "2021-7";
  other.case_id = "2021-8";
  const std::vector<Patch> patches{other, near, far, shed("d", 60, 35), shed("e", 90, 35)};
  EXPECT_EQ(groups_of(judged({rule}, patches)), "a1 b2 b2 d2 d2");
  rule.within_m = std::nullopt;
  EXPECT_EQ(groups_of(judged({rule}, patches)), "a1 b2 b2 d1 e1");
}

TEST(GroupFindings, StandWhereTheirRuleStandsAndMoveTheSeverity) {
  auto raise = cluster_rule("area_m2 >= 1200");
  raise.id = "R1";
  raise.effect = "raise";
  raise.mark = "";
  raise.cases[0].severity = "";
  const auto marks = judged({rule_of("X1", "patch", "mark", {{"S2", {"area_m2 > 1"}, ""}}), raise,
                             rule_of("X2", "patch", "mark", {{"S1", {"area_m2 > 1"}, ""}})},
                            {shed("a", 0), shed("b", 60)});
  std::string ids;
  for (const auto& f : marks[0].findings) ids += f.rule_id + " ";
  EXPECT_EQ(ids, "X1 R1 X2 ");
  EXPECT_EQ(marks[0].severity, "S3");
  EXPECT_TRUE(holds(marks[0].findings[1].note, {"S2 becomes S3"}));
}

TEST(GroupFindings, OfUndatedPatchesSaySo) {
  auto rule = cluster_rule("area_m2 > 1");
  rule.effective_from = "2021-01-01";
  auto undated = shed("a", 0), old = shed("b", 60), fresh = shed("c", 20);
  undated.after_date = std::nullopt;
  old.after_date = "2020-12-31";
  const auto marks = judged({rule}, {undated, old, fresh});
  EXPECT_EQ(groups_of(marks), "a2 - a2");
  EXPECT_EQ(marks[0].findings[0].note, "a note; no after-date: taken as in force");
  EXPECT_EQ(marks[2].findings[0].note, "a note");
}

Rule deriving(bool outside, std::vector<std::string> roles) {
  auto rule = rule_of("F09", "patch", "derive", {{"S3", {"area_m2 > 1"}, ""}});
  rule.derive = {outside, std::move(roles)};
  return rule;
}

Marks pieces_of(std::vector<Rule> rules, const Ground& ground, const Patch& patch = shed("a", 0)) {
  return judged(std::move(rules), {patch}, ground.load()).at(0);
}

TEST(Pieces, AreWhatLiesOutside) {
  const auto marks = pieces_of({deriving(true, {"approved_land"})},
                               Ground().layer("approved_land", {{"p", box(-5, -5, 12, 35)}}));
  ASSERT_EQ(marks.pieces.size(), 1U);
  const auto& piece = marks.pieces[0];
  EXPECT_NEAR(piece.area_m2, 8 * 30, kSmall);
  EXPECT_EQ(piece.severity, "S3");
  EXPECT_EQ(marks.severity, "S3");
  EXPECT_EQ(piece.piece_id.size(), 16U);
  EXPECT_EQ(piece.patch_id + piece.rulebook + piece.rule_id, "aownF09");
  EXPECT_EQ(marks.findings.at(0).piece_id, piece.piece_id);
  for (const auto& p : piece.geometry.at(0).rings.at(0)) EXPECT_GE(p.x, kOriginX + 12 - 1e-6);
}

TEST(Pieces, AreWhatLiesOutsideTheUnionOfRoles) {
  const auto marks = pieces_of({deriving(true, {"approved_land", "temporary_land", "advance_land"})},
                               Ground()
                                   .layer("approved_land", {{"p", box(-5, -5, 4, 35)}})
                                   .layer("temporary_land", {{"t", box(12, -5, 25, 35)}}));
  ASSERT_EQ(marks.pieces.size(), 1U);
  EXPECT_NEAR(marks.pieces[0].area_m2, 8 * 30, kSmall);
}

TEST(Pieces, InSeveralPartsAreOne) {
  const auto marks = pieces_of({deriving(true, {"approved_land"})},
                               Ground().layer("approved_land", {{"p", box(8, -5, 13, 35)}}));
  ASSERT_EQ(marks.pieces.size(), 1U);
  EXPECT_EQ(marks.pieces[0].geometry.size(), 2U);
  EXPECT_NEAR(marks.pieces[0].area_m2, (8 + 7) * 30, kSmall);
}

TEST(Pieces, AreNeverSlivers) {
  // 2.5 m beyond the approval: less than a pixel and a half of 2 m.
  const auto rim = pieces_of({deriving(true, {"approved_land"})},
                             Ground().layer("approved_land", {{"p", box(-5, -5, 17.5, 35)}}));
  EXPECT_TRUE(rim.pieces.empty());
  EXPECT_TRUE(holds(rim.findings.at(0).note, {"no piece", "sliver"}));
  EXPECT_FALSE(rim.findings.at(0).piece_id);
  // A large part, and one of 6 x 8 m.
  const auto parts =
      pieces_of({deriving(true, {"approved_land"})},
                Ground().layer("approved_land", {{"p", box(10, -5, 14, 35)}, {"q", box(14, -5, 25, 22)}}));
  ASSERT_EQ(parts.pieces.size(), 1U);
  EXPECT_NEAR(parts.pieces[0].area_m2, 10 * 30, kSmall);
}

TEST(Pieces, InsideStrictGroundCountFromASquareMetre) {
  const auto inside = [](const char* role) {
    return pieces_of({deriving(false, {role})}, Ground().layer(role, {{"r", box(-5, -5, 1, 2)}}))
        .pieces.size();
  };
  EXPECT_EQ(inside("ecological_redline"), 1U);  // 2 m2
  EXPECT_EQ(inside("settlement"), 0U);
}

TEST(Pieces, AreNoneWithoutALayerOrADateAndTheFindingSaysSo) {
  const auto absent = pieces_of({deriving(true, {"approved_land"})}, Ground().layer("settlement", {}));
  EXPECT_TRUE(absent.pieces.empty());
  EXPECT_TRUE(holds(absent.findings.at(0).note, {"no piece", "not given"}));
  auto undated = shed("a", 0);
  undated.after_date = std::nullopt;
  const auto untold =
      pieces_of({deriving(true, {"approved_land"})},
                Ground().layer("approved_land", {{"p", box(-5, -5, 12, 35), "", "2020-01-01", ""}}), undated);
  EXPECT_TRUE(untold.pieces.empty());
}

TEST(Pieces, AreJudgedOnTheirOwnGround) {
  auto rule = rule_of("P1", "piece", "mark",
                      {{"S4", {"farmland_m2 >= 119", "area_m2 < 241", "construction_like"}, ""}});
  auto doubt = rule_of("Q1", "piece", "demote", {{"", {"area_m2 > 1"}, ""}});
  const auto marks = pieces_of({rule, deriving(true, {"approved_land"}), doubt},
                               Ground()
                                   .layer("approved_land", {{"p", box(-5, -5, 12, 35)}})
                                   .layer("land_use", {{"f", box(-50, -50, 16, 50), "0101"}}));
  ASSERT_EQ(marks.pieces.size(), 1U);
  ASSERT_EQ(marks.findings.size(), 3U);
  const auto& finding = marks.findings[1];
  EXPECT_EQ(finding.rule_id, "P1");
  EXPECT_EQ(finding.piece_id, marks.pieces[0].piece_id);
  EXPECT_NEAR(finding.predicates[0].facts[0].second.number, 4 * 30, kSmall);
  EXPECT_NEAR(finding.predicates[1].facts[0].second.number, 8 * 30, kSmall);
  // A doubt about the piece is none about the patch.
  EXPECT_EQ(marks.pieces[0].severity, "S3");
  EXPECT_EQ(marks.pieces[0].marks, std::vector<std::string>{"x"});
  EXPECT_TRUE(holds(marks.findings[2].note, {"S4 becomes S3"}));
  EXPECT_EQ(marks.severity, "S4");
}

TEST(Pieces, SufferTheDoubtsAboutTheirPatch) {
  const auto marks = pieces_of(
      {deriving(true, {"approved_land"}), rule_of("Q2", "patch", "demote", {{"", {"area_m2 > 1"}, ""}})},
      Ground().layer("approved_land", {{"p", box(-5, -5, 12, 35)}}));
  EXPECT_EQ(marks.pieces.at(0).severity, "S2");
  EXPECT_EQ(marks.severity, "S2");
}

TEST(Pieces, AndMembershipsComeBackFromTheirRecord) {
  const auto layers = Ground().layer("approved_land", {{"p", box(8, -5, 13, 35)}}).load();
  const auto books = std::make_shared<const std::vector<Rulebook>>(std::vector{
      Rulebook{"own",
               "3",
               "test",
               {deriving(true, {"approved_land"}), cluster_rule("farmland_m2 > 1 OR area_m2 > 1")}}});
  const auto patch = shed("a", 0);
  const auto marks = Marker(layers, books).judge(std::span(&patch, 1)).at(0);
  Encoder encoder;
  encode(encoder, marks);
  Decoder from(encoder.bytes());
  const auto back = decode_marks(from);
  EXPECT_TRUE(from.done());
  ASSERT_EQ(back.pieces.size(), 1U);
  EXPECT_EQ(back.pieces[0].piece_id, marks.pieces[0].piece_id);
  EXPECT_EQ(back.pieces[0].area_m2, marks.pieces[0].area_m2);
  ASSERT_EQ(back.pieces[0].geometry.size(), 2U);
  EXPECT_EQ(back.pieces[0].geometry[1].rings[0].size(), marks.pieces[0].geometry[1].rings[0].size());
  EXPECT_EQ(back.findings.at(0).piece_id, marks.pieces[0].piece_id);
  ASSERT_EQ(back.memberships.size(), 1U);
  EXPECT_EQ(back.memberships[0].rule, 1);
  EXPECT_EQ(back.memberships[0].bounds.x1, kOriginX + 20);
  EXPECT_EQ(back.memberships[0].values, (std::vector<std::optional<double>>{600, std::nullopt}));
}

}  // namespace
}  // namespace tuban::test
