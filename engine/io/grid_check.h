// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tuban/io.h"

namespace tuban {

/// How two grids differ, with both values, as "CRS is A in FIRST and B in SECOND; ..."; empty if they are the
/// same: equal size and CRS (however it is written), every corner within 1/1000 pixel.
std::string grid_difference(const std::string& first_name, const Grid& first, const std::string& second_name,
                            const Grid& second);

/// However they are written; none is the same as none.
bool same_crs(const std::string& first, const std::string& second);

/// Throws Error(mismatch), naming both files with both values, unless the two scenes lie on the same grid and
/// have the same number of bands, sample type and, where both name them, band roles.
void check_same_grid(const SourceInfo& before, const SourceInfo& after);

}  // namespace tuban
