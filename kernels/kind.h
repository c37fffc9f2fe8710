// SPDX-License-Identifier: Apache-2.0
// Three kinds of changed pixels: land that was laid bare or built over, new open water, and all other change.
// Regions grow within one kind only, so that a building site or a pond and the harvested field beside it stay
// two patches with their own outline, area and type; one region of both would have the mean spectrum of
// neither.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/detector.h"
#include "kernels/view.h"

namespace tuban::kernels {

enum class Kind : std::uint8_t { other, exposed, water };
inline constexpr int kKinds = 3;

/// Bands by what they show; -1 where there is none.
struct KindBands {
  int blue = -1, green = -1, red = -1, nir = -1;
  /// Without green, red and near infrared all change is of one kind.
  bool enough() const noexcept { return green >= 0 && red >= 0 && nir >= 0; }
};

/// Pixels that split() looks beyond the pixel it writes: a 3 x 3 majority, then two pixels of growth.
inline constexpr int kKindRadius = 3;

/// Flags of find_kinds().
inline constexpr std::uint8_t kExposedFlag = 1;
inline constexpr std::uint8_t kWaterFlag = 16;

/// Flags each pixel, on samples normalised to the date before:
/// - exposed where the date after shows bare or built ground that the date before did not: NDVI below .22
/// (bare
///   soil, rock and roofs lie below .15, stubble and dry fields above .3; Rouse 1974, Xu 2008) and a visible
///   brightness at least 1.3 times that before (which water, wet soil and shadow do not reach);
/// - water where NDWI (McFeeters 1996) is at least .15 and has risen by .2 (ponds lie above .3, flooded
/// fields with
///   crops or mud about 0).
/// 0 elsewhere and where invalid. Pointwise.
void find_kinds(const KindBands& bands, std::span<const BandNormalisation> normalisation,
                const PairView& pair, View<std::uint8_t> out) noexcept;

/// Splits a mask (kChanged, kUnchanged, kInvalid) into one mask of the same meaning per kind; they share no
/// changed pixel. A changed pixel is of a kind if one within two pixels has a 3 x 3 neighbourhood that is
/// mostly of it (the mixed rim of a roof belongs to the roof); exposed before water, the rest is other.
/// `flags` (of find_kinds) is larger than the masks by kKindRadius on each side.
class KindSplitter {
 public:
  void split(View<const std::uint8_t> flags, View<const std::uint8_t> mask,
             const std::array<View<std::uint8_t>, kKinds>& kinds);

 private:
  std::vector<std::uint8_t> core_;  // majority, then grown along rows; reused from tile to tile
  std::vector<std::uint8_t> grown_;
};

}  // namespace tuban::kernels
