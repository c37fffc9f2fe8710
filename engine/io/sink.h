// SPDX-License-Identifier: Apache-2.0
// Where results go. Everything is written under temporary names and renamed by finish() (G4).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/rules/mark.h"
#include "kernels/view.h"
#include "tuban/job.h"
#include "tuban/patch.h"

namespace tuban {

/// Receives patches in row order (last raster row, region id), each with its marks and rank.
class PatchSink {
 public:
  virtual ~PatchSink() = default;
  virtual void write(const Patch& patch, std::int64_t rank, const Marks& marks) = 0;
  /// Writes what remains and the run's manifest (JSON object), closes, and gives the output its final name.
  virtual void finish(const std::string& manifest) = 0;
};

/// A sink for job.output. Checks (existing file, driver, folder) belong to check_outputs().
std::unique_ptr<PatchSink> make_patch_sink(const Job& job, const Grid& grid);

/// A one-band raster on the job's grid, written row block by row block from the top, renamed by finish().
class RasterSink {
 public:
  virtual ~RasterSink() = default;
  virtual void write_rows(int y, kernels::View<const std::byte> rows) = 0;  ///< rows of samples, full width
  virtual void finish() = 0;
};

/// Tiled, compressed BigTIFF-if-needed GeoTIFF; uint8 with nodata 255 or float32 with nodata NaN.
std::unique_ptr<RasterSink> make_raster_sink(const std::string& path, const Grid& grid,
                                             kernels::SampleType type, const std::string& description);

/// Refuses, before any pixel is read, what could not be written: an output that exists without `overwrite`
/// (usage), an unknown driver or option (usage), a folder that is missing or not writable (runtime).
void check_outputs(const Job& job);

}  // namespace tuban
