// SPDX-License-Identifier: Apache-2.0
// Rules of the host's as rulebooks. Internal to rules.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/rules/facts.h"
#include "engine/rules/rulebook.h"
#include "tuban/host_rule.h"

namespace tuban {

/// What the host's rules are as rulebooks. Throws Error(usage) naming the rule and what it lacks.
std::vector<Rulebook> host_books(const std::vector<HostRule>& rules);

/// A verdict, and the facts that it was made of.
struct HostVerdict {
  Verdict verdict;
  std::vector<std::size_t> read;  ///< in the order of the dictionary
};
/// `may_read`: per fact. Throws Error(usage) where the severity is none, or there is none and one is needed.
HostVerdict ask_host(const HostRule& rule, const FactRow& facts, const std::vector<bool>& may_read);

}  // namespace tuban
