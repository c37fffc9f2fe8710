// SPDX-License-Identifier: Apache-2.0
// What is wrong with a rulebook, a layer list or a layer is said in one sentence that names the place.
#include <ogrsf_frmts.h>

#include <filesystem>
#include <fstream>

#include "engine/io/layer_reader.h"
#include "engine/rules/rulebook.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

std::string refused_file(const std::string& name, const std::string& content, const auto& load) {
  const TempFolder folder;
  std::ofstream(folder / name) << content;
  return refusal(ErrorCode::usage, [&] { load(folder / name); });
}

std::string refused_book(const std::string& content) {
  return refused_file("book.yaml", content, [](const std::string& path) { load_rulebook(path); });
}

std::string refused_list(const std::string& content) {
  return refused_file("layers.yaml", content, [](const std::string& path) { load_layer_specs(path); });
}

/// A book of one rule F99, with a line of it replaced.
std::string book(const std::string& line, const std::string& by) {
  std::string text = R"(rulebook: own
version: 1
rules:
  - id: F99
    effective: {from: 2021-01-01}
    name: {zh: 疑似, en: Suspected}
    scope: patch
    effect: mark
    mark: x
    basis: a law
    cases:
      - severity: S4
        when: ["area_m2 >= 200"]
)";
  const auto at = text.find(line);
  EXPECT_NE(at, std::string::npos) << line;
  return text.replace(at, line.size(), by);
}

std::string refused_predicate(const std::string& sql) {
  std::string quoted = "\"";
  for (const char c : sql) quoted += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
  const auto text = refused_book(book("\"area_m2 >= 200\"", quoted + "\""));
  EXPECT_TRUE(holds(text, {"book.yaml", "rule F99", sql}));
  return text;
}

struct Broken {
  const char* line;
  const char* by;
  std::vector<std::string> says;
};

