// SPDX-License-Identifier: Apache-2.0
// The columns of patches, by the names that they have in tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "bindings/c/handles.h"

namespace tuban::c {

/// NaN and null are unknown. Texts belong to the patch.
using Cell = std::variant<double, std::int64_t, const char*>;

struct Column {
  const char* name;
  std::int32_t type;  ///< TUBAN_COLUMN_..., which alternative of Cell it is
  Cell (*get)(const HeldPatch&);
};

std::span<const Column> columns() noexcept;

}  // namespace tuban::c
