// SPDX-License-Identifier: Apache-2.0
// A patch explained: what a person reads, word for word, of values worked out by hand.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/delivery/areas.h"
#include "engine/delivery/place.h"
#include "engine/delivery/predicate_text.h"
#include "engine/delivery/words.h"
#include "engine/patch/change_type.h"
#include "engine/rules/roles.h"
#include "tests/support/rule_ground.h"
#include "tests/support/sample_results.h"
#include "tuban/explain.h"

namespace tuban {
namespace {

using test::refusal;

class TempFile {
 public:
  explicit TempFile(const std::string& name)
      : path_((std::filesystem::temp_directory_path() / ("tuban-explain-" + name + ".gpkg")).string()) {
    std::filesystem::remove(path_);
  }
  ~TempFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr const char* kRun = R"({"tuban": "0.1.0", "missing_layers": ["supplied_land"]})";

FactValue measured(double value) {
  return {FactValue::Kind::number, value, {}};
}

/// 3,200 m2 of paddy with a ridge coefficient of .0820 (E.4), the rest orchard; half inside an approval.
Patch story_patch() {
  Patch patch = test::full_patch();
  patch.area_m2 = 9997.865;  // its double lies below: half up all the same
  patch.change_type = "C11";
  patch.direction = "vegetation_loss";
  patch.lineage.clear();
  patch.lineage_status.reset();
  patch.first_seen_date.reset();
  return patch;
}

Marks story_marks() {
  const std::string id = test::full_patch().patch_id;
  Finding fired = test::full_marks().findings.front();
  fired.rule_id = "F03";
  fired.name_zh = "推（堆）填土";
  fired.name_en = "Fill on farmland";
  fired.severity = "S3";
  fired.note = "";
  fired.basis = "江府办函〔2021〕83号";
  fired.predicates = {{"change_type = 'C11'", 1, {{"change_type", {FactValue::Kind::text, 0, "C11"}}}},
                      {"COALESCE(basic_farmland_m2, farmland_m2) >= 400",
                       1,
                       {{"basic_farmland_m2", {}}, {"farmland_m2", measured(3200)}}}};
  Finding open = fired;
  open.rule_id = "F08";
  open.name_zh = "批而未用范围内";
  open.name_en = "Inside approved land";
  open.status = "unknown";
  open.severity = open.mark = "";
  open.effect = "label";
  open.predicates = {{"ecological_redline_share >= 0.95", -1, {{"ecological_redline_share", {}}}}};
  Marks marks;
  marks.findings = {fired, open};
  const auto shares = [&](const char* layer, const char* feature, const char* kind, const char* state,
                          double gross, std::optional<double> net) {
    Overlap overlap;
    overlap.patch_id = id;
    overlap.layer = layer;
    overlap.feature_id = feature;
    overlap.feature_class = kind;
    overlap.state = state;
    overlap.gross_m2 = gross;
    overlap.net_m2 = net;
    marks.overlaps.push_back(overlap);
  };
  shares("approved_land", "440703-7", "", "valid", 4998.9325, std::nullopt);
  marks.overlaps.back().number = "粤府土审〔2020〕7号";
  marks.overlaps.back().dated = "2020-05-01";
  marks.overlaps.back().valid_from = "2020-05-01";
  shares("district", "440703", "蓬江区", "", 9997.865, std::nullopt);
  shares("district", "440703100", "杜阮镇", "", 6000, std::nullopt);
  shares("district", "440703101", "棠下镇", "", 3997.865, std::nullopt);
  shares("land_use", "1", "0201", "", 6797.865, 6797.865);
  shares("land_use", "2", "0101", "", 1000, 918);
  shares("land_use", "3", "0101", "", 2200, 2019.6);
  marks.marks = {"farmland"};
  marks.severity = "S3";
  return marks;
}

std::string write_story(const std::string& path) {
  const auto sink = make_patch_sink(test::job_to(path), test::sample_grid());
  test::write_one(*sink, story_patch(), 2, story_marks());
  test::write_one(*sink, test::bare_patch(1), 1, {});
  test::finish(sink, kRun);
  return story_patch().patch_id;
}

void change(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  // The triggers of the spatial index ask for functions that only GDAL has.
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_free(error);
  sqlite3_close(database);
}

/// A column that results of some versions have.
void add_column(const std::string& path, const std::string& table, const std::string& column) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  const std::string sql = "ALTER TABLE " + table + " ADD COLUMN " + column + " TEXT";
  sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);  // refused where the column is there
  sqlite3_close(database);
}

/// Puts the dictionary's words, which are the dictionary's affair, where @fact@ stands.
std::string filled(std::string text, Language language) {
  const auto put = [&](const std::string& mark, std::string_view words) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
      text.replace(at, mark.size(), words);
    }
  };
  for (const FactInfo& fact : fact_dictionary()) {
    put(std::string(1, '@').append(fact.name).append("@"), language == Language::zh ? fact.zh : fact.en);
    if (fact.name == "ecological_redline_share") put("@why@", fact.unknown_when);
  }
  return text;
}

