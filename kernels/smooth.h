// SPDX-License-Identifier: Apache-2.0
// Smoothing of scores. A separable convolution, or a cascade of them, normalised by the weight of the valid
// pixels it has seen (Knutsson & Westin 1993): numerators and weights go through all levels side by side, and
// each level's mean is their quotient. Direct sums in a fixed order, never running ones, no fused
// multiply-add, so that a value does not depend on tiling or instruction set (G1). Where all pixels in reach
// are valid their weight is a constant, so those without a missing pixel nearby are computed without weights,
// to the same bits.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "kernels/bits.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// What multiscale stands for: unsharp edges of large changes and small changes both keep their scores.
inline constexpr std::string_view kDefaultSmoothing = "multiscale";

/// - none: the score itself;
/// - mean3: mean of 3 x 3 pixels;
/// - gauss:S: a Gaussian of standard deviation S, 0.3 to 4 pixels, cut off at 3 S;
/// - multiscale: three levels of the B3-spline a-trous cascade (Starck & Murtagh 2006; taps 1 4 6 4 1,
///   dilated by 1, 2, 4) a1, a2, a3, as sqrt(a2 sqrt(a1 a3)): a geometric mean, so that what only one scale
///   believes in, such as a speck, loses; but at most kMostOverFinest times a1, so that large changes do not
///   grow into what the finest level sees unchanged beside them.
struct Smoothing {
  static constexpr int kMostReach = 12;
  struct Level {
    int reach = 0;  ///< taps on each side of the centre
    int step = 1;   ///< pixels between them
    std::array<float, kMostReach + 1> taps{};
    int radius() const noexcept { return reach * step; }
  };
  std::array<Level, 3> level{};
  int levels = 0;

  /// Pixels that smooth() looks beyond the pixel it writes.
  int radius() const noexcept;
};

inline constexpr float kMostOverFinest = 1.3F;

/// The smoothing of that name, or nothing.
std::optional<Smoothing> find_smoothing(std::string_view name);

/// Most bytes that smooth() takes for itself.
std::size_t smooth_bytes(const Smoothing& smoothing) noexcept;

/// Smooths the valid (not NaN) scores around each pixel; NaN where the pixel itself is NaN. `in` is larger
/// than `out` by the radius on each side; what lies outside the raster is NaN. Scores are finite;
/// where they have a sign, means are taken of it and their sizes written.
/// `scratch` grows to smooth_bytes() at most and is meant to be kept from call to call.
void smooth(const Smoothing& smoothing, View<const float> in, View<float> out, std::vector<float>& scratch);

/// Which scores smooth_and_cut() must give: where nothing reaches the cut they are often not worth the roots.
enum class Scores { all, changed };

/// smooth(), and in the same pass the mask: changed where the result is at least `cut` (nowhere if that is
/// NaN), invalid where it is NaN. The planes get the size of `out`. With Scores::changed, a valid pixel that
/// is not changed may get 0 instead of its score.
void smooth_and_cut(const Smoothing& smoothing, View<const float> in, float cut, Scores scores,
                    View<float> out, BitPlane& changed, BitPlane& invalid, std::vector<float>& scratch);

}  // namespace tuban::kernels
