// SPDX-License-Identifier: Apache-2.0
#include "bench/scene/country.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "bench/scene/outline.h"
#include "bench/scene/package.h"

namespace tuban::scene {
namespace {

constexpr double kWidth = 100000, kHeight = 95000;  // m at scale 1
constexpr double kSquare = 20;
constexpr int kTowns = 73;
constexpr const char* kCounties[] = {"440703", "440704", "440705", "440781", "440783", "440784", "440785"};

double width_of(Way way, Random& random) {
  switch (way) {
    case Way::track:
      return random.uniform(4, 6.5);
    case Way::canal:
      return random.uniform(8, 14);
    case Way::highway:
      return random.uniform(18, 32);
    case Way::river:
      break;
  }
  return random.uniform(60, 220);
}

Way draw_way(Random& random) {
  const double draw = random.uniform();
  return draw < 0.02 ? Way::river : draw < 0.07 ? Way::highway : draw < 0.2 ? Way::canal : Way::track;
}

/// Parcels that a block of this kind is cut into, before all are scaled to the number wanted.
double weight(Zone zone, double draw) {
  switch (zone) {
    case Zone::fields:
      return 3.5 + 3 * draw;
    case Zone::ponds:
      return 2.5 + 2 * draw;
    case Zone::village:
      return 6 + 6 * draw;
    case Zone::town:
      return 3 + 4 * draw;
    case Zone::hills:
      break;
  }
  return 7 + 7 * draw;
}

}  // namespace

Country::Axis Country::lay_axis(double length, double square, int least, int most, Random& random) {
  Axis axis;
  axis.lines.push_back(0);
  while (axis.lines.back() < length) {
    const Way way = axis.ways.empty() ? Way::track : draw_way(random);
    axis.ways.push_back(way);
    axis.first.push_back(static_cast<int>(axis.lines.size()) - 1);
    axis.lines.push_back(axis.lines.back() + width_of(way, random));
    axis.inner.push_back(static_cast<int>(axis.lines.size()) - 1);
    const int squares = least + random.index(most - least + 1);
    for (int i = 0; i < squares; ++i)
      axis.lines.push_back(axis.lines.back() + square * random.uniform(0.85, 1.15));
  }
  axis.first.push_back(static_cast<int>(axis.lines.size()) - 1);
  const auto& lines = axis.lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double before = i == 0 ? square : lines[i] - lines[i - 1];
    const double behind = i + 1 == lines.size() ? square : lines[i + 1] - lines[i];
    axis.shake.push_back(0.2 * std::min({before, behind, square}));
  }
  return axis;
}

Country::Country(std::uint64_t seed, double scale, std::size_t parcels) : seed_(seed) {
  Random random(seed + 101);
  const double side = std::sqrt(scale);
  across_ = lay_axis(kWidth * side, kSquare, 11, 15, random);
  down_ = lay_axis(kHeight * side, kSquare, 8, 11, random);
  for (double& phase : phase_) phase = random.uniform(0, 2 * std::numbers::pi);
  merged_.resize(static_cast<std::size_t>(groups_across()) * static_cast<std::size_t>(groups_down()));
  for (int gy = 0; gy < groups_down(); ++gy) {
    for (int gx = 0; gx < groups_across(); ++gx) {
      bool crossed = false;
      for (int n = 1; n < 3; ++n) {
        const auto through = [&](const Axis& axis, int block) {
          return block < static_cast<int>(axis.ways.size()) &&
                 axis.ways[static_cast<std::size_t>(block)] != Way::track;
        };
        crossed = crossed || through(across_, 3 * gx + n) || through(down_, 3 * gy + n);
      }
      const Point p = middle(group(gx, gy));
      const double height =
          value_noise(seed_ + 1, p.x, p.y, 11000) + 0.5 * value_noise(seed_ + 2, p.x, p.y, 3100);
      merged_[static_cast<std::size_t>(gy * groups_across() + gx)] = !crossed && height > 0.02;
    }
  }
  lay_districts(random);
  lay_blocks();
  lay_ways();
  share_out(parcels);
}

