// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuban/export.h"

namespace tuban {

/// "major.minor.patch" of the library that is linked.
TUBAN_API const char* version() noexcept;

}  // namespace tuban