TEST(Grammar, NamesFileRuleKeyAndTheNearestWord) {
  const Broken table[] = {
      {"    effect: mark", "    efect: mark", {"rule F99", "unknown key \"efect\"", "\"effect\""}},
      {"rulebook: own", "rulebok: own", {"unknown key \"rulebok\"", "\"rulebook\""}},
      {"      - severity: S4", "      - severty: S4", {"rule F99: case 1", "\"severty\"", "\"severity\""}},
      {"severity: S4", "severity: S5", {"rule F99: case 1", "S5", "S1, S2, S3, S4"}},
      {"{from: 2021-01-01}", "{form: 2021-01-01}", {"rule F99: effective", "\"form\"", "\"from\""}},
      {"2021-01-01", "2021-02-30", {"rule F99: effective", "\"from\"", "2021-02-30", "yyyy-mm-dd"}},
      {"{from: 2021-01-01}", "{from: 2021-01-01, to: 2020-01-01}", {"rule F99: effective", "2020-01-01"}},
      {"    basis: a law\n", "", {"rule F99", "\"basis\" is missing"}},
      {"    mark: x\n", "", {"rule F99", "effect \"mark\"", "key \"mark\""}},
      {"effect: mark", "effect: label", {"rule F99", "label", "sets no mark"}},
      {"    mark: x\n", "    mark: x\n    mark: y\n", {"rule F99", "\"mark\"", "twice"}},
      {"en: Suspected", "fr: Soupconne", {"rule F99: name", "\"fr\"", "zh, en"}},
      {"scope: patch", "scope: cluster", {"rule F99", "\"of\" is missing"}},
      {"scope: patch",
       "scope: cluster\n    of: [construction_like]",
       {"rule F99", "\"within_m\" is missing"}},
      {"scope: patch",
       "scope: cluster\n    of: [construction_lke]\n    within_m: 5",
       {"rule F99", "construction_lke", "\"construction_like\""}},
      {"scope: patch",
       "scope: cluster\n    of: [construction_like]\n    within_m: 0",
       {"\"within_m\" is \"0\"", "above 0"}},
      {"scope: patch",
       "scope: case\n    of: [construction_like]\n    within_m: near",
       {"\"within_m\" is \"near\"", "above 0"}},
      {"scope: patch",
       "scope: patch\n    of: [construction_like]",
       {"\"of\" is for the scopes cluster and case"}},
      {"scope: patch", "scope: patch\n    within_m: 5", {"\"within_m\" is for the scopes cluster and case"}},
      {"scope: patch", "scope: patch\n    derive: {outside: approved_land}", {"\"derive\" is for effect"}},
      {"scope: patch", "scope: planet", {"scope \"planet\" is unknown", "patch, piece, cluster, case"}},
      {"effect: mark", "effect: raise", {"rule F99", "raise", "sets no mark"}},
      {"effect: mark\n    mark: x", "effect: raise", {"rule F99: case 1", "raise", "no severity", "leave"}},
      {"mark: x", "mark: [x, x]", {"rule F99", "\"mark\"", "different names"}},
      {"mark: x", "mark: \"x,y\"", {"rule F99", "\"mark\"", "x,y"}},
      {"id: F99", "id: F.9", {"\"id\"", "F.9"}},
      {"rulebook: own", "rulebook: my own", {"\"rulebook\"", "my own"}},
      {"effect: mark", "effect: demote", {"rule F99", "demote", "sets no mark"}},
      {"effect: mark\n    mark: x", "effect: demote", {"rule F99: case 1", "demote", "no severity", "leave"}},
      {"      - severity: S4\n        when", "      - when", {"rule F99: case 1", "\"severity\" is missing"}},
      {"effect: mark", "effect: derive", {"rule F99", "\"derive\" is missing"}},
      {"scope: patch\n    effect: mark",
       "scope: piece\n    effect: derive\n    derive: {outside: approved_land}",
       {"rule F99", "scope \"piece\"", "no end"}},
      {"effect: mark", "effect: derive\n    derive: {}", {"rule F99: derive", "outside", "inside"}},
      {"effect: mark",
       "effect: derive\n    derive: {outside: approved_land, inside: settlement}",
       {"rule F99: derive", "either"}},
      {"effect: mark",
       "effect: derive\n    derive: {outside: [approved_land, aproved_land]}",
       {"rule F99: derive", "\"aproved_land\" is no role", "\"approved_land\""}},
      {"effect: mark", "effect: derive\n    derive: {inside: military}", {"\"military\" is no role"}},
      {"effect: mark", "effect: derive\n    derive: {inside: []}", {"rule F99: derive", "empty"}},
      {"effect: mark",
       "effect: judge",
       {"effect \"judge\" is unknown", "mark, raise, demote, label, derive"}},
      {"[\"area_m2 >= 200\"]", "area_m2 >= 200", {"rule F99: case 1", "\"when\"", "list"}},
      {"[\"area_m2 >= 200\"]", "[]", {"rule F99: case 1", "\"when\"", "list"}},
      {"version: 1", "version: [1]", {"\"version\"", "plain text"}},
      {"scope: patch", "scope: [patch", {"line 8", "valid YAML"}},
  };
  for (const auto& one : table) {
    auto says = one.says;
    says.emplace_back("book.yaml");
    EXPECT_TRUE(holds(refused_book(book(one.line, one.by)), says));
  }
}

TEST(Grammar, RefusesFactsWithoutATotalOverSeveralPatches) {
  for (const char* sql : {"approved_land_share > 0.5", "area_px > 1", "change_type = 'C10'"}) {
    auto text = book("scope: patch", "scope: cluster\n    of: [construction_like]\n    within_m: 50");
    text.replace(text.find("area_m2 >= 200"), 14, sql);
    EXPECT_TRUE(holds(refused_book(text), {"book.yaml", "rule F99", sql, "no total over several patches"}));
  }
}

