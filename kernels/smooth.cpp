// SPDX-License-Identifier: Apache-2.0
#include "kernels/smooth.h"

#include "kernels/score_ops.h"

namespace tuban::kernels {

void smooth(View<const float> in, View<float> out) noexcept {
  pixel_ops().smooth(in, out);
}

}  // namespace tuban::kernels
