// SPDX-License-Identifier: Apache-2.0
#include "tuban/explain.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/delivery/explain_text.h"
#include "engine/delivery/predicate_text.h"
#include "engine/delivery/words.h"
#include "engine/rules/facts.h"
#include "tuban/error.h"

namespace tuban {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(double value) {
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  constexpr double kExact = 9007199254740992.0;
  if (value == std::floor(value) && std::fabs(value) < kExact) return static_cast<std::int64_t>(value);
  return value;
}
Json json_of(const std::optional<double>& value) {
  return value ? json_of(*value) : Json();
}
Json json_of(const FactValue& value) {
  if (value.kind == FactValue::Kind::number) return json_of(value.number);
  return value.kind == FactValue::Kind::text ? Json(value.text) : Json();
}
Json json_of(const Words& words) {
  return {{"zh", words.zh}, {"en", words.en}};
}

Json json_of(const ToldPredicate& predicate) {
  Json facts = Json::array();
  for (const auto& [name, value] : predicate.facts) {
    facts.push_back({{"name", name},
                     {"zh", fact_words(name, Language::zh)},
                     {"en", fact_words(name, Language::en)},
                     {"value", json_of(value)}});
  }
  Json parameters = Json::object();
  for (const auto& [name, value] : predicate.parameters) parameters[name] = json_of(value);
  return {{"when", predicate.when},
          {"zh", predicate_text(predicate.when, predicate.parameters, Language::zh)},
          {"en", predicate_text(predicate.when, predicate.parameters, Language::en)},
          {"held", predicate.held ? Json(*predicate.held) : Json()},
          {"facts", std::move(facts)},
          {"parameters", std::move(parameters)}};
}

Json json_of(const ToldFinding& finding) {
  Json predicates = Json::array();
  for (const ToldPredicate& predicate : finding.predicates) predicates.push_back(json_of(predicate));
  Json more = Json::object();
  for (const auto& [name, value] : finding.more) more[name] = value;
  return {{"rulebook", finding.rulebook},
          {"version", finding.version},
          {"rule_id", finding.rule_id},
          {"name_zh", finding.name_zh},
          {"name_en", finding.name_en},
          {"status", finding.status},
          {"effect", finding.effect},
          {"mark", finding.mark},
          {"severity", finding.severity},
          {"note", finding.note},
          {"basis", finding.basis},
          {"piece_id", finding.piece_id},
          {"group_id", finding.group_id},
          {"predicates", std::move(predicates)},
          {"members", json_of(finding.members)},
          {"more", std::move(more)}};
}

Json json_of(const Explanation& told) {
  Json patch = Json::object();
  for (const auto& [name, value] : told.patch) patch[name] = json_of(value);
  Json json{{"patch", std::move(patch)},
            {"change_type", json_of(change_type_words(told.text("change_type")))},
            {"direction", json_of(direction_words(told.text("direction")))},
            {"place",
             {{"county", told.place.county},
              {"county_name", told.place.county_name},
              {"town", told.place.town},
              {"town_name", told.place.town_name}}}};
  for (const char* list : {"findings", "land", "overlaps", "lineage", "pieces", "unknown"})
    json[list] = Json::array();
  for (const ToldFinding& finding : told.findings) json["findings"].push_back(json_of(finding));
  for (const LandShare& share : told.land) {
    json["land"].push_back({{"class", share.code},
                            {"name", json_of(land_class_words(share.code))},
                            {"gross_m2", json_of(share.gross_m2)},
                            {"net_m2", json_of(share.net_m2)}});
  }
  for (const ToldOverlap& one : told.overlaps) {
    json["overlaps"].push_back({{"layer", one.layer},
                                {"layer_name", json_of(role_words(one.layer))},
                                {"feature_id", one.feature_id},
                                {"feature_class", one.feature_class},
                                {"state", one.state},
                                {"number", one.number},
                                {"dated", one.dated},
                                {"valid_from", one.valid_from},
                                {"valid_to", one.valid_to},
                                {"gross_m2", json_of(one.gross_m2)},
                                {"net_m2", json_of(one.net_m2)}});
  }
  for (const ToldAncestor& one : told.ancestors) {
    json["lineage"].push_back({{"earlier_id", one.earlier_id},
                               {"relation", one.relation},
                               {"shared_m2", json_of(one.shared_m2)},
                               {"share_of_patch", json_of(one.share_of_patch)},
                               {"share_of_earlier", json_of(one.share_of_earlier)}});
  }
  for (const ToldPiece& one : told.pieces) {
    json["pieces"].push_back({{"piece_id", one.piece_id},
                              {"rule_id", one.rule_id},
                              {"severity", one.severity},
                              {"area_m2", json_of(one.area_m2)}});
  }
  for (const std::string& name : unknown_facts(told)) {
    const FactInfo& fact = fact_dictionary()[fact_index(name)];
    Json layers = Json::array();
    for (const std::string_view role : fact_layers(fact)) layers.push_back(role);
    json["unknown"].push_back({{"fact", name},
                               {"zh", fact.zh},
                               {"en", fact.en},
                               {"unknown_when", fact.unknown_when},
                               {"layers", std::move(layers)}});
  }
  json["missing_layers"] = told.missing_layers;
  json["lead"] = json_of(lead_sentence());
  return json;
}

}  // namespace

std::string explain(const std::string& result, const std::string& patch_id, Language language) {
  return explanation_text(read_explanation(ResultFile(result), patch_id), language);
}

std::string explain_json(const std::string& result, const std::string& patch_id) {
  return json_of(read_explanation(ResultFile(result), patch_id))
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string patch_of_rank(const std::string& result, std::int64_t rank) {
  const ResultFile file(result);
  std::string id;
  std::int64_t patches = 0;
  file.each("patches", [&](const ResultRow& row) {
    ++patches;
    if (row.number("rank") == static_cast<double>(rank)) id = row.text("patch_id");
  });
  if (id.empty()) {
    throw Error(ErrorCode::usage, patches == 0
                                      ? fmt::format("'{}' has no patches", result)
                                      : fmt::format("'{}' has no patch of rank {}; ranks go from 1 to {}",
                                                    result, rank, patches));
  }
  return id;
}

}  // namespace tuban
