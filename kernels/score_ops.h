// SPDX-License-Identifier: Apache-2.0
// The per-pixel arithmetic of the detectors, compiled once per instruction set and chosen at
// run time. float32 lanes that never meet: no fused multiply-add, no reduction across lanes, only + - * /
// sqrt min max, so every instruction set gives the same bits (G1), and a row's tail the same as its middle.
#pragma once

#include <array>

#include "kernels/detector.h"
#include "kernels/isa.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// (before - offset - slope * after) * inverse_sigma, per band.
struct ChangeVector {
  std::array<float, kMaxBands> offset{};
  std::array<float, kMaxBands> slope{};
  std::array<float, kMaxBands> inverse_sigma{};
};

/// Linear combinations of all bands of both dates, each with variance 1 where nothing changed. Samples are
/// centred before they are multiplied: the difference of two nearby float32 is exact, and small.
struct Variates {
  std::array<float, kMaxBands> centre_before{};
  std::array<float, kMaxBands> centre_after{};
  std::array<std::array<float, kMaxBands>, kMaxBands> before{};  ///< [variate][band]
  std::array<std::array<float, kMaxBands>, kMaxBands> after{};   ///< [variate][band], subtracted
  std::array<float, kMaxBands> shift{};                          ///< [variate], subtracted
};

/// One instruction set's functions. All write NaN where `pair.valid` is 0, where a sample is not finite and
/// where the squared score leaves the range of float32.
struct PixelOps {
  /// Euclidean length of the change vector.
  void (*change_vector)(const PairView& pair, const ChangeVector& change, View<float> out) noexcept;
  /// The same with every component cut to +-clip.
  void (*clipped_change_vector)(const PairView& pair, const ChangeVector& change, float clip,
                                View<float> out) noexcept;
  /// The smaller of the lengths of the variates and of the change vector.
  void (*variates)(const PairView& pair, const Variates& variates, const ChangeVector& change,
                   View<float> out) noexcept;
  /// Euclidean length of the variates.
  void (*lengths)(const PairView& pair, const Variates& variates, View<float> out) noexcept;
  /// Euclidean length over the bands of max(a / b, b / a) - 1, samples raised to `floor` (> 0) first.
  void (*ratio)(const PairView& pair, const std::array<float, kMaxBands>& floor, View<float> out) noexcept;
  const char* target;  ///< what was compiled, for example "AVX2"
};

/// The functions of one instruction set, or nullptr where this machine or build lacks it. `baseline` is
/// always there.
const PixelOps* pixel_ops(Isa isa) noexcept;

/// The best this machine has, or at most what requested_isa() says.
const PixelOps& pixel_ops() noexcept;

/// Name of the instruction set that pixel_ops() runs.
const char* active_target() noexcept;

}  // namespace tuban::kernels
