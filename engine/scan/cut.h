// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "engine/scan/cut_outline.h"
#include "engine/scan/open_regions.h"
#include "engine/scan/region.h"

namespace tuban {

/// Cuts a closed region on the lattice that its sums and its outline were kept for: one region per cell that
/// has pixels of it, by rows, flagged `cut`. Depends on the region alone. Reads each side once (`spilled` is
/// where those not in memory are) and takes memory for the pixels and the outlines of one cell.
void cut_region(const RegionSums& sums, const CutOutline& outline, const Spool* spilled, int bands,
                const std::function<void(Region&&)>& piece);

}  // namespace tuban
