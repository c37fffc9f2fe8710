// SPDX-License-Identifier: Apache-2.0
// The memory of a unit, and the strips that neighbouring units hand on to each other.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/scan/scan_plan.h"

namespace tuban {

/// One unit's scores, validity and native samples, with pixels of its left and upper neighbours before
/// (ScanPlan::pad() of scores, sample_pad() of the others) and lag() pixels outside the raster behind.
/// Allocated once, reused from unit to unit.
class UnitBuffer {
 public:
  explicit UnitBuffer(const ScanPlan& plan);

  /// Starts a new unit: everything is outside the raster (no score, invalid) until it is filled.
  void reset(const kernels::Window& unit) noexcept;

  const kernels::Window& unit() const noexcept { return unit_; }
  /// Views whose (0, 0) is the raster pixel (window.x, window.y); the window may reach into pads and rims.
  kernels::View<float> scores(const kernels::Window& window) noexcept;
  kernels::View<std::uint8_t> valid(const kernels::Window& window) noexcept;
  /// First samples of the bands' planes at raster pixel (x, y): bands of before, then of after.
  void planes(int x, int y, std::vector<std::byte*>& before, std::vector<std::byte*>& after) noexcept;
  std::ptrdiff_t stride() const noexcept { return stride_; }

 private:
  friend class UnitFrontier;
  struct Plane {
    std::vector<std::byte> data;
    std::size_t sample = 1;
  };
  std::ptrdiff_t index(int x, int y) const noexcept {
    return static_cast<std::ptrdiff_t>(y - unit_.y + pad_) * stride_ + (x - unit_.x + pad_);
  }

  kernels::Window unit_;
  std::ptrdiff_t stride_ = 0;
  int pad_ = 0;
  int rows_ = 0;
  int bands_ = 0;
  std::vector<Plane> planes_;  // score, valid, bands of before, bands of after
};

/// The last rows and columns of what was scored so far. exchange() is called once per unit in index order.
class UnitFrontier {
 public:
  explicit UnitFrontier(const ScanPlan& plan);

  /// Fills the unit's pads from its left and upper neighbours, and keeps what its right and lower neighbours
  /// will need.
  void exchange(UnitBuffer& buffer);

 private:
  struct Strip {
    std::size_t pad = 0;
    std::vector<std::byte> above;  // `pad` rows over the whole raster width
    std::vector<std::byte> left;   // `pad` columns of the last unit, its upper pad included
  };
  int width_;
  std::size_t pad_;            // of the buffers
  std::vector<Strip> strips_;  // one per plane
};

}  // namespace tuban
