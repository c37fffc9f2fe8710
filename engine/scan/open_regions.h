// SPDX-License-Identifier: Apache-2.0
// The regions that later tiles can still touch. Plain data in slots that are used again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/scan/cut_outline.h"
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
  std::int64_t edges() const noexcept;  ///< boundary pixel sides
  std::size_t bytes() const noexcept;
  kernels::RegionStats cell_stats(std::size_t cell, int bands) const;
  kernels::RegionStats total(int bands) const;

 private:
  std::size_t cell_at(std::int32_t x, std::int32_t y, std::size_t bands);
};

/// Open parts (4-connected, unfinished) in open regions. Part handles are 1-based, 0 is none; they stay
/// good as long as somebody holds them, also after their part was merged into another. A part whose handles
/// are all released is complete: its rings are linked. A region whose parts are all complete is closed. One
/// that is certain to be cut keeps its outline by cells of the lattice instead, and its parts are never
/// linked.
///
/// Outlines in memory take at most `outline_bytes`, and beside that what is too small to be worth spilling:
/// a few hundred bytes for each of the regions at the frontier.
class OpenRegions {
 public:
  using Handle = std::uint32_t;
  /// Either has parts, or the outline of a region to be cut is given.
  using Closed = std::function<void(RegionSums&, TracedParts&, const CutOutline*)>;
  struct Limits {
    std::int64_t fewest_pixels = 0;  ///< closed regions of fewer are handed out with neither
    std::uint64_t vertices = 0;      ///< a region with more is cut
    int lattice = 0;
    Spool* spill = nullptr;  ///< takes outlines; none: all stay in memory
    std::size_t outline_bytes = 0;
  };

  OpenRegions(int bands, const Limits& limits, Closed closed)
      : bands_(bands), limits_(limits), spill_at_(limits.outline_bytes), closed_(std::move(closed)) {}

  /// A region with the sums and complete parts given (copied).
  std::uint32_t add_region(const RegionSums& sums, const TracedParts& complete);
  /// An open part of that region, held once.
  Handle add_part(std::uint32_t region, const kernels::TileRegions& tile, std::uint32_t part);

  void hold(Handle part, std::uint32_t times = 1) { parts_[part].refs += times; }
  void release(Handle part, std::uint32_t times = 1);
  void unite_parts(Handle p, Handle q);    ///< they touch at a side
  void unite_regions(Handle p, Handle q);  ///< they touch at a corner

  /// Where outlines take more than they may, puts the largest away. Changes no result.
  void spill();

  bool empty() const noexcept { return open_parts_ == 0; }
  std::size_t bytes() const noexcept;
  std::size_t outline_bytes() const noexcept { return outlines_; }  ///< those in memory

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
    std::uint64_t weight = 0;   // bytes of arcs that ever were merged into it
    std::uint64_t corners = 0;  // vertices that its rings have at least
    PackedBytes arcs;
    std::vector<std::uint64_t> spilled;  // more of them
  };
  struct Region {
    std::uint32_t first_open = 0;
    std::uint32_t open = 0;
    std::uint64_t corners = 0;  // vertices that it has at least: exactly so many once its parts are linked
    RegionSums sums;
    TracedParts complete;                // its bytes, but not its numbers, without those spilled
    std::vector<std::uint64_t> spilled;  // more of these bytes
    std::unique_ptr<CutOutline> cut;     // in place of arcs and complete parts
  };

  Handle find(Handle part) const noexcept;
  void unlink(Part& part, Handle handle);
  void complete(Handle part);
  void close(std::uint32_t region);
  void free_part(Handle part);
  void start_cutting(std::uint32_t region);
  void gather(const std::vector<std::uint64_t>& spilled, PackedBytes& bytes) const;
  void spill(PackedBytes& bytes, std::size_t least, std::vector<std::uint64_t>& spilled);
  void give_back(Region& region);
  static std::size_t weight(const Region& region) noexcept {
    return region.open + outline(region) + region.sums.cells.size();
  }
  static std::size_t outline(const Region& region) noexcept;

  int bands_;
  Limits limits_;
  std::size_t spill_at_;
  Closed closed_;
  std::vector<Part> parts_ = std::vector<Part>(1);  // slot 0 is no part
  std::vector<Region> regions_;
  std::vector<std::uint32_t> free_parts_, free_regions_;
  std::size_t open_parts_ = 0;
  std::size_t outlines_ = 0, sums_ = 0;  // bytes held
  RingLinker linker_;
};

}  // namespace tuban
