// SPDX-License-Identifier: Apache-2.0
#include "engine/io/evidence.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tuban/error.h"

namespace tuban {

namespace {

using Json = nlohmann::ordered_json;

Json number_json(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "infinite" : "-infinite";
  // Counts and flags read better without ".0"; below 2^53 the integer is the same number.
  constexpr double kExact = 9007199254740992.0;
  if (value == std::floor(value) && std::fabs(value) < kExact) return static_cast<std::int64_t>(value);
  return value;
}

Json fact_json(const FactValue& value) {
  switch (value.kind) {
    case FactValue::Kind::number:
      return number_json(value.number);
    case FactValue::Kind::text:
      return value.text;
    case FactValue::Kind::unknown:
      break;
  }
  return nullptr;
}

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json evidence(const Finding& finding) {
  Json result = Json::array();
  for (const PredicateResult& predicate : finding.predicates) {
    Json facts = Json::object();
    for (const auto& [name, value] : predicate.facts) facts[name] = fact_json(value);
    Json held = nullptr;
    if (predicate.verdict >= 0) held = predicate.verdict == 1;
    Json one = Json::object();
    if (finding.group_id) one["members"] = finding.members;
    one.update({{"when", predicate.sql}, {"held", std::move(held)}, {"facts", std::move(facts)}});
    if (!predicate.parameters.empty()) {
      Json& parameters = one["parameters"] = Json::object();
      for (const auto& [name, value] : predicate.parameters) parameters[name] = number_json(value);
    }
    result.push_back(std::move(one));
  }
  return result;
}

/// Attributes of reference layers may hold broken UTF-8; it is replaced, never a reason to lose a finding.
std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string evidence_json(const Finding& finding) {
  return text(evidence(finding));
}

std::string findings_json(const std::vector<Finding>& findings) {
  Json result = Json::array();
  for (const Finding& f : findings) {
    result.push_back({{"rulebook", f.rulebook},
                      {"version", f.version},
                      {"rule_id", f.rule_id},
                      {"name_zh", f.name_zh},
                      {"name_en", f.name_en},
                      {"status", f.status},
                      {"effect", f.effect},
                      {"mark", f.mark},
                      {"severity", f.severity},
                      {"note", f.note},
                      {"basis", f.basis},
                      {"evidence", evidence(f)},
                      {"piece_id", text_or_null(f.piece_id)},
                      {"group_id", text_or_null(f.group_id)}});
  }
  return text(result);
}

std::vector<std::pair<std::string, std::string>> manifest_rows(const std::string& manifest) {
  const Json json = Json::parse(manifest, nullptr, false);
  if (!json.is_object()) throw Error(ErrorCode::runtime, "the manifest of the run is not a JSON object");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [key, value] : json.items()) {
    rows.emplace_back(key, value.is_string() ? value.get<std::string>() : text(value));
  }
  return rows;
}

}  // namespace tuban
