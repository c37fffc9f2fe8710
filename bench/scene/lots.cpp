// SPDX-License-Identifier: Apache-2.0
// Blocks of a prefecture cut into parcels.
#include <algorithm>

#include "bench/scene/country.h"

namespace tuban::scene {
namespace {

struct Class {
  double up_to;
  const char *code, *name;
};

const Class& draw_class(Zone zone, double draw) {
  static constexpr Class kFields[] = {
      {0.66, "0101", "水田"},     {0.70, "0102", "水浇地"},     {0.76, "0103", "旱地"},
      {0.84, "0201", "果园"},     {0.89, "1104", "坑塘水面"},   {0.93, "0307", "其他林地"},
      {0.96, "0404", "其他草地"}, {0.98, "1202", "设施农用地"}, {1, "1107", "沟渠"}};
  static constexpr Class kPonds[] = {{0.75, "1104", "坑塘水面"},
                                     {0.85, "0101", "水田"},
                                     {0.95, "0204", "其他园地"},
                                     {1, "1202", "设施农用地"}};
  static constexpr Class kVillage[] = {{0.6, "0702", "农村宅基地"},
                                       {0.7, "0508", "物流仓储用地"},
                                       {0.8, "0809", "公用设施用地"},
                                       {0.9, "0201", "果园"},
                                       {1, "0103", "旱地"}};
  static constexpr Class kTown[] = {{0.4, "0701", "城镇住宅用地"},
                                    {0.7, "0601", "工业用地"},
                                    {0.85, "05H1", "商业服务业设施用地"},
                                    {0.93, "08H2", "科教文卫用地"},
                                    {1, "0404", "其他草地"}};
  static constexpr Class kHills[] = {{0.6, "0301", "乔木林地"},   {0.68, "0302", "竹林地"},
                                     {0.78, "0305", "灌木林地"},  {0.88, "0307", "其他林地"},
                                     {0.94, "0201", "果园"},      {0.97, "0103", "旱地"},
                                     {0.985, "0602", "采矿用地"}, {1, "1103", "水库水面"}};
  const Class* of = kFields;
  switch (zone) {
    case Zone::fields:
      break;
    case Zone::ponds:
      of = kPonds;
      break;
    case Zone::village:
      of = kVillage;
      break;
    case Zone::town:
      of = kTown;
      break;
    case Zone::hills:
      of = kHills;
      break;
  }
  while (draw >= of->up_to) ++of;
  return *of;
}

std::pair<const char*, const char*> class_of(Way way) {
  switch (way) {
    case Way::track:
      return {"1006", "农村道路"};
    case Way::canal:
      return {"1107", "沟渠"};
    case Way::highway:
      return {"1003", "公路用地"};
    case Way::river:
      break;
  }
  return {"1101", "河流水面"};
}

/// Cuts a rectangle of squares into so many parts, each of two squares or more.
class Knife {
 public:
  using Visit = std::function<void(Polygon&&)>;
  Knife(const Country& country, std::uint64_t seed, const Visit& visit)
      : country_(country), random_(seed), visit_(visit) {}

  void cut(const Squares& s, int parts) {
    if (parts == 1) return visit_({country_.outline(s)});
    if (parts == 2 && enclose(s)) return;
    const int w = s.i1 - s.i0, h = s.j1 - s.j0;
    const int first = std::clamp(static_cast<int>(parts * random_.uniform(0.35, 0.65)), 1, parts - 1);
    const bool across = w >= h;
    const int length = across ? w : h, breadth = across ? h : w;
    const auto room = [&](int n) { return (2 * n + breadth - 1) / breadth; };
    const double share = static_cast<double>(first) / parts * random_.uniform(0.8, 1.2);
    const int least = room(first), most = length - room(parts - first);
    if (least > most) return shave(s, parts);
    const int at = std::clamp(static_cast<int>(length * share), least, most);
    Squares a = s, b = s;
    if (across) {
      a.i1 = b.i0 = s.i0 + at;
    } else {
      a.j1 = b.j0 = s.j0 + at;
    }
    cut(a, first);
    cut(b, parts - first);
  }

 private:
  /// One of two parts lies in a corner of the other or, with ground all round it, in its middle.
  bool enclose(const Squares& s) {
    const int w = s.i1 - s.i0, h = s.j1 - s.j0;
    const double draw = random_.uniform();
    if (w >= 5 && h >= 5 && draw < 0.15) {
      const Squares in{s.i0 + 2, s.j0 + 2, s.i1 - 2, s.j1 - 2};
      visit_({country_.outline(s), country_.outline(in)});
      visit_({country_.outline(in)});
      return true;
    }
    if (w < 4 || h < 4 || draw > 0.4) return false;
    const int i = s.i0 + w / 2, j = s.j0 + h / 2;
    visit_({country_.path({{s.i0, s.j0}, {s.i1, s.j0}, {s.i1, j}, {i, j}, {i, s.j1}, {s.i0, s.j1}})});
    visit_({country_.outline({i, j, s.i1, s.j1})});
    return true;
  }

  /// Where halves would be too small: a strip of the shorter side's length for one part, the rest for others.
  void shave(const Squares& s, int parts) {
    Squares a = s, b = s;
    if (s.i1 - s.i0 >= s.j1 - s.j0) {
      a.i1 = b.i0 = s.i0 + std::max(1, (s.i1 - s.i0) / parts);
    } else {
      a.j1 = b.j0 = s.j0 + std::max(1, (s.j1 - s.j0) / parts);
    }
    cut(a, 1);
    cut(b, parts - 1);
  }

  const Country& country_;
  Random random_;
  const Visit& visit_;
};

}  // namespace

void Country::each_lot(const std::function<void(const Lot&)>& visit) const {
  for (const Stretch& stretch : stretches_) {
    const auto [code, name] = class_of(stretch.way);
    visit({{outline(stretch.squares)}, code, name, false, stretch.place});
  }
  std::int64_t number = 0;
  for (const Block& block : blocks_) {
    ++number;
    std::int64_t part = 0;
    const Knife::Visit take = [&](Polygon&& polygon) {
      const Class& land = draw_class(block.zone, unit(hash_at(seed_ + 10, number, ++part)));
      const bool field = land.code[0] == '0' && land.code[1] == '1';
      visit({std::move(polygon), land.code, land.name, field, block.place});
    };
    Knife(*this, hash_at(seed_ + 11, number, 0), take).cut(block.squares, block.parcels);
  }
}

}  // namespace tuban::scene
