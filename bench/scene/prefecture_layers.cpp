// SPDX-License-Identifier: Apache-2.0
// Reference layers of a prefecture. Field names are those of the survey and planning databases.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "bench/scene/package.h"
#include "bench/scene/prefecture_parts.h"

namespace tuban::scene {
namespace {

/// An iso date some days after the first of 2010.
std::string day(int after) {
  const int month = after / 30;
  return numbered("%04zu-", static_cast<std::size_t>(2010 + month / 12)) +
         numbered("%02zu-", static_cast<std::size_t>(month % 12 + 1)) +
         numbered("%02zu", static_cast<std::size_t>(after % 30 % 28 + 1));
}

/// As an older survey drew it: some of the corners that hardly turn are left out.
Polygon redrawn(const Polygon& polygon, std::uint64_t seed) {
  Polygon out;
  for (const Ring& ring : polygon) {
    Ring fewer;
    bool kept = true;
    for (std::size_t k = 0; k < ring.size(); ++k) {
      const Point a = ring[(k + ring.size() - 1) % ring.size()], b = ring[k], c = ring[(k + 1) % ring.size()];
      const double turn = std::abs((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x)) /
                          (distance(a, b) * distance(b, c) + 1e-9);
      const bool leave = kept && turn < 0.5 && unit(hash_at(seed, static_cast<std::int64_t>(k), 0)) < 0.6;
      if (!leave) fewer.push_back(b);
      kept = !leave;
    }
    out.push_back(fewer.size() < 4 ? ring : fewer);
  }
  return out;
}

class Layers {
 public:
  Layers(const Country& country, const PrefectureOptions& options, Point origin, PrefectureSummary& summary)
      : country_(country),
        options_(options),
        summary_(summary),
        package_(std::filesystem::path(options.folder) / "layers.gpkg", origin),
        random_(options.seed + 211) {
    for (const Block& block : country.blocks())
      by_zone_[static_cast<std::size_t>(block.zone)].push_back(&block);
  }

  Sites write() {
    land_use();
    basic_farmland();
    districts();
    settlements();
    zoning();
    Sites sites;
    sites.approvals = plots("ZZ_NYDZYFW", 5000, 14, 5000);
    plots("ZZ_TDZSFW", 3600, 14, 3600);
    plots("GDGY", 3000, 10, 4200);
    plots("XX_XMZDFW", 120, 30, 5000);
    plots("LSYD", 500, 8, 4700);
    plots("SSNYD", 1800, 5, 4900);
    plots("ZDXM", 90, 60, 5000);
    sites.mines = rights("CKQ", 300, 80, 350, true);
    rights("TKQ", 60, 300, 1200, true);
    rights("GBKS", 90, 60, 250, false);
    rights("XTKZ", 25, 500, 2500, false);
    package_.finish();
    summary_.vertices += package_.vertices();
    return sites;
  }

 private:
  std::size_t count(double at_one) const { return at_scale(at_one, options_.scale); }
  const District& town(int place) const { return country_.towns()[static_cast<std::size_t>(place)]; }
  void done(const char* name) { summary_.features[name] = package_.features(); }
  void code(const char* format) { package_.set("BSM", numbered(format, ++number_)); }
  const Block& draw_block(Zone zone) {
    const auto& among = by_zone_[static_cast<std::size_t>(zone)];
    if (among.empty())
      return country_
          .blocks()[static_cast<std::size_t>(random_.index(static_cast<int>(country_.blocks().size())))];
    return *among[static_cast<std::size_t>(random_.index(static_cast<int>(among.size())))];
  }
  /// The area without and with field ridges, and what they take.
  void areas(const Lot& lot, const char* gross_field, const char* net_field) {
    const double gross = package_.survey_area(lot.polygon);
    double taken = 0;
    package_.set(gross_field, gross);
    if (lot.field) {
      const double ridge = std::round((0.04 + 0.08 * unit(mix(number_ + options_.seed))) * 1e4) / 1e4;
      taken = std::round(gross * ridge * 100) / 100;
      package_.set("KCDLBM", "1203");
      package_.set("KCXS", ridge);
      package_.set("KCMJ", taken);
    }
    package_.set(net_field, std::round((gross - taken) * 100) / 100);
  }