TEST(Explain, SaysInEnglishWhatAPersonNeedsToJudge) {
  const TempFile file("en");
  const std::string id = write_story(file.path());
  EXPECT_EQ(explain(file.path(), id, Language::en), filled(R"(Patch 0123456789abcdef (rank 2 of 2)
  suspected: farmland
  severity: S3 (suspect)
  where: 113.515000 E, 22.594000 N; 蓬江区 (440703), 杜阮镇 (440703100)
  when: between 2021-03-01 and 2021-06-30
  area: 9997.87 m2 = 15.00 mu
  change: C11 earthwork, fill (confidence in the type 0.70); loss of vegetation; like construction; like earthwork
  confidence: 0.99 (0 to 1, to rank by; not a probability)

Rules that fired
  F03 Fill on farmland
    severity S3 (suspect); mark farmland; rulebook farmland 2021.1
    basis: 江府办函〔2021〕83号
    holds: change_type = C11 earthwork, fill
        change_type = C11 earthwork, fill (@change_type@)
    holds: basic_farmland_m2 (where unknown: farmland_m2) >= 400
        basic_farmland_m2 = unknown (@basic_farmland_m2@)
        farmland_m2 = 3200.00 m2 = 4.80 mu (@farmland_m2@)

Rules that could not be decided
  F08 Inside approved land
    labels the patch; rulebook farmland 2021.1
    basis: 江府办函〔2021〕83号
    unknown: ecological_redline_share >= 0.95
        ecological_redline_share = unknown (@ecological_redline_share@)

Land under the patch (land-use parcels)
  0201 orchard: 6797.87 m2 = 10.20 mu
  0101 paddy field: 3200.00 m2 = 4.80 mu; net of field ridges 2937.60 m2 = 4.41 mu, ridges 262.40 m2
  together: 9997.87 m2 = 15.00 mu; net of field ridges 9735.47 m2 = 14.60 mu, ridges 262.40 m2

Other layers and evidence under the patch
  approved conversion of agricultural land 440703-7: number 粤府土审〔2020〕7号; dated 2020-05-01; in force from 2020-05-01; valid; 4998.93 m2 = 7.50 mu, 50.00 % of the patch

What is not known
  ecological_redline_share: @why@; these layers would tell: ecological_redline (ecological redline)
  not given to the run, so rules that need them say nothing: supplied_land (land supply)

A patch is a lead, never a basis for a penalty: people determine, after checking in the field (自然资发〔2023〕258号).
)",
                                                           Language::en));
}

