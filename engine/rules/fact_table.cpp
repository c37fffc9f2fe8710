// SPDX-License-Identifier: Apache-2.0
// The fact dictionary: what rules may speak of, in the order in which facts are listed, bound and explained.
#include "engine/rules/fact_table.h"

#include <chrono>
#include <deque>
#include <type_traits>

#include "engine/patch/change_type.h"
#include "engine/rules/iso_date.h"
#include "engine/rules/roles.h"

namespace tuban {
namespace {

using Type = FactInfo::Type;

void put(FactRow& row, std::size_t fact, double value) {
  row.set(fact, value);
}
// Of a patch made elsewhere what only pixels tell is empty.
void put(FactRow& row, std::size_t fact, const std::string& value) {
  if (!value.empty()) row.set(fact, value);
}
void put(FactRow& row, std::size_t fact, std::int64_t value) {
  if (value != 0) row.set(fact, static_cast<double>(value));
}
void put(FactRow& row, std::size_t fact, bool value) {
  row.set(fact, value ? 1.0 : 0.0);
}
template <typename T>
void put(FactRow& row, std::size_t fact, const std::optional<T>& value) {
  if (value) put(row, fact, *value);
}

template <auto Member>
void fill(const Patch& patch, FactRow& row, std::size_t fact) {
  if constexpr (std::is_same_v<decltype(Member), bool Patch::*>) {
    if (patch.change_type.empty()) return;  // both follow from it
  }
  put(row, fact, patch.*Member);
}
template <IndexPair Patch::*Index, std::optional<double> IndexPair::*Side>
void fill_index(const Patch& patch, FactRow& row, std::size_t fact) {
  put(row, fact, (patch.*Index).*Side);
}

void fill_width(const Patch& patch, FactRow& row, std::size_t fact) {
  if (patch.perimeter_px > 0) row.set(fact, 2 * static_cast<double>(patch.area_px) / patch.perimeter_px);
}

std::optional<std::chrono::sys_days> day_of(const std::optional<std::string>& date) {
  const auto text = date ? date->substr(0, 10) : std::string();
  if (!is_iso_date(text)) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t size) { return std::stoi(text.substr(at, size)); };
  return std::chrono::sys_days(std::chrono::year(part(0, 4)) / part(5, 2) / part(8, 2));
}

void fill_days(const Patch& patch, FactRow& row, std::size_t fact) {
  const auto before = day_of(patch.before_date), after = day_of(patch.after_date);
  if (before && after) row.set(fact, static_cast<double>((*after - *before).count()));
}

void fill_built_before(const Patch& patch, FactRow& row, std::size_t fact) {
  RoleMeans mean, sd;
  for (const auto& band : patch.spectra) {
    std::optional<double> RoleMeans::*const role = band.role == BandRole::blue    ? &RoleMeans::blue
                                                   : band.role == BandRole::green ? &RoleMeans::green
                                                   : band.role == BandRole::red   ? &RoleMeans::red
                                                   : band.role == BandRole::nir   ? &RoleMeans::nir
                                                                                  : nullptr;
    if (role == nullptr || mean.*role) continue;
    mean.*role = band.mean_before;
    sd.*role = band.sd_before;
  }
  put(row, fact, looks_built(mean, sd));
}

constexpr std::string_view kNever = "the patch was made elsewhere and only pixels tell";
constexpr std::string_view kNoCrs = "the scenes have no CRS";
constexpr std::string_view kNoRole = "a band role it needs is missing";
constexpr std::string_view kUnmeasured =
    "no shift was measured: --register off, or too little that both scenes show";
constexpr std::string_view kNoDate = "the scene has no date";
constexpr std::string_view kNoValidity =
    "no layer of this role is given, or a feature here has validity and the patch no date";
constexpr std::string_view kNoneOfThem =
    "no layer of any of these roles is given, or a feature here has validity and the patch no date";
constexpr std::string_view kNoLayers =
    "a layer it needs is missing, or a feature here has validity and the patch no date";
constexpr std::string_view kNoEarlier = "no earlier batch is given (--previous)";
constexpr std::string_view kApprovals = "approved_land | advance_land | temporary_land";
constexpr std::string_view kLandApprovals = "land_use + approved_land | advance_land | temporary_land";
constexpr std::string_view kBasicApprovals = "basic_farmland + approved_land | advance_land | temporary_land";
constexpr std::string_view kConversionSupply = "approved_land + supplied_land";

#define TUBAN_INDEX(name, zh_name, en_name)                                                    \
  {{#name "_before", Type::number, "", "前时相" zh_name, en_name " before", "patch", kNoRole}, \
   fill_index<&Patch::name, &IndexPair::before>},                                              \
  {                                                                                            \
    {#name "_after", Type::number, "", "后时相" zh_name, en_name " after", "patch", kNoRole},  \
        fill_index<&Patch::name, &IndexPair::after>                                            \
  }

// clang-format off
const FactEntry kOfPatch[] = {
  {{"area_m2", Type::number, "m2", "椭球面积", "official ellipsoidal area, unrounded", "patch", kNoCrs}, fill<&Patch::area_m2>},
  {{"area_geod_m2", Type::number, "m2", "测地面积", "geodesic area (Karney 2013)", "patch", kNoCrs}, fill<&Patch::area_geod_m2>},
  {{"area_mu", Type::number, "mu", "面积(亩)", "area in mu: m2 * 3 / 2000", "patch", kNoCrs}, fill<&Patch::area_mu>},
  {{"area_px", Type::number, "px", "像元数", "area in pixels", "patch", kNever}, fill<&Patch::area_px>},
  {{"perimeter_m", Type::number, "m", "周长", "geodesic length of all rings", "patch", kNoCrs}, fill<&Patch::perimeter_m>},
  {{"perimeter_px", Type::number, "px", "周长(像元边)", "length of the outline in pixel sides", "patch", kNever}, fill<&Patch::perimeter_px>},
  {{"compactness", Type::number, "", "紧凑度", "4 pi A / P^2 of the pixel outline", "patch", kNever}, fill<&Patch::compactness>},
  {{"elongation", Type::number, "", "伸长度", "ratio of principal axes, >= 1", "patch", kNever}, fill<&Patch::elongation>},
  {{"direction", Type::text, "", "变化方向", "direction of the spectral change", "patch", kNever}, fill<&Patch::direction>},
  {{"change_type", Type::text, "", "变化类型", "type of change, C10 ... C99", "patch", kNever}, fill<&Patch::change_type>},
  {{"type_confidence", Type::number, "", "类型置信度", "confidence in the type, 0 to 1", "patch", kNever}, fill<&Patch::type_confidence>},
  {{"construction_like", Type::boolean, "", "疑似建设", "the type is one of C10 to C17", "patch", kNever}, fill<&Patch::construction_like>},
  {{"earthwork_like", Type::boolean, "", "疑似动土", "the type is C11, C30 or C31", "patch", kNever}, fill<&Patch::earthwork_like>},
  {{"confidence", Type::number, "", "变化置信度", "confidence that this is change, 0 to 1", "patch", kNever}, fill<&Patch::confidence>},
  {{"score_mean", Type::number, "", "平均得分", "mean score of the pixels", "patch", kNever}, fill<&Patch::score_mean>},
  {{"score_max", Type::number, "", "最高得分", "highest score of the pixels", "patch", kNever}, fill<&Patch::score_max>},
  {{"edge_share", Type::number, "", "贴边比例", "share of the outline at invalid pixels or the frame", "patch", kNever}, fill<&Patch::edge_share>},
  {{"valid_share", Type::number, "", "可见边界比例", "share of the outline, less the raster's frame, beyond which the ground is seen: no cloud mask, no nodata", "patch", "the whole outline is the raster's frame"}, fill<&Patch::valid_share>},
  {{"registration_px", Type::number, "px", "配准残差", "how far the scenes lie apart after correction, one figure for all patches", "patch", kUnmeasured}, fill<&Patch::registration_px>},
  TUBAN_INDEX(ndvi, "植被指数", "vegetation index NDVI"),
  TUBAN_INDEX(ndwi, "水体指数", "water index NDWI"),
  TUBAN_INDEX(mndwi, "改进水体指数", "modified water index MNDWI"),
  TUBAN_INDEX(ndbi, "建筑指数", "built-up index NDBI"),
  TUBAN_INDEX(bsi, "裸土指数", "bare soil index BSI"),
  TUBAN_INDEX(brightness, "亮度", "brightness"),
  {{"before_date", Type::text, "date", "前时相日期", "date of the first scene, yyyy-mm-dd", "patch", kNoDate}, fill<&Patch::before_date>},
  {{"after_date", Type::text, "date", "后时相日期", "date of the second scene, yyyy-mm-dd", "patch", kNoDate}, fill<&Patch::after_date>},
  {{"mean_width_px", Type::number, "px", "平均宽度", "2 area / perimeter in pixels: how wide a band would be", "patch", kNever}, fill_width},
  {{"days_between", Type::number, "days", "时相间隔天数", "days from the first date to the second", "patch", "a scene has no date"}, fill_days},
  {{"built_before", Type::boolean, "", "前时相疑似已建设", "the earlier image looks built up or bare rock already: pale, without plants or water, and uneven", "patch", kNoRole}, fill_built_before},
  {{"off_nadir_deg", Type::number, "degrees", "侧摆角", "view angle of the later image, 0 straight down", "image_metadata", "whoever made the patch does not say"}, fill<&Patch::off_nadir_deg>},
  {{"height_change_m", Type::number, "m", "高程变化", "change of the ground's height, falling below 0", "height_pair", "no height pair: flat images do not tell heights"}, fill<&Patch::height_change_m>},
  {{"earlier_patch_m2", Type::number, "m2", "与上期图斑重叠面积", "area on patches of earlier batches", "earlier_patch", kNoEarlier}, fill<&Patch::earlier_m2>},
  {{"earlier_patch_share", Type::number, "", "与上期图斑重叠比例", "share of the patch on patches of earlier batches", "earlier_patch", kNoEarlier}, fill<&Patch::earlier_share>},
  {{"earlier_suspected_share", Type::number, "", "与上期疑似图斑重叠比例", "share of the patch on earlier patches of severity S3 or S4", "earlier_patch", kNoEarlier}, fill<&Patch::earlier_suspected_share>},
  {{"first_seen_date", Type::text, "date", "首次发现日期", "when change was first seen here, yyyy-mm-dd; its own after-date where nothing lay here before", "earlier_patch", kNoEarlier}, fill<&Patch::first_seen_date>},
  {{"lineage_status", Type::text, "", "更新类型", "new, continued, grown, shrunk, split or merged", "earlier_patch", kNoEarlier}, fill<&Patch::lineage_status>},
};

/// Facts that one role alone has, or that several make together; they follow the uniform ones of the first
/// role they name.
const FactInfo kOfLayers[] = {
  {"farmland_m2", Type::number, "m2", "占耕地面积", "area on farmland (DLBM 01*), gross", "land_use", kNoValidity},
  {"farmland_net_m2", Type::number, "m2", "占耕地净面积", "area on farmland less field ridges (KCXS of 0101 to 0103)", "land_use", "no land_use layer with a ridge field is given"},
  {"farmland_share", Type::number, "", "占耕地比例", "share of the patch on farmland", "land_use", kNoValidity},
  {"agricultural_m2", Type::number, "m2", "占农用地面积", "area on agricultural land", "land_use", kNoValidity},
  {"construction_land_m2", Type::number, "m2", "占建设用地面积", "area on construction land", "land_use", kNoValidity},
  {"unused_m2", Type::number, "m2", "占未利用地面积", "area on unused land", "land_use", kNoValidity},
  {"recorded_mining_m2", Type::number, "m2", "占采矿用地面积", "area on recorded mining land (DLBM 0602)", "land_use", kNoValidity},
  {"homestead_m2", Type::number, "m2", "占农村宅基地面积", "area on rural homesteads (DLBM 0702)", "land_use", kNoValidity},
  {"water_m2", Type::number, "m2", "占水域面积", "area on water and tidal flats (DLBM 1101 to 1106)", "land_use", kNoValidity},
  {"facility_land_m2", Type::number, "m2", "占设施农用地面积", "area on recorded land of agricultural facilities (DLBM 1202)", "land_use", kNoValidity},
  {"land_class", Type::text, "", "主要地类", "code of the largest land class, '' where none", "land_use", kNoValidity},
  {"farmland_unapproved_m2", Type::number, "m2", "未经批准占耕地面积", "area on farmland outside every valid approval", kLandApprovals, kNoLayers},
  {"basic_farmland_net_m2", Type::number, "m2", "占永久基本农田净面积", "area on permanent basic farmland less field ridges (the layer's own KCXS)", "basic_farmland", "no basic_farmland layer with a ridge field is given"},
  {"basic_farmland_unapproved_m2", Type::number, "m2", "未经批准占永久基本农田面积", "area on permanent basic farmland outside every valid approval", kBasicApprovals, kNoLayers},
  {"urban_boundary_outside_share", Type::number, "", "城镇开发边界外比例", "share of the patch outside the urban development boundary", "urban_boundary", kNoValidity},
  {"approved_m2", Type::number, "m2", "批准范围内面积", "area inside approvals of any of these roles valid at the after-date", kApprovals, kNoneOfThem},
  {"approved_share", Type::number, "", "批准范围内比例", "share of the patch inside valid approvals", kApprovals, kNoneOfThem},
  {"approved_expired_m2", Type::number, "m2", "批准已过期面积", "area inside expired and outside valid approvals", kApprovals, kNoneOfThem},
  {"approved_pending_m2", Type::number, "m2", "批准未生效面积", "area inside approvals not yet valid and outside valid ones", kApprovals, kNoneOfThem},
  {"unapproved_m2", Type::number, "m2", "批准范围外面积", "area outside every valid approval", kApprovals, kNoneOfThem},
  {"unapproved_share", Type::number, "", "批准范围外比例", "share of the patch outside every valid approval", kApprovals, kNoneOfThem},
  {"conversion_and_supply_m2", Type::number, "m2", "转用与供地齐全面积", "area inside both a valid conversion and a valid supply", kConversionSupply, kNoLayers},
  {"conversion_only_m2", Type::number, "m2", "只有农转用面积", "area inside a valid conversion and outside every valid supply", kConversionSupply, kNoLayers},
  {"supply_only_m2", Type::number, "m2", "只有供地面积", "area inside a valid supply and outside every valid conversion", kConversionSupply, kNoLayers},
  {"temporary_land_overdue_m2", Type::number, "m2", "临时用地过期逾一年面积", "area inside temporary use that ended more than a year before the after-date, and outside valid ones", "temporary_land", kNoValidity},
  {"mining_right_outside_m2", Type::number, "m2", "采矿权外面积", "area outside every valid mining right", "mining_right", kNoValidity},
  {"mining_right_beyond_m2", Type::number, "m2", "越出采矿权面积", "area more than 10 m outside every valid mining right", "mining_right", kNoValidity},
  {"mining_right_distance_m", Type::number, "m", "距有效采矿权距离", "distance to the nearest valid mining right of the job's extent, 0 inside, infinite where there is none", "mining_right", kNoValidity},
  {"mining_right_underground_m2", Type::number, "m2", "地下开采采矿权内面积", "area inside valid mining rights worked underground", "mining_right", "a mining_right layer has no field that says how it is worked (mode), or as above"},
  {"settlement_village_share", Type::number, "", "村庄(203)范围内比例", "share of the patch on village land (CZCSXM 203*)", "settlement", "no settlement layer with a class field is given"},
  {"district_share", Type::number, "", "行政区内比例", "share of the patch inside any district", "district", kNoValidity},
  {"county_code", Type::text, "", "县级代码", "first 6 digits of the district with the largest share, '' where none", "district", "no district layer with an id field is given"},
  {"town_code", Type::text, "", "乡镇代码", "first 9 digits of the district with the largest share, '' where none", "district", "no district layer with an id field is given"},
};
// clang-format on
#undef TUBAN_INDEX

bool is_uniform(const Role& role) {
  switch (role.family) {
    case RoleFamily::land_use:
    case RoleFamily::district:
    case RoleFamily::opaque:
    case RoleFamily::earlier:
      return false;
    default:
      return true;
  }
}

bool has_states(const Role& role) {
  return role.family == RoleFamily::evidence || role.family == RoleFamily::right;
}

}  // namespace

FactTable::FactTable() {
  for (const auto& entry : kOfPatch) entries_.push_back(entry);
  for (const auto& role : roles()) {
    if (is_uniform(role)) add_uniform(role);
    for (const auto& info : kOfLayers) {
      if (info.source.substr(0, info.source.find(' ')) == role.name) entries_.push_back({info, nullptr});
    }
  }
  for (const auto& entry : entries_) positions_.emplace(entry.info.name, positions_.size());
}

std::string_view FactTable::kept(std::string text) {
  return texts_.emplace_back(std::move(text));
}

/// What every role has that ground lies inside or outside of.
void FactTable::add_uniform(const Role& role) {
  const std::string name(role.name), zh(role.zh), en(role.en);
  const auto add = [&](const char* ending, std::string_view unit, const std::string& in_zh,
                       const std::string& in_en) {
    entries_.push_back(
        {{kept(name + ending), Type::number, unit, kept(in_zh), kept(in_en), role.name, kNoValidity},
         nullptr});
    return entries_.size() - 1;
  };
  const std::string from = role.family == RoleFamily::strict ? ", from 1 m2" : "";
  const std::string when = has_states(role) ? " valid at the after-date" : "";
  RoleFacts facts{role.name, role.family, 0, 0, {}, {}};
  facts.area = add("_m2", "m2", zh + "内面积", "area inside " + en + when + from);
  facts.share = add("_share", "", zh + "内比例", "share of the patch inside " + en + when);
  if (has_states(role)) {
    facts.expired =
        add("_expired_m2", "m2", "过期" + zh + "内面积", "area inside expired and outside valid: " + en);
    facts.pending = add("_pending_m2", "m2", "未生效" + zh + "内面积",
                        "area inside not yet valid and outside valid: " + en);
  }
  by_role_.push_back(facts);
}

const FactTable& FactTable::the() {
  static const FactTable table;
  return table;
}

}  // namespace tuban
