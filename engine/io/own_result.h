// SPDX-License-Identifier: Apache-2.0
// Columns of Tuban's own results, read back into patches. Internal to io and what ties it together.
#pragma once

#include <string_view>

#include "tuban/patch.h"

namespace tuban {

/// Gives a patch what the column of this name holds; does nothing for columns that are measured or decided
/// anew (areas, marks, ranks). NULL is unknown.
void take_own_column(std::string_view column, const FieldValue& value, Patch& patch);

/// Whether the column is one of a result's table of patches.
bool is_own_column(std::string_view column);

}  // namespace tuban