TEST(Explain, SaysTheSameInChinese) {
  const TempFile file("zh");
  const std::string id = write_story(file.path());
  EXPECT_EQ(explain(file.path(), id, Language::zh),
            filled(R"(图斑 0123456789abcdef（优先次序第2位，共2个图斑）
  疑似标记：疑似占用耕地
  疑似程度：S3（疑似）
  位置：东经113.515000°，北纬22.594000°；蓬江区（440703），杜阮镇（440703100）
  时相：前时相2021-03-01，后时相2021-06-30
  面积：9997.87平方米（15.00亩）
  变化：C11 推（堆）填土、动土（类型置信度0.70）；植被减少；疑似建设；疑似动土
  变化置信度：0.99（0至1，用于排序，不是概率）

命中的规则
  F03 推（堆）填土
    疑似程度S3（疑似）；标记：疑似占用耕地；规则集farmland 2021.1
    依据：江府办函〔2021〕83号
    成立：@change_type@ = C11 推（堆）填土、动土
        @change_type@（change_type）= C11 推（堆）填土、动土
    成立：@basic_farmland_m2@（未知时取@farmland_m2@） ≥ 400
        @basic_farmland_m2@（basic_farmland_m2）= 未知
        @farmland_m2@（farmland_m2）= 3200.00平方米（4.80亩）

无法判定的规则
  F08 批而未用范围内
    作用：标注；规则集farmland 2021.1
    依据：江府办函〔2021〕83号
    未知：@ecological_redline_share@ ≥ 0.95
        @ecological_redline_share@（ecological_redline_share）= 未知

各地类面积（地类图斑）
  0201 果园：6797.87平方米（10.20亩）
  0101 水田：3200.00平方米（4.80亩）；扣除田坎后2937.60平方米（4.41亩），田坎262.40平方米
  合计：9997.87平方米（15.00亩）；扣除田坎后9735.47平方米（14.60亩），田坎262.40平方米

其他图层与审批依据
  农用地转用批准 440703-7：文号：粤府土审〔2020〕7号；日期：2020-05-01；自2020-05-01起有效；时效：有效；4998.93平方米（7.50亩），占图斑50.00 %

未知事项
  @ecological_redline_share@（ecological_redline_share）：未提供该类图层，或该处要素有时效而图斑没有日期；可由下列图层确定：生态保护红线（ecological_redline）
  作业未提供这些图层，依赖它们的规则不作判断：供地（supplied_land）

图斑只是问题线索，不能直接作为行政处罚的依据；须经实地核查，由人工认定（自然资发〔2023〕258号）。
)",
                   Language::zh));
}

TEST(Explain, APatchWithoutFindingsSaysSo) {
  const TempFile file("bare");
  write_story(file.path());
  const std::string text = explain(file.path(), test::bare_patch(1).patch_id, Language::en);
  EXPECT_TRUE(
      test::holds(text, {"No rule fired.", "9 pixels (the scenes have no CRS)", "C99 unknown", "lead"}));
}

TEST(Explain, ThresholdsThatAreParametersAreSaidWithTheirValues) {
  const TempFile file("parameters");
  const std::string id = write_story(file.path());
  change(file.path(), R"(UPDATE findings SET evidence = '[{"when": "farmland_m2 >= :least_m2", "held": false,
    "facts": {"farmland_m2": 399.9999}, "parameters": {"least_m2": 400}}]' WHERE rule_id = 'F03')");
  // 400.00 beside a threshold of 400 would contradict the verdict, so the number is not rounded.
  EXPECT_TRUE(test::holds(explain(file.path(), id, Language::en),
                          {"does not hold: farmland_m2 >= 400\n", "farmland_m2 = 399.9999 m2 = 0.60 mu",
                           "threshold least_m2 = 400\n"}));
  EXPECT_TRUE(test::holds(explain(file.path(), id, Language::zh), {"不成立：", " ≥ 400\n"}));
}

TEST(Explain, LineagePiecesAndGroupsAreToldWhereAResultHasThem) {
  const TempFile file("lineage");
  const std::string id = write_story(file.path());
  add_column(file.path(), "patches", "lineage_status");
  add_column(file.path(), "patches", "first_seen_date");
  add_column(file.path(), "findings", "group_id");
  change(file.path(), R"(
    UPDATE patches SET lineage_status = 'grown', first_seen_date = '2021-01-31' WHERE rank = 2;
    UPDATE findings SET group_id = 'g-1', evidence = '[{"members": 3, "when": "farmland_m2 >= 400", "held": true,
      "facts": {"farmland_m2": 9600}}]' WHERE rule_id = 'F03';
    CREATE TABLE IF NOT EXISTS lineage (fid INTEGER PRIMARY KEY, patch_id TEXT, earlier_id TEXT, relation TEXT,
      shared_m2 REAL, share_of_patch REAL, share_of_earlier REAL);
    INSERT INTO lineage (patch_id, earlier_id, relation, shared_m2, share_of_patch, share_of_earlier)
      VALUES ('0123456789abcdef', 'old1', 'grown', 5000, 0.500107, 0.98);
    CREATE TABLE IF NOT EXISTS pieces (fid INTEGER PRIMARY KEY, piece_id TEXT, patch_id TEXT, rule_id TEXT,
      area_m2 REAL, severity TEXT);
    INSERT INTO pieces (piece_id, patch_id, rule_id, area_m2, severity)
      VALUES ('p-1', '0123456789abcdef', 'F09', 1000, 'S3');
    INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier)
      VALUES ('lineage', 'attributes', 'lineage'), ('pieces', 'attributes', 'pieces'))");
  EXPECT_TRUE(
      test::holds(explain(file.path(), id, Language::en),
                  {"earlier batches: grown; first seen 2021-01-31; earlier patch old1 (grown), shared "
                   "5000.00 m2 = 7.50 mu, 50.01 % of this patch, 98.00 % of the earlier one\n",
                   "judged together with the patches of group g-1, 3 patches; areas are those of the group\n",
                   "p-1: by rule F09; 1000.00 m2 = 1.50 mu; severity S3 (suspect)\n"}));
  EXPECT_TRUE(
      test::holds(explain(file.path(), id, Language::zh),
                  {"沿革：扩大；首次发现2021-01-31；上期图斑old1（扩大），重叠5000.00平方米（7.50亩），"
                   "占本图斑50.01 %，占上期图斑98.00 %\n"}));
}

