// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/rules/nearest.h"
#include "engine/rules/roles.h"
#include "tuban/error.h"

namespace tuban {

namespace {

using Json = nlohmann::ordered_json;

FactValue value_of(const Json& json) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (json.is_boolean()) return {FactValue::Kind::number, json.get<bool>() ? 1.0 : 0.0, {}};
  if (json.is_number()) return {FactValue::Kind::number, json.get<double>(), {}};
  if (json == "infinite") return {FactValue::Kind::number, kInfinity, {}};
  if (json == "-infinite") return {FactValue::Kind::number, -kInfinity, {}};
  if (json.is_string()) return {FactValue::Kind::text, 0, json.get<std::string>()};
  return {};
}

ToldPredicate predicate_of(const Json& json) {
  ToldPredicate predicate;
  predicate.when = json.value("when", "");
  if (const Json held = json.value("held", Json()); held.is_boolean()) predicate.held = held.get<bool>();
  const Json facts = json.value("facts", Json::object());
  for (const auto& [name, value] : facts.items()) {
    predicate.facts.emplace_back(name, value_of(value));
  }
  const Json parameters = json.value("parameters", Json::object());
  for (const auto& [name, value] : parameters.items()) {
    if (value.is_number()) predicate.parameters.emplace(name, value.get<double>());
  }
  return predicate;
}

/// A list of predicates, with what is said of the whole finding among them or around them.
void read_evidence(const std::string& text, ToldFinding& finding) {
  const Json evidence = Json::parse(text, nullptr, false);
  if (evidence.is_discarded()) return;
  const auto more = [&](const Json& object) {
    for (const auto& [key, value] : object.items()) {
      if (value.is_array() && !value.empty() && value.front().contains("when")) continue;
      finding.more.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
    }
  };
  const auto list = [&](const Json& items) {
    for (const Json& item : items) {
      if (!item.is_object()) continue;
      if (item.contains("when")) {
        finding.predicates.push_back(predicate_of(item));
        const Json members = item.value("members", Json());
        if (members.is_number()) finding.members = members.get<double>();
      } else {
        more(item);
      }
    }
  };
  if (evidence.is_array()) list(evidence);
  if (!evidence.is_object()) return;
  for (const auto& [key, value] : evidence.items()) {
    if (value.is_array()) list(value);
  }
  more(evidence);
}

ToldOverlap overlap_of(const ResultRow& row) {
  return {row.text("layer"),      row.text("feature_id"), row.text("feature_class"),
          row.text("state"),      row.text("number"),     row.text("dated"),
          row.text("valid_from"), row.text("valid_to"),   row.number("gross_m2").value_or(0),
          row.number("net_m2")};
}

void add_land(std::vector<LandShare>& land, const ToldOverlap& parcel) {
  auto share = std::find_if(land.begin(), land.end(),
                            [&](const LandShare& one) { return one.code == parcel.feature_class; });
  if (share == land.end()) share = land.insert(land.end(), {parcel.feature_class, 0, 0});
  share->gross_m2 += parcel.gross_m2;
  share->net_m2 += parcel.net_m2.value_or(parcel.gross_m2);
}

std::size_t role_order(const ToldOverlap& overlap) {
  const auto all = roles();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Role& role) { return role.name == overlap.layer; });
  return static_cast<std::size_t>(found - all.begin());
}

void read_overlaps(const ResultFile& result, const std::string& patch_id, Explanation& told) {
  std::vector<DistrictShare> districts;
  result.each_of("overlaps", patch_id, [&](const ResultRow& row) {
    ToldOverlap overlap = overlap_of(row);
    if (overlap.layer == "district") {
      districts.push_back({overlap.feature_id, overlap.feature_class, overlap.gross_m2});
    } else if (overlap.layer == "land_use") {
      add_land(told.land, overlap);
    } else {
      told.overlaps.push_back(std::move(overlap));
    }
  });
  told.place = place_of(districts);
  std::stable_sort(told.land.begin(), told.land.end(), [](const LandShare& a, const LandShare& b) {
    return a.gross_m2 != b.gross_m2 ? a.gross_m2 > b.gross_m2 : a.code < b.code;
  });
  std::stable_sort(told.overlaps.begin(), told.overlaps.end(),
                   [](const auto& a, const auto& b) { return role_order(a) < role_order(b); });
}

