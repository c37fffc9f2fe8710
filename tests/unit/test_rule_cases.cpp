// SPDX-License-Identifier: Apache-2.0
// The shipped rules against tests/rules/cases.yaml: what each says, that none is left out, and that no
// parameter can change unnoticed.
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <cstdlib>
#include <set>

#include "engine/rules/facts.h"
#include "engine/rules/groups.h"
#include "engine/rules/mark.h"
#include "engine/rules/predicate.h"
#include "tests/support/rule_ground.h"

namespace tuban::test {
namespace {

struct Case {
  std::string what, outcome;
  std::vector<Patch> patches;
  std::shared_ptr<const ReferenceLayers> layers;
  std::map<std::string, double> facts;
};

MultiPolygon box_of(const YAML::Node& node) {
  if (node.IsScalar() && node.Scalar() == "all") return box(-500, -500, 500, 500);
  const auto corners = node.as<std::vector<double>>();
  return box(corners.at(0), corners.at(1), corners.at(2), corners.at(3));
}

Feature feature_of(const YAML::Node& node, const std::string& role, std::size_t number) {
  const bool plain = !node.IsMap();
  const auto text = [&](const char* key) {
    return plain || !node[key] ? std::string() : node[key].as<std::string>();
  };
  Feature feature{text("id"), box_of(plain ? node : node["box"]), text("class"), text("from"), text("to")};
  if (feature.id.empty()) feature.id = std::to_string(number);
  if (role == "land_use" && feature.feature_class.empty()) feature.feature_class = "0101";
  if (!plain && node["ridge"]) feature.ridge = node["ridge"].as<double>();
  feature.mode = text("mode");
  return feature;
}

std::shared_ptr<const ReferenceLayers> layers_of(const YAML::Node& node) {
  Ground ground;
  for (const auto& layer : node) {
    const auto role = layer.first.as<std::string>();
    std::vector<Feature> features;
    for (const auto& item : layer.second) features.push_back(feature_of(item, role, features.size()));
    if (features.empty())
      features.push_back({"none", box(800, 800, 810, 810), role == "land_use" ? "0301" : ""});
    ground.layer(role, features);
  }
  return ground.load();
}

void set_spectrum(Patch& patch, const std::vector<double>& means_and_variation) {
  constexpr std::array kRoles{BandRole::blue, BandRole::green, BandRole::red, BandRole::nir};
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    const double mean = means_and_variation.at(i);
    patch.spectra.push_back({kRoles[i], "", mean, mean * means_and_variation.at(4), mean, 0});
  }
}

Patch patch_of(const YAML::Node& node) {
  std::vector<double> b{0, 0, 40, 30};
  if (node["box"]) b = node["box"].as<std::vector<double>>();
  const double area = (b.at(2) - b.at(0)) * (b.at(3) - b.at(1));
  auto patch = rule_patch(box(b[0], b[1], b[2], b[3]), area);
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const auto& value = entry.second;
    const auto number = [&] { return value.as<double>(); };
    const auto text = [&] { return value.IsNull() ? std::nullopt : std::optional(value.as<std::string>()); };
    const std::map<std::string, std::function<void()>> set{
        {"box", [] {}},
        {"type",
         [&] {
           const auto type = text().value();
           patch.change_type = type;
           patch.construction_like = type >= "C10" && type <= "C17";
           patch.earthwork_like = type == "C11" || type == "C30" || type == "C31";
         }},
        {"area", [&] { patch.area_m2.reset(); }},
        {"before", [&] { patch.before_date = text(); }},
        {"after", [&] { patch.after_date = text(); }},
        {"direction", [&] { patch.direction = text().value(); }},
        {"width_px", [&] { patch.perimeter_px = 2 * static_cast<double>(patch.area_px) / number(); }},
        {"registration_px", [&] { patch.registration_px = number(); }},
        {"valid_share", [&] { patch.valid_share = number(); }},
        {"ndvi_after", [&] { patch.ndvi.after = number(); }},
        {"spectrum", [&] { set_spectrum(patch, value.as<std::vector<double>>()); }},
        {"off_nadir_deg", [&] { patch.off_nadir_deg = number(); }},
        {"height_change_m", [&] { patch.height_change_m = number(); }},
        {"earlier_share", [&] { patch.earlier_share = number(); }},
        {"earlier_suspected_share", [&] { patch.earlier_suspected_share = number(); }},
        {"case", [&] { patch.case_id = text(); }},
        {"first_seen_date", [&] { patch.first_seen_date = text(); }},
        {"lineage_status", [&] { patch.lineage_status = text(); }}};
    set.at(key)();
  }
  return patch;
}

