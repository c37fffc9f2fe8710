// SPDX-License-Identifier: Apache-2.0
// Where results go. Everything is written under temporary names and published at the end (G4).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/io/ogr_table.h"
#include "engine/rules/mark.h"
#include "kernels/view.h"
#include "tuban/job.h"
#include "tuban/patch.h"

namespace tuban {

/// An output that is whole, but not yet under its final name.
class Output {
 public:
  virtual ~Output() = default;
  /// Gives it its final name.
  virtual void publish() = 0;
  /// Undoes publish(), for as long as the object lives: what stood there before stands there again, where the
  /// file system has hard links; else nothing does.
  virtual void withdraw() noexcept = 0;
};

/// Publishes all, in this order, or none: when one cannot be, those before it are withdrawn. A process that
/// is killed in between leaves the first ones, so the last should be what others take for the result.
void publish_all(std::span<Output* const> outputs);

/// A file the job writes or reads, as messages name it.
struct NamedPath {
  std::string option, path;
};

/// A geometry where the format stores bytes, and the box around it.
struct StoredGeometry {
  std::vector<std::byte> geometry;
  double min_x = 0, max_x = 0, min_y = 0, max_y = 0;
};

/// What PatchSink::encode() makes of a derived piece.
struct PieceRow : StoredGeometry {
  std::string marks_text;
};

/// A patch on its way into a sink.
struct PatchRow : StoredGeometry {  // once the geometry is stored, patch.geometry is empty
  Patch patch;
  std::int64_t rank = 0;
  Marks marks;

  // What PatchSink::encode() adds.
  std::string marks_text, rules_text;  ///< comma-separated
  std::vector<std::string> evidence;   ///< JSON of each finding, or of all in one, as the format has it
  std::vector<PieceRow> pieces;        ///< of marks.pieces
};

/// Receives patches in row order (last raster row, region id), each with its marks and rank.
class PatchSink : public Output {
 public:
  /// Does for a row what needs no order; from any number of threads at once.
  virtual void encode(PatchRow& row) const = 0;
  /// Appends encoded rows. From one thread at a time.
  virtual void write(std::span<const PatchRow> rows) = 0;
  /// What table `lineage` has of earlier patches that nothing goes on from, where the format has that table.
  virtual void write_gone(std::span<const LineageLink> gone) = 0;
  /// Everything that may fail for want of space: writes what remains and the run's manifest (JSON object),
  /// closes and syncs. A job with several outputs prepares all before it publishes the first.
  virtual void prepare(const std::string& manifest) = 0;
};

/// A sink for job.output, whose files are of mode 0600 if `confidential`. Checks (existing file, driver,
/// folder) belong to check_outputs(). `originals`: the columns of Patch::original, which stand behind ours;
/// their names must live as long as the sink.
std::unique_ptr<PatchSink> make_patch_sink(const MarkingJob& job, const Grid& grid, bool confidential = false,
                                           std::span<const Column> originals = {});

/// The job whose result is the register of patches on military ground; its format goes by the extension.
MarkingJob register_job(const MarkingJob& job);

/// A one-band raster on the job's grid, written row block by row block from the top.
class RasterSink : public Output {
 public:
  /// Rows y, y + 1, ... of the full width, in order from the top, without gaps. The view counts bytes: its
  /// width is the row's bytes. Whole multiples of 512 rows are written without a copy.
  virtual void write_rows(int y, kernels::View<const std::byte> rows) = 0;
  virtual void prepare() = 0;  ///< as PatchSink::prepare(); throws Error(runtime) if rows are missing
};

/// Tiled (512), DEFLATE, BigTIFF-if-needed GeoTIFF; uint8 with nodata 255, category names and colours, or
/// float32 with nodata NaN. An output that exists is replaced, or refused by publish() without `overwrite`.
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
/// The same of a job without rasters that also reads `inputs`.
void check_outputs(const MarkingJob& job, std::vector<NamedPath> inputs);

}  // namespace tuban