TEST(Parameters, AreRefusedWithTheReason) {
  struct Row {
    const char *parameters, *when;
    std::vector<std::string> says;
  };
  const Row table[] = {
      {"{least_m2: 200}", "area_m2 >= :leest_m2", {"\":leest_m2\" is not declared", "\"least_m2\""}},
      {"{least_m2: 200, share: 1}", "area_m2 >= :least_m2", {"\"share\" is named by no predicate", ":share"}},
      {"{least_m2: many}", "area_m2 >= :least_m2", {"\"least_m2\" is \"many\"", "a number"}},
      {"{least_m2: .nan}", "area_m2 >= :least_m2", {"\".nan\"", "a number"}},
      {"{least_m2: 1e999}", "area_m2 >= :least_m2", {"\"1e999\"", "a number"}},
      {"{least_m2: [1]}", "area_m2 >= :least_m2", {"\"least_m2\" is no plain value", "a number"}},
      {"{2nd: 200}", "area_m2 >= 1", {"\"2nd\"", "begins with no digit"}},
      {"{a: 1, a: 2}", "area_m2 >= :a", {"\"a\" stands here twice"}},
      {"{}", "area_m2 >= 1", {"\"parameters\"", "{least_m2: 200}"}},
      {"200", "area_m2 >= 1", {"\"parameters\"", "{least_m2: 200}"}},
      {"{a: 1}", "change_type = :a", {"change_type", ":a", "text with a number"}},
      {"{a: 1}", "construction_like AND :a", {":a alone is neither true nor false"}},
      {"{a: 1}", "area_m2 >= : a", {"\":\" has no place"}},
  };
  for (const auto& one : table) {
    auto text = book("[\"area_m2 >= 200\"]", std::string("[\"") + one.when + "\"]");
    text.replace(text.find("    cases"), 0, std::string("    parameters: ") + one.parameters + "\n");
    auto says = one.says;
    says.insert(says.end(), {"book.yaml", "rule F99"});
    EXPECT_TRUE(holds(refused_book(text), says));
  }
  EXPECT_TRUE(holds(refused_predicate("area_m2 >= :least_m2"), {"\":least_m2\" is not declared"}));
}

TEST(Grammar, RefusesTwoRulesOfOneId) {
  const auto text = book("version: 1", "version: 1");
  const auto rule = text.substr(text.find("  - id"));
  EXPECT_TRUE(holds(refused_book(text + rule), {"book.yaml", "rule F99", "twice"}));
}

TEST(Grammar, RefusesWhatIsNoBook) {
  EXPECT_TRUE(holds(refused_book(""), {"book.yaml", "map", "rulebook, version, rules"}));
  EXPECT_TRUE(holds(refused_book("- 1"), {"book.yaml", "map"}));
  EXPECT_TRUE(holds(refused_book("{rulebook: a, version: 1, rules: []}"),
                    {"book.yaml", "\"rules\"", "at least one"}));
  EXPECT_TRUE(
      holds(refused_book("{rulebook: a, version: 1, rules: [7]}"), {"book.yaml", "rule number 1", "map"}));
  EXPECT_TRUE(holds(refusal(ErrorCode::usage, [] { load_rulebook("farmlnd"); }),
                    {"farmlnd", "farmland, mining, quality"}));
  EXPECT_TRUE(holds(refusal(ErrorCode::usage, [] { load_rulebook("no/such.yaml"); }),
                    {"no/such.yaml", "no such file"}));
  EXPECT_TRUE(holds(refusal(ErrorCode::usage, [] { load_rulebook("./."); }), {"./.", "cannot be read"}));
}

