// SPDX-License-Identifier: Apache-2.0
// The land of a prefecture: a lattice of lines, bent and shaken on the ground, between which everything lies.
// Whatever borders on something else runs through the same lattice points, so borders are shared exactly.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/scene/geometry.h"
#include "bench/scene/noise.h"

namespace tuban::scene {

/// A rectangle of lattice squares, from line i0 to i1 and from line j0 to j1.
struct Squares {
  int i0 = 0, j0 = 0, i1 = 0, j1 = 0;
  int count() const noexcept { return (i1 - i0) * (j1 - j0); }
};

enum class Zone : std::uint8_t { fields, ponds, village, town, hills };
/// What runs along a line of the lattice; the higher one goes through where two cross.
enum class Way : std::uint8_t { track, canal, highway, river };

/// Ground between ways.
struct Block {
  Squares squares;
  Zone zone = Zone::fields;
  int parcels = 1;
  int place = 0;  ///< position of its town in Country::towns
};

/// A stretch of a way.
struct Stretch {
  Squares squares;
  Way way = Way::track;
  int place = 0;
};

/// A county or town.
struct District {
  std::string code, name;
  Polygons ground;
  Point seat;
};

/// A piece of land as the survey knows it.
struct Lot {
  Polygon polygon;
  const char *code = "", *name = "";  ///< DLBM, DLMC
  bool field = false;                 ///< 01*
  int place = 0;
};

class Country {
 public:
  Country(std::uint64_t seed, double scale, std::size_t parcels);

  Point at(int i, int j) const;
  /// Around a rectangle, through every lattice point.
  Ring outline(const Squares& squares) const;
  /// Through every lattice point between these corners; successive ones share a line.
  Ring path(const std::vector<std::pair<int, int>>& corners) const;

  double width() const noexcept { return u_.back(); }
  double height() const noexcept { return v_.back(); }
  const std::vector<Block>& blocks() const noexcept { return blocks_; }
  const std::vector<Stretch>& stretches() const noexcept { return stretches_; }
  const std::vector<District>& counties() const noexcept { return counties_; }
  const std::vector<District>& towns() const noexcept { return towns_; }
  Point middle(const Squares& squares) const {
    return at((squares.i0 + squares.i1) / 2, (squares.j0 + squares.j1) / 2);
  }

  /// Every parcel, always in the same order.
  void each_lot(const std::function<void(const Lot&)>& visit) const;
  /// Outlines of what groups of blocks make up where `chosen` says so; `chosen` is asked once for each.
  Polygons united(const std::function<bool(Point)>& chosen) const;

 private:
  struct Axis {
    std::vector<double> lines;
    std::vector<int> first, inner;  ///< per block: its line, and the line behind the way that runs there
    std::vector<Way> ways;
    std::vector<double> shake;  ///< how far a point may leave its line
  };
  static Axis lay_axis(double length, double square, int least, int most, Random& random);
  int groups_across() const noexcept { return static_cast<int>(across_.ways.size() + 2) / 3; }
  int groups_down() const noexcept { return static_cast<int>(down_.ways.size() + 2) / 3; }
  Squares group(int gx, int gy) const;
  bool merged(int k, int r) const;
  void lay_districts(Random& random);
  void lay_blocks();
  void lay_ways();
  void share_out(std::size_t parcels);
  /// The outline of the groups with this label.
  Polygons around(const std::vector<int>& labels, int label) const;

  std::uint64_t seed_;
  Axis across_, down_;
  std::vector<double>&u_ = across_.lines, &v_ = down_.lines;
  double phase_[6] = {};
  std::vector<bool> merged_;  ///< groups of hills whose blocks are one
  std::vector<int> town_of_;  ///< per group
  std::vector<Block> blocks_;
  std::vector<Stretch> stretches_;
  std::vector<District> counties_, towns_;
};

}  // namespace tuban::scene
