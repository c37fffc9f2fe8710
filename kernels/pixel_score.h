// SPDX-License-Identifier: Apache-2.0
// One pixel at a time, for scores whose arithmetic is not worth vectors: double, + - * / sqrt and
// kernels/math.h, one piece of code for every instruction set (G1).
#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "kernels/detector.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// Writes `of(x, y)`, bands of one pixel of both dates as double; NaN where invalid or not finite.
template <typename Score>
void score_pixels(const PairView& pair, View<float> out, const Score& of) noexcept {
  with_sample_type(pair.type, [&](auto zero) {
    using T = decltype(zero);
    std::array<double, kMaxBands> x{};
    std::array<double, kMaxBands> y{};
    for (int row = 0; row < pair.height; ++row)
      for (int column = 0; column < pair.width; ++column) {
        float& target = out.row(row)[column];
        target = std::numeric_limits<float>::quiet_NaN();
        if (pair.valid.row(row)[column] == 0) continue;
        const std::ptrdiff_t at = row * pair.stride + column;
        bool finite = true;
        for (std::size_t b = 0; b < pair.before.size(); ++b) {
          x[b] = static_cast<double>(reinterpret_cast<const T*>(pair.before[b])[at]);
          y[b] = static_cast<double>(reinterpret_cast<const T*>(pair.after[b])[at]);
          finite = finite && std::isfinite(x[b]) && std::isfinite(y[b]);
        }
        if (!finite) continue;
        const float score = static_cast<float>(of(x.data(), y.data()));
        if (std::isfinite(score)) target = score;
      }
  });
}

}  // namespace tuban::kernels
