// SPDX-License-Identifier: Apache-2.0
#include "tuban/version.h"

namespace tuban {

const char* version() noexcept {
  return TUBAN_VERSION;
}

}  // namespace tuban
