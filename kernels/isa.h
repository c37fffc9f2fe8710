// SPDX-License-Identifier: Apache-2.0
// Which instruction set the dispatched kernels run with. Every kernel file is compiled once per instruction
// set and keeps a table of its functions for each; none of them changes a result, only the speed (G1).
#pragma once

#include <cstdint>

namespace tuban::kernels {

enum class Isa { baseline, sse4, avx2, avx512 };

/// Highway's target bits for `isa` and everything below it.
std::int64_t allowed_targets(Isa isa) noexcept;

/// The most that the environment variable TUBAN_ISA (baseline, sse4, avx2, avx512; read once) allows.
Isa requested_isa() noexcept;

/// The table of just this instruction set, or nullptr where this machine or build lacks it. `best_of` gives
/// the best table among target bits.
template <typename Ops>
const Ops* table_of(Isa isa, const Ops& (*best_of)(std::int64_t)) noexcept {
  const Ops& best = best_of(allowed_targets(isa));
  if (isa == Isa::baseline) return &best;
  const Isa below = isa == Isa::avx512 ? Isa::avx2 : isa == Isa::avx2 ? Isa::sse4 : Isa::baseline;
  return &best == &best_of(allowed_targets(below)) ? nullptr : &best;
}

}  // namespace tuban::kernels