Point Country::at(int i, int j) const {
  const auto si = static_cast<std::size_t>(i), sj = static_cast<std::size_t>(j);
  const std::uint64_t draw = hash_at(seed_ + 3, i, j);
  const double u = u_[si] + across_.shake[si] * double{signed_unit(draw)};
  const double v = v_[sj] + down_.shake[sj] * double{signed_unit(mix(draw))};
  // Two long waves each way; the sum of their slopes stays below .4, so squares never fold.
  const double near = 2 * std::numbers::pi / 4000, far = 2 * std::numbers::pi / 30000;
  const double x = u + 90 * std::sin(near * (0.6 * u + 0.8 * v) + phase_[0]) +
                   700 * std::sin(far * (0.3 * u + v) + phase_[1]);
  const double y = v + 90 * std::sin(near * (0.8 * u - 0.6 * v) + phase_[2]) +
                   700 * std::sin(far * (u - 0.3 * v) + phase_[3]);
  return {std::round(x * 1e4) / 1e4, std::round(y * 1e4) / 1e4};
}

Ring Country::path(const std::vector<std::pair<int, int>>& corners) const {
  Ring ring;
  for (std::size_t c = 0; c < corners.size(); ++c) {
    auto [i, j] = corners[c];
    const auto [to_i, to_j] = corners[(c + 1) % corners.size()];
    while (i != to_i || j != to_j) {
      ring.push_back(at(i, j));
      i += (to_i > i) - (to_i < i);
      j += (to_j > j) - (to_j < j);
    }
  }
  return ring;
}

Ring Country::outline(const Squares& s) const {
  return path({{s.i0, s.j0}, {s.i1, s.j0}, {s.i1, s.j1}, {s.i0, s.j1}});
}

Squares Country::group(int gx, int gy) const {
  const auto start = [](const Axis& axis, int block) {
    return axis.first[std::min(static_cast<std::size_t>(block), axis.ways.size())];
  };
  return {start(across_, 3 * gx), start(down_, 3 * gy), start(across_, 3 * gx + 3), start(down_, 3 * gy + 3)};
}

bool Country::merged(int k, int r) const {
  return merged_[static_cast<std::size_t>((r / 3) * groups_across() + k / 3)];
}

void Country::lay_districts(Random& random) {
  const double share = width() * height() / (kWidth * kHeight);
  const int towns = std::max(2, static_cast<int>(std::lround(kTowns * share)));
  const int counties = std::clamp(static_cast<int>(std::lround(7 * share)), 1, 7);
  const auto somewhere = [&] {
    return Point{random.uniform(0.03, 0.97) * width(), random.uniform(0.03, 0.97) * height()};
  };
  const auto nearest = [](const std::vector<District>& among, Point p) {
    const auto found = std::min_element(among.begin(), among.end(), [&](const auto& a, const auto& b) {
      return distance(a.seat, p) < distance(b.seat, p);
    });
    return static_cast<int>(found - among.begin());
  };
  for (int i = 0; i < counties; ++i)
    counties_.push_back(
        {kCounties[i], numbered("示范县%02zu", static_cast<std::size_t>(i) + 1), {}, somewhere()});
  std::vector<int> county_of(static_cast<std::size_t>(towns)), number(static_cast<std::size_t>(counties));
  for (int i = 0; i < towns; ++i) {
    const Point seat = somewhere();
    const int county = nearest(counties_, seat);
    county_of[static_cast<std::size_t>(i)] = county;
    const auto n = static_cast<std::size_t>(++number[static_cast<std::size_t>(county)]);
    towns_.push_back({counties_[static_cast<std::size_t>(county)].code + numbered("%03zu", 100 + n),
                      counties_[static_cast<std::size_t>(county)].name + numbered("第%02zu镇", n),
                      {},
                      seat});
  }
  const int gw = groups_across(), gh = groups_down();
  for (int gy = 0; gy < gh; ++gy)
    for (int gx = 0; gx < gw; ++gx) town_of_.push_back(nearest(towns_, middle(group(gx, gy))));
  // Where two groups of a town meet at a corner only, a third one joins it.
  const auto label = [&](int x, int y) -> int& { return town_of_[static_cast<std::size_t>(y * gw + x)]; };
  bool again = true;
  for (int round = 0; again && round < 50; ++round) {
    again = false;
    for (int y = 0; y + 1 < gh; ++y) {
      for (int x = 0; x + 1 < gw; ++x) {
        int &a = label(x, y), &b = label(x + 1, y), &c = label(x, y + 1), &d = label(x + 1, y + 1);
        if (a == d && b != a && c != a) b = a, again = true;
        if (b == c && a != b && d != b) a = b, again = true;
      }
    }
  }
  if (again) throw std::runtime_error("the towns of the prefecture could not be bounded; try another seed");
  std::vector<int> counties_of;
  for (const int town : town_of_) counties_of.push_back(county_of[static_cast<std::size_t>(town)]);
  for (int i = 0; i < towns; ++i) towns_[static_cast<std::size_t>(i)].ground = around(town_of_, i);
  for (int i = 0; i < counties; ++i) counties_[static_cast<std::size_t>(i)].ground = around(counties_of, i);
  // A town that its neighbours took over is none.
  for (District& town : towns_)
    if (town.ground.empty()) town.code.clear();
}

