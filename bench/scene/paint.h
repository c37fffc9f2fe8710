// SPDX-License-Identifier: Apache-2.0
// Paints a layout tile by tile: shapes on a lattice of half pixels, then the sensor.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "bench/scene/layout.h"

namespace tuban::scene {

inline constexpr int kBands = 4;
inline constexpr std::array<const char*, kBands> kBandNames{"blue", "green", "red", "nir"};

/// Pixels of one rectangle, both dates.
struct Painted {
  std::array<std::array<std::vector<std::uint16_t>, kBands>, 2> samples;  ///< [date][band]
  std::array<std::vector<std::uint8_t>, 2> valid;
};

/// Immutable once built; paint() may run on many threads. What it paints depends on place alone, never on
/// the rectangles asked for.
class Painter {
 public:
  Painter(const Layout& layout, const Options& options);
  void paint(int x, int y, int width, int height, Painted& out) const;

 private:
  struct Ground;
  void burn(const Shape& shape, std::uint32_t index, Ground& ground) const;

  const Layout& layout_;
  double half_;   ///< m, side of a half pixel
  double shift_;  ///< px, of the second date
  std::array<std::array<float, kBands>, 2> gain_, offset_;
  int bin_, columns_;  ///< shapes by bins of `bin_` pixels
  std::vector<std::vector<std::uint32_t>> bins_;
};

}  // namespace tuban::scene
