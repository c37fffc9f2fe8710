// SPDX-License-Identifier: Apache-2.0
// The arithmetic over the pixels of a sample, compiled once per instruction set and chosen at run time.
// Double precision; pixels never meet but in sums of four lanes whose order is the same everywhere (G1).
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "kernels/isa.h"

namespace tuban::kernels {

inline constexpr std::size_t kSampleBlock = 256;
using SampleBlock = std::array<double, kSampleBlock>;

struct SampleOps {
  /// Adds to sums[k] the sum of weighted[i] * values[k][i] over the block: four sums side by side (i modulo
  /// 4), then (s0 + s1) + (s2 + s3).
  void (*products)(const SampleBlock& weighted, std::span<const double* const> values, double* sums) noexcept;
  /// z = sum over j of (sum over b of a[j][b] (x_b - mean_b) - b[j][b] (y_b - mean_(p + b)))^2 per pixel;
  /// `planes` are p of x, then p of y; a and b are row-major, p x p.
  void (*statistic)(std::span<const float* const> planes, const double* mean, const double* a,
                    const double* b, std::span<double> z) noexcept;
  const char* target;  ///< what was compiled, for example "AVX2"
};

/// The functions of one instruction set, or nullptr where this machine or build lacks it. `baseline` is
/// always there.
const SampleOps* sample_ops(Isa isa) noexcept;

/// The best this machine has, or at most what requested_isa() says.
const SampleOps& sample_ops() noexcept;

}  // namespace tuban::kernels