using Cases = std::map<std::string, std::vector<Case>>;

const Cases& cases() {
  static const auto all = [] {
    Cases result;
    const auto file = std::string(std::getenv("TUBAN_SOURCE_DIR")) + "/tests/rules/cases.yaml";
    for (const auto& rule : YAML::LoadFile(file)) {
      for (const auto& node : rule.second) {
        for (const auto& entry : node) {
          static const std::set<std::string> known{"what", "patch", "patches", "layers", "facts", "outcome"};
          EXPECT_TRUE(known.count(entry.first.as<std::string>()) == 1) << entry.first;
        }
        Case one{node["what"].as<std::string>(), node["outcome"].as<std::string>(), {}, {}, {}};
        for (const auto& patch : node["patches"]) one.patches.push_back(patch_of(patch));
        if (one.patches.empty())
          one.patches.push_back(patch_of(node["patch"] ? node["patch"] : YAML::Node(YAML::NodeType::Map)));
        for (std::size_t i = 0; i < one.patches.size(); ++i) one.patches[i].patch_id = std::to_string(i);
        if (node["layers"]) one.layers = layers_of(node["layers"]);
        if (node["facts"]) one.facts = node["facts"].as<std::map<std::string, double>>();
        result[rule.first.as<std::string>()].push_back(std::move(one));
      }
    }
    return result;
  }();
  return all;
}

const std::vector<Rule>& shipped_rules() {
  static const auto all = [] {
    std::vector<Rule> result;
    for (const auto& name : shipped_rulebooks()) {
      for (auto& rule : load_rulebook(name).rules) result.push_back(std::move(rule));
    }
    return result;
  }();
  return all;
}

/// A rule alone makes no finding both where it does not hold and where it is unknown for want of layers:
/// which of the two it is.
std::string why_silent(const Rule& rule, const Case& one) {
  FactRow row;
  const Marker marker(one.layers, nullptr);
  for (const auto& [name, value] : marker.facts(one.patches.front())) {
    if (value.kind == FactValue::Kind::number) row.set(fact_index(name), value.number);
    if (value.kind == FactValue::Kind::text) row.set(fact_index(name), value.text);
  }
  PredicateEngine engine;
  std::vector<std::vector<std::size_t>> compiled;
  for (const auto& sql : rule.of) {
    engine.bind(row);
    if (engine.evaluate(engine.compile(sql, rule.parameters)) == 0) return "silent";
  }
  for (const auto& each : rule.cases) {
    compiled.emplace_back();
    for (const auto& sql : each.when) compiled.back().push_back(engine.compile(sql, rule.parameters));
  }
  engine.bind(row);
  for (const auto& predicates : compiled) {
    const auto any = [&](int verdict) {
      return std::any_of(predicates.begin(), predicates.end(),
                         [&](auto p) { return engine.evaluate(p) == verdict; });
    };
    if (!any(0) && any(-1)) return "unknown";
  }
  return "silent";
}

bool in_force(const Rule& rule, const Patch& patch) {
  return !patch.after_date || rule.effective_from.empty() || rule.effective_from <= *patch.after_date;
}

struct Said {
  std::string outcome, severity, note;
};

