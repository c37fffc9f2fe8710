// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/bits.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// Pixels that smooth() looks beyond the pixel it writes.
inline constexpr int kSmoothRadius = 1;

/// 3 x 3 mean of the valid (not NaN) scores around each pixel; NaN where the pixel itself is NaN. `in` is
/// larger than `out` by kSmoothRadius on each side; what lies outside the raster is NaN. Scores are finite
/// and >= 0. Direct sums in a fixed order, never running ones, so that the value does not depend on tiling
/// (G1).
void smooth(View<const float> in, View<float> out) noexcept;

/// smooth(), and in the same pass the mask: changed where the mean is at least `cut` (nowhere if that is
/// NaN), invalid where it is NaN. The planes get the size of `out`.
void smooth_and_cut(View<const float> in, float cut, View<float> out, BitPlane& changed, BitPlane& invalid);

}  // namespace tuban::kernels
