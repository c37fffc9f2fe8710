// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/rulebook.h"

namespace tuban {}  // namespace tuban
