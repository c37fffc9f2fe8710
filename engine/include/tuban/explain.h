// SPDX-License-Identifier: Apache-2.0
// What stands behind a patch of a result, as a person reads it.
#pragma once

#include <cstdint>
#include <string>

#include "tuban/export.h"

namespace tuban {

enum class Language { en, zh };

/// A patch of a result GeoPackage with everything found on it: where and what it is, each rule with its
/// predicates, measured values, thresholds and verdicts, areas per land class, evidence, what is unknown and
/// what would tell. Ends with a line end. Throws Error(usage) where the file is no result of tuban or has no
/// such patch, naming the nearest.
TUBAN_API std::string explain(const std::string& result, const std::string& patch_id, Language language);

/// The same as one JSON object, names in both languages.
TUBAN_API std::string explain_json(const std::string& result, const std::string& patch_id);

/// The id of the patch with this rank. Throws Error(usage) where there is none.
TUBAN_API std::string patch_of_rank(const std::string& result, std::int64_t rank);

}  // namespace tuban