TEST(Predicates, AreRefusedWithTheReason) {
  struct Row {
    const char* sql;
    std::vector<std::string> says;
  };
  const Row table[] = {
      {"farmland_m >= 200", {"unknown fact \"farmland_m\"", "\"farmland_m2\""}},
      {"Area_m2 >= 200", {"unknown fact \"Area_m2\"", "\"area_m2\""}},
      {"rowid = 1", {"unknown fact \"rowid\""}},
      {"area_m2 >= '200'", {"area_m2", "'200'", "a number with text"}},
      {"change_type = 30", {"change_type", "30", "text with a number"}},
      {"change_type >= area_m2", {"change_type", "area_m2", "text with a number"}},
      {"construction_like = 'yes'", {"construction_like", "'yes'", "a truth value with text"}},
      {"change_type IN ('C30', 31)", {"change_type", "31", "text with a number"}},
      {"area_m2 NOT IN (1, 'a')", {"area_m2", "'a'"}},
      {"area_m2 BETWEEN 1 AND 'b'", {"area_m2", "'b'"}},
      {"change_type IS NOT 30", {"change_type", "30"}},
      {"area_m2 LIKE '2%'", {"area_m2", "text"}},
      {"after_date >= 2021-09-01", {"after_date", "text with a number"}},
      {"after_date >= '2021-9-1'", {"after_date", "'2021-9-1'", "yyyy-mm-dd"}},
      {"area_m2 + change_type > 1", {"change_type", "calculated"}},
      {"coalesce(change_type, 0) = 0", {"coalesce()", "text with numbers"}},
      {"abs(change_type) > 1", {"abs()", "text"}},
      {"round(area_m2, 1) = 'x'", {"number with text"}},
      {"change_type = 'C3O'", {"change_type is never 'C3O'", "\"C30\""}},
      {"direction IN ('to_water', 'to_watr')", {"'to_watr'", "\"to_water\""}},
      {"area_m2", {"area_m2 alone is neither true nor false"}},
      {"construction_like AND confidence", {"confidence alone"}},
      {"(change_type) OR construction_like", {"change_type"}},
      {"1", {"1 alone"}},
      {"\"area_m2\" >= 200", {"single quotes"}},
      {"area_m2 >= 200; DROP TABLE facts", {"\";\""}},
      {"area_m2 >= 200 -- always", {"\"--\""}},
      {"area_m2 >= ?", {"\"?\""}},
      {"area_m2 ≥ 200", {"\"≥\" has no place"}},
      {"area_m2 >= (SELECT 1)", {"\"SELECT\""}},
      {"random() > 0", {"function \"random\"", "abs, coalesce"}},
      {"load_extension('x') = 1", {"function \"load_extension\""}},
      {"(area_m2 >= 200", {"bracket"}},
      {"area_m2 >= 200)", {"bracket"}},
      {"area_m2 >= 200) OR (1 = 1", {"bracket"}},
      {"area_m2 >= >= 200", {"SQLite says", "syntax error"}},
      {"area_m2 >=", {"SQLite says", "syntax error"}},
      {"area_m2 > 1, area_m2 > 2", {"SQLite says"}},
      {"change_type = 'C30", {"does not end"}},
      {" ", {"empty"}},
  };
  for (const auto& row : table) EXPECT_TRUE(holds(refused_predicate(row.sql), row.says)) << row.sql;
}

TEST(LayerList, NamesFileEntryKeyAndTheNearestWord) {
  const std::pair<const char*, std::vector<std::string>> table[] = {
      {"layers: [{role: landuse, path: a}]", {"layer 1", "unknown role \"landuse\"", "\"land_use\""}},
      {"layers: [{role: earlier_patch, path: a}]",
       {"layer 1", "unknown role \"earlier_patch\"", "land_use", "exploration_right"}},
      {"layers: [{role: mining_right}]", {"layer 1", "\"path\" is missing"}},
      {"layers: [{role: mining_right, path: a}, {role: mining_right, pth: b}]",
       {"layer 2", "\"pth\"", "\"path\""}},
      {"layers: [{role: mining_right, path: a, valid: {form: x}}]",
       {"layer 1: valid", "\"form\"", "\"from\""}},
      {"layers: [{role: mining_right, path: a, valid: {}}]", {"layer 1: valid", "from, to"}},
      {"layer: []", {"\"layer\"", "\"layers\""}},
      {"layers: 7", {"\"layers\"", "list"}},
      {"layers: [", {"line", "valid YAML"}},
  };
  for (const auto& [content, says] : table) {
    auto all = says;
    all.emplace_back("layers.yaml");
    EXPECT_TRUE(holds(refused_list(content), all)) << content;
  }
  EXPECT_TRUE(
      holds(refusal(ErrorCode::usage, [] { load_layer_specs("none.yaml"); }), {"none.yaml", "no such file"}));
}

