// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace tuban {

/// FNV-1a, 64 bit (Fowler, Noll & Vo): short, stable for ever, no library that might change it. For
/// identities that are stored; not against malice.
constexpr std::uint64_t fnv1a(std::span<const char> bytes) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return hash;
}

}  // namespace tuban