Polygons Country::around(const std::vector<int>& labels, int label) const {
  Cells rest(groups_across(), groups_down());
  for (std::size_t i = 0; i < labels.size(); ++i) rest.set[i] = labels[i] == label;
  Polygons parts;
  while (std::find(rest.set.begin(), rest.set.end(), 1) != rest.set.end()) {
    Cells part = rest;
    keep_largest(part);
    Polygon polygon;
    for (const Traced& traced : trace(part)) {
      std::vector<std::pair<int, int>> corners;
      for (const auto& [gx, gy] : traced.ring) {
        const Squares before = group(gx, gy);
        corners.emplace_back(before.i0, before.j0);
      }
      polygon.insert(traced.hole ? polygon.end() : polygon.begin(), path(corners));
    }
    parts.push_back(std::move(polygon));
    for (std::size_t i = 0; i < rest.set.size(); ++i) rest.set[i] = rest.set[i] != 0 && part.set[i] == 0;
  }
  return parts;
}

Polygons Country::united(const std::function<bool(Point)>& chosen) const {
  Cells cells(groups_across(), groups_down());
  for (int gy = 0; gy < cells.height; ++gy)
    for (int gx = 0; gx < cells.width; ++gx) cells.set[cells.index(gx, gy)] = chosen(middle(group(gx, gy)));
  close_corners(cells);
  return around(std::vector<int>(cells.set.begin(), cells.set.end()), 1);
}

void Country::lay_blocks() {
  const int across = static_cast<int>(across_.ways.size()), down = static_cast<int>(down_.ways.size());
  for (int r = 0; r < down; ++r) {
    for (int k = 0; k < across; ++k) {
      const bool one = merged(k, r);
      if (one && (k % 3 != 0 || r % 3 != 0)) continue;
      Block block;
      const auto sk = static_cast<std::size_t>(k), sr = static_cast<std::size_t>(r);
      block.squares = {across_.inner[sk], down_.inner[sr], across_.first[sk + 1], down_.first[sr + 1]};
      const auto at_group = static_cast<std::size_t>((r / 3) * groups_across() + k / 3);
      block.place = town_of_[at_group];
      const Point p = middle(block.squares);
      const double built = 500 + 900 * unit(hash_at(seed_ + 4, block.place, 0));
      if (one) {
        const Squares whole = group(k / 3, r / 3);
        block.squares.i1 = whole.i1;
        block.squares.j1 = whole.j1;
        block.zone = Zone::hills;
      } else if (distance(p, towns_[static_cast<std::size_t>(block.place)].seat) < built) {
        block.zone = Zone::town;
      } else if (unit(hash_at(seed_ + 5, k, r)) < 0.09) {
        block.zone = Zone::village;
      } else if (value_noise(seed_ + 6, p.x, p.y, 5000) > 0.35) {
        block.zone = Zone::ponds;
      }
      blocks_.push_back(block);
    }
  }
}

