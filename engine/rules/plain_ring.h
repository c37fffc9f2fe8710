// SPDX-License-Identifier: Apache-2.0
// The common case of sound polygons, told without the index that a full check builds. Internal to rules.
#pragma once

#include <span>

#include "tuban/geometry.h"

namespace tuban {

/// Whether these polygons are surely valid: every ring is simple, no two rings touch, holes lie in their own
/// shell and in nothing else, and there are not too many points to see that quickly. False says nothing.
bool surely_valid(const MultiPolygon& polygons);
/// The same of WKB; false also where the bytes are no two-dimensional polygons.
bool surely_valid(std::span<const unsigned char> wkb);

}  // namespace tuban
