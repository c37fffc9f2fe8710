// SPDX-License-Identifier: Apache-2.0
// A predicate in the words of people. Internal to delivery.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tuban/explain.h"

namespace tuban {

/// `COALESCE(basic_farmland_m2, 0) >= :least_m2` as "占永久基本农田面积（未知时取0） ≥ 200": facts by their
/// names (those are English as they are), parameters by their values, signs, AND, OR, NOT, IN and IS as
/// words, codes with what they stand for. What it does not know stays as it is.
std::string predicate_text(const std::string& sql, const std::map<std::string, double>& parameters,
                           Language language);

/// The numbers that stand in it, parameters by their values.
std::vector<double> predicate_numbers(const std::string& sql,
                                      const std::map<std::string, double>& parameters);

/// The name of a fact in words, its own name where the dictionary does not have it.
std::string fact_words(const std::string& name, Language language);

/// A number as short as it can be said exactly.
std::string plain_number(double value);

}  // namespace tuban
