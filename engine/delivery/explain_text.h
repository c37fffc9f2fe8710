// SPDX-License-Identifier: Apache-2.0
// An explanation as a page of text. Internal to delivery.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/delivery/explanation.h"
#include "engine/rules/rulebook.h"
#include "tuban/explain.h"

namespace tuban {

std::string explanation_text(const Explanation& told, Language language);

/// A measured value with its unit, as beside a predicate in which `thresholds` stand: rounded, unless the
/// rounded number would look like a threshold that it is not.
std::string value_text(const std::string& fact, const FactValue& value, const std::vector<double>& thresholds,
                       Language language);

/// The facts that a finding could not be decided for, each once, in the order of the dictionary.
std::vector<std::string> unknown_facts(const Explanation& told);

/// What a fact is measured on: roles of layers, and other sources by name; none for the patch's own.
std::vector<std::string_view> fact_layers(const FactInfo& fact);

}  // namespace tuban
