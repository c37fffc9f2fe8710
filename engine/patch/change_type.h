// SPDX-License-Identifier: Apache-2.0
// What kind of change a patch shows, as far as its mean spectra, size and shape allow.
#pragma once

#include <optional>
#include <string_view>

namespace tuban {

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
///
/// Before that the mean is freed of mixed border pixels: how the spread within the patch grows with the
/// contrast of a band says how large their share is, and what is left of it is the texture of the surface
/// itself.
///
/// Where a small patch is mostly border those means are rough; that it grew from exposed pixels then counts.
///
/// A thin patch that is as mixed before as after, with nearly the same mean, is an edge seen twice: C92.
///
/// Conservative: crops that were harvested, dried or flooded are C90, never construction or earthwork; dark
/// pavement is claimed only where it is elongated like a road; what fits nothing is C99. Roles needed: green,
/// red and nir for vegetation and water, blue also for surfaces; with less, brightening or darkening and C99.
ChangeType judge_change(const ChangeMeasures& measured);

}  // namespace tuban
