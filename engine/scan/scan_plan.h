// SPDX-License-Identifier: Apache-2.0
// How the raster is cut for fetching and computing, and what that costs in memory. Reads no pixel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/detector.h"
#include "kernels/kind.h"
#include "kernels/smooth.h"
#include "kernels/view.h"
#include "tuban/io.h"
#include "tuban/job.h"

namespace tuban {

/// How the raster is cut. Never changes a result, but a scan that was begun with one goes on with it.
struct UnitShape {
  int unit_width = 0, unit_height = 0;
  int tile_width = 0, tile_height = 0;
};

/// The raster as a grid of units (fetched: whole storage blocks of both dates), each cut into tiles
/// (computed).
struct ScanPlan : UnitShape {
  int width = 0, height = 0;
  kernels::SampleType type = kernels::SampleType::uint8;
  int bands = 0;
  int connectivity = 8;
  kernels::RoleBands roles;
  double looks = 0;  ///< equivalent number of looks as the user knows it; 0: as the sample shows it
  kernels::Normalisation normalisation = kernels::Normalisation::invariant;
  kernels::Smoothing smoothing;
  int tolerance = 0;    ///< pixels that places may lie apart without counting as change, 0 or 1
  int slots = 1;        ///< units in flight
  int max_fetches = 1;  ///< readers at work at once
  int patch_slots = 1;  ///< chunks of patches in flight once the scan is over
  std::int64_t fewest_pixels = 1;
  std::uint64_t planned_bytes = 0;  ///< peak resident memory the plan expects, process baseline included

  /// A unit's mask lags behind its scores by this many pixels to the left and above, so that smoothing, the
  /// split into kinds (each its radius) and tracing (1 px of mask) always find what they need in memory and
  /// no block is decoded twice.
  int lag() const noexcept { return std::max(smoothing.radius() + tolerance, kernels::kKindRadius) + 1; }
  /// Strips of left and upper neighbours that a unit's buffers hold beside its own pixels.
  int pad() const noexcept { return 2 * lag(); }
  /// The nearest of them, where samples and validity are looked at and not scores alone.
  int sample_pad() const noexcept { return tolerance > 0 ? pad() : lag() + 1 + kernels::kKindRadius; }

  int units_across() const noexcept { return (width + unit_width - 1) / unit_width; }
  int units_down() const noexcept { return (height + unit_height - 1) / unit_height; }
  std::int64_t units() const noexcept { return static_cast<std::int64_t>(units_across()) * units_down(); }
  /// Buffers that the units in flight take turns in: a unit is scored in one and waits in it to be extracted.
  int buffers() const noexcept { return static_cast<int>(std::min<std::int64_t>(2 * slots, units())); }
  /// The pixels that unit `index` fetches and scores.
  kernels::Window unit(std::int64_t index) const noexcept;
  /// The pixels that unit `index` masks and labels: the unit shifted by lag(), stretched to the raster's
  /// frame. These windows partition the raster too.
  kernels::Window extract_window(std::int64_t index) const noexcept;
};

/// Chooses units, tiles and units in flight for the job. `baseline_bytes` is what the process holds already,
/// `threads` the workers, `emit_bytes` what writing rasters takes once the scan is over, `given` the cut of a
/// scan to be resumed. Throws Error(resource) if job.memory_bytes cannot hold the smallest plan, saying what
/// would fit.
ScanPlan plan_scan(const Job& job, const SourceInfo& before, const SourceInfo& after, int threads,
                   std::uint64_t baseline_bytes, std::uint64_t emit_bytes = 0,
                   const std::optional<UnitShape>& given = {});

/// Memory the process holds now, and the most it ever held.
std::uint64_t resident_bytes();
std::uint64_t peak_resident_bytes();

}  // namespace tuban