FactValue value_of(const ResultRow& row, const ResultColumn& column) {
  if (const auto number = row.number(column.name)) return {FactValue::Kind::number, *number, {}};
  std::string text = row.text(column.name);
  if (text.empty()) return {};
  return {FactValue::Kind::text, 0, std::move(text)};
}

[[noreturn]] void refuse_patch(const ResultFile& result, const std::string& patch_id) {
  std::vector<std::string> ids;
  result.each("patches", [&](const ResultRow& row) { ids.push_back(row.text("patch_id")); });
  std::string near;
  for (const std::string& id : ids) {
    if (!patch_id.empty() && id.starts_with(patch_id)) near = id;
  }
  if (near.empty()) near = nearest_word(patch_id, std::vector<std::string_view>(ids.begin(), ids.end()));
  throw Error(
      ErrorCode::usage,
      fmt::format("'{}' has no patch {}{}; --rank N names one of its {} patches by its rank", result.path(),
                  patch_id, near.empty() ? "" : fmt::format(" (did you mean {}?)", near), ids.size()));
}

}  // namespace

ToldFinding finding_of(const ResultRow& row) {
  ToldFinding finding;
  finding.rulebook = row.text("rulebook");
  finding.version = row.text("version");
  finding.rule_id = row.text("rule_id");
  finding.name_zh = row.text("name_zh");
  finding.name_en = row.text("name_en");
  finding.status = row.text("status");
  finding.effect = row.text("effect");
  finding.mark = row.text("mark");
  finding.severity = row.text("severity");
  finding.note = row.text("note");
  finding.basis = row.text("basis");
  finding.piece_id = row.text("piece_id");
  finding.group_id = row.text("group_id");
  read_evidence(row.text("evidence"), finding);
  return finding;
}

std::string Explanation::text(const std::string& column) const {
  const auto found = patch.find(column);
  return found == patch.end() ? std::string() : found->second.text;
}

std::optional<double> Explanation::number(const std::string& column) const {
  const auto found = patch.find(column);
  if (found == patch.end() || found->second.kind != FactValue::Kind::number) return std::nullopt;
  return found->second.number;
}

Explanation read_explanation(const ResultFile& result, const std::string& patch_id) {
  Explanation told;
  if (!patch_id.empty()) {
    result.each_of("patches", patch_id, [&](const ResultRow& row) {
      for (const ResultColumn& column : result.columns("patches"))
        told.patch[column.name] = value_of(row, column);
    });
  }
  if (told.patch.empty()) refuse_patch(result, patch_id);
  result.each("patches", [&](const ResultRow&) { ++told.patches; });
  result.each_of("findings", patch_id,
                 [&](const ResultRow& row) { told.findings.push_back(finding_of(row)); });
  read_overlaps(result, patch_id, told);
  result.each_of("lineage", patch_id, [&](const ResultRow& row) {
    told.ancestors.push_back({row.text("earlier_id"), row.text("relation"), row.number("shared_m2"),
                              row.number("share_of_patch"), row.number("share_of_earlier")});
  });
  result.each_of("pieces", patch_id, [&](const ResultRow& row) {
    told.pieces.push_back(
        {row.text("piece_id"), row.text("rule_id"), row.text("severity"), row.number("area_m2")});
  });
  const Json missing = Json::parse(result.run_value("missing_layers"), nullptr, false);
  if (missing.is_array()) {
    for (const Json& role : missing) {
      if (role.is_string()) told.missing_layers.push_back(role.get<std::string>());
    }
  }
  return told;
}

}  // namespace tuban
