// SPDX-License-Identifier: Apache-2.0
// Regions become patches: areas on the ellipsoid, shape, spectra, direction, type, confidence. After this
// point nothing knows that there were pixels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/patch/earth.h"
#include "engine/scan/region.h"
#include "engine/scan/spool.h"
#include "kernels/detector.h"
#include "kernels/threshold.h"
#include "tuban/job.h"
#include "tuban/patch.h"

namespace tuban {

/// What describing needs to know of the job; the same for every region.
struct DescribeContext {
  Grid grid;
  std::vector<BandInfo> bands;
  std::vector<kernels::FixedPoint> fixed_before, fixed_after;  ///< per band, undoes the region sums
  std::vector<kernels::BandNormalisation> normalisation;       ///< per band
  double cut = 0;                                              ///< where change begins, of smoothed scores
  /// A region without a pixel that scores as much is no patch; pieces of a cut region are parts of something
  /// large and always are.
  double least_score_max = 0;
  std::string before_id, after_id;  ///< scene identities, part of patch_id
  std::optional<std::string> before_date, after_date;
  std::optional<double> registration_px;  ///< what is left between the scenes
  std::shared_ptr<const Earth> earth;     ///< of the grid's CRS, to copy from; made anew where it is null
  MinimumArea min_area;                   ///< square metres count as pixels where the grid has no CRS
};

/// Not thread-safe (holds an Earth): one per worker. The constructor throws
/// Error(mismatch) where Earth refuses the CRS or the transform gives pixels no area; describe() where the
/// projection cannot be inverted at a region.
class Describer {
 public:
  explicit Describer(DescribeContext context);
  ~Describer();
  Describer(Describer&&) noexcept;

  /// The patch, or nothing where it is below the minimum area or the least maximum (which pieces of a cut
  /// region never are).
  std::optional<Patch> describe(const Region& region) const;

  /// A pixel count that no region of at least the minimum area can fall below anywhere on this grid; scan
  /// drops smaller regions as they close. Conservative: never drops what describe() would keep.
  std::int64_t fewest_pixels() const;

  /// The mean area of a pixel over this grid, for the sum of many; nothing without a CRS, or where a part of
  /// the grid cannot be projected.
  std::optional<double> mean_pixel_m2() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Patches as records; decode_patch throws Error(runtime) on a record that ends early.
void encode(Encoder& to, const Patch& patch);
Patch decode_patch(Decoder& from);

}  // namespace tuban
