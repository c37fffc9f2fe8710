// SPDX-License-Identifier: Apache-2.0
// Findings as JSON, so that every mark explains itself wherever it is written (G6).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/rules/mark.h"
#include "tuban/patch.h"

namespace tuban {

/// The predicates of a finding: [{"when": SQL, "held": true | false | null, "facts": {name: value},
/// "parameters": {name: value}}]. null is unknown; a predicate without parameters has no such key. In a
/// finding on several patches together each has "members", their number, and facts are totals. JSON has
/// no infinity: an infinite number is the text "infinite" or "-infinite", NaN is null.
std::string evidence_json(const Finding& finding);

/// All findings of a patch as one array, keys as the columns of `findings` (no patch_id), evidence nested.
std::string findings_json(const std::vector<Finding>& findings);

/// The rows of table `run`: one per top-level key of the manifest, in its order; text as it is, all else as
/// JSON. Throws Error(runtime) if the manifest is no JSON object.
std::vector<std::pair<std::string, std::string>> manifest_rows(const std::string& manifest);

}  // namespace tuban
