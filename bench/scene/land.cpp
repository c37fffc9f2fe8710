// SPDX-License-Identifier: Apache-2.0
// The land as it always was: rivers, roads, hills with quarry sites, villages, and a lattice of fields and
// ponds under them.
#include "bench/scene/land.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace tuban::scene {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kCellWidth = 250, kCellHeight = 190;  // m between tracks
constexpr double kTrack = 5, kWideTrack = 8;

/// Polygons that lie over the lattice, found by place.
class Overlays {
 public:
  Overlays(double width, double height, double bin)
      : bin_(bin), columns_(static_cast<int>(width / bin) + 1), rows_(static_cast<int>(height / bin) + 1) {
    bins_.resize(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_));
  }

  void add(const Polygon& polygon) {
    const std::size_t index = polygons_.size();
    polygons_.push_back({polygon, box_of(polygon)});
    // A river's box is half the scene: only the bins it really touches know of it.
    each_bin(polygons_.back().second, [&](std::size_t bin, const Box& place) {
      const Point middle{(place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2};
      if (outline_meets(polygon, place) || contains(polygon, middle)) bins_[bin].push_back(index);
    });
  }

  std::vector<const Polygon*> meeting(const Polygon& polygon) const {
    const Box box = box_of(polygon);
    std::vector<std::size_t> found;
    each_bin(box, [&](std::size_t bin, const Box&) {
      for (const std::size_t i : bins_[bin]) {
        if (polygons_[i].second.meets(box)) found.push_back(i);
      }
    });
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    std::vector<const Polygon*> out;
    for (const std::size_t i : found) out.push_back(&polygons_[i].first);
    return out;
  }

 private:
  static bool outline_meets(const Polygon& polygon, const Box& box) {
    for (const Ring& ring : polygon) {
      Point a = ring.back();
      for (const Point& b : ring) {
        if (box.meets({std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x), std::max(a.y, b.y)}))
          return true;
        a = b;
      }
    }
    return false;
  }

  template <typename Visit>
  void each_bin(const Box& box, const Visit& visit) const {
    const auto clamped = [&](double v, int count) {
      return std::clamp(static_cast<int>(v / bin_), 0, count - 1);
    };
    for (int y = clamped(box.y0, rows_); y <= clamped(box.y1, rows_); ++y) {
      for (int x = clamped(box.x0, columns_); x <= clamped(box.x1, columns_); ++x) {
        // What lies outside the scene belongs to the bins at its edge.
        const Box place{x == 0 ? -1e9 : x * bin_, y == 0 ? -1e9 : y * bin_,
                        x + 1 == columns_ ? 1e9 : (x + 1) * bin_, y + 1 == rows_ ? 1e9 : (y + 1) * bin_};
        visit(static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(x),
              place);
      }
    }
  }

  double bin_;
  int columns_, rows_;
  std::vector<std::pair<Polygon, Box>> polygons_;
  std::vector<std::vector<std::size_t>> bins_;
};

/// A winding line from edge to edge.
Ring wind(const Layout& layout, Random& random, bool across, double swing, double step) {
  const double length = across ? layout.width : layout.height,
               breadth = across ? layout.height : layout.width;
  const double start = random.uniform(0.1, 0.9) * breadth, end = random.uniform(0.1, 0.9) * breadth;
  const double waves = random.uniform(1.2, 2.4) * std::max(1.0, length / (8000 * layout.scale));
  const double phase = random.uniform(0, 2 * kPi), phase2 = random.uniform(0, 2 * kPi);
  Ring line;
  for (double t = -300 * layout.scale; t <= length + 300 * layout.scale; t += step) {
    const double share = t / length;
    const double side = start + (end - start) * share + swing * std::sin(2 * kPi * waves * share + phase) +
                        0.4 * swing * std::sin(5.3 * kPi * waves * share + phase2);
    line.push_back(across ? Point{t, side} : Point{side, t});
  }
  return line;
}

void lay_water_and_roads(Layout& layout, Land& land, Random& random, std::vector<Ring>& lines) {
  const double s = layout.scale, least = std::min(layout.width, layout.height);
  const auto several = [&](double extent) {
    return std::max(1, static_cast<int>(std::lround(extent / (9000 * s))));
  };
  for (int i = 0; i < several(layout.height); ++i) {
    lines.push_back(wind(layout, random, true, std::min(600 * s, 0.1 * least), 60 * s));
    land.rivers.push_back(widen(lines.back(), std::min(random.uniform(110, 170) * s, 0.06 * least)));
  }
  for (int i = 0; i < several(layout.width); ++i) {
    lines.push_back(wind(layout, random, false, std::min(350 * s, 0.08 * least), 50 * s));
    land.rivers.push_back(widen(lines.back(), std::min(random.uniform(24, 40) * s, 0.03 * least)));
  }
  for (int i = 0; i < 2 * several(std::max(layout.width, layout.height)); ++i) {
    lines.push_back(wind(layout, random, i % 2 == 0, std::min(120 * s, 0.04 * least), 80 * s));
    land.highways.push_back(widen(lines.back(), random.uniform(14, 20) * s));
  }
}

