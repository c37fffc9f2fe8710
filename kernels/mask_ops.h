// SPDX-License-Identifier: Apache-2.0
// The per-pixel work between scores and regions, compiled once per instruction set and chosen at run time,
// like the scores themselves (score_ops.h) and under the same rules: lanes that never meet, the same bits
// everywhere (G1).
#pragma once

#include "kernels/isa.h"
#include "kernels/kind.h"
#include "kernels/view.h"

namespace tuban::kernels {

struct MaskOps {
  /// See smooth.h.
  void (*smooth)(View<const float> in, View<float> out) noexcept;
  /// See smooth.h.
  void (*smooth_and_cut)(View<const float> in, float cut, View<float> out, BitPlane& changed,
                         BitPlane& invalid) noexcept;
  /// See kind.h; `out` is all 0 and has the size of `where`.
  void (*kinds)(const RoleBands& bands, std::span<const BandNormalisation> normalisation,
                const PairView& pair, const BitPlane& where, KindFlags& out) noexcept;
  const char* target;  ///< what was compiled, for example "AVX2"
};

/// The functions of one instruction set, or nullptr where this machine or build lacks it. `baseline` is
/// always there.
const MaskOps* mask_ops(Isa isa) noexcept;

/// The best this machine has, or at most what requested_isa() says.
const MaskOps& mask_ops() noexcept;

}  // namespace tuban::kernels
