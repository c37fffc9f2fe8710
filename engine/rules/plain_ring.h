// SPDX-License-Identifier: Apache-2.0
// The common case of a sound polygon, told without the index that a full check builds. Internal to rules.
#pragma once

#include <span>

namespace tuban {

/// Whether these bytes are WKB of one polygon without holes whose ring is short and surely simple: such a
/// polygon is valid. False says nothing.
bool surely_valid(std::span<const unsigned char> wkb);

}  // namespace tuban
