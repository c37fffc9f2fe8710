// SPDX-License-Identifier: Apache-2.0
// What stands where, decided as vectors before a pixel is painted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/scene/geometry.h"
#include "bench/scene/scene.h"

namespace tuban::scene {

enum class Cover : std::uint8_t {
  paddy,
  dry_field,
  pond,
  track,
  highway,
  river,
  forest,
  village,
  industry,
  pit
};
enum class CropState : std::uint8_t { growing, ripe, stubble, flooded };

enum class Material : std::uint8_t {
  track,
  bund,
  growing,
  ripe,
  stubble,
  flooded,
  dry_crop,
  pond,
  river,
  forest,
  tree,
  village_ground,
  laterite,
  concrete,
  blue_metal,
  tile_roof,
  old_roof,
  rock,
  asphalt,
  count
};

/// One outline to paint; later shapes cover earlier ones. Tone scales the brightness, vigor the greenness.
struct Shape {
  Polygon polygon;
  Material before = Material::track, after = Material::track;
  float tone_before = 1, tone_after = 1, vigor_before = 0, vigor_after = 0;
  Point centre;          ///< of benches in rock
  bool planted = false;  ///< stands on the second date only
};

/// A piece of land as the land-use layer shows it.
struct Parcel {
  Polygon polygon;
  Cover cover = Cover::paddy;
  std::int32_t cell = -1;  ///< lattice cell, -1 for what lies over the lattice
  CropState before = CropState::growing, after = CropState::growing;
  bool whole = true;    ///< nothing over the lattice cuts it
  bool stable = false;  ///< its crop state is kept: something is planted on it or near
  double area = 0;

  bool changed_state() const noexcept { return cover == Cover::paddy && before != after; }
  /// Harvested or flooded between the dates: NDVI falls by .3 or more.
  bool lost_green() const noexcept {
    return cover == Cover::paddy && before == CropState::growing &&
           (after == CropState::stubble || after == CropState::flooded);
  }
};

/// A change that is known, and what the rules must say of it.
struct Planted {
  Polygon polygon;
  std::string kind;  ///< house, shed, earthwork, pond, quarry
  std::string
      situation;  ///< farmland, basic_farmland, approved, half_approved, pond_on_paddy, quarry_inside ...
  std::string change_types;              ///< acceptable codes, comma-separated
  std::string must_fire, must_not_fire;  ///< rule ids, comma-separated
  double area = 0;
};

struct Licence {
  Polygon polygon;
  std::string number, from, to;
};

struct Approval {
  Polygon polygon;
  std::string number, date;
};

struct Cloud {
  Point centre;
  double radius = 0;
  std::uint64_t seed = 0;
};

struct Sky {
  std::vector<Cloud> clouds;
  Point shadow;  ///< a cloud's shadow lies at its centre plus this
};

struct Layout {
  double width = 0, height = 0;  ///< m
  double left = 0, top = 0;      ///< ground coordinates (EPSG:4526) of the top left corner
  double scale = 1;              ///< of everything that is laid out, 1 up to 2 m ground sampling
  std::uint64_t seed = 0;
  double phenology = 1, restless = 1, field_width = 42;  ///< see Options
  int changes = -1;
  std::vector<Shape> shapes;  ///< in paint order
  std::vector<Parcel> parcels;
  Polygons basic_farmland, redline;
  std::vector<Approval> approvals;
  std::vector<Licence> licences;
  std::vector<Planted> planted;
  std::array<Sky, 2> sky;  ///< before, after
};

inline constexpr const char* kBeforeDate = "2023-05-18";
inline constexpr const char* kAfterDate = "2023-10-12";

Layout make_layout(const Options& options);

/// Opacity of the clouds of one date at a place, and whether the mask calls it invalid (cloud or shadow).
struct SkyAt {
  float cloud = 0, shadow = 0;
  bool masked = false;
};
SkyAt sky_at(const Sky& sky, double scale, Point p);
/// Whether any cloud or shadow of that date can reach into the box.
bool sky_meets(const Sky& sky, const Box& box);

}  // namespace tuban::scene
