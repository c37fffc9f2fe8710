// SPDX-License-Identifier: Apache-2.0
// Three kinds of changed pixels: land that was laid bare or built over, new open water, and all other change.
// Regions grow within one kind only, so that a building site or a pond and the harvested field beside it stay
// two patches with their own outline, area and type; one region of both would have the mean spectrum of
// neither.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/bits.h"
#include "kernels/detector.h"
#include "kernels/view.h"

namespace tuban::kernels {

enum class Kind : std::uint8_t { other, exposed, water };
inline constexpr int kKinds = 3;

/// Without green, red and near infrared all change is of one kind.
inline bool tell_kinds(const RoleBands& bands) noexcept {
  return bands.green >= 0 && bands.red >= 0 && bands.nir >= 0;
}

/// Pixels that the kind of a pixel looks beyond it: a 3 x 3 majority, then two pixels of growth.
inline constexpr int kKindRadius = 3;

/// Which pixels look like a kind, each on its own.
struct KindFlags {
  BitPlane exposed, water;
};

/// Flags the pixels set in `where` (of the pair's size), on samples normalised to the date before:
/// - exposed where the date after shows bare or built ground that the date before did not: NDVI below .22
///   (bare soil, rock and roofs lie below .15, stubble and dry fields above .3; Rouse 1974, Xu 2008) and a
///   visible brightness at least 1.3 times that before (which water, wet soil and shadow do not reach);
/// - water where NDWI (McFeeters 1996) is at least .15 and has risen by .2 (ponds lie above .3, flooded
///   fields with crops or mud about 0).
/// No flag elsewhere and where invalid. Pointwise; cost O(words of `where` that are not 0).
void find_kinds(const RoleBands& bands, std::span<const BandNormalisation> normalisation,
                const PairView& pair, const BitPlane& where, KindFlags& out);

/// Scratch memory for one worker, and the planes that it hands out.
class KindSplitter {
 public:
  /// The pixels whose flags split() looks at: those within kKindRadius of a changed one. The plane is larger
  /// than `changed` by kKindRadius on each side.
  const BitPlane& reach(const BitPlane& changed);

  /// Splits the changed pixels into one plane per kind; they share no pixel. A changed pixel is of a kind if
  /// one within two pixels has a 3 x 3 neighbourhood that is mostly of it (the mixed rim of a roof belongs to
  /// the roof); exposed before water, the rest is other. `flags` has the size of reach().
  const std::array<BitPlane, kKinds>& split(const KindFlags& flags, const BitPlane& changed);

 private:
  // Where a 3 x 3 neighbourhood mostly has the flag, grown along rows.
  void grow(const BitPlane& flags, BitPlane& grown);

  BitPlane reach_, low_, high_, grown_exposed_, grown_water_;
  std::vector<std::uint64_t> core_;
  std::array<BitPlane, kKinds> kinds_;
};

}  // namespace tuban::kernels
