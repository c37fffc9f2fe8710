// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tuban {

/// yyyy-mm-dd of a day that exists.
bool is_iso_date(std::string_view text) noexcept;

}  // namespace tuban
