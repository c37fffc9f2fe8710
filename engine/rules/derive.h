// SPDX-License-Identifier: Apache-2.0
// What of a patch becomes a piece of its own. Internal to rules.
#pragma once

#include <cstddef>
#include <optional>

#include "engine/patch/earth.h"
#include "engine/rules/overlay.h"
#include "engine/rules/rulebook.h"

namespace tuban {

struct Derived {
  MultiPolygon geometry;  ///< empty where nothing but slivers is left
  Earth::Measures measures;
};

/// Of the patch at `index` in the last lay(): what lies inside or outside the union of these roles, guarded
/// as the facts are: outside counts beyond the rim only, and each part is as large as an overlap must be to
/// say anything. Roles that are not given hold nothing; none where no role is given, or the term of a feature
/// here cannot be told.
std::optional<Derived> derive(const Overlayer& overlayer, std::size_t index, const Derivation& what);

}  // namespace tuban
