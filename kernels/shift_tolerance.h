// SPDX-License-Identifier: Apache-2.0
// Scores of pairs that lie up to a pixel apart in places: each pixel of either date is compared with the nine
// nearest of the other, and the most alike counts (symmetrised local co-registration adjustment, Theiler &
// Wohlberg 2012). It takes away one-pixel-wide changes too.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/detector.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// Memory of tolerant_score(), to be kept from call to call.
struct ToleranceScratch {
  std::vector<float> score, before, after;
  std::vector<std::uint8_t> valid;
};

/// Bytes of it for `pixels` of `out`.
constexpr std::size_t tolerance_bytes(std::size_t pixels) noexcept {
  return pixels * (3 * sizeof(float) + 1);
}

/// The larger of two scores of least size: of before(p) with after(p + s), and of before(p + s) with
/// after(p), s over the 3 x 3 pixels around p that are valid; NaN where p is not valid. `pair` is larger than
/// `out` by one pixel on each side. Signs of scores are kept.
void tolerant_score(const Detector& detector, const Model& model, const PairView& pair, View<float> out,
                    ToleranceScratch& scratch);

}  // namespace tuban::kernels
