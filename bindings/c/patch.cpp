// SPDX-License-Identifier: Apache-2.0
// A patch as C sees it: plain fields, WKB and one JSON object.
#include "tuban/patch.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "bindings/c/columns.h"
#include "bindings/c/handles.h"

namespace tuban::c {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

const char* or_null_text(const std::optional<std::string>& value) {
  return value ? value->c_str() : nullptr;
}

double or_nan(const std::optional<double>& value) {
  return value.value_or(std::numeric_limits<double>::quiet_NaN());
}

template <typename Items, typename ToJson>
Json list(const Items& items, ToJson to_json) {
  Json all = Json::array();
  for (const auto& item : items) all.push_back(to_json(item));
  return all;
}

Json json_of(const FactValue& value) {
  if (value.kind == FactValue::Kind::number) return value.number;
  if (value.kind == FactValue::Kind::text) return value.text;
  return nullptr;
}

Json json_of(const PredicateResult& predicate) {
  Json facts = Json::object(), parameters = Json::object();
  for (const auto& [name, value] : predicate.facts) facts[name] = json_of(value);
  for (const auto& [name, value] : predicate.parameters) parameters[name] = value;
  return {{"sql", predicate.sql},
          {"verdict", predicate.verdict < 0 ? Json() : Json(predicate.verdict != 0)},
          {"facts", facts},
          {"parameters", parameters}};
}

Json json_of(const Finding& finding) {
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
          {"piece_id", or_null(finding.piece_id)},
          {"group_id", or_null(finding.group_id)},
          {"members", finding.members},
          {"predicates", list(finding.predicates, [](const auto& one) { return json_of(one); })}};
}

Json json_of(const Overlap& overlap) {
  return {{"layer", overlap.layer},
          {"feature_id", overlap.feature_id},
          {"feature_class", overlap.feature_class},
          {"state", overlap.state},
          {"gross_m2", overlap.gross_m2},
          {"net_m2", or_null(overlap.net_m2)},
          {"number", or_null(overlap.number)},
          {"dated", or_null(overlap.dated)},
          {"valid_from", or_null(overlap.valid_from)},
          {"valid_to", or_null(overlap.valid_to)}};
}

Json json_of(const BandSpectrum& spectrum) {
  return {{"band", spectrum.band},
          {"mean_before", spectrum.mean_before},
          {"sd_before", spectrum.sd_before},
          {"mean_after", spectrum.mean_after},
          {"sd_after", spectrum.sd_after}};
}

Json json_of(const DerivedPiece& piece) {
  return {{"piece_id", piece.piece_id},      {"rulebook", piece.rulebook}, {"rule_id", piece.rule_id},
          {"area_m2", piece.area_m2},        {"severity", piece.severity}, {"marks", piece.marks},
          {"perimeter_m", piece.perimeter_m}};
}

Json json_of(const LineageLink& link) {
  return {{"earlier_id", link.earlier_id},
          {"earlier_file", link.earlier_file},
          {"earlier_date", or_null(link.earlier_date)},
          {"relation", link.relation},
          {"shared_m2", link.shared_m2},
          {"share_of_patch", or_null(link.share_of_patch)},
          {"share_of_earlier", or_null(link.share_of_earlier)}};
}

Json json_of(const Cell& cell) {
  if (const auto* text = std::get_if<const char*>(&cell)) return *text == nullptr ? Json() : Json(*text);
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return *whole;
  return std::get<double>(cell);  // written as null where it is NaN
}

std::string json_text(const HeldPatch& held) {
  const auto each = [](const auto& one) { return json_of(one); };
  Json all;
  for (const Column& column : columns()) all[column.name] = json_of(column.get(held));
  all["spectra"] = list(held.patch->patch.spectra, each);
  all["findings"] = list(held.patch->findings, each);
  all["overlaps"] = list(held.patch->overlaps, each);
  all["pieces"] = list(held.patch->pieces, each);
  all["lineage"] = list(held.patch->patch.lineage, each);
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

HeldPatch::HeldPatch(const MarkedPatch& of) : patch(&of) {
  const auto add = [](std::string& to, const std::string& text) { to += (to.empty() ? "" : ",") + text; };
  for (const std::string& mark : of.marks) add(marks, mark);
  for (const Finding& finding : of.findings)
    if (finding.status == "fired") add(rules, finding.rule_id);
}

tuban_patch HeldPatch::view() {
  const Patch& from = patch->patch;
  if (wkb.empty()) wkb = to_wkb(from.geometry);
  if (json.empty()) json = json_text(*this);
  tuban_patch to{};
  to.struct_size = sizeof(to);
  to.rank = patch->rank;
  to.patch_id = from.patch_id.c_str();
  to.lineage_id = from.lineage_id.c_str();
  to.severity = patch->severity.c_str();
  to.marks = marks.c_str();
  to.change_type = from.change_type.c_str();
  to.direction = from.direction.c_str();
  to.before_date = or_null_text(from.before_date);
  to.after_date = or_null_text(from.after_date);
  to.area_px = from.area_px;
  to.area_m2 = or_nan(from.area_m2);
  to.area_mu = or_nan(from.area_mu);
  to.perimeter_m = or_nan(from.perimeter_m);
  to.centroid_x = from.centroid_x;
  to.centroid_y = from.centroid_y;
  to.lon = or_nan(from.lon);
  to.lat = or_nan(from.lat);
  to.score_mean = from.score_mean;
  to.score_max = from.score_max;
  to.confidence = from.confidence;
  to.type_confidence = from.type_confidence;
  to.wkb = wkb.data();
  to.wkb_size = wkb.size();
  to.json = json.c_str();
  return to;
}

}  // namespace tuban::c
