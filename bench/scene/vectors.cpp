// SPDX-License-Identifier: Apache-2.0
// Reference layers, truth and the job of a scene. Field names are those of the survey and planning databases.
#include <cmath>
#include <filesystem>

#include "bench/scene/noise.h"
#include "bench/scene/package.h"
#include "bench/scene/write.h"

namespace tuban::scene {
namespace {

struct Class {
  const char *code, *name;
};

Class class_of(Cover cover) {
  switch (cover) {
    case Cover::paddy:
      return {"0101", "水田"};
    case Cover::dry_field:
      return {"0103", "旱地"};
    case Cover::pond:
      return {"1104", "坑塘水面"};
    case Cover::track:
      return {"1006", "农村道路"};
    case Cover::highway:
      return {"1003", "公路用地"};
    case Cover::river:
      return {"1101", "河流水面"};
    case Cover::forest:
      return {"0301", "乔木林地"};
    case Cover::village:
      return {"0702", "农村宅基地"};
    case Cover::industry:
      return {"0601", "工业用地"};
    case Cover::pit:
      return {"0602", "采矿用地"};
  }
  return {"1207", "裸岩石砾地"};
}

const char* name_of(CropState state) {
  static constexpr const char* kNames[] = {"growing", "ripe", "stubble", "flooded"};
  return kNames[static_cast<std::size_t>(state)];
}

void write_land_use(Package& package, const Layout& layout) {
  package.layer("DLTB", {{"BSM", OFTString},
                         {"YSDM", OFTString},
                         {"TBBH", OFTString},
                         {"DLBM", OFTString},
                         {"DLMC", OFTString},
                         {"QSXZ", OFTString},
                         {"ZLDWDM", OFTString},
                         {"ZLDWMC", OFTString},
                         {"TBMJ", OFTReal},
                         {"KCDLBM", OFTString},
                         {"KCXS", OFTReal},
                         {"KCMJ", OFTReal},
                         {"TBDLMJ", OFTReal},
                         {"SJNF", OFTInteger}});
  std::size_t number = 0;
  for (const Parcel& parcel : layout.parcels) {
    ++number;
    const Class land = class_of(parcel.cover);
    const double gross = package.survey_area(parcel.polygon);
    package.set("BSM", numbered("44070020%010zu", number));
    package.set("YSDM", "2001010100");
    package.set("TBBH", numbered("%08zu", number));
    package.set("DLBM", land.code);
    package.set("DLMC", land.name);
    package.set("QSXZ", parcel.cover == Cover::highway || parcel.cover == Cover::river ? "20" : "30");
    package.set("ZLDWDM", "4407001010010000000");
    package.set("ZLDWMC", "示范村");
    package.set("TBMJ", gross);
    package.set("SJNF", 2022);
    double deducted = 0;
    if (parcel.cover == Cover::paddy || parcel.cover == Cover::dry_field) {
      const double draw = unit(hash_at(layout.seed + 31, static_cast<std::int64_t>(number), 0));
      const double ridge = std::round((0.04 + 0.08 * draw) * 10000) / 10000;
      deducted = std::round(gross * ridge * 100) / 100;
      package.set("KCDLBM", "1203");
      package.set("KCXS", ridge);
      package.set("KCMJ", deducted);
    }
    package.set("TBDLMJ", std::round((gross - deducted) * 100) / 100);
    package.add(parcel.polygon);
  }
}

}  // namespace

void write_layers(const Layout& layout, const Options& options) {
  const std::filesystem::path folder(options.folder);
  Package package(folder / "layers.gpkg", {layout.left, layout.top});
  write_land_use(package, layout);
  package.layer("YJJBNTBHTB", {{"BSM", OFTString}, {"YJJBNTTBBH", OFTString}, {"YJJBNTTBMJ", OFTReal}});
  std::size_t number = 0;
  for (const Polygon& polygon : layout.basic_farmland) {
    ++number;
    package.set("BSM", numbered("44070021%010zu", number));
    package.set("YJJBNTTBBH", numbered("YN%08zu", number));
    package.set("YJJBNTTBMJ", package.survey_area(polygon));
    package.add(polygon);
  }
  package.layer("ZZ_NYDZYFW",
                {{"DKBH", OFTString}, {"DZJGH", OFTString}, {"DKMJ", OFTReal}, {"PZRQ", OFTDate}});
  number = 0;
  for (const Approval& approval : layout.approvals) {
    package.set("DKBH", numbered("DK%06zu", ++number));
    package.set("DZJGH", approval.number);
    package.set("DKMJ", package.survey_area(approval.polygon));
    package.date("PZRQ", approval.date);
    package.add(approval.polygon);
  }
  package.layer("CKQ", {{"XKZH", OFTString},
                        {"KSMC", OFTString},
                        {"KZ", OFTString},
                        {"KCFS", OFTString},
                        {"QSRQ", OFTDate},
                        {"ZZRQ", OFTDate}});
  number = 0;
  for (const Licence& licence : layout.licences) {
    package.set("XKZH", licence.number);
    package.set("KSMC", numbered("示范%zu号石场", ++number));
    package.set("KZ", "建筑用花岗岩");
    package.set("KCFS", "露天开采");
    package.date("QSRQ", licence.from);
    package.date("ZZRQ", licence.to);
    package.add(licence.polygon);
  }
  package.layer("STBHHX", {{"BSM", OFTString}, {"HXMC", OFTString}, {"MJ", OFTReal}});
  number = 0;
  for (const Polygon& polygon : layout.redline) {
    package.set("BSM", numbered("44070022%010zu", ++number));
    package.set("HXMC", "水源涵养生态保护红线");
    package.set("MJ", package.survey_area(polygon));
    package.add(polygon);
  }
  package.finish();
  save(folder / "layers.yaml",
       "layers:\n"
       "  - role: land_use\n    path: layers.gpkg\n    layer: DLTB\n    id: BSM\n    class: DLBM\n    ridge: "
       "KCXS\n"
       "  - role: basic_farmland\n    path: layers.gpkg\n    layer: YJJBNTBHTB\n    id: BSM\n"
       "  - role: approved_land\n    path: layers.gpkg\n    layer: ZZ_NYDZYFW\n    id: DZJGH\n"
       "    valid: {from: PZRQ}\n"
       "  - role: mining_right\n    path: layers.gpkg\n    layer: CKQ\n    id: XKZH\n    class: KZ\n"
       "    valid: {from: QSRQ, to: ZZRQ}\n"
       "  - role: ecological_redline\n    path: layers.gpkg\n    layer: STBHHX\n    id: BSM\n");
}

void write_truth(const Layout& layout, const Options& options) {
  Package package(std::filesystem::path(options.folder) / "truth.gpkg", {layout.left, layout.top});
  package.layer("planted", {{"id", OFTString},
                            {"kind", OFTString},
                            {"situation", OFTString},
                            {"change_types", OFTString},
                            {"must_fire", OFTString},
                            {"must_not_fire", OFTString},
                            {"area_m2", OFTReal}});
  std::size_t number = 0;
  for (const Planted& planted : layout.planted) {
    package.set("id", numbered("P%04zu", ++number));
    package.set("kind", planted.kind);
    package.set("situation", planted.situation);
    package.set("change_types", planted.change_types);
    package.set("must_fire", planted.must_fire);
    package.set("must_not_fire", planted.must_not_fire);
    package.set("area_m2", package.survey_area(planted.polygon));
    package.add(planted.polygon);
  }
  package.layer("paddies", {{"state_before", OFTString},
                            {"state_after", OFTString},
                            {"changed", OFTInteger},
                            {"lost_green", OFTInteger},
                            {"area_m2", OFTReal}});
  for (const Parcel& parcel : layout.parcels) {
    if (parcel.cover != Cover::paddy) continue;
    package.set("state_before", name_of(parcel.before));
    package.set("state_after", name_of(parcel.after));
    package.set("changed", parcel.changed_state() ? 1 : 0);
    package.set("lost_green", parcel.lost_green() ? 1 : 0);
    package.set("area_m2", package.survey_area(parcel.polygon));
    package.add(parcel.polygon);
  }
  package.finish();
}

void write_job(const Options& options) {
  save(std::filesystem::path(options.folder) / "job.yaml",
       std::string("before: before.tif\nafter: after.tif\nbefore_date: ") + kBeforeDate +
           "\nafter_date: " + kAfterDate +
           (options.validity == "files" ? "\nbefore_valid: before_valid.tif\nafter_valid: after_valid.tif"
                                        : "") +
           "\nlayers: [layers.yaml]\n" + "output: result.gpkg\nmask: mask.tif\n");
}

}  // namespace tuban::scene