TEST(Explain, ResultsOfEarlierVersionsAreRead) {
  const TempFile file("older");
  const std::string id = write_story(file.path());
  change(file.path(), R"(ALTER TABLE overlaps DROP COLUMN number; ALTER TABLE overlaps DROP COLUMN dated;
    ALTER TABLE overlaps DROP COLUMN valid_from; ALTER TABLE overlaps DROP COLUMN valid_to;
    DELETE FROM run WHERE key = 'missing_layers')");
  EXPECT_TRUE(test::holds(explain(file.path(), id, Language::en), {"440703-7: valid; 4998.93 m2"}));
}

TEST(Explain, JsonHoldsTheSameInBothLanguages) {
  const TempFile file("json");
  const std::string id = write_story(file.path());
  const auto json = nlohmann::json::parse(explain_json(file.path(), id));
  EXPECT_EQ(json["patch"]["area_m2"], 9997.865);
  EXPECT_EQ(json["place"]["town"], "440703100");
  EXPECT_EQ(json["findings"][1]["predicates"][0]["held"], nullptr);
  EXPECT_EQ(json["findings"][0]["predicates"][1]["facts"][1]["name"], "farmland_m2");
  EXPECT_EQ(json["land"][1]["net_m2"], 2937.6);
  EXPECT_EQ(json["unknown"][0]["layers"][0], "ecological_redline");
  EXPECT_EQ(json["missing_layers"][0], "supplied_land");
}

TEST(Explain, AnUnknownPatchIsRefusedWithTheNearest) {
  const TempFile file("refused");
  write_story(file.path());
  const auto refused = [&](const std::string& id) {
    return refusal(ErrorCode::usage, [&] { explain(file.path(), id, Language::en); });
  };
  EXPECT_TRUE(test::holds(refused("0123456789abcdee"), {"did you mean 0123456789abcdef?", "--rank N"}));
  EXPECT_TRUE(test::holds(refused("01234"), {"did you mean 0123456789abcdef?"}));
  EXPECT_TRUE(test::holds(refused("zz"), {"has no patch zz;", "2 patches"}));
  EXPECT_TRUE(test::holds(refused(""), {"has no patch"}));
}

TEST(Explain, ARankNamesAPatch) {
  const TempFile file("rank");
  const std::string id = write_story(file.path());
  EXPECT_EQ(patch_of_rank(file.path(), 2), id);
  EXPECT_TRUE(
      test::holds(refusal(ErrorCode::usage, [&] { patch_of_rank(file.path(), 3); }), {"from 1 to 2"}));
}

TEST(Explain, OtherFilesAreRefusedByTheirFault) {
  const TempFile file("none");
  const auto refused = [&] {
    return refusal(ErrorCode::usage, [&] { explain(file.path(), "x", Language::en); });
  };
  EXPECT_TRUE(test::holds(refused(), {"cannot read", file.path(), "unable to open"}));
  write_story(file.path());
  change(file.path(), "DELETE FROM gpkg_contents WHERE table_name = 'patches'");
  EXPECT_TRUE(test::holds(refused(), {"it has no table patches"}));
}

