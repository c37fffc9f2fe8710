// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/facts.h"

#include <algorithm>
#include <cmath>

#include "engine/patch/change_type.h"
#include "engine/rules/fact_table.h"

namespace tuban {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view by) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(by); at != std::string_view::npos; at = text.find(by)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + by.size());
  }
  parts.push_back(text);
  return parts;
}

}  // namespace

const std::vector<FactInfo>& fact_dictionary() {
  static const auto facts = [] {
    std::vector<FactInfo> result;
    for (const auto& entry : FactTable::the().entries()) result.push_back(entry.info);
    return result;
  }();
  return facts;
}

const std::vector<std::string_view>& fact_names() {
  static const auto names = [] {
    std::vector<std::string_view> result;
    for (const auto& entry : FactTable::the().entries()) result.push_back(entry.info.name);
    return result;
  }();
  return names;
}

const std::vector<std::string_view>& fact_vocabulary(std::string_view fact) {
  static const std::vector<std::string_view> none;
  static const std::vector<std::string_view> directions{
      "vegetation_loss", "vegetation_gain", "to_water", "from_water", "brightening", "darkening", "unknown"};
  static const std::vector<std::string_view> types(kChangeTypes.begin(), kChangeTypes.end());
  static const std::vector<std::string_view> lineage{"new",    "continued", "grown",
                                                     "shrunk", "split",     "merged"};
  if (fact == "direction") return directions;
  if (fact == "change_type") return types;
  if (fact == "lineage_status") return lineage;
  return none;
}

std::optional<std::size_t> find_fact(std::string_view name) {
  const auto& positions = FactTable::the().positions();
  const auto found = positions.find(name);
  if (found == positions.end()) return std::nullopt;
  return found->second;
}

std::size_t fact_index(std::string_view name) {
  return FactTable::the().positions().at(name);
}

std::vector<std::string_view> roles_missing(const FactInfo& fact,
                                            const std::function<bool(std::string_view)>& given) {
  std::vector<std::string_view> missing;
  if (fact.source == "patch") return missing;
  for (const auto needed : split(fact.source, " + ")) {
    const auto any = split(needed, " | ");
    if (std::none_of(any.begin(), any.end(), given)) missing.push_back(any.front());
  }
  return missing;
}

FactRow::FactRow() : values_(FactTable::the().entries().size()) {}

void FactRow::set(std::size_t fact, double number) {
  if (std::isnan(number)) return;
  auto& value = values_[fact];
  value.kind = FactValue::Kind::number;
  value.number = number;
}

void FactRow::set(std::size_t fact, std::string text) {
  auto& value = values_[fact];
  value.kind = FactValue::Kind::text;
  value.text = std::move(text);
}

void set_patch_facts(const Patch& patch, FactRow& row) {
  const auto entries = FactTable::the().entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].fill != nullptr) entries[i].fill(patch, row, i);
  }
}

}  // namespace tuban
