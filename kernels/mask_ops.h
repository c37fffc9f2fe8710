// SPDX-License-Identifier: Apache-2.0
// The per-pixel work between scores and regions, compiled once per instruction set and chosen at run time,
// like the scores themselves (score_ops.h) and under the same rules: lanes that never meet, the same bits
// everywhere (G1).
#pragma once

#include "kernels/isa.h"
#include "kernels/kind.h"
#include "kernels/smooth.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// One call of smooth() or smooth_and_cut() (smooth.h). Without planes nothing is cut.
struct SmoothWork {
  const Smoothing& smoothing;
  View<const float> in;
  View<float> out;
  float* scratch = nullptr;  ///< smooth_scratch(smoothing, in.width) floats
  float cut = 0;
  BitPlane* changed = nullptr;  ///< all 0 where `out` will be
  BitPlane* invalid = nullptr;
  int word = 0;  ///< of the planes, where the first pixel of `out` is
  Scores scores = Scores::all;
};

/// Floats that smoothing rows of `width` pixels takes.
std::size_t smooth_scratch(const Smoothing& smoothing, int width) noexcept;

struct MaskOps {
  void (*smooth)(const SmoothWork& work) noexcept;
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
