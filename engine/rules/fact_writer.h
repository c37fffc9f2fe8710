// SPDX-License-Identifier: Apache-2.0
// The facts of one patch that come of what it shares with each role. Internal to rules.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/facts.h"
#include "engine/rules/pieces.h"

namespace tuban {

/// What a patch shares with all layers of one role.
struct RoleGround {
  std::vector<const StoredLayer*> layers;
  std::vector<Piece> pieces;
  bool present() const noexcept { return !layers.empty(); }
  /// Whether it is known which of the overlapping features count.
  bool decided() const noexcept {
    return std::none_of(pieces.begin(), pieces.end(),
                        [](const auto& p) { return p.state == State::unknown; });
  }
};

using Roles = std::map<std::string_view, RoleGround>;

/// The share of a piece that field ridges take; none on land classes that have no ridges.
double ridge_share(const Piece& piece);

/// Sets the facts that `wanted` (in the order of the dictionary) asks for, and leaves unknown what cannot be
/// known.
void write_facts(const PatchGround& ground, const Roles& roles, const std::optional<std::string>& date,
                 const std::vector<bool>& wanted, FactRow& facts);

}  // namespace tuban