  void land_use() {
    package_.layer("DLTB", {{"BSM", OFTString},
                            {"YSDM", OFTString},
                            {"TBBH", OFTString},
                            {"DLBM", OFTString},
                            {"DLMC", OFTString},
                            {"QSXZ", OFTString},
                            {"QSDWDM", OFTString},
                            {"QSDWMC", OFTString},
                            {"ZLDWDM", OFTString},
                            {"ZLDWMC", OFTString},
                            {"TBMJ", OFTReal},
                            {"KCDLBM", OFTString},
                            {"KCXS", OFTReal},
                            {"KCMJ", OFTReal},
                            {"TBDLMJ", OFTReal},
                            {"SJNF", OFTInteger}});
    number_ = 0;
    country_.each_lot([&](const Lot& lot) {
      const std::string place = town(lot.place).code + "2010000000", name = town(lot.place).name + "第1村";
      code("44070020%010zu");
      package_.set("YSDM", "2001010100");
      package_.set("TBBH", numbered("%08zu", number_));
      package_.set("DLBM", lot.code);
      package_.set("DLMC", lot.name);
      package_.set("QSXZ", "30");
      package_.set("QSDWDM", place);
      package_.set("QSDWMC", name);
      package_.set("ZLDWDM", place);
      package_.set("ZLDWMC", name);
      package_.set("SJNF", 2022);
      areas(lot, "TBMJ", "TBDLMJ");
      package_.add(lot.polygon);
      if (!lot.field) return;
      const Point p = lot.polygon.front().front();
      const double rank = value_noise(options_.seed + 21, p.x, p.y, 2500) +
                          0.3 * unit(hash_at(options_.seed + 22, static_cast<std::int64_t>(number_), 0));
      fields_.emplace_back(-rank, number_);
    });
    done("DLTB");
  }

  /// The fields that lie in the best farmland, some of them as an older survey drew them.
  void basic_farmland() {
    const std::size_t wanted = std::min(count(120000), fields_.size());
    std::sort(fields_.begin(), fields_.end());
    std::vector<bool> chosen(number_ + 1);
    for (std::size_t i = 0; i < wanted; ++i) chosen[fields_[i].second] = true;
    package_.layer("YJJBNTBHTB", {{"BSM", OFTString},
                                  {"YSDM", OFTString},
                                  {"XZQDM", OFTString},
                                  {"XZQMC", OFTString},
                                  {"YJJBNTTBBH", OFTString},
                                  {"DLBM", OFTString},
                                  {"DLMC", OFTString},
                                  {"YJJBNTTBMJ", OFTReal},
                                  {"KCDLBM", OFTString},
                                  {"KCXS", OFTReal},
                                  {"KCMJ", OFTReal},
                                  {"YJJBNTMJ", OFTReal}});
    std::size_t lots = 0;
    number_ = 0;
    country_.each_lot([&](const Lot& lot) {
      if (!chosen[++lots]) return;
      code("44070021%010zu");
      package_.set("YSDM", "2005010300");
      package_.set("XZQDM", town(lot.place).code);
      package_.set("XZQMC", town(lot.place).name);
      package_.set("YJJBNTTBBH", numbered("YN%08zu", number_));
      package_.set("DLBM", lot.code);
      package_.set("DLMC", lot.name);
      areas(lot, "YJJBNTTBMJ", "YJJBNTMJ");
      const std::uint64_t draw = hash_at(options_.seed + 23, static_cast<std::int64_t>(lots), 0);
      package_.add(unit(draw) < 0.15 ? redrawn(lot.polygon, draw) : lot.polygon);
    });
    fields_.clear();
    done("YJJBNTBHTB");
  }

  void districts() {
    package_.layer("XZQ",
                   {{"BSM", OFTString}, {"YSDM", OFTString}, {"XZQDM", OFTString}, {"XZQMC", OFTString}});
    number_ = 0;
    for (const auto* list : {&country_.counties(), &country_.towns()}) {
      for (const District& district : *list) {
        if (district.ground.empty()) continue;
        code("44070010%010zu");
        package_.set("YSDM", "1000600100");
        package_.set("XZQDM", district.code);
        package_.set("XZQMC", district.name);
        package_.add(district.ground);
      }
    }
    done("XZQ");
  }

