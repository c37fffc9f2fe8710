// SPDX-License-Identifier: Apache-2.0
// Plain local GeoTIFF past GDAL: libtiff decodes whole blocks, stored ones are read where they stand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/view.h"
#include "tuban/io.h"

class GDALDataset;

namespace tuban {

/// How a TIFF file lays out its samples.
struct TiffLayout {
  int width = 0, height = 0, bands = 0;
  kernels::SampleType type = kernels::SampleType::uint8;
  int block_width = 0, block_height = 0;  ///< of a tile, or of a strip
  bool tiled = false;
  bool separate = false;     ///< each band in blocks of its own
  bool stored = false;       ///< not compressed
  bool swapped = false;      ///< in the other byte order
  bool differences = false;  ///< horizontal differences that are summed while the bands are taken apart
  friend bool operator==(const TiffLayout&, const TiffLayout&) = default;

  std::size_t block_bytes() const noexcept;
};

/// What all readers of a file share.
struct TiffPlan {
  std::string path;
  TiffLayout layout;
  std::vector<std::array<std::byte, 4>> fill;  ///< per band, what a block that is not there holds
  std::size_t most_stored_bytes = 0;           ///< of a block as it lies in the file
  std::size_t index_bytes = 0;                 ///< where the blocks lie
};

/// A plan if `path`, which GDAL has opened as `dataset` with samples of `type`, is a regular local file whose
/// samples libtiff alone delivers as GDAL would.
std::optional<TiffPlan> plan_tiff(GDALDataset& dataset, const std::string& path, kernels::SampleType type);

/// Where one band of a window goes; `stride` counts samples.
struct BandPlane {
  int band = 1;  ///< from 1, as GDAL counts
  std::byte* at = nullptr;
  std::ptrdiff_t stride = 0;
};

/// One open file; used by one thread at a time. Keeps the block it decoded last.
class TiffReader {
 public:
  /// Throws Error(runtime) if the file cannot be opened or is no longer what was planned.
  explicit TiffReader(const TiffPlan& plan);
  ~TiffReader();

  /// What went wrong with which band; the caller knows how the file and the window are called.
  struct Failure {
    int band = 1;
    std::string reason;
  };
  /// Throws Failure. Of stored blocks only the rows of the window are read.
  void read(const Window& window, std::span<const BandPlane> planes);

  /// The most memory a reader of this plan holds beside the caller's.
  static std::size_t memory(const TiffPlan& plan) noexcept;
  /// What was read so far.
  struct Effort {
    std::int64_t blocks_decoded = 0;  ///< none where samples are stored as they are
    std::uint64_t bytes = 0;          ///< of blocks, as they lie in the file
  };
  const Effort& effort() const noexcept { return effort_; }

 private:
  friend std::optional<TiffPlan> plan_tiff(GDALDataset&, const std::string&, kernels::SampleType);
  struct Handle;
  struct Part;
  static std::size_t readable_bytes(const TiffLayout& layout, std::uint64_t stored_bytes) noexcept;
  void read_block(const Part& part, std::span<const BandPlane> planes);
  void fill(const Part& part, std::span<const BandPlane> planes) const;
  void read_stored(const Part& part, std::uint64_t offset, std::uint64_t bytes,
                   std::span<const BandPlane> planes);
  void decode(const Part& part, std::uint64_t offset, std::uint64_t bytes, int band);
  void read_file(std::byte* into, std::uint64_t from, std::size_t bytes, int band);
  void spread(const std::byte* row, int first, int width, int y, std::span<const BandPlane> planes,
              bool differences);

  const TiffPlan& plan_;
  std::unique_ptr<Handle> handle_;
  std::vector<std::byte> stored_, block_;
  std::int64_t held_ = -1;  ///< the block that block_ holds
  Effort effort_;
  std::vector<BandPlane> parts_;
  std::vector<std::byte*> outputs_;
};

}  // namespace tuban