double clearance(Point p, const std::vector<Ring>& lines) {
  double least = 1e300;
  for (const Ring& line : lines) least = std::min(least, distance(p, line));
  return least;
}

void raise_hills(const Layout& layout, Land& land, Random& random, const std::vector<Ring>& lines) {
  const double s = layout.scale, least = std::min(layout.width, layout.height);
  const int hills = scaled_count(layout, 4, 1);
  const int wanted_sites = scaled_count(layout, 11, 4);
  std::vector<std::pair<Point, double>> placed;
  for (int i = 0; i < hills; ++i) {
    const double radius = std::min(random.uniform(650, 1100) * s, 0.26 * least);
    Point best;
    double best_room = -1e300;
    for (int trial = 0; trial < 60; ++trial) {
      const Point p{random.uniform(0.06, 0.94) * layout.width, random.uniform(0.06, 0.94) * layout.height};
      double room = clearance(p, lines) - 0.9 * radius;
      for (const auto& [centre, other] : placed) room = std::min(room, distance(p, centre) - radius - other);
      if (room > best_room) best = p, best_room = room;
    }
    placed.emplace_back(best, radius);
    land.hills.push_back({blob(random, best, radius, 0.62, 140)});
  }
  static constexpr const char* kSituations[] = {"quarry_outside", "quarry_inside", "quarry_across",
                                                "quarry_expired"};
  const Box inner = Box{0, 0, layout.width, layout.height}.grown(-std::min(220 * s, 0.1 * least));
  for (int trial = 0; trial < 400 * hills && static_cast<int>(land.sites.size()) < wanted_sites; ++trial) {
    const auto hill = static_cast<std::size_t>(random.index(hills));
    const auto& [centre, radius] = placed[hill];
    const double angle = random.uniform(0, 2 * kPi), r = radius * 0.72 * std::sqrt(random.uniform());
    Site site;
    site.centre = {centre.x + r * std::cos(angle), centre.y + r * std::sin(angle)};
    if (!Box{site.centre.x, site.centre.y, site.centre.x, site.centre.y}.within(inner)) continue;
    if (clearance(site.centre, lines) < 200 * s) continue;
    const auto crowds = [&](const Site& other) { return distance(site.centre, other.centre) < 320 * s; };
    if (std::any_of(land.sites.begin(), land.sites.end(), crowds)) continue;
    site.situation = kSituations[land.sites.size() % 4];
    site.pit_radius = random.uniform(48, 85) * s;
    site.growth_radius = random.uniform(28, 62) * s;
    site.direction =
        angle + kPi + random.uniform(-1, 1);  // towards the top, so that growth stays in the forest
    // Pit and growth stay in the forest.
    const double reach =
        site.situation == "quarry_outside" ? 0 : site.pit_radius * 0.85 + site.growth_radius * 0.75;
    const Point growth{site.centre.x + reach * std::cos(site.direction),
                       site.centre.y + reach * std::sin(site.direction)};
    bool wooded = true;
    for (int k = 0; k < 16; ++k) {
      const double c = std::cos(k * kPi / 8), n = std::sin(k * kPi / 8);
      const double pit = 1.4 * site.pit_radius, grown = 1.4 * site.growth_radius;
      wooded = wooded && contains(land.hills[hill], {site.centre.x + pit * c, site.centre.y + pit * n}) &&
               contains(land.hills[hill], {growth.x + grown * c, growth.y + grown * n});
    }
    if (!wooded) continue;
    if (site.situation != "quarry_outside") site.pit = {blob(random, site.centre, site.pit_radius, 0.3, 40)};
    land.sites.push_back(site);
  }
}

