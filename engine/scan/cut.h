// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "engine/scan/open_regions.h"
#include "engine/scan/region.h"
#include "engine/scan/rings.h"

namespace tuban {

/// Cuts a closed region of a raster `width` pixels wide on the lattice that its sums were kept for: one
/// region per cell that has pixels of it, by rows, flagged `cut`. Depends on the region alone. Takes memory
/// for one cell of mask and the outlines in it.
void cut_region(const RegionSums& sums, const TracedParts& parts, int width, int bands, int lattice,
                const std::function<void(Region&&)>& piece);

}  // namespace tuban