  void settlements() {
    package_.layer("CZCDYD", {{"BSM", OFTString}, {"CZCSXM", OFTString}, {"CZCMC", OFTString}});
    number_ = 0;
    for (const Zone zone : {Zone::village, Zone::town}) {
      for (const Block* block : by_zone_[static_cast<std::size_t>(zone)]) {
        code("44070030%010zu");
        package_.set("CZCSXM", zone == Zone::town ? "202" : "203");
        package_.set("CZCMC", town(block->place).name);
        package_.add({country_.outline(block->squares)});
      }
    }
    done("CZCDYD");
  }

  /// Redlines follow the hills; reserves and urban boundaries are drawn freely.
  void zoning() {
    package_.layer("STBHHX", {{"BSM", OFTString}, {"HXMC", OFTString}, {"MJ", OFTReal}});
    number_ = 0;
    for (const Polygon& polygon : country_.united([&](Point p) {
           return value_noise(options_.seed + 1, p.x, p.y, 11000) +
                      0.5 * value_noise(options_.seed + 2, p.x, p.y, 3100) >
                  0.35;
         })) {
      code("44070022%010zu");
      package_.set("HXMC", "水源涵养生态保护红线");
      package_.set("MJ", package_.survey_area(polygon));
      package_.add(polygon);
    }
    done("STBHHX");
    package_.layer("ZRBHD", {{"BSM", OFTString}, {"MC", OFTString}, {"LX", OFTString}});
    number_ = 0;
    for (std::size_t i = 0; i < count(40); ++i) {
      code("44070023%010zu");
      package_.set("MC", numbered("示范自然保护地%02zu", number_));
      package_.set("LX", "自然公园");
      package_.add({blob(random_, country_.middle(draw_block(Zone::hills).squares),
                         random_.uniform(400, 2500), 0.4, 400)});
    }
    done("ZRBHD");
    package_.layer("CZKFBJ",
                   {{"BSM", OFTString}, {"GHFQDM", OFTString}, {"GHFQMC", OFTString}, {"MJ", OFTReal}});
    number_ = 0;
    for (const District& one : country_.towns()) {
      const Polygon polygon{blob(random_, one.seat, random_.uniform(700, 1900), 0.5, 300)};
      code("44070024%010zu");
      package_.set("GHFQDM", "101");
      package_.set("GHFQMC", "城镇集中建设区");
      package_.set("MJ", package_.survey_area(polygon));
      package_.add(polygon);
    }
    done("CZKFBJ");
  }

  /// Approvals of one kind with their documents: plots of some `hectares`; a few lie over another.
  std::vector<Point> plots(const char* name, double at_one, int hectares, int last_day) {
    package_.layer(name, {{"DKBH", OFTString},
                          {"DKMC", OFTString},
                          {"DKMJ", OFTReal},
                          {"DZJGH", OFTString},
                          {"PZWH", OFTString},
                          {"PZRQ", OFTDate},
                          {"YXQZ", OFTDate},
                          {"XZQDM", OFTString}});
    std::vector<Point> centres;
    const double side = std::sqrt(hectares * 1e4);
    for (std::size_t i = 1; i <= count(at_one); ++i) {
      const double draw = random_.uniform();
      const Block& block = draw_block(draw < 0.35 ? Zone::village : draw < 0.55 ? Zone::town : Zone::fields);
      const Point middle = country_.middle(block.squares);
      const bool again = !centres.empty() && random_.chance(0.06);
      const Point base = again ? centres.back() : middle;
      const Point centre{base.x + random_.uniform(-0.5, 0.5) * side,
                         base.y + random_.uniform(-0.5, 0.5) * side};
      const double size = side * std::exp(random_.uniform(-1.6, 0.4));
      const Polygon polygon{
          random_.chance(0.6)
              ? rectangle(centre, size, size * random_.uniform(0.4, 1), random_.uniform(0, std::numbers::pi))
              : blob(random_, centre, size / 2, 0.4, 12 + random_.index(30))};
      const int from = static_cast<int>(random_.uniform() * last_day) + 400;
      package_.set("DKBH", numbered("DK%06zu", i));
      package_.set("DKMC", numbered("示范地块%zu", i));
      package_.set("DKMJ", package_.survey_area(polygon));
      package_.set("DZJGH", std::string(name) + numbered("-%07zu", i));
      package_.set("PZWH", numbered("粤府土审〔%zu〕", static_cast<std::size_t>(2010 + from / 360)) +
                               numbered("%zu号", i));
      package_.date("PZRQ", day(from));
      if (random_.chance(0.7)) package_.date("YXQZ", day(from + 720 + 360 * random_.index(4)));
      package_.set("XZQDM", town(block.place).code);
      package_.add(polygon);
      centres.push_back(centre);
    }
    done(name);
    return centres;
  }