void build_villages(const Layout& layout, Land& land, Random& random, const std::vector<Ring>& lines) {
  const double s = layout.scale, least = std::min(layout.width, layout.height);
  std::vector<std::pair<Point, double>> placed;
  const auto room_at = [&](Point p) {
    double room = clearance(p, lines);
    for (const auto& [centre, other] : placed) room = std::min(room, distance(p, centre) - other);
    for (const Polygon& hill : land.hills)
      room = contains(hill, p) ? 0 : std::min(room, distance(p, hill.front()));
    return room;
  };
  const int villages = scaled_count(layout, 55, 1), works = scaled_count(layout, 7, 1);
  for (int i = 0; i < villages + works; ++i) {
    const double radius = std::min(random.uniform(70, 185) * s, 0.09 * least);
    for (int trial = 0; trial < 40; ++trial) {
      const Point p{random.uniform() * layout.width, random.uniform() * layout.height};
      if (room_at(p) < radius * 1.3 + 20 * s) continue;
      placed.emplace_back(p, radius * 1.3);
      const double angle = land.lattice.angle + random.uniform(-0.3, 0.3);
      if (i < villages) {
        land.villages.push_back({blob(random, p, radius, 0.45, 36)});
        land.village_angles.push_back(angle);
      } else {
        land.industry.push_back({rectangle(p, radius * 1.7, radius * 1.2, land.lattice.angle)});
      }
      break;
    }
  }
}

/// Divides a block into fields or ponds.
std::vector<Box> divide(const Box& box, int rows, double width, Random& random) {
  std::vector<Box> parts;
  for (int r = 0; r < rows; ++r) {
    const double y0 = box.y0 + (box.y1 - box.y0) * r / rows, y1 = box.y0 + (box.y1 - box.y0) * (r + 1) / rows;
    const int columns =
        std::max(1, static_cast<int>(std::lround((box.x1 - box.x0) / width * random.uniform(0.8, 1.25))));
    double x = box.x0;
    for (int c = 0; c < columns; ++c) {
      const double jitter = c + 1 < columns ? random.uniform(-0.18, 0.18) : 0;
      const double next = box.x0 + (box.x1 - box.x0) * (c + 1 + jitter) / columns;
      parts.push_back({x, y0, next, y1});
      x = next;
    }
  }
  return parts;
}

class Fields {
 public:
  Fields(Layout& layout, Land& land, Random& random, const Overlays& overlays)
      : layout_(layout), land_(land), random_(random), overlays_(overlays) {}

  void lay() {
    const double s = layout_.scale, w = kCellWidth * s, h = kCellHeight * s;
    const double reach = std::hypot(layout_.width, layout_.height) / 2 + 600 * s;
    const int columns = static_cast<int>(reach / w) + 1, rows = static_cast<int>(reach / h) + 1;
    for (int j = -rows; j <= rows; ++j) {
      for (int i = -columns; i <= columns; ++i) lay_cell(i, j, w, h);
    }
  }

 private:
  void lay_cell(int i, int j, double w, double h) {
    const double s = layout_.scale;
    const double left = (i % 5 == 0 ? kWideTrack : kTrack) * s, top = (j % 6 == 0 ? kWideTrack : kTrack) * s;
    const Box whole{i * w, j * h, (i + 1) * w, (j + 1) * h};
    const Box seen = Box{0, 0, layout_.width, layout_.height}.grown(40 * s);
    if (!box_of({land_.lattice.outline(whole)}).meets(seen)) return;
    add({whole.x0, whole.y0, whole.x0 + left, whole.y1}, Cover::track, -1);
    add({whole.x0 + left, whole.y0, whole.x1, whole.y0 + top}, Cover::track, -1);
    Cell cell;
    cell.box = {whole.x0 + left, whole.y0 + top, whole.x1, whole.y1};
    const Point middle = land_.lattice.at((cell.box.x0 + cell.box.x1) / 2, (cell.box.y0 + cell.box.y1) / 2);
    const std::uint64_t seed = layout_.seed;
    if (value_noise(seed + 11, middle.x, middle.y, 1500 * s) > 0.42) {
      cell.cover = Cover::pond;
    } else if (unit(hash_at(seed + 12, i, j)) < 0.08) {
      cell.cover = Cover::dry_field;
    }
    cell.basic = cell.cover == Cover::paddy && value_noise(seed + 13, middle.x, middle.y, 1500 * s) > -0.12;
    const Polygon block{land_.lattice.outline(cell.box)};
    if (const auto over = overlays_.meeting(block); cell.cover == Cover::paddy && !over.empty()) {
      cell.left = subtract(block, over, 100);
      cell.clean = area(block) - std::accumulate(cell.left.begin(), cell.left.end(), 0.0,
                                                 [](double sum, const Polygon& p) { return sum + area(p); }) <
                   0.5;
    }
    const auto index = static_cast<std::int32_t>(land_.cells.size());
    land_.cells.push_back(cell);
    const bool ponds = cell.cover == Cover::pond;
    const int strips = ponds ? 2 : 2 + random_.index(2);
    for (const Box& part : divide(cell.box, strips, (ponds ? 75 : layout_.field_width) * s, random_))
      add(part, cell.cover, index);
  }

