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
  /// Everything that may fail for want of space: writes what remains and the run's manifest (JSON object),
  /// closes and syncs. A job with several outputs prepares all before it finishes the first, so that none
  /// stands alone.
  virtual void prepare(const std::string&) {}
  /// Prepares if that was not done, and gives the output its final name.
  virtual void finish(const std::string& manifest) = 0;
};

/// A sink for job.output. Checks (existing file, driver, folder) belong to check_outputs().
std::unique_ptr<PatchSink> make_patch_sink(const Job& job, const Grid& grid);

/// A one-band raster on the job's grid, written row block by row block from the top, renamed by finish().
class RasterSink {
 public:
  virtual ~RasterSink() = default;
  /// Rows y, y + 1, ... of the full width, in order from the top, without gaps. The view counts bytes: its
  /// width is the row's bytes. Whole multiples of 512 rows are written without a copy.
  virtual void write_rows(int y, kernels::View<const std::byte> rows) = 0;
  virtual void prepare() {}  ///< as PatchSink::prepare(); throws Error(runtime) if rows are missing
  virtual void finish() = 0;
};

/// Tiled (512), DEFLATE, BigTIFF-if-needed GeoTIFF; uint8 with nodata 255, category names and colours, or
/// float32 with nodata NaN. An output that exists is replaced, or refused by finish() without `overwrite`.
std::unique_ptr<RasterSink> make_raster_sink(const std::string& path, const Grid& grid,
                                             kernels::SampleType type, const std::string& description,
                                             bool overwrite = true);

/// Most memory that writing one raster takes: 512 rows, held by the caller or the sink, and a few blocks.
/// GDAL's block cache is left alone.
std::size_t raster_sink_bytes(const Grid& grid, kernels::SampleType type) noexcept;

/// Refuses, before any pixel is read, what could not be written: an output (or a side file of it) that exists
/// without `overwrite`, one path used twice or for an input too, an unknown driver, extension or option, a
/// raster that is not .tif (all usage); a folder that is missing or not writable (runtime). Leaves nothing
/// behind.
void check_outputs(const Job& job);

}  // namespace tuban
