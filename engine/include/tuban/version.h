// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tuban/export.h"

/// Of the headers compiled against. The build, the package and its names take the version from here.
#define TUBAN_VERSION_MAJOR 0
#define TUBAN_VERSION_MINOR 1
#define TUBAN_VERSION_PATCH 0

namespace tuban {

/// "major.minor.patch" of the library that is linked.
TUBAN_API const char* version() noexcept;

}  // namespace tuban
