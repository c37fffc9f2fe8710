// SPDX-License-Identifier: Apache-2.0
// The table behind the fact dictionary. Internal to rules.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/rules/facts.h"
#include "engine/rules/roles.h"

namespace tuban {

/// A fact; `fill` is null for facts measured on layers.
struct FactEntry {
  FactInfo info;
  void (*fill)(const Patch&, FactRow&, std::size_t);
};

/// Where the facts stand that roles have in common.
struct RoleFacts {
  std::string_view role;
  RoleFamily family;
  std::size_t area, share;
  std::optional<std::size_t> expired, pending;  ///< of roles that have states in time
};

/// Built once: the facts of the patch, then those of each role.
class FactTable {
 public:
  static const FactTable& the();
  std::span<const FactEntry> entries() const noexcept { return entries_; }
  std::span<const RoleFacts> by_role() const noexcept { return by_role_; }
  const std::unordered_map<std::string_view, std::size_t>& positions() const noexcept { return positions_; }

 private:
  FactTable();
  void add_uniform(const Role& role);
  std::string_view kept(std::string text);

  std::deque<std::string> texts_;  ///< what the uniform facts are called
  std::vector<FactEntry> entries_;
  std::vector<RoleFacts> by_role_;
  std::unordered_map<std::string_view, std::size_t> positions_;
};

}  // namespace tuban
