// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/earth.h"

namespace tuban {}  // namespace tuban
