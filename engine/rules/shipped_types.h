// SPDX-License-Identifier: Apache-2.0
// engine/rules/types.yaml, embedded when the library is built.
#pragma once

#include <string_view>

namespace tuban {

std::string_view shipped_types() noexcept;

}  // namespace tuban
