// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "bindings/c/guard.h"
#include "tuban/io.h"

namespace tuban::c {

/// The source that a raster of C stands for. Throws Error(usage) where it is none.
std::shared_ptr<const Source> wrap(const tuban_raster& raster);

}  // namespace tuban::c