TEST(TableOfNames, IsRefusedWithFileRoleAndKey) {
  const TempFolder folder;
  const auto table = folder / "names.yaml", list = folder / "layers.yaml";
  std::ofstream(list) << "aliases: names.yaml\nlayers: [{role: mining_right, path: a}]";
  const auto refused = [&](const char* content) {
    std::ofstream(table) << content;
    return refusal(ErrorCode::usage, [&] { load_layer_specs(list); });
  };
  const std::pair<const char*, std::vector<std::string>> rows[] = {
      {"aliases: {mining_rihgt: {id: [a]}}", {"unknown role \"mining_rihgt\"", "\"mining_right\""}},
      {"aliases: {mining_right: {idd: [a]}}", {"mining_right: unknown key \"idd\"", "\"id\""}},
      {"aliases: {mining_right: {id: a}}", {"mining_right", "\"id\"", "list of names"}},
      {"aliases: {mining_right: {id: [[a]]}}", {"mining_right", "\"id\"", "plain texts"}},
      {"aliases: {mining_right: {valid: {since: [a]}}}", {"mining_right: valid", "\"since\"", "from, to"}},
      {"aliases: [a]", {"\"aliases\"", "map of roles"}},
      {"names: {}", {"\"names\"", "aliases"}},
  };
  for (const auto& [content, says] : rows) {
    auto all = says;
    all.push_back(table);
    EXPECT_TRUE(holds(refused(content), all)) << content;
  }
  std::filesystem::remove(table);
  EXPECT_TRUE(
      holds(refusal(ErrorCode::usage, [&] { load_layer_specs(list); }), {table, "no such file", "names"}));
}

TEST(LayerContent, NamesTheFeature) {
  const auto refused = [](const Feature& feature) {
    return refusal(ErrorCode::mismatch, [&] { Ground().layer("land_use", {feature}).load(); });
  };
  const auto square = box(0, 0, 9, 9);
  EXPECT_TRUE(holds(refused({"p7", square, "011"}),
                    {"layers.yaml", "land_use", "p7", "011", "second survey", "0101"}));
  EXPECT_TRUE(holds(refused({"p7", square, ""}), {"p7", "no land class"}));
  EXPECT_TRUE(holds(refused({"p7", square, "paddy"}), {"p7", "paddy"}));
  EXPECT_TRUE(holds(refused({"p7", square, "0101", "", "", 1.0}), {"p7", "field-ridge coefficient 1"}));
}

TEST(LayersWithoutACrsInTheScenes, AreRefused) {
  LayerSpec spec;
  spec.role = "basic_farmland";
  spec.declared_in = "layers.yaml";
  auto grid = rule_grid();
  grid.crs.clear();
  const auto text =
      refusal(ErrorCode::mismatch, [&] { ReferenceLayers::load({spec}, grid, nullptr, nullptr); });
  EXPECT_TRUE(holds(text, {"layers.yaml", "CRS", "--layers"}));
}

