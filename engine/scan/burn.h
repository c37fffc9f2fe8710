// SPDX-License-Identifier: Apache-2.0
// A region back to pixels, and to bytes.
#pragma once

#include <functional>

#include "engine/scan/region.h"
#include "engine/scan/spool.h"

namespace tuban {

/// Calls `span(y, x0, x1)` for the columns [x0, x1) of the region's pixels, by row, then column; spans of a
/// row neither overlap nor touch. Exact (G2). Cost O(vertices log vertices + spans).
void burn(const Region& region, const std::function<void(int y, int x0, int x1)>& span);

/// Of the statistics, the sums of `bands` bands travel. A decoded region equals the encoded one.
void encode(Encoder& to, const Region& region, int bands);
Region decode_region(Decoder& from, int bands);

}  // namespace tuban
