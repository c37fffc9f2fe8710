// SPDX-License-Identifier: Apache-2.0
// The common case of sound polygons, told without the index that a full check builds. Internal to rules.
#pragma once

#include <optional>
#include <span>

#include "tuban/geometry.h"

namespace tuban {

/// Whether these polygons are surely valid: every ring is simple, no two rings touch, holes lie in their own
/// shell and in nothing else, and there are not too many points to see that quickly. False says nothing.
bool surely_valid(const MultiPolygon& polygons);
/// What WKB holds where that is a polygon or several in two dimensions, of closed rings with at least four
/// points each and not too many, all finite; else nothing.
std::optional<MultiPolygon> plain_polygons(std::span<const unsigned char> wkb);

}  // namespace tuban
