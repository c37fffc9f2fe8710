// SPDX-License-Identifier: Apache-2.0
// Samples and scores in fixed point, summed along a row. Integers, so the order does not matter (G1).
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/region_stats.h"

namespace tuban::kernels {

struct RowSums {
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;
  std::int64_t clamped = 0;
};

/// The fixed-point value of one sample; NaN and what lies outside [0, 65535] after rounding counts as
/// clamped.
inline std::uint32_t to_fixed(float value, const FixedPoint& fixed, std::int64_t& clamped) noexcept {
  const double scaled = static_cast<double>((value - fixed.offset) * fixed.scale) + 0.5;
  if (scaled >= 0.0 && scaled < 65536.0) return static_cast<std::uint32_t>(scaled);
  ++clamped;
  return scaled >= 65536.0 ? 65535U : 0U;
}

template <typename T>
RowSums sum_row(const T* from, int count, const FixedPoint& fixed) noexcept {
  RowSums sums;
  // The natural fixed point of an integer type holds all its values: no rounding, no clamp, and the loop
  // vectorises. 65535^2 < 2^32.
  if constexpr (std::is_integral_v<T>) {
    if (fixed.scale == 1.0F && fixed.offset == static_cast<float>(std::numeric_limits<T>::min())) {
      for (int i = 0; i < count; ++i) {
        const auto q =
            static_cast<std::uint32_t>(static_cast<std::int32_t>(from[i]) - std::numeric_limits<T>::min());
        sums.sum += q;
        sums.squares += q * q;
      }
      return sums;
    }
  }
  for (int i = 0; i < count; ++i) {
    const std::uint32_t q = to_fixed(static_cast<float>(from[i]), fixed, sums.clamped);
    sums.sum += q;
    sums.squares += q * q;
  }
  return sums;
}

inline std::int64_t score_to_fixed(float score) noexcept {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const double scaled = static_cast<double>(score) * static_cast<double>(kScoreScale) + 0.5;
  if (!(scaled >= 0.0)) return 0;
  return scaled >= static_cast<double>(kMost) ? kMost : static_cast<std::int64_t>(scaled);
}

}  // namespace tuban::kernels