  std::vector<Point> rights(const char* name, double at_one, double least, double most, bool terms) {
    package_.layer(name, {{"XKZH", OFTString},
                          {"KSMC", OFTString},
                          {"CKQR", OFTString},
                          {"KZ", OFTString},
                          {"KCFS", OFTString},
                          {"FZRQ", OFTDate},
                          {"QSRQ", OFTDate},
                          {"ZZRQ", OFTDate}});
    std::vector<Point> centres;
    for (std::size_t i = 1; i <= count(at_one); ++i) {
      const Point centre = country_.middle(draw_block(Zone::hills).squares);
      package_.set("XKZH", std::string(name) + numbered("4407002020%07zu", i));
      package_.set("KSMC", numbered("示范%zu号石场", i));
      package_.set("CKQR", numbered("示范矿业公司%zu", i));
      package_.set("KZ", random_.chance(0.8) ? "建筑用花岗岩" : "稀土");
      package_.set("KCFS", random_.chance(0.85) ? "露天开采" : "地下开采");
      if (terms) {
        const int from = random_.index(4700) + 200;
        package_.date("FZRQ", day(from));
        package_.date("QSRQ", day(from));
        package_.date("ZZRQ", day(from + 360 * (1 + random_.index(10))));
      }
      package_.add({blob(random_, centre, random_.uniform(least, most), 0.35, 10 + random_.index(50))});
      centres.push_back(centre);
    }
    done(name);
    return centres;
  }

  const Country& country_;
  const PrefectureOptions& options_;
  PrefectureSummary& summary_;
  Package package_;
  Random random_;
  std::vector<const Block*> by_zone_[5];
  std::vector<std::pair<double, std::size_t>> fields_;  ///< how bad, number in DLTB
  std::size_t number_ = 0;
};

struct Entry {
  const char *role, *layer, *keys;
};

constexpr const char* kDocument = "id: DZJGH, number: PZWH, dated: PZRQ, valid: {from: PZRQ, to: YXQZ}";
constexpr const char* kRight =
    "id: XKZH, class: KZ, mode: KCFS, holder: CKQR, dated: FZRQ, valid: {from: QSRQ, to: ZZRQ}";
constexpr Entry kEntries[] = {
    {"land_use", "DLTB", "id: BSM, class: DLBM, ridge: KCXS"},
    {"basic_farmland", "YJJBNTBHTB", "id: BSM"},
    {"ecological_redline", "STBHHX", "id: BSM, class: HXMC"},
    {"protected_area", "ZRBHD", "id: BSM, class: LX"},
    {"urban_boundary", "CZKFBJ", "id: BSM, class: GHFQMC"},
    {"approved_land", "ZZ_NYDZYFW", kDocument},
    {"acquired_land", "ZZ_TDZSFW", kDocument},
    {"supplied_land", "GDGY", kDocument},
    {"advance_land", "XX_XMZDFW", kDocument},
    {"temporary_land", "LSYD", kDocument},
    {"facility_filing", "SSNYD", kDocument},
    {"major_project", "ZDXM", kDocument},
    {"mining_right", "CKQ", kRight},
    {"exploration_right", "TKQ", kRight},
    {"closed_mine", "GBKS", "id: XKZH, class: KZ"},
    {"special_mineral", "XTKZ", "id: XKZH, class: KZ"},
    {"settlement", "CZCDYD", "id: BSM, class: CZCSXM"},
    {"district", "XZQ", "id: XZQDM, class: XZQMC"},
};

}  // namespace

Sites write_prefecture_layers(const Country& country, const PrefectureOptions& options, Point origin,
                              PrefectureSummary& summary) {
  Sites sites = Layers(country, options, origin, summary).write();
  std::string yaml = "layers:\n";
  for (const Entry& entry : kEntries)
    yaml += std::string("  - {role: ") + entry.role + ", path: layers.gpkg, layer: " + entry.layer + ", " +
            entry.keys + "}\n";
  save(std::filesystem::path(options.folder) / "layers.yaml", yaml);
  return sites;
}

}  // namespace tuban::scene
