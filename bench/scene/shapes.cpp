// SPDX-License-Identifier: Apache-2.0
// From land to paint: every field, dyke, roof and rock face becomes a shape with a material for each date.
#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/scene/land.h"

namespace tuban::scene {
namespace {

Material material_of(CropState state) {
  switch (state) {
    case CropState::growing:
      return Material::growing;
    case CropState::ripe:
      return Material::ripe;
    case CropState::stubble:
      return Material::stubble;
    case CropState::flooded:
      return Material::flooded;
  }
  return Material::growing;
}

float around(Random& random, double spread) {
  return static_cast<float>(1 + random.uniform(-spread, spread));
}

Shape still(Polygon polygon, Material material, float tone) {
  Shape shape;
  shape.polygon = std::move(polygon);
  shape.before = shape.after = material;
  shape.tone_before = shape.tone_after = tone;
  return shape;
}

Point middle_of(const Polygon& polygon) {
  const Box box = box_of(polygon);
  return {(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2};
}

void shape_fields(Layout& layout, const Land& land, Random& random) {
  const double s = layout.scale, wobble = layout.restless;
  for (const Cell& cell : land.cells) {
    layout.shapes.push_back(still({land.lattice.outline(cell.box)}, Material::bund, around(random, 0.08)));
    Box last{};
    for (const std::size_t p : cell.parcels) {
      const Parcel& parcel = layout.parcels[p];
      const Box& box = land.parcel_boxes[p];
      // A field cut in parts is painted once, whole: what cut it is painted over it.
      if (box.x0 == last.x0 && box.y0 == last.y0 && last.x1 > last.x0) continue;
      last = box;
      const bool pond = parcel.cover == Cover::pond;
      Shape shape;
      shape.polygon = {land.lattice.outline(box.grown(-(pond ? random.uniform(2.5, 4.5) : 0.9) * s))};
      const float tone = around(random, pond ? 0.16 : 0.07),
                  vigor = static_cast<float>(random.uniform(-0.55, 0.55));
      shape.tone_before = tone;
      shape.tone_after = tone * around(random, wobble * (pond ? 0.04 : 0.035));
      shape.vigor_before = vigor;
      shape.vigor_after = vigor + static_cast<float>(wobble * random.uniform(-0.22, 0.22));
      switch (parcel.cover) {
        case Cover::pond:
          shape.before = shape.after = Material::pond;
          break;
        case Cover::dry_field:
          shape.before = shape.after = Material::dry_crop;
          break;
        default:
          shape.before = material_of(parcel.before);
          shape.after = material_of(parcel.after);
          // Straw, wet soil and dry soil: harvested fields differ more than growing ones.
          if (parcel.before == CropState::stubble) shape.tone_before *= around(random, 0.2);
          shape.tone_after = parcel.after == parcel.before
                                 ? shape.tone_before * around(random, 0.035 * wobble)
                             : parcel.after == CropState::stubble ? tone * around(random, 0.2)
                                                                  : shape.tone_after;
      }
      layout.shapes.push_back(std::move(shape));
    }
  }
}

void shape_village(Layout& layout, const Polygon& village, double angle, Random& random) {
  const double s = layout.scale;
  layout.shapes.push_back(still(village, Material::village_ground, around(random, 0.1)));
  const Box box = box_of(village);
  const Point centre = middle_of(village);
  const double reach = std::max(box.x1 - box.x0, box.y1 - box.y0) * 0.75;
  const double c = std::cos(angle), n = std::sin(angle), step_x = 16 * s, step_y = 14 * s;
  for (double v = -reach; v <= reach; v += step_y) {
    for (double u = -reach; u <= reach; u += step_x) {
      const Point p{centre.x + c * u - n * v, centre.y + n * u + c * v};
      if (!contains(village, p)) continue;
      const double draw = random.uniform();
      const double along = random.uniform(8, 14) * s, across = random.uniform(8, 12) * s;
      if (draw < 0.74) {
        const double roof = random.uniform();
        const Material material = roof < 0.42   ? Material::concrete
                                  : roof < 0.68 ? Material::tile_roof
                                  : roof < 0.93 ? Material::old_roof
                                                : Material::blue_metal;
        layout.shapes.push_back(still({rectangle(p, along, across, angle)}, material, around(random, 0.25)));
      } else if (draw < 0.9) {
        layout.shapes.push_back(
            still({blob(random, p, along * 0.6, 0.4, 9)}, Material::tree, around(random, 0.15)));
      }
    }
  }
}

void shape_works(Layout& layout, const Polygon& works, double angle, Random& random) {
  const double s = layout.scale;
  layout.shapes.push_back(still(works, Material::concrete, 0.62F * around(random, 0.1)));
  const Point centre = middle_of(works);
  const double c = std::cos(angle), n = std::sin(angle);
  const double along = distance(works[0][0], works[0][1]), across = distance(works[0][1], works[0][2]);
  for (double v = -across / 2 + 30 * s; v < across / 2 - 20 * s; v += 48 * s) {
    for (double u = -along / 2 + 38 * s; u < along / 2 - 28 * s; u += 66 * s) {
      const Point p{centre.x + c * u - n * v, centre.y + n * u + c * v};
      const Material material = random.chance(0.6) ? Material::blue_metal : Material::concrete;
      const Ring roof = rectangle(p, random.uniform(44, 56) * s, random.uniform(26, 36) * s, angle);
      layout.shapes.push_back(still({roof}, material, around(random, 0.12)));
    }
  }
}

}  // namespace

void shape_land(Layout& layout, const Land& land, Random& random) {
  shape_fields(layout, land, random);
  for (std::size_t i = 0; i < land.villages.size(); ++i) {
    shape_village(layout, land.villages[i], land.village_angles[i], random);
  }
  for (const Polygon& works : land.industry) shape_works(layout, works, land.lattice.angle, random);
  for (const Polygon& hill : land.hills) {
    Shape shape = still(hill, Material::forest, 1);
    shape.tone_after = around(random, 0.03 * layout.restless);
    layout.shapes.push_back(std::move(shape));
  }
  for (const Site& site : land.sites) {
    if (site.pit.empty()) continue;
    Shape shape = still(site.pit, Material::rock, around(random, 0.06));
    shape.centre = site.centre;
    layout.shapes.push_back(std::move(shape));
  }
  for (const Polygon& river : land.rivers) {
    Shape shape = still(river, Material::river, around(random, 0.08));
    shape.tone_after = shape.tone_before * (1 + 0.03F * static_cast<float>(layout.restless));
    layout.shapes.push_back(std::move(shape));
  }
  for (const Polygon& road : land.highways) {
    layout.shapes.push_back(still(road, Material::asphalt, around(random, 0.06)));
  }
}

void shape_planted(Layout& layout, Random& random) {
  const double s = layout.scale;
  for (const Planted& planted : layout.planted) {
    Shape shape;
    shape.polygon = planted.polygon;
    shape.planted = true;
    shape.centre = middle_of(planted.polygon);
    if (planted.kind == "quarry") {
      shape.after = Material::rock;
      shape.tone_after = around(random, 0.08);
    } else if (planted.kind == "earthwork") {
      shape.after = Material::laterite;
      shape.tone_after = around(random, 0.15);
    } else if (planted.kind == "pond") {
      shape.after = Material::bund;
      shape.tone_after = 1.15F;
      layout.shapes.push_back(shape);
      for (Point& p : shape.polygon.front()) {
        const double away = distance(p, shape.centre),
                     inner = std::max(0.5, 1 - 3.2 * s / std::max(away, 1e-9));
        p = {shape.centre.x + (p.x - shape.centre.x) * inner,
             shape.centre.y + (p.y - shape.centre.y) * inner};
      }
      shape.after = Material::pond;
      shape.tone_after = around(random, 0.15);
    } else {
      const bool shed = planted.kind == "shed";
      shape.after = random.chance(shed ? 0.65 : 0.12) ? Material::blue_metal : Material::concrete;
      shape.tone_after = around(random, 0.18);
      layout.shapes.push_back(shape);
      // Every second bay of a shed, and half a house, has another slope to the sun.
      const Point c = shape.centre;
      const Ring& outline = planted.polygon.front();
      const Point a = outline[0], b = outline[outline.size() > 4 ? outline.size() / 4 : 1];
      const double angle = std::atan2(b.y - a.y, b.x - a.x), reach = 2 * distance(a, c),
                   bay = (shed ? 18 : 9) * s;
      const float tone = shape.tone_after;
      for (double t = -reach; t < reach; t += 2 * bay) {
        const Polygon stripe{
            rectangle({c.x - t * std::sin(angle), c.y + t * std::cos(angle)}, 2 * reach, bay, angle)};
        const Polygons outside = subtract(planted.polygon, {&stripe}, 0);
        std::vector<const Polygon*> minus;
        for (const Polygon& part : outside) minus.push_back(&part);
        for (Polygon& part : subtract(planted.polygon, minus, 4 * s * s)) {
          shape.polygon = std::move(part);
          shape.tone_after = tone * 0.86F;
          layout.shapes.push_back(shape);
        }
      }
      continue;
    }
    layout.shapes.push_back(std::move(shape));
  }
}

Layout make_layout(const Options& options) {
  Layout layout;
  layout.width = options.width * options.gsd;
  layout.height = options.height * options.gsd;
  layout.left = 38407000 - std::floor(options.width / 2.0) * options.gsd;
  layout.top = 2500000 + std::floor(options.height / 2.0) * options.gsd;
  layout.scale = std::max(1.0, options.gsd / 2);
  layout.seed = mix(options.seed + 0x7475);
  layout.phenology = options.phenology;
  layout.restless = options.restless;
  layout.field_width = options.field_width;
  layout.changes = options.changes;
  Random random(layout.seed);
  Land land = lay_land(layout, random);
  cover_with_clouds(layout, land, random);
  plant(layout, land, random);
  grow_crops(layout);
  shape_land(layout, land, random);
  shape_planted(layout, random);
  return layout;
}

}  // namespace tuban::scene