Said said(const Rule& rule, const Case& one) {
  const auto books =
      std::make_shared<const std::vector<Rulebook>>(std::vector{Rulebook{"one", "1", "test", {rule}}});
  GroupJudge groups(one.layers, books, rule_grid(), false);
  auto all = Marker(one.layers, books).judge(one.patches);
  for (std::size_t i = 0; i < all.size(); ++i) groups.add(i, one.patches[i], all[i].memberships);
  groups.judge([&](std::size_t i) { return one.patches[i]; }, {});
  auto& marks = all.front();
  groups.tell(0, one.patches.front(), marks);
  if (marks.findings.empty())
    return {in_force(rule, one.patches.front()) ? why_silent(rule, one) : "silent", "", ""};
  const auto& finding = marks.findings.front();
  if (finding.status != "fired") return {finding.status, "", ""};
  return {finding.severity.empty() ? "fired" : finding.severity, finding.severity, finding.note};
}

class RuleCases : public ::testing::TestWithParam<Rule> {};

TEST_P(RuleCases, ComeOutAsTheTableSays) {
  const auto& rule = GetParam();
  ASSERT_TRUE(cases().count(rule.id) == 1) << rule.id << " has no cases";
  for (const auto& one : cases().at(rule.id)) {
    EXPECT_EQ(said(rule, one).outcome, one.outcome) << rule.id << ": " << one.what;
    for (const auto& [name, value] : one.facts) {
      // Shares are exact to a part in a hundred thousand, areas to a square decimetre.
      EXPECT_NEAR(number(one.layers, one.patches.front(), name), value, value > 2 ? 2 * kSmall : 1e-4)
          << rule.id << ": " << one.what << ": " << name;
    }
  }
}

TEST_P(RuleCases, FireAreSilentAndAreUnknown) {
  const auto& rule = GetParam();
  std::set<std::string> outcomes;
  for (const auto& one : cases().at(rule.id))
    outcomes.insert(one.outcome[0] == 'S' ? std::string("fired") : one.outcome);
  EXPECT_EQ(outcomes, (std::set<std::string>{"fired", "silent", "unknown"})) << rule.id;
}

TEST_P(RuleCases, ReachEveryCaseOfTheRule) {
  const auto& rule = GetParam();
  for (const auto& each : rule.cases) {
    const auto& all = cases().at(rule.id);
    EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                            [&](const auto& one) {
                              const auto it = said(rule, one);
                              return (it.outcome[0] == 'S' || it.outcome == "fired") &&
                                     it.severity == each.severity && it.note.starts_with(each.note);
                            }))
        << rule.id << ": nothing fires `" << each.when.back() << "`";
  }
}

TEST_P(RuleCases, NoticeATenthMoreInAnyParameter) {
  const auto& rule = GetParam();
  for (std::size_t i = 0; i < rule.parameters.size(); ++i) {
    auto mutant = rule;
    mutant.parameters[i].value *= 1.1;
    const auto& all = cases().at(rule.id);
    EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                            [&](const auto& one) { return said(mutant, one).outcome != one.outcome; }))
        << rule.id << "." << rule.parameters[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped, RuleCases, ::testing::ValuesIn(shipped_rules()),
                         [](const auto& one) { return one.param.id; });

TEST(TableOfCases, NamesShippedRulesOnly) {
  std::set<std::string> ids;
  for (const auto& rule : shipped_rules()) EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
  for (const auto& [id, unused] : cases()) EXPECT_TRUE(ids.count(id) == 1) << id;
}

TEST(ShippedRules, KeepEveryThresholdInAParameter) {
  // Zero, the factor that turns a sign and the 1 of a share in full are no thresholds.
  for (const auto& rule : shipped_rules()) {
    for (const auto& each : rule.cases) {
      for (const auto& sql : each.when) {
        std::string bare = sql;
        for (auto at = bare.find('\''); at != std::string::npos; at = bare.find('\''))
          bare.erase(at, bare.find('\'', at + 1) - at + 1);
        for (std::size_t at = 0; at < bare.size(); ++at) {
          const bool digit = bare[at] >= '0' && bare[at] <= '9';
          const bool starts = at == 0 || bare[at - 1] == ' ' || bare[at - 1] == '(' || bare[at - 1] == '-';
          if (digit && starts) {
            EXPECT_TRUE(bare[at] == '0' || bare[at] == '1') << rule.id << ": " << sql;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tuban::test
