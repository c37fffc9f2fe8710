// SPDX-License-Identifier: Apache-2.0
#include "kernels/smooth.h"

#include "kernels/mask_ops.h"

namespace tuban::kernels {

void smooth(View<const float> in, View<float> out) noexcept {
  mask_ops().smooth(in, out);
}

void smooth_and_cut(View<const float> in, float cut, View<float> out, BitPlane& changed, BitPlane& invalid) {
  changed.reset(out.width, out.height);
  invalid.reset(out.width, out.height);
  mask_ops().smooth_and_cut(in, cut, out, changed, invalid);
}

}  // namespace tuban::kernels
