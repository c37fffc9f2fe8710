// SPDX-License-Identifier: Apache-2.0
// The steps of make_layout: the land as it always was, then what was planted on it, then the crops.
#pragma once

#include <vector>

#include "bench/scene/layout.h"
#include "bench/scene/noise.h"

namespace tuban::scene {

/// The field lattice: fields and tracks are rectangles in lattice coordinates (m), gently bent on the ground.
struct Lattice {
  Point origin;
  double angle = 0, scale = 1;
  std::array<double, 4> phase{};

  Point at(double a, double b) const noexcept;
  /// A lattice rectangle on the ground, its long sides divided so that neighbours fit together.
  Ring outline(const Box& box) const;
};

/// A field block between tracks; its box is in lattice coordinates.
struct Cell {
  Box box;
  Cover cover = Cover::paddy;
  bool basic = false;  ///< basic farmland
  bool clean = true;   ///< no hill, river, road or village takes a part of it
  Polygons left;       ///< what they leave of one with paddies
  std::vector<std::size_t> parcels;
  std::vector<Box> taken;  ///< by planted changes, with their approvals
};

/// Where rock is or will be quarried.
struct Site {
  Point centre;
  double pit_radius = 0, growth_radius = 0, direction = 0;
  std::string situation;
  Polygon pit;  ///< empty where there was none before
};

struct Land {
  Lattice lattice;
  std::vector<Cell> cells;
  std::vector<Box> parcel_boxes;  ///< in lattice coordinates; empty box for what lies over the lattice
  std::vector<Site> sites;
  Polygons rivers, highways, hills, villages, industry;
  std::vector<double> village_angles;
};

Land lay_land(Layout& layout, Random& random);
void cover_with_clouds(Layout& layout, const Land& land, Random& random);
void plant(Layout& layout, Land& land, Random& random);
void grow_crops(Layout& layout);
/// Turns land and crops into shapes; what is planted follows in paint_planted().
void shape_land(Layout& layout, const Land& land, Random& random);
void shape_planted(Layout& layout, Random& random);

/// How many of something there are for `per_default` in the default scene; at least `least`.
int scaled_count(const Layout& layout, double per_default, int least);

}  // namespace tuban::scene
