// SPDX-License-Identifier: Apache-2.0
// Patches of a prefecture: outlines of 2 m pixels, none on another.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "bench/scene/outline.h"
#include "bench/scene/package.h"
#include "bench/scene/prefecture_parts.h"

namespace tuban::scene {
namespace {

constexpr double kPixel = 2, kBin = 500;

struct Drawn {
  Polygon polygon;
  Box box;
  const char* type = "";
};

/// Pixels whose centres lie in any of the shapes; `x0`, `y0` is the upper left one.
Cells fill(const Polygons& shapes, const Box& box, int x0, int y0) {
  Cells cells(static_cast<int>(std::ceil(box.x1 / kPixel)) - x0 + 1,
              static_cast<int>(std::ceil(box.y1 / kPixel)) - y0 + 1);
  std::vector<double> crossings;
  for (const Polygon& shape : shapes) {
    for (int y = 0; y < cells.height; ++y) {
      const double at = (y0 + y + 0.5) * kPixel;
      crossings.clear();
      for (const Ring& ring : shape) {
        for (std::size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
          const Point a = ring[i], b = ring[j];
          if ((a.y > at) != (b.y > at)) crossings.push_back(a.x + (b.x - a.x) * (at - a.y) / (b.y - a.y));
        }
      }
      std::sort(crossings.begin(), crossings.end());
      for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
        const int from = std::max(0, static_cast<int>(std::ceil(crossings[i] / kPixel - 0.5)) - x0);
        const int to =
            std::min(cells.width - 1, static_cast<int>(std::floor(crossings[i + 1] / kPixel - 0.5)) - x0);
        for (int x = from; x <= to; ++x) cells.set[cells.index(x, y)] = 1;
      }
    }
  }
  return cells;
}

class Patches {
 public:
  Patches(const Country& country, const Sites& sites, std::uint64_t seed)
      : country_(country), sites_(sites), random_(seed + 307) {}

  std::vector<Drawn> draw(std::size_t wanted) {
    std::vector<Drawn> drawn;
    for (std::size_t trial = 0; drawn.size() < wanted; ++trial) {
      if (trial > 40 * wanted + 1000) throw std::runtime_error("the prefecture has no room for its patches");
      if (auto one = draw_one()) drawn.push_back(std::move(*one));
    }
    // As a scan from the top finds them: by the row of their last pixel.
    std::sort(drawn.begin(), drawn.end(), [](const Drawn& a, const Drawn& b) {
      return std::pair(a.box.y1, a.box.x0) < std::pair(b.box.y1, b.box.x0);
    });
    return drawn;
  }

 private:
  template <std::size_t Count>
  const char* one_of(const std::array<const char*, Count>& types) {
    return types[static_cast<std::size_t>(random_.index(static_cast<int>(Count)))];
  }

  std::optional<Drawn> draw_one() {
    static constexpr std::array<const char*, 10> kBuilt{"C10", "C10", "C10", "C11", "C11",
                                                        "C11", "C12", "C16", "C17", "C14"};
    static constexpr std::array<const char*, 8> kGrown{"C20", "C21", "C22", "C20",
                                                       "C11", "C10", "C16", "C50"};
    static constexpr std::array<const char*, 4> kMined{"C30", "C30", "C31", "C33"};
    Drawn drawn;
    Polygons shapes;
    const double what = random_.uniform();
    const double size =
        30 * std::exp(0.55 * (random_.uniform(-1, 1) + random_.uniform(-1, 1) + random_.uniform(-1, 1)));
    if (what < 0.07) {
      drawn.type = "C13";
      shapes.push_back(along_a_way());
    } else if (what < 0.12) {
      drawn.type = one_of(kMined);
      const auto& site =
          sites_.mines[static_cast<std::size_t>(random_.index(static_cast<int>(sites_.mines.size())))];
      shapes.push_back({blob(random_, near(site, 350), 3 * size, 0.45, 40)});
    } else if (what < 0.26) {
      drawn.type = one_of(kBuilt);
      const auto& site =
          sites_
              .approvals[static_cast<std::size_t>(random_.index(static_cast<int>(sites_.approvals.size())))];
      build(near(site, 120), size, shapes);
    } else {
      const auto& blocks = country_.blocks();
      const Block& block = blocks[static_cast<std::size_t>(random_.index(static_cast<int>(blocks.size())))];
      const Point p = near(country_.middle(block.squares), 140);
      if (random_.chance(0.5)) {
        drawn.type = one_of(kBuilt);
        build(p, size, shapes);
      } else {
        drawn.type = one_of(kGrown);
        shapes.push_back({blob(random_, p, random_.chance(0.01) ? 8 * size : 0.8 * size, 0.5, 36)});
      }
    }
    return outline(shapes, drawn) ? std::optional(std::move(drawn)) : std::nullopt;
  }

  Point near(Point p, double reach) {
    return {p.x + random_.uniform(-reach, reach), p.y + random_.uniform(-reach, reach)};
  }

  void build(Point p, double size, Polygons& shapes) {
    const double angle = random_.uniform(0, std::numbers::pi);
    const int wings = 1 + random_.index(3);
    for (int i = 0; i < wings; ++i)
      shapes.push_back({rectangle(near(p, 0.3 * size), size * random_.uniform(0.6, 1.3),
                                  size * random_.uniform(0.4, 1), angle)});
  }

