// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "engine/scan/assemble.h"
#include "engine/scan/cut_outline.h"
#include "engine/scan/open_regions.h"
#include "engine/scan/region.h"

namespace tuban {

/// Cuts a closed region as `limit` says, whose square its outline and whose lattice its sums were kept for:
/// one region per square, or cell of it, that has pixels of it, flagged `cut`. Depends on the region alone.
/// Reads each side once (`spilled` is where those not in memory are) and takes memory for the pixels of one
/// square and the outlines of one piece.
void cut_region(const RegionSums& sums, const CutOutline& outline, const Spool* spilled, int bands,
                const CutLimit& limit, const std::function<void(Region&&)>& piece);

}  // namespace tuban
