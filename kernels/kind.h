// SPDX-License-Identifier: Apache-2.0
// Two kinds of changed pixels: land that was laid bare or built over, and all other change. Regions grow
// within one kind only, so that a building site and the harvested field beside it stay two patches with their
// own outline, area and type; one region of both would have the mean spectrum of neither.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/detector.h"
#include "kernels/view.h"

namespace tuban::kernels {

/// Bands by what they show; -1 where there is none.
struct KindBands {
  int blue = -1, green = -1, red = -1, nir = -1;
  /// Without red and near infrared all change is of one kind.
  bool enough() const noexcept { return red >= 0 && nir >= 0; }
};

/// Pixels that split() looks beyond the pixel it writes: a 3 x 3 majority, then two pixels of growth.
inline constexpr int kKindRadius = 3;

/// Writes 1 where the date after shows bare or built ground that the date before did not: NDVI below .22
/// (bare soil, rock and roofs lie below .15, stubble and dry fields above .3; Rouse 1974, Xu 2008) and a
/// visible brightness at least 1.3 times that before (which water, wet soil and shadow do not reach).
/// Measured on samples normalised to the date before. 0 elsewhere and where invalid. Pointwise.
void find_exposed(const KindBands& bands, std::span<const BandNormalisation> normalisation,
                  const PairView& pair, View<std::uint8_t> out) noexcept;

/// Splits a mask (kChanged, kUnchanged, kInvalid) into two masks of the same meaning that share no changed
/// pixel: `exposed` holds the changed pixels within two pixels of one whose 3 x 3 neighbourhood is mostly
/// exposed (the mixed rim of a roof belongs to the roof), `other` the rest. `flags` (of find_exposed) is
/// larger than the masks by kKindRadius on each side. Returns whether `exposed` holds any changed pixel.
class KindSplitter {
 public:
  bool split(View<const std::uint8_t> flags, View<const std::uint8_t> mask, View<std::uint8_t> exposed,
             View<std::uint8_t> other);

 private:
  std::vector<std::uint8_t> core_;  // majority, then grown along rows; reused from tile to tile
  std::vector<std::uint8_t> grown_;
};

}  // namespace tuban::kernels
