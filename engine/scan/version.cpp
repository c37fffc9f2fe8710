// SPDX-License-Identifier: Apache-2.0
#include "tuban/version.h"

#define TUBAN_TEXT_OF(number) #number
#define TUBAN_TEXT(number) TUBAN_TEXT_OF(number)

namespace tuban {

const char* version() noexcept {
  return TUBAN_TEXT(TUBAN_VERSION_MAJOR) "." TUBAN_TEXT(TUBAN_VERSION_MINOR) "." TUBAN_TEXT(
      TUBAN_VERSION_PATCH);
}

}  // namespace tuban
