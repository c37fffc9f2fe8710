// SPDX-License-Identifier: Apache-2.0
// What kind of change a patch shows, as far as its mean spectra, size and shape allow.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace tuban {

/// Every code there is, C.2 of the domain's taxonomy and three of our own: C92 misregistration, C93 bare or
/// built-up ground that changed, C99 unknown.
inline constexpr std::array<std::string_view, 23> kChangeTypes{
    "C10", "C11", "C12", "C13", "C14", "C15", "C16", "C17", "C20", "C21", "C22", "C30",
    "C31", "C32", "C33", "C40", "C50", "C60", "C90", "C91", "C92", "C93", "C99"};

/// Mean samples by role, in any linear unit common to the bands; empty where the role is missing.
struct RoleMeans {
  std::optional<double> blue, green, red, nir;
};

/// The measured numbers a change is judged on. All spectra are in the scale of the before date.
struct ChangeMeasures {
  RoleMeans before, after;
  RoleMeans sd_before, sd_after;  ///< standard deviations within the patch
  std::optional<double> area_m2;  ///< empty without a CRS: then size is no evidence
  double compactness = 0.5;
  double elongation = 1;
  double edge_share = 0;
  std::optional<double> width_px;  ///< mean width, 2 A / P in pixels; empty: thinness is no evidence then
  bool exposed = false;  ///< grew from pixels that were laid bare or built over (kernels::Kind::exposed)
};

struct ChangeType {
  std::string_view direction;               ///< vegetation_loss ... unknown (see Patch)
  std::string_view code;                    ///< C10 ... C99
  double confidence = 0;                    ///< [0, 1]: how far inside its class the patch lies; 0 for C99
  bool construction_like() const noexcept;  ///< C10 to C17
  bool earthwork_like() const noexcept;     ///< C11, C30, C31
};

/// Judges on ratios alone, since samples come with an unknown gain: NDVI (Rouse 1974), NDWI (McFeeters 1996),
/// redness (R - B) / (R + B), and visible brightness after / before. Thresholds lie between these
/// typical top-of-canopy reflectances (blue, green, red, nir; per cent), rounded working values of the order
/// that public spectral libraries give. They have only been tried on scenes painted with about the same
/// values:
///
///   growing paddy 4 7 5 38 | ripe or stubble 8 10 13 25 | dry soil 12 15 19 26 | flooded 6 7 6 8
///   forest 3 5 4 35        | pond 7 8 5 3               | asphalt 8 9 10 12    | laterite, fill 10 15 25 32
///   concrete 28 30 31 33   | blue metal roof 35 28 22 30                       | quarry rock 25 28 31 36
///   film over crops 18 21 20 33
///
/// Before that the mean is freed of mixed border pixels: how the spread within the patch grows with the
/// contrast of a band says how large their share is, and what is left of it is the texture of the surface
/// itself.
///
/// Where a small patch is mostly border those means are rough; that it grew from exposed pixels then counts.
///
/// A thin patch that is as mixed before as after, with nearly the same mean, is an edge seen twice: C92. So
/// is one of any width whose mean did not move at all, such as a village that two dates show shifted.
///
/// Plastic film (C16) is told from roofs among trees, whose mean is the same, by its evenness alone; film
/// over ripe or bare ground, which brightens little, is not claimed.
///
/// What fits no surface but is free of plants on both dates, dry, and no even surface (a field that was
/// wetted or dried is one) is C93: bare or built-up ground that changed, be it building, demolition, paving
/// or digging. At 10 m, where roofs and yards mix in every pixel, most construction is known only so. It is a
/// filter for reviewers; no fact calls it construction.
///
/// Conservative: crops that were harvested, dried or flooded are C90, never construction or earthwork; dark
/// pavement is claimed only where it is elongated like a road; what fits nothing is C99. Roles needed: green,
/// red and nir for vegetation and water, blue also for surfaces; with less, brightening or darkening and C99.
ChangeType judge_change(const ChangeMeasures& measured);

/// Whether ground of these means looks built up or bare rock: free of plants and of water, grey or blue, and
/// uneven, as roofs beside yards are. Conservative: even ground, such as one large roof or a yard, is not
/// told from wet fields and is not claimed; and tried only on painted scenes. Empty where blue, green, red or
/// nir is missing.
std::optional<bool> looks_built(const RoleMeans& mean, const RoleMeans& sd);

/// How far a band's mean moved, and how much it varies within the patch on either date, summed over bands
/// relative to their level.
class ChangeOverSpread {
 public:
  /// Mean and standard deviation before and after, on one scale. Bands without a positive level do not count.
  void add(double mean_before, double sd_before, double mean_after, double sd_after) noexcept;
  /// 0: the same mean; above 1: new ground that fills its patch. Empty where nothing varies.
  std::optional<double> value() const noexcept;

 private:
  double change_ = 0, spread_ = 0;
};

}  // namespace tuban