  void add(const Box& box, Cover cover, std::int32_t cell) {
    const Polygon whole{land_.lattice.outline(box)};
    if (!box_of(whole).meets(Box{0, 0, layout_.width, layout_.height}.grown(40 * layout_.scale))) return;
    const auto over = overlays_.meeting(whole);
    const double full = area(whole);
    Polygons parts = over.empty() ? Polygons{whole} : subtract(whole, over, 1.0);
    double left = 0;
    for (const Polygon& part : parts) left += area(part);
    for (Polygon& part : parts) {
      Parcel parcel;
      parcel.area = area(part);
      parcel.cover = cover;
      parcel.cell = cell;
      parcel.whole = left >= full - 0.5;
      parcel.polygon = std::move(part);
      if (cell >= 0) land_.cells[static_cast<std::size_t>(cell)].parcels.push_back(layout_.parcels.size());
      layout_.parcels.push_back(std::move(parcel));
      land_.parcel_boxes.push_back(box);
    }
  }

  Layout& layout_;
  Land& land_;
  Random& random_;
  const Overlays& overlays_;
};

}  // namespace

Point Lattice::at(double a, double b) const noexcept {
  // Long waves bend the rows; their slope stays below 1/4, so cells never fold.
  const double wave = 2 * kPi / (4000 * scale), swing = 130 * scale;
  const double u = a + swing * std::sin(wave * (0.6 * a + 0.8 * b) + phase[0]) +
                   0.3 * swing * std::sin(2.1 * wave * b + phase[1]);
  const double v = b + swing * std::sin(wave * (0.8 * a - 0.6 * b) + phase[2]) +
                   0.3 * swing * std::sin(1.9 * wave * a + phase[3]);
  const double c = std::cos(angle), s = std::sin(angle);
  return {origin.x + c * u - s * v, origin.y + s * u + c * v};
}

Ring Lattice::outline(const Box& box) const {
  Ring ring;
  const auto side = [&](double a0, double b0, double a1, double b1) {
    const int steps = std::max(1, static_cast<int>(std::ceil(std::hypot(a1 - a0, b1 - b0) / (62 * scale))));
    for (int i = 0; i < steps; ++i)
      ring.push_back(at(a0 + (a1 - a0) * i / steps, b0 + (b1 - b0) * i / steps));
  };
  side(box.x0, box.y0, box.x1, box.y0);
  side(box.x1, box.y0, box.x1, box.y1);
  side(box.x1, box.y1, box.x0, box.y1);
  side(box.x0, box.y1, box.x0, box.y0);
  return ring;
}

int scaled_count(const Layout& layout, double per_default, int least) {
  const double share = layout.width * layout.height / (8192.0 * 8192.0 * layout.scale * layout.scale);
  return std::max(least, static_cast<int>(std::lround(per_default * share)));
}

Land lay_land(Layout& layout, Random& random) {
  Land land;
  land.lattice.origin = {layout.width / 2, layout.height / 2};
  land.lattice.angle = random.uniform(-0.28, 0.28);
  land.lattice.scale = layout.scale;
  for (double& phase : land.lattice.phase) phase = random.uniform(0, 2 * kPi);
  std::vector<Ring> lines;
  lay_water_and_roads(layout, land, random, lines);
  raise_hills(layout, land, random, lines);
  build_villages(layout, land, random, lines);

  Overlays overlays(layout.width, layout.height, 500 * layout.scale);
  const auto overlay = [&](const Polygon& polygon, Cover cover) {
    for (Polygon& part : subtract(polygon, overlays.meeting(polygon), 1.0)) {
      Parcel parcel;
      parcel.cover = cover;
      parcel.area = area(part);
      parcel.polygon = std::move(part);
      layout.parcels.push_back(std::move(parcel));
      land.parcel_boxes.push_back({});
    }
    overlays.add(polygon);
  };
  for (const Polygon& p : land.highways) overlay(p, Cover::highway);
  for (const Polygon& p : land.rivers) overlay(p, Cover::river);
  for (const Site& site : land.sites) {
    if (!site.pit.empty()) overlay(site.pit, Cover::pit);
  }
  for (const Polygon& p : land.hills) overlay(p, Cover::forest);
  for (const Polygon& p : land.villages) overlay(p, Cover::village);
  for (const Polygon& p : land.industry) overlay(p, Cover::industry);
  Fields(layout, land, random, overlays).lay();
  return land;
}

}  // namespace tuban::scene