void Country::lay_ways() {
  const int across = static_cast<int>(across_.ways.size()), down = static_cast<int>(down_.ways.size());
  // Whether a way runs over block (k, r), left of it; merged blocks have none between them.
  const auto over = [&](int k, int r) { return k >= 0 && k < across && !(merged(k, r) && r % 3 != 0); };
  const auto beside = [&](int k, int r) { return r >= 0 && r < down && !(merged(k, r) && k % 3 != 0); };
  /// Who goes through at the upper left corner of block (k, r).
  const auto level_goes = [&](int k, int r) {
    const bool level = over(k - 1, r) || over(k, r), upright = beside(k, r - 1) || beside(k, r);
    if (!level || !upright) return level;
    const Way a = down_.ways[static_cast<std::size_t>(r)], b = across_.ways[static_cast<std::size_t>(k)];
    return a != b ? a > b : (hash_at(seed_ + 7, k, r) & 1) != 0;
  };
  const auto cut = [&](Way way, int k, int r) {
    return unit(hash_at(seed_ + 8, k, r)) < (way == Way::track ? 0.06 : 0.01);
  };
  const auto add = [&](const Squares& squares, Way way, int k, int r) {
    const auto at_group = static_cast<std::size_t>((r / 3) * groups_across() + k / 3);
    if (squares.count() > 0) stretches_.push_back({squares, way, town_of_[at_group]});
  };
  for (int r = 0; r < down; ++r) {
    const auto sr = static_cast<std::size_t>(r);
    Squares run{0, down_.first[sr], 0, down_.inner[sr]};
    for (int k = 0; k < across; ++k) {
      const auto sk = static_cast<std::size_t>(k);
      if (!level_goes(k, r) || cut(down_.ways[sr], k, r)) {
        add(run, down_.ways[sr], std::max(0, k - 1), r);
        run.i0 = level_goes(k, r) ? across_.first[sk] : across_.inner[sk];
        run.i1 = run.i0;
      }
      if (level_goes(k, r)) run.i1 = across_.inner[sk];
      if (over(k, r)) {
        run.i1 = across_.first[sk + 1];
      } else {
        add(run, down_.ways[sr], k, r);
        run.i0 = run.i1 = across_.first[sk + 1];
      }
    }
    add(run, down_.ways[sr], across - 1, r);
  }
  for (int k = 0; k < across; ++k) {
    const auto sk = static_cast<std::size_t>(k);
    Squares run{across_.first[sk], 0, across_.inner[sk], 0};
    const auto goes = [&](int r) { return !level_goes(k, r) && (beside(k, r - 1) || beside(k, r)); };
    for (int r = 0; r < down; ++r) {
      const auto sr = static_cast<std::size_t>(r);
      if (!goes(r) || cut(across_.ways[sk], k, r)) {
        add(run, across_.ways[sk], k, std::max(0, r - 1));
        run.j0 = goes(r) ? down_.first[sr] : down_.inner[sr];
        run.j1 = run.j0;
      }
      if (goes(r)) run.j1 = down_.inner[sr];
      if (beside(k, r)) {
        run.j1 = down_.first[sr + 1];
      } else {
        add(run, across_.ways[sk], k, r);
        run.j0 = run.j1 = down_.first[sr + 1];
      }
    }
    add(run, across_.ways[sk], k, down - 1);
  }
}

void Country::share_out(std::size_t parcels) {
  if (parcels < stretches_.size() + blocks_.size())
    throw std::runtime_error("the prefecture has more blocks and ways than parcels; use a larger scale");
  const std::size_t wanted = parcels - stretches_.size();
  std::vector<double> share;
  double sum = 0;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    share.push_back(weight(blocks_[b].zone, unit(hash_at(seed_ + 9, static_cast<std::int64_t>(b), 0))));
    sum += share.back();
  }
  const double spare = static_cast<double>(wanted - blocks_.size());
  double reached = 0;
  std::int64_t given = 0;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    reached += share[b] / sum * spare;
    const auto due = b + 1 == blocks_.size() ? static_cast<std::int64_t>(spare) : std::llround(reached);
    blocks_[b].parcels = 1 + static_cast<int>(due - given);
    given = due;
    if (2 * blocks_[b].parcels > blocks_[b].squares.count())
      throw std::runtime_error("a block of the prefecture has more parcels than room");
  }
}

}  // namespace tuban::scene
