// SPDX-License-Identifier: Apache-2.0
// The roles that reference layers play: what a layer says of the land, whatever its file is called. Their
// names stand in layers.yaml and begin the names of facts.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace tuban {

/// What all roles of a kind have in common.
enum class RoleFamily {
  land_use,  ///< classes of land, one per place
  strict,    ///< counts from 1 m2, whatever the width
  evidence,  ///< a permission: it has a state in time, and a number and date to quote
  right,     ///< as evidence, and distances are measured to it: held whole
  plain,     ///< is there or is not
  district,  ///< names the administration
  opaque,    ///< secret: patches that touch it leave every ordinary output
  earlier    ///< patches of earlier batches; not a layer that a user declares
};

struct Role {
  std::string_view name, zh, en;
  RoleFamily family;
};

/// All roles, in the order in which people list them.
std::span<const Role> roles() noexcept;
/// Null where there is no such role.
const Role* find_role(std::string_view name) noexcept;
/// The names that layers.yaml takes.
const std::vector<std::string_view>& layer_roles();

}  // namespace tuban