/// A GeoPackage or another file with one layer "parcels" of two fields, and how reading it is refused.
class Source {
 public:
  Source(OGRwkbGeometryType type, const char* crs, const char* wkt, const char* date = nullptr) {
    GDALAllRegister();
    path_ = folder_ / "a.gpkg";
    const std::unique_ptr<GDALDataset> dataset(GetGDALDriverManager()->GetDriverByName("GPKG")->Create(
        path_.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
    OGRSpatialReference srs;
    if (crs != nullptr) srs.SetFromUserInput(crs);
    auto* const layer = dataset->CreateLayer("parcels", crs == nullptr ? nullptr : &srs, type, nullptr);
    OGRFieldDefn from("QSRQ", OFTString), number("XKZH", OFTString);
    layer->CreateField(&from);
    layer->CreateField(&number);
    OGRFeature feature(layer->GetLayerDefn());
    if (wkt != nullptr) {
      OGRGeometry* geometry = nullptr;
      OGRGeometryFactory::createFromWkt(wkt, nullptr, &geometry);
      feature.SetGeometryDirectly(geometry);
    }
    if (date != nullptr) feature.SetField(0, date);
    feature.SetField(1, "C44");
    EXPECT_EQ(layer->CreateFeature(&feature), OGRERR_NONE);
    spec_.role = "mining_right";
    spec_.declared_in = "layers.yaml";
    spec_.path = path_;
  }
  LayerSpec& spec() { return spec_; }
  std::string refused(ErrorCode code) const {
    const auto text = refusal(code, [&] { make_layer_reader()(spec_, rule_grid()); });
    EXPECT_TRUE(holds(text, {"layers.yaml", "mining_right", spec_.path}));
    return text;
  }

 private:
  TempFolder folder_;
  std::string path_;
  LayerSpec spec_;
};

constexpr const char* kTriangle =
    "POLYGON((38500000 2500000,38500100 2500000,38500100 2500100,38500000 2500000))";
constexpr const char* kCrs = "EPSG:4526";

TEST(LayerFiles, ThatAreMissingOrNoVectorsAreNamed) {
  Source source(wkbPolygon, kCrs, kTriangle);
  source.spec().path += "x";
  EXPECT_TRUE(holds(source.refused(ErrorCode::usage), {"no such file"}));
  const TempFolder folder;
  source.spec().path = folder / "text.gpkg";
  std::ofstream(source.spec().path) << "nothing of the kind";
  EXPECT_TRUE(holds(source.refused(ErrorCode::usage), {"GDAL cannot open it as vector data"}));
}

TEST(LayerFiles, WithoutTheLayerOrFieldSuggestTheNearest) {
  Source source(wkbPolygon, kCrs, kTriangle);
  source.spec().layer = "parcel";
  EXPECT_TRUE(holds(source.refused(ErrorCode::usage), {"no layer \"parcel\"", "\"parcels\""}));
  source.spec().layer.clear();
  source.spec().id_field = "XKZ";
  EXPECT_TRUE(
      holds(source.refused(ErrorCode::usage), {"layer parcels", "id:", "no field \"XKZ\"", "\"XKZH\""}));
  source.spec().id_field.clear();
  source.spec().valid_to_field = "ZZRQ";
  EXPECT_TRUE(holds(source.refused(ErrorCode::usage), {"valid: to", "no field \"ZZRQ\"", "QSRQ"}));
}

TEST(LayerFiles, WithoutACrsAreRefusedWithTheCure) {
  EXPECT_TRUE(holds(Source(wkbPolygon, nullptr, kTriangle).refused(ErrorCode::mismatch),
                    {"no CRS", "Gauss-Kruger zone 38", "\"crs\"", "EPSG:4526"}));
}

TEST(LayerFiles, ThatCoverNothingOfTheScenesAreToldOnce) {
  const auto told = [](Source& source) {
    std::vector<std::string> warnings;
    ReferenceLayers::load({source.spec()}, rule_grid(), make_layer_reader(),
                          [&](const std::string& text) { warnings.push_back(text); });
    EXPECT_LE(warnings.size(), 1U);
    return warnings.empty() ? std::string() : warnings[0];
  };
  Source far(wkbPolygon, kCrs,
             "POLYGON((38600000 2500000,38600100 2500000,38600100 2500100,38600000 2500000))");
  EXPECT_TRUE(
      holds(told(far), {"mining_right", far.spec().path, "none of its 1 features", "covers nothing there"}));
  Source empty(wkbPolygon, kCrs, nullptr);
  EXPECT_TRUE(holds(told(empty), {"mining_right", "none of its 1 features"}));
}

TEST(LayerContent, WhoseIdsRepeatIsToldWithCountAndFirst) {
  std::vector<std::string> warnings;
  const auto square = box(0, 0, 9, 9);
  Ground()
      .layer("basic_farmland", {{"a", square}, {"a", square}})  // quoted in no document
      .layer("mining_right", {{"c", square}, {"b", square}, {"b", square}, {"c", square}, {"c", square}})
      .load(&warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(
      holds(warnings[0], {"mining_right", "3 features have an id that another one has", "the first is c"}));
}

TEST(LayerContent, OfFarmlandHoldsCodesOfTheThirdSurveyWhereItHoldsCodes) {
  const auto square = box(0, 0, 9, 9);
  for (const char* role : {"basic_farmland", "farmland_target"}) {
    Ground().layer(role, {{"p6", square}}).load();
    const auto text = refusal(ErrorCode::mismatch, [&] {
      Ground().layer(role, {{"p6", square, "0103"}, {"p7", square, "011"}}).load();
    });
    EXPECT_TRUE(holds(text, {role, "p7", "011", "second survey", "\"class: ~\""}));
  }
}

TEST(LandClasses, AreFourDigitsWithTheirSuffixes) {
  const auto load = [](const char* code) {
    std::vector<std::string> warnings;
    Ground().layer("land_use", {{"p", box(0, 0, 9, 9), code}}).load(&warnings);
    return warnings;
  };
  for (const char* code : {"0101", "0307K", "0810A", "05H1", "08H2A", "09"}) EXPECT_TRUE(load(code).empty());
  const auto odd = load("1299");
  ASSERT_EQ(odd.size(), 1U);
  EXPECT_TRUE(holds(odd[0], {"no known group", "1299"}));
  for (const char* code : {"01", "010", "0101B", "0101KK", "010X", "01H", "paddy", "01 1"})
    EXPECT_TRUE(holds(refusal(ErrorCode::mismatch, [&] { load(code); }), {"feature p", code})) << code;
}

TEST(LayerFiles, OfLinesPointsOrTablesAreRefused) {
  EXPECT_TRUE(holds(Source(wkbLineString, kCrs, "LINESTRING(38500000 2500000,38500009 2500000)")
                        .refused(ErrorCode::mismatch),
                    {"Line String", "expected are polygons"}));
  EXPECT_TRUE(
      holds(Source(wkbNone, kCrs, nullptr).refused(ErrorCode::mismatch), {"without geometry", "polygons"}));
  EXPECT_TRUE(holds(Source(wkbUnknown, kCrs, "POINT(38500000 2500000)").refused(ErrorCode::mismatch),
                    {"feature 1", "Point", "expected are polygons"}));
}

TEST(LayerFiles, WithADateThatIsNoneNameTheFeature) {
  Source source(wkbPolygon, kCrs, kTriangle, "spring 2021");
  source.spec().valid_from_field = "QSRQ";
  source.spec().id_field = "XKZH";
  EXPECT_TRUE(
      holds(source.refused(ErrorCode::mismatch), {"feature C44", "spring 2021", "QSRQ", "yyyy-mm-dd"}));
}

TEST(LayerFiles, WithANumberThatIsNoneNameTheFeature) {
  Source source(wkbPolygon, kCrs, kTriangle);
  source.spec().ridge_field = "XKZH";
  EXPECT_TRUE(holds(source.refused(ErrorCode::mismatch), {"feature 1", "\"C44\"", "XKZH", "number"}));
}

TEST(LayerFiles, WhoseAliasedFieldHoldsNoDateTellHowToDoWithoutIt) {
  Source source(wkbPolygon, kCrs, kTriangle, "spring 2021");
  source.spec().aliases["valid: from"] = {"QSRQ"};
  EXPECT_TRUE(holds(source.refused(ErrorCode::mismatch), {"spring 2021", "QSRQ", "\"valid: ~\""}));
}

TEST(LayerFiles, OfLandUseWithoutClassesSayWhatWasLookedFor) {
  Source source(wkbPolygon, kCrs, kTriangle);
  source.spec().role = "land_use";
  source.spec().aliases["class"] = {"DLBM", "DLDM"};
  const auto text = refusal(ErrorCode::usage, [&] { make_layer_reader()(source.spec(), rule_grid()); });
  EXPECT_TRUE(holds(text, {"layers.yaml", "land_use", "none is called DLBM, DLDM", "\"class\"", "XKZH"}));
}

}  // namespace
}  // namespace tuban::test