  Polygon along_a_way() {
    const auto& ways = country_.stretches();
    const Squares& s = ways[static_cast<std::size_t>(random_.index(static_cast<int>(ways.size())))].squares;
    const bool level = s.i1 - s.i0 >= s.j1 - s.j0;
    const int length = level ? s.i1 - s.i0 : s.j1 - s.j0, steps = std::min(length, 3 + random_.index(60));
    const int from = random_.index(length - steps + 1);
    Ring line;
    for (int k = from; k <= from + steps; ++k)
      line.push_back(level ? country_.at(s.i0 + k, s.j0) : country_.at(s.i0, s.j0 + k));
    return widen(line, random_.uniform(7, 20));
  }

  /// Pixels, with the ragged edge that a detector leaves; false where there is no room.
  bool outline(const Polygons& shapes, Drawn& drawn) {
    Box box{1e300, 1e300, -1e300, -1e300};
    for (const Polygon& shape : shapes) {
      const Box one = box_of(shape);
      box = {std::min(box.x0, one.x0), std::min(box.y0, one.y0), std::max(box.x1, one.x1),
             std::max(box.y1, one.y1)};
    }
    const Box inner = Box{0, 0, country_.width(), country_.height()}.grown(-1000);
    if (!box.within(inner) || !free(box.grown(2 * kPixel))) return false;
    const int x0 = static_cast<int>(std::floor(box.x0 / kPixel)),
              y0 = static_cast<int>(std::floor(box.y0 / kPixel));
    Cells cells = fill(shapes, box, x0, y0);
    const Cells clean = cells;
    for (int y = 0; y < cells.height; ++y) {
      for (int x = 0; x < cells.width; ++x) {
        const bool edge =
            clean.has(x - 1, y) != clean.has(x + 1, y) || clean.has(x, y - 1) != clean.has(x, y + 1);
        if (edge && random_.chance(0.25)) cells.set[cells.index(x, y)] ^= 1;
      }
    }
    keep_largest(cells);
    close_corners(cells);
    if (std::count(cells.set.begin(), cells.set.end(), 1) < 50) return false;
    for (const Traced& traced : trace(cells)) {
      Ring ring;
      for (const auto& [x, y] : traced.ring) ring.push_back({(x0 + x) * kPixel, (y0 + y) * kPixel});
      drawn.polygon.insert(traced.hole ? drawn.polygon.end() : drawn.polygon.begin(), std::move(ring));
    }
    drawn.box = box_of(drawn.polygon);
    each_bin(drawn.box, [&](std::int64_t bin) { taken_[bin].push_back(drawn.box); });
    return true;
  }

  template <typename Visit>
  static void each_bin(const Box& box, const Visit& visit) {
    for (auto y = static_cast<std::int64_t>(box.y0 / kBin); y <= static_cast<std::int64_t>(box.y1 / kBin);
         ++y)
      for (auto x = static_cast<std::int64_t>(box.x0 / kBin); x <= static_cast<std::int64_t>(box.x1 / kBin);
           ++x)
        visit(y * 100000 + x);
  }
  bool free(const Box& box) const {
    bool room = true;
    each_bin(box, [&](std::int64_t bin) {
      const auto found = taken_.find(bin);
      if (found == taken_.end()) return;
      for (const Box& other : found->second) room = room && !other.meets(box);
    });
    return room;
  }

  const Country& country_;
  const Sites& sites_;
  Random random_;
  std::unordered_map<std::int64_t, std::vector<Box>> taken_;
};

}  // namespace

void write_prefecture_patches(const Country& country, const Sites& sites, const PrefectureOptions& options,
                              Point origin, PrefectureSummary& summary) {
  Package package(std::filesystem::path(options.folder) / "patches.gpkg", origin);
  package.layer("JCTB", {{"JCBH", OFTString},
                         {"TBLX", OFTString},
                         {"XZQDM", OFTString},
                         {"XMC", OFTString},
                         {"JCMJ", OFTReal},
                         {"QSX", OFTString},
                         {"HSX", OFTString},
                         {"XZB", OFTReal},
                         {"YZB", OFTReal},
                         {"BZ", OFTString}});
  std::size_t number = 0;
  for (const Drawn& drawn : Patches(country, sites, options.seed).draw(at_scale(20000, options.scale))) {
    const District& county = country.counties().front();
    package.set("JCBH", county.code + numbered("JC2310%06zu", ++number));
    package.set("TBLX", drawn.type);
    package.set("XZQDM", county.code);
    package.set("XMC", county.name);
    package.set("JCMJ", package.survey_area(drawn.polygon));
    package.set("QSX", "2023-05-18");
    package.set("HSX", "2023-10-12");
    package.set("XZB", origin.x + (drawn.box.x0 + drawn.box.x1) / 2);
    package.set("YZB", origin.y - (drawn.box.y0 + drawn.box.y1) / 2);
    package.add(drawn.polygon);
  }
  summary.features["JCTB"] = package.features();
  summary.vertices += package.vertices();
  package.finish();
}

}  // namespace tuban::scene
