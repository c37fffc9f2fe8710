// SPDX-License-Identifier: Apache-2.0
// Columns of Tuban's own results, read back into patches. Internal to io and what ties it together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tuban/patch.h"

namespace tuban {

/// Gives a patch what the column of this name holds; does nothing for columns that are measured or decided
/// anew (areas, marks, ranks). NULL is unknown.
void take_own_column(std::string_view column, const FieldValue& value, Patch& patch);

/// Whether the column is one of a result's table of patches.
bool is_own_column(std::string_view column);

/// What a result has of its patches beside their table.
struct OwnExtras {
  std::unordered_map<std::string, std::vector<BandSpectrum>> spectra;  ///< by patch_id, in their order
  std::optional<double> registration_px;
};
/// Empty where the file has no such tables.
OwnExtras read_own_extras(const std::string& path);

}  // namespace tuban
