// SPDX-License-Identifier: Apache-2.0
// What is planted: changes whose kind and legal situation are known, with the approvals and licences that
// make them so, and the clouds, which keep clear of them.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>

#include "bench/scene/land.h"

namespace tuban::scene {
namespace {

constexpr double kPi = std::numbers::pi;

struct Circle {
  Point centre;
  double radius = 0;
};

Circle circle_of(const Polygon& polygon) {
  const Box box = box_of(polygon);
  Circle circle{{(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2}, 0};
  for (const Point& p : polygon.front()) circle.radius = std::max(circle.radius, distance(p, circle.centre));
  return circle;
}

/// Clouds reach at most 1.35 radii; their mask a little further.
bool under_sky(const Layout& layout, const Circle& circle) {
  for (const Sky& sky : layout.sky) {
    for (const Cloud& cloud : sky.clouds) {
      const double clear = 1.45 * cloud.radius + circle.radius + 25 * layout.scale;
      const Point shadow{cloud.centre.x + sky.shadow.x, cloud.centre.y + sky.shadow.y};
      if (distance(circle.centre, cloud.centre) < clear || distance(circle.centre, shadow) < clear)
        return true;
    }
  }
  return false;
}

std::string numbered(const char* prefix, std::size_t number) {
  char text[48];
  std::snprintf(text, sizeof text, "%s%06zu", prefix, number);
  return text;
}

/// One line of the planting list: how many of what, where, and what the rules must say.
struct Order {
  const char *kind, *situation;
  double per_default;
  double smallest, largest;  ///< m2
  const char *types, *must, *must_not;
};

constexpr Order kOrders[] = {
    {"earthwork", "basic_farmland", 6, 800, 30000, "C11", "F01", "F08"},
    {"earthwork", "farmland", 8, 800, 26000, "C11", "F02", "F01,F08"},
    {"shed", "basic_farmland", 6, 700, 9000, "C10,C12,C17", "F01", "F08"},
    {"shed", "farmland", 8, 700, 9000, "C10,C12,C17", "F02", "F01,F08"},
    {"shed", "approved", 5, 900, 9000, "C10,C12,C17", "F08", "F01,F02,M01"},
    {"shed", "half_approved", 4, 1600, 9000, "C10,C12,C17", "F02", "F01,F08"},
    {"earthwork", "approved", 4, 1500, 15000, "C11", "F08", "F01,F02,M01"},
    {"earthwork", "half_approved", 4, 2400, 15000, "C11", "F02", "F01,F08"},
    {"house", "basic_farmland", 11, 250, 900, "C10,C12,C17", "F01", "F08"},
    {"house", "farmland", 13, 250, 900, "C10,C12,C17", "F02", "F01,F08"},
    {"house", "approved", 3, 400, 900, "C10,C12,C17", "F08", "F01,F02,M01"},
    {"pond", "pond_on_paddy", 9, 800, 8000, "C21,C50", "", "F01,F02"},
};

class Planter {
 public:
  Planter(Layout& layout, Land& land, Random& random) : layout_(layout), land_(land), random_(random) {
    for (std::size_t i = 0; i < land.cells.size(); ++i) {
      Cell& cell = land.cells[i];
      if (cell.cover == Cover::paddy && !cell.parcels.empty()) (cell.basic ? basic_ : plain_).push_back(i);
    }
    // A small scene may lie wholly on one side of the protection line.
    auto& fewer = basic_.size() < plain_.size() ? basic_ : plain_;
    auto& more = basic_.size() < plain_.size() ? plain_ : basic_;
    while (fewer.size() * 3 < more.size()) {
      Cell& cell = land.cells[more.back()];
      cell.basic = !cell.basic;
      fewer.push_back(more.back());
      more.pop_back();
    }
  }

  void plant_fields() {
    for (const Order& order : kOrders) {
      const int count = count_of(order);
      for (int i = 0; i < count; ++i) plant_one(order, i);
    }
    // Land approved and not yet built on: no construction, no mark.
    for (int i = 0; i < scaled_count(layout_, 5, 0); ++i) {
      if (const auto at = place(plain_, 80 * layout_.scale, 60 * layout_.scale, 0)) approve(at->second);
    }
  }

  void plant_quarries() {
    for (const Site& site : land_.sites) quarry(site);
  }

 private:
  using Place = std::pair<std::size_t, Box>;

  int count_of(const Order& order) const {
    if (layout_.changes < 0) return scaled_count(layout_, order.per_default, 1);
    double all = 0;
    for (const Order& other : kOrders) all += other.per_default;
    return static_cast<int>(std::lround(layout_.changes * order.per_default / all));
  }

  void plant_one(const Order& order, int i) {
    const double s = layout_.scale;
    const std::string_view situation = order.situation;
    const bool approved = situation == "approved", half = situation == "half_approved";
    const bool basic = situation == "basic_farmland" || (situation == "pond_on_paddy" && i % 2 == 0);
    // The sizes of one kind are spread evenly, each with a little chance.
    const double share = std::clamp((i + random_.uniform()) / count_of(order), 0.0, 1.0);
    const bool rounded = std::string_view(order.kind) == "earthwork";
    const double wanted =
        order.smallest * std::pow(order.largest / order.smallest, share) * s * s / (rounded ? 0.78 : 1);
    const double ratio = random_.uniform(1.05, rounded ? 1.5 : 2.0);
    const double along = std::min(std::sqrt(wanted * ratio), 212 * s),
                 across = std::min(wanted / along, 152 * s);
    const double margin = approved || half ? 16 * s : 0;
    const bool upright = random_.chance(0.4) && along < 150 * s;
    const auto at =
        place(basic ? basic_ : plain_, upright ? across : along, upright ? along : across, margin);
    if (!at) return;
    const Box& box = at->second;
    Planted planted{.polygon = {rounded ? mound(box) : building(box, order.kind)},
                    .kind = order.kind,
                    .situation = order.situation,
                    .change_types = order.types,
                    .must_fire = order.must,
                    .must_not_fire = order.must_not};
    planted.area = area(planted.polygon);
    layout_.planted.push_back(std::move(planted));
    if (approved) approve(box.grown(margin));
    if (half) {
      Box covered = box.grown(margin);
      covered.x0 = (box.x0 + box.x1) / 2 + random_.uniform(-0.06, 0.06) * (box.x1 - box.x0);
      approve(covered);
    }
  }

  /// Finds room in a block and keeps the fields around it out of the crop rotation.
  std::optional<Place> place(const std::vector<std::size_t>& cells, double along, double across,
                             double margin) {
    const double s = layout_.scale;
    if (cells.empty()) return std::nullopt;
    for (int trial = 0; trial < 300; ++trial) {
      // Now and then beside the last one: farm houses come in clusters.
      const bool beside = trial < 10 && last_ < land_.cells.size() && random_.chance(0.5) &&
                          land_.cells[last_].basic == land_.cells[cells.front()].basic;
      const std::size_t index =
          beside ? last_ : cells[static_cast<std::size_t>(random_.index(static_cast<int>(cells.size())))];
      Cell& cell = land_.cells[index];
      const Box room = cell.box.grown(-(10 * s + margin));
      if (room.x1 - room.x0 < along || room.y1 - room.y0 < across) continue;
      const double a = random_.uniform(room.x0, room.x1 - along),
                   b = random_.uniform(room.y0, room.y1 - across);
      const Box box{a, b, a + along, b + across};
      const Box kept = box.grown(margin + 20 * s);
      if (std::any_of(cell.taken.begin(), cell.taken.end(), [&](const Box& t) { return t.meets(kept); }))
        continue;
      if (!on_whole_fields(cell, box) || under_sky(layout_, circle_of({land_.lattice.outline(box)})))
        continue;
      cell.taken.push_back(box.grown(margin));
      for (const std::size_t p : cell.parcels) {
        if (land_.parcel_boxes[p].meets(box.grown(14 * s))) layout_.parcels[p].stable = true;
      }
      last_ = index;
      return Place{index, box};
    }
    return std::nullopt;
  }

  /// Whether the place and its surroundings lie in the scene, on fields that nothing cuts.
  bool on_whole_fields(const Cell& cell, const Box& box) const {
    const double s = layout_.scale;
    const Box scene = Box{0, 0, layout_.width, layout_.height}.grown(-10 * s);
    if (!box_of({land_.lattice.outline(box)}).within(scene)) return false;
    const Box near = box.grown(14 * s);
    const auto common = [](const Box& a, const Box& b) {
      return std::max(0.0, std::min(a.x1, b.x1) - std::max(a.x0, b.x0)) *
             std::max(0.0, std::min(a.y1, b.y1) - std::max(a.y0, b.y0));
    };
    double covered = 0;
    for (const std::size_t p : cell.parcels) {
      if (layout_.parcels[p].whole) covered += common(near, land_.parcel_boxes[p]);
    }
    return covered > common(near, cell.box) - 0.01 * s * s;
  }

  Ring building(const Box& box, std::string_view kind) {
    if (kind != "house" || random_.chance(0.6)) return land_.lattice.outline(box);
    // An L: the far corner stays a yard under crops.
    const double a = box.x0 + (box.x1 - box.x0) * random_.uniform(0.55, 0.7);
    const double b = box.y0 + (box.y1 - box.y0) * random_.uniform(0.55, 0.7);
    Ring ring;
    for (const auto& [u, v] : {Point{box.x0, box.y0}, Point{box.x1, box.y0}, Point{box.x1, b}, Point{a, b},
                               Point{a, box.y1}, Point{box.x0, box.y1}}) {
      ring.push_back(land_.lattice.at(u, v));
    }
    return ring;
  }

  Ring mound(const Box& box) {
    const Ring outline = blob(random_, {0, 0}, 1, 0.22, 40);
    double reach_x = 0, reach_y = 0;
    for (const Point& p : outline) {
      reach_x = std::max(reach_x, std::abs(p.x));
      reach_y = std::max(reach_y, std::abs(p.y));
    }
    Ring ring;
    for (const Point& p : outline) {
      ring.push_back(land_.lattice.at((box.x0 + box.x1) / 2 + p.x / reach_x * (box.x1 - box.x0) / 2,
                                      (box.y0 + box.y1) / 2 + p.y / reach_y * (box.y1 - box.y0) / 2));
    }
    return ring;
  }

  void approve(const Box& box) {
    static constexpr const char* kDates[] = {"2021-11-30", "2022-06-17", "2022-12-05", "2023-03-21"};
    layout_.approvals.push_back({{land_.lattice.outline(box)},
                                 numbered("4407002023B", layout_.approvals.size() + 1),
                                 kDates[random_.index(4)]});
  }

  /// What one site grows by must not reach into the right of another, or its legal situation would be a
  /// second one beside the planted.
  bool reaches_into_another(const Polygon& right, const Polygon& growth) const {
    for (const Licence& other : layout_.licences)
      if (shared_area(other.polygon, growth) > 0) return true;
    for (const Planted& other : layout_.planted)
      if (other.kind == "quarry" && shared_area(other.polygon, right) > 0) return true;
    return false;
  }

  void quarry(const Site& site) {
    const double s = layout_.scale, rp = site.pit_radius, rg = site.growth_radius, d = site.direction;
    const bool fresh = site.pit.empty();
    const auto along = [&](double t, double u) {
      return Point{site.centre.x + t * std::cos(d) - u * std::sin(d),
                   site.centre.y + t * std::sin(d) + u * std::cos(d)};
    };
    const double offset = fresh ? 0 : rp * 0.85 + rg * 0.75;
    const Polygon whole{blob(random_, along(offset, 0), rg, 0.3, 48)};
    Polygons parts = fresh ? Polygons{whole} : subtract(whole, {&site.pit}, 150 * s * s);
    if (parts.empty()) return;
    const auto largest = std::max_element(
        parts.begin(), parts.end(), [](const Polygon& a, const Polygon& b) { return area(a) < area(b); });
    if (under_sky(layout_, circle_of(*largest))) return;
    Planted planted{.polygon = *largest,
                    .kind = "quarry",
                    .situation = site.situation,
                    .change_types = "C30,C31",
                    .must_fire = "",
                    .must_not_fire = ""};
    planted.area = area(planted.polygon);
    // The licence reaches past the growth, or, where it is crossed, to the growth's middle.
    const bool across = site.situation == "quarry_across", expired = site.situation == "quarry_expired";
    const double far = across ? std::max(offset, rp + rg * 0.4) : offset + rg * 1.3 + 22 * s;
    const double near = -(rp * 1.3 + 20 * s), side = std::max(rp, rg) * 1.3 + 22 * s;
    const Polygon right{{along(near, -side), along(far, -side), along(far, side), along(near, side)}};
    if (reaches_into_another(fresh ? *largest : right, *largest)) return;
    if (!fresh) {
      layout_.licences.push_back({right, numbered("C4407002019037130", layout_.licences.size() + 1),
                                  expired ? "2017-07-01" : "2019-03-15",
                                  expired ? "2022-06-30" : "2027-03-14"});
      planted.must_fire = across ? "M02" : expired ? "M03" : "";
      planted.must_not_fire = across ? "M01,M03" : expired ? "M02" : "M01,M02,M03";
    } else {
      planted.must_fire = "M01";
      planted.must_not_fire = "M02,M03";
    }
    layout_.planted.push_back(std::move(planted));
  }

  Layout& layout_;
  Land& land_;
  Random& random_;
  std::vector<std::size_t> basic_, plain_;
  std::size_t last_ = SIZE_MAX;
};

}  // namespace

void cover_with_clouds(Layout& layout, const Land& land, Random& random) {
  const double s = layout.scale, least = std::min(layout.width, layout.height);
  static constexpr Point kShadows[] = {{-190, -230},
                                       {-240, -300}};  // the lower sun of October throws further
  for (std::size_t date = 0; date < 2; ++date) {
    Sky& sky = layout.sky[date];
    const double far = std::min(s, least / 2000);
    sky.shadow = {kShadows[date].x * far, kShadows[date].y * far};
    const int wanted = scaled_count(layout, 8, 1);
    for (int trial = 0; trial < 60 * wanted && static_cast<int>(sky.clouds.size()) < wanted; ++trial) {
      const double radius = std::min(random.uniform(130, 380) * s, 0.1 * least) / (1 + trial / (20 * wanted));
      const Cloud cloud{
          {random.uniform() * layout.width, random.uniform() * layout.height}, radius, random.next()};
      const Point shadow{cloud.centre.x + sky.shadow.x, cloud.centre.y + sky.shadow.y};
      const auto hides = [&](const Site& site) {
        const double clear = 1.45 * radius + site.pit_radius + 2 * site.growth_radius + 40 * s;
        return distance(site.centre, cloud.centre) < clear || distance(site.centre, shadow) < clear;
      };
      if (std::none_of(land.sites.begin(), land.sites.end(), hides)) sky.clouds.push_back(cloud);
    }
  }
}

void plant(Layout& layout, Land& land, Random& random) {
  Planter planter(layout, land, random);
  planter.plant_quarries();
  planter.plant_fields();

  for (const Cell& cell : land.cells) {
    if (!cell.basic || cell.parcels.empty()) continue;
    if (cell.clean) {
      layout.basic_farmland.push_back({land.lattice.outline(cell.box)});
    } else {
      layout.basic_farmland.insert(layout.basic_farmland.end(), cell.left.begin(), cell.left.end());
    }
  }
  // The red line keeps to the quiet side of each hill.
  for (const Polygon& hill : land.hills) {
    const Circle circle = circle_of(hill);
    Point best = circle.centre;
    double room = -1;
    for (int trial = 0; trial < 40; ++trial) {
      const double turn = random.uniform(0, 2 * kPi), r = random.uniform(0, 0.45) * circle.radius;
      const Point p{circle.centre.x + r * std::cos(turn), circle.centre.y + r * std::sin(turn)};
      double clear = circle.radius * 0.4;
      for (const Site& site : land.sites)
        clear = std::min(clear, distance(p, site.centre) - 160 * layout.scale);
      if (clear > room) best = p, room = clear;
    }
    if (room > 20 * layout.scale) layout.redline.push_back({blob(random, best, room, 0.2, 48)});
  }
}

void grow_crops(Layout& layout) {
  const double s = layout.scale;
  struct Field {
    double order;
    std::size_t parcel;
  };
  std::vector<Field> fields;
  double total = 0;
  for (std::size_t i = 0; i < layout.parcels.size(); ++i) {
    Parcel& parcel = layout.parcels[i];
    if (parcel.cover != Cover::paddy) continue;
    total += parcel.area;
    if (parcel.stable) continue;
    const std::uint64_t h = hash_at(layout.seed + 21, static_cast<std::int64_t>(i), 0);
    const double u = unit(h), v = unit(mix(h + 1));
    if (u < 0.12) {
      parcel.before = u < 0.07 ? CropState::stubble : CropState::flooded;
      parcel.after = v < 0.4 * layout.phenology ? CropState::growing : parcel.before;
    } else {
      fields.push_back({0, i});
    }
  }
  // Neighbours harvest together: the smooth part orders by place, the rest by field.
  const auto take = [&](std::uint64_t stream, double share, CropState state) {
    for (Field& field : fields) {
      const Point p = layout.parcels[field.parcel].polygon.front().front();
      field.order = value_noise(layout.seed + stream, p.x, p.y, 650 * s) +
                    0.7 * unit(hash_at(layout.seed + stream, static_cast<std::int64_t>(field.parcel), 1));
    }
    std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) {
      return a.order != b.order ? a.order < b.order : a.parcel < b.parcel;
    });
    for (double taken = 0; !fields.empty() && taken < share * total; fields.pop_back()) {
      Parcel& parcel = layout.parcels[fields.back().parcel];
      parcel.after = state;
      taken += parcel.area;
    }
  };
  take(22, 0.19 * layout.phenology, CropState::stubble);
  take(23, 0.07 * layout.phenology, CropState::flooded);
  take(24, 0.10 * layout.phenology, CropState::ripe);
}

}  // namespace tuban::scene
