// SPDX-License-Identifier: Apache-2.0
#include "tuban/job.h"

namespace tuban {}  // namespace tuban
