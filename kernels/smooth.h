// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/view.h"

namespace tuban::kernels {

/// Pixels that smooth() looks beyond the pixel it writes.
inline constexpr int kSmoothRadius = 1;

/// 3 x 3 mean of the valid (not NaN) scores around each pixel; NaN where the pixel itself is NaN. `in` is
/// larger than `out` by kSmoothRadius on each side; what lies outside the raster is NaN. Direct sums in a
/// fixed order, never running ones, so that the value does not depend on tiling (G1).
void smooth(View<const float> in, View<float> out) noexcept;

}  // namespace tuban::kernels
