// SPDX-License-Identifier: Apache-2.0
// The regions that later tiles can still touch. Plain data in slots that are used again.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/scan/rings.h"
#include "engine/scan/state_file.h"
#include "kernels/extract.h"

namespace tuban {

/// Statistics of a region, kept per cell of the cut lattice so that an oversized region can be cut.
struct RegionSums {
  struct Cell {
    std::int32_t x = 0, y = 0;
    kernels::RegionCounts counts;
  };
  std::vector<Cell> cells;
  std::vector<kernels::BandSums> spectra;  ///< per cell: the bands before, then the bands after

  void add(const kernels::TileRegions& tile, std::uint32_t part);
  void merge(const RegionSums& other, int bands);
  void clear() noexcept;
  std::int64_t pixels() const noexcept;
  std::size_t bytes() const noexcept;
  kernels::RegionStats cell_stats(std::size_t cell, int bands) const;
  kernels::RegionStats total(int bands) const;

 private:
  std::size_t cell_at(std::int32_t x, std::int32_t y, std::size_t bands);
};

/// Open parts (4-connected, unfinished) in open regions. Part handles are 1-based, 0 is none; they stay
/// good as long as somebody holds them, also after their part was merged into another. A part whose handles
/// are all released is complete: its rings are linked. A region whose parts are all complete is closed.
class OpenRegions {
 public:
  using Handle = std::uint32_t;
  using Closed = std::function<void(RegionSums&, TracedParts&)>;

  /// Closed regions of fewer than `fewest_pixels` are handed out without parts.
  OpenRegions(int bands, std::int64_t fewest_pixels, Closed closed)
      : bands_(bands), fewest_pixels_(fewest_pixels), closed_(std::move(closed)) {}

  /// A region with the sums and complete parts given (copied).
  std::uint32_t add_region(const RegionSums& sums, const TracedParts& complete);
  /// An open part of that region, held once.
  Handle add_part(std::uint32_t region, const kernels::TileRegions& tile, std::uint32_t part);

  void hold(Handle part, std::uint32_t times = 1) { parts_[part].refs += times; }
  void release(Handle part, std::uint32_t times = 1);
  void unite_parts(Handle p, Handle q);    ///< they touch at a side
  void unite_regions(Handle p, Handle q);  ///< they touch at a corner

  bool empty() const noexcept { return open_parts_ == 0; }
  std::size_t bytes() const noexcept;

  void save(StateWriter& to) const;
  /// What save() wrote, in place of what is held: the same handles are good.
  void restore(StateReader& from);

 private:
  struct Part {
    std::uint32_t parent = 0;  // itself, or the part it was merged into
    std::uint32_t refs = 0;    // handles held outside plus parts merged into it
    std::uint32_t region = 0;
    std::uint32_t previous = 0, next = 0;  // the region's list of open parts
    std::uint64_t first_pixel = 0;
    PackedBytes arcs;
  };
  struct Region {
    std::uint32_t first_open = 0;
    std::uint32_t open = 0;
    RegionSums sums;
    TracedParts complete;
  };

  Handle find(Handle part) const noexcept;
  void unlink(Part& part, Handle handle);
  void complete(Handle part);
  void close(std::uint32_t region);
  void free_part(Handle part);
  static std::size_t weight(const Part& part) noexcept { return part.arcs.size(); }
  static std::size_t weight(const Region& region) noexcept {
    return region.open + region.complete.bytes() + region.sums.cells.size();
  }
  static std::size_t held(const Part& part) noexcept;
  static std::size_t held(const Region& region) noexcept;

  int bands_;
  std::int64_t fewest_pixels_;
  Closed closed_;
  std::vector<Part> parts_ = std::vector<Part>(1);  // slot 0 is no part
  std::vector<Region> regions_;
  std::vector<std::uint32_t> free_parts_, free_regions_;
  std::size_t open_parts_ = 0;
  std::size_t held_ = 0;
  RingLinker linker_;
};

}  // namespace tuban