TEST(Areas, AreRoundedHalfUpToTwoDecimals) {
  EXPECT_EQ(two_decimals(9997.865), "9997.87");
  EXPECT_EQ(two_decimals(1.005), "1.01");
  EXPECT_EQ(two_decimals(-1.005), "-1.01");
  EXPECT_EQ(two_decimals(0.0049), "0.00");
  EXPECT_EQ(mu_text(2937.60), "4.41");
  EXPECT_EQ(mu_text(3333.33), "5.00");
  EXPECT_EQ(mu_text(3330), "5.00");  // 4.995
  EXPECT_EQ(round_mu(6666.67), 10.00);
}

TEST(Words, EveryChangeTypeAndRoleHasWords) {
  for (const std::string_view type : kChangeTypes) {
    EXPECT_NE(change_type_words(type).zh, type);
    EXPECT_NE(change_type_words(type).en, type);
  }
  for (const Role& role : roles()) EXPECT_EQ(role_words(role.name).zh, role.zh);
}

TEST(Words, WhyAFactIsUnknownIsSaidInBothLanguages) {
  for (const FactInfo& fact : fact_dictionary()) {
    const Words reason = reason_words(fact.unknown_when);
    EXPECT_EQ(reason.en, fact.unknown_when) << fact.name;
    EXPECT_NE(reason.zh, reason.en) << fact.name;
  }
}

TEST(Words, MarksAreSaidOneByOne) {
  EXPECT_EQ(marks_text("farmland,mining", Language::zh), "疑似占用耕地，疑似采矿");
  EXPECT_EQ(marks_text("farmland,own", Language::en), "farmland, own");
  EXPECT_EQ(marks_text("", Language::en), "");
}

TEST(Words, LandClassesAreKnownWithTheirSuffixes) {
  EXPECT_EQ(land_class_words("0101").zh, "水田");
  EXPECT_EQ(land_class_words("0307K").zh, "可调整其他林地");
  EXPECT_EQ(land_class_words("08H2A").zh, "高教用地");
  EXPECT_EQ(land_class_words("08H2").zh, "科教文卫用地");
  EXPECT_EQ(land_class_words("1104A").zh, "养殖坑塘");
  EXPECT_EQ(land_class_words("203").zh, "村庄");
  EXPECT_EQ(land_class_words("9999").zh, "");
}

TEST(PredicateText, SpeaksOfSetsRangesAndWhatStandsIn) {
  const std::map<std::string, double> parameters{{"least", 200}};
  const auto en = [&](const char* sql) { return predicate_text(sql, parameters, Language::en); };
  const auto zh = [&](const char* sql) { return predicate_text(sql, parameters, Language::zh); };
  EXPECT_EQ(en("change_type IN ('C30', 'C31')"),
            "change_type is one of (C30 quarry, stripped ground, C31 spoil or stock heap)");
  EXPECT_EQ(zh("area_m2 BETWEEN :least AND 400 AND NOT cut"),
            fact_words("area_m2", Language::zh) + " 介于 200 与 400 且 非 cut");
  EXPECT_EQ(en("COALESCE(max(area_m2, 1), 0) > :least"), "max (area_m2, 1) (where unknown: 0) > 200");
  EXPECT_EQ(zh("ifnull(farmland_m2, coalesce(basic_farmland_m2, 0))>=:least"),
            fact_words("farmland_m2", Language::zh) + "（未知时取" +
                fact_words("basic_farmland_m2", Language::zh) + "（未知时取0）） ≥ 200");
  EXPECT_EQ(en("area_m2 >= :absent"), "area_m2 >= :absent");
}

TEST(Place, TheFinestDistrictWithMostOfThePatchDecides) {
  using Shares = std::vector<DistrictShare>;
  EXPECT_EQ(place_of(Shares{}).county, "");
  const Place town =
      place_of(Shares{{"440703", "蓬江区", 900}, {"440703100", "杜阮镇", 300}, {"440703101", "棠下镇", 600}});
  EXPECT_EQ(town.town, "440703101");
  EXPECT_EQ(town.county_name, "蓬江区");
  EXPECT_EQ(place_of(Shares{{"440785", "恩平市", 50}, {"440783", "开平市", 50}}).county, "440783");
  EXPECT_EQ(place_of(Shares{{"440785", "恩平市", 50}, {"440783", "开平市", 50}}).town, "");
  EXPECT_EQ(place_of(Shares{{"44", "广东省", 50}}).county, "");
}

}  // namespace
}  // namespace tuban
