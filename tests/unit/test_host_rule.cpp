// SPDX-License-Identifier: Apache-2.0
// Rules that are functions of a C++ host, and rulebooks given as text.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/support/raster_files.h"
#include "tests/support/square_scene.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

using testing::SquareInMemory;
using testing::TempFolder;

constexpr const char* kBook = R"(
rulebook: words
version: "4"
rules:
  - id: W1
    name: {zh: 大, en: large}
    scope: patch
    effect: mark
    mark: large
    basis: a test
    cases:
      - {severity: S2, when: ["area_px >= 100"]}
)";

HostRule large() {
  HostRule rule;
  rule.id = "H1";
  rule.name_en = "Large";
  rule.version = "7";
  rule.mark = "large";
  rule.basis = "a test";
  rule.severity = "S2";
  rule.judge = [](const Facts& facts) {
    const FactValue& width = facts("mean_width_px");
    return Verdict{width.kind == FactValue::Kind::number && width.number >= 5 ? 1 : 0, {}, "wide"};
  };
  return rule;
}

class HostRules : public ::testing::Test {
 protected:
  HostRules() {
    job_.before.source = wrap_memory(before_.raster);
    job_.after.source = wrap_memory(after_.raster);
    job_.threads = 2;
    job_.rules = {"none"};
  }
  std::vector<Finding> findings() const {
    const Result result = collect(job_);
    EXPECT_EQ(result.patches.size(), 1U);
    return result.patches.empty() ? std::vector<Finding>{} : result.patches.front().findings;
  }
  void expect_refused(HostRule rule, const std::string& why) {
    job_.host_rules = {std::move(rule)};
    try {
      collect(job_);
      FAIL() << why;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    }
  }

  const SquareInMemory before_{false}, after_{true};
  Job job_;
};

TEST_F(HostRules, MakeFindingsWithTheFactsTheyReadAsEvidence) {
  job_.host_rules = {large()};
  const auto found = findings();
  ASSERT_EQ(found.size(), 1U);
  const Finding& one = found.front();
  EXPECT_EQ(one.rulebook + " " + one.version + " " + one.rule_id, "functions 7 H1");
  EXPECT_EQ(one.name_zh, "Large");
  EXPECT_EQ(one.status + one.effect + one.mark + one.severity, "firedmarklargeS2");
  EXPECT_EQ(one.note, "wide");
  ASSERT_EQ(one.predicates.size(), 1U);
  EXPECT_EQ(one.predicates[0].verdict, 1);
  ASSERT_EQ(one.predicates[0].facts.size(), 1U);
  EXPECT_EQ(one.predicates[0].facts[0].first, "mean_width_px");
  EXPECT_GE(one.predicates[0].facts[0].second.number, 5);
}

TEST_F(HostRules, SettleThePatchAndComeBehindTheBooks) {
  HostRule up = large();
  up.id = "H2";
  up.effect = "raise";
  up.mark = up.severity = "";
  job_.rule_texts = {kBook};
  job_.host_rules = {large(), up};
  const Result result = collect(job_);
  ASSERT_EQ(result.patches.size(), 1U);
  const MarkedPatch& patch = result.patches.front();
  EXPECT_EQ(patch.severity, "S3");
  EXPECT_EQ(patch.marks, std::vector<std::string>{"large"});
  ASSERT_EQ(patch.findings.size(), 3U);
  EXPECT_EQ(patch.findings[0].rulebook, "words");
  EXPECT_EQ(patch.findings[1].rule_id, "H1");
  EXPECT_EQ(patch.findings[2].rule_id, "H2");
}

TEST_F(HostRules, AreNotAskedWhereTheyWereNotInForce) {
  job_.host_rules = {large()};
  job_.host_rules[0].effective_to = "2020-12-31";
  job_.before.date = "2021-01-01";
  job_.after.date = "2021-06-01";
  EXPECT_TRUE(findings().empty());
  job_.host_rules[0].effective_to = "2021-06-01";
  EXPECT_EQ(findings().size(), 1U);
}

TEST_F(HostRules, AreUnknownOnlyWhereALayerWouldNotTell) {
  job_.host_rules = {large()};
  job_.host_rules[0].judge = [](const Facts& facts) {
    return Verdict{facts("farmland_m2").kind == FactValue::Kind::unknown ? -1 : 1};
  };
  EXPECT_TRUE(findings().empty());  // for want of a layer
  job_.host_rules[0].judge = [](const Facts&) { return Verdict{-1}; };
  const auto found = findings();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].status, "unknown");
  EXPECT_EQ(found[0].severity, "");
}

TEST_F(HostRules, NoneOfTheBooksAreUsedWhereNoneIsAsked) {
  EXPECT_TRUE(findings().empty());
  const std::string manifest = collect(job_).report.manifest;
  EXPECT_NE(manifest.find(R"("rulebooks":[])"), std::string::npos);
}

TEST_F(HostRules, EndTheRunWithWhatTheyThrow) {
  struct HostsOwn : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  job_.host_rules = {large()};
  job_.host_rules[0].judge = [](const Facts&) -> Verdict { throw HostsOwn("enough"); };
  EXPECT_THROW(collect(job_), HostsOwn);
}

TEST_F(HostRules, AreRefusedForWhatTheyLackOrSayWrong) {
  HostRule wrong = large();
  wrong.judge = {};
  expect_refused(wrong, "rule H1 of the host: it has no function");
  wrong = large();
  wrong.basis.clear();
  expect_refused(wrong, "it has no basis");
  wrong = large();
  wrong.severity.clear();
  expect_refused(wrong, "it holds without a severity");
  wrong = large();
  wrong.facts = {"area_px"};
  expect_refused(wrong, "it reads mean_width_px, which is not among the facts it names");
  wrong = large();
  wrong.judge = [](const Facts&) { return Verdict{1, "S9"}; };
  expect_refused(wrong, "severity \"S9\" is unknown");
}

TEST_F(HostRules, LetARunBeResumedWhereTheyHaveAVersion) {
  const TempFolder folder;
  job_.output = folder / "out.gpkg";
  job_.host_rules = {large()};
  Control control;
  control.resume = true;
  EXPECT_EQ(run(job_, control).findings, 1);
  job_.overwrite = true;
  job_.host_rules[0].version.clear();
  EXPECT_THROW(run(job_, control), Error);
}

}  // namespace
}  // namespace tuban
