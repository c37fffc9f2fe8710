// SPDX-License-Identifier: Apache-2.0
// The fact dictionary: one table, in the order in which facts are listed, bound and explained.
#include "engine/rules/facts.h"

#include <cmath>
#include <unordered_map>

#include "engine/patch/change_type.h"

namespace tuban {
namespace {

using Type = FactInfo::Type;
using Fill = void (*)(const Patch&, FactRow&, std::size_t);

/// A row of the table; `fill` is null for facts measured on layers.
struct Entry {
  FactInfo info;
  Fill fill;
};

void put(FactRow& row, std::size_t fact, double value) {
  row.set(fact, value);
}
void put(FactRow& row, std::size_t fact, const std::string& value) {
  row.set(fact, value);
}
void put(FactRow& row, std::size_t fact, std::int64_t value) {
  row.set(fact, static_cast<double>(value));
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
  put(row, fact, patch.*Member);
}
template <IndexPair Patch::*Index, std::optional<double> IndexPair::*Side>
void fill_index(const Patch& patch, FactRow& row, std::size_t fact) {
  put(row, fact, (patch.*Index).*Side);
}

constexpr std::string_view kNever = "never";
constexpr std::string_view kNoCrs = "the scenes have no CRS";
constexpr std::string_view kNoRole = "a band role it needs is missing";
constexpr std::string_view kUnmeasured =
    "no shift was measured: --register off, or too little that both scenes show";
constexpr std::string_view kNoDate = "the scene has no date";
constexpr std::string_view kNoLayers =
    "a layer of either role is missing, or an approval has validity and the patch no date";
constexpr std::string_view kNoValidity =
    "no layer of this role is given, or a feature here has validity and the patch no date";
constexpr std::string_view kApprovals = "land_use + approved_land";
constexpr std::string_view kBasicApprovals = "basic_farmland + approved_land";

#define TUBAN_INDEX(name, zh_name, en_name)                                                    \
  {{#name "_before", Type::number, "", "前时相" zh_name, en_name " before", "patch", kNoRole}, \
   fill_index<&Patch::name, &IndexPair::before>},                                              \
  {                                                                                            \
    {#name "_after", Type::number, "", "后时相" zh_name, en_name " after", "patch", kNoRole},  \
        fill_index<&Patch::name, &IndexPair::after>                                            \
  }

// clang-format off
const Entry kEntries[] = {
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

  {{"farmland_m2", Type::number, "m2", "占耕地面积", "area on farmland (DLBM 01*), gross", "land_use", kNoValidity}, nullptr},
  {{"farmland_net_m2", Type::number, "m2", "占耕地净面积", "area on farmland less field ridges (KCXS)", "land_use", "no land_use layer with a ridge field is given"}, nullptr},
  {{"farmland_share", Type::number, "", "占耕地比例", "share of the patch on farmland", "land_use", kNoValidity}, nullptr},
  {{"agricultural_m2", Type::number, "m2", "占农用地面积", "area on agricultural land", "land_use", kNoValidity}, nullptr},
  {{"construction_land_m2", Type::number, "m2", "占建设用地面积", "area on construction land", "land_use", kNoValidity}, nullptr},
  {{"unused_m2", Type::number, "m2", "占未利用地面积", "area on unused land", "land_use", kNoValidity}, nullptr},
  {{"recorded_mining_m2", Type::number, "m2", "占采矿用地面积", "area on recorded mining land (DLBM 0602)", "land_use", kNoValidity}, nullptr},
  {{"land_class", Type::text, "", "主要地类", "code of the largest land class, '' where none", "land_use", kNoValidity}, nullptr},
  {{"basic_farmland_m2", Type::number, "m2", "占永久基本农田面积", "area on permanent basic farmland, from 1 m2", "basic_farmland", kNoValidity}, nullptr},
  {{"basic_farmland_share", Type::number, "", "占永久基本农田比例", "share of the patch on permanent basic farmland", "basic_farmland", kNoValidity}, nullptr},
  {{"approved_m2", Type::number, "m2", "批准范围内面积", "area inside approvals valid at the after-date", "approved_land", kNoValidity}, nullptr},
  {{"approved_share", Type::number, "", "批准范围内比例", "share of the patch inside valid approvals", "approved_land", kNoValidity}, nullptr},
  {{"approved_expired_m2", Type::number, "m2", "批准已过期面积", "area inside expired and outside valid approvals", "approved_land", kNoValidity}, nullptr},
  {{"approved_pending_m2", Type::number, "m2", "批准未生效面积", "area inside approvals not yet valid and outside valid ones", "approved_land", kNoValidity}, nullptr},
  {{"unapproved_m2", Type::number, "m2", "批准范围外面积", "area outside every valid approval", "approved_land", kNoValidity}, nullptr},
  {{"unapproved_share", Type::number, "", "批准范围外比例", "share of the patch outside every valid approval", "approved_land", kNoValidity}, nullptr},
  {{"farmland_unapproved_m2", Type::number, "m2", "未经批准占耕地面积", "area on farmland outside every valid approval", kApprovals, kNoLayers}, nullptr},
  {{"basic_farmland_unapproved_m2", Type::number, "m2", "未经批准占永久基本农田面积", "area on permanent basic farmland outside every valid approval", kBasicApprovals, kNoLayers}, nullptr},
  {{"mining_right_m2", Type::number, "m2", "有效采矿权内面积", "area inside mining rights valid at the after-date", "mining_right", kNoValidity}, nullptr},
  {{"mining_right_share", Type::number, "", "有效采矿权内比例", "share of the patch inside valid mining rights", "mining_right", kNoValidity}, nullptr},
  {{"mining_right_expired_m2", Type::number, "m2", "过期采矿权内面积", "area inside expired and outside valid mining rights", "mining_right", kNoValidity}, nullptr},
  {{"mining_right_pending_m2", Type::number, "m2", "未生效采矿权内面积", "area inside mining rights not yet valid and outside valid ones", "mining_right", kNoValidity}, nullptr},
  {{"mining_right_outside_m2", Type::number, "m2", "采矿权外面积", "area outside every valid mining right", "mining_right", kNoValidity}, nullptr},
  {{"mining_right_beyond_m2", Type::number, "m2", "越出采矿权面积", "area more than 10 m outside every valid mining right", "mining_right", kNoValidity}, nullptr},
  {{"mining_right_distance_m", Type::number, "m", "距有效采矿权距离", "distance to the nearest valid mining right of the job's extent, 0 inside, infinite where there is none", "mining_right", kNoValidity}, nullptr},
  {{"ecological_redline_m2", Type::number, "m2", "占生态保护红线面积", "area inside the ecological redline, from 1 m2", "ecological_redline", kNoValidity}, nullptr},
  {{"ecological_redline_share", Type::number, "", "占生态保护红线比例", "share of the patch inside the ecological redline", "ecological_redline", kNoValidity}, nullptr},
};
// clang-format on
#undef TUBAN_INDEX

const std::unordered_map<std::string_view, std::size_t>& positions() {
  static const auto map = [] {
    std::unordered_map<std::string_view, std::size_t> result;
    for (const auto& entry : kEntries) result.emplace(entry.info.name, result.size());
    return result;
  }();
  return map;
}

}  // namespace

const std::vector<FactInfo>& fact_dictionary() {
  static const auto facts = [] {
    std::vector<FactInfo> result;
    for (const auto& entry : kEntries) result.push_back(entry.info);
    return result;
  }();
  return facts;
}

const std::vector<std::string_view>& fact_names() {
  static const auto names = [] {
    std::vector<std::string_view> result;
    for (const auto& entry : kEntries) result.push_back(entry.info.name);
    return result;
  }();
  return names;
}

const std::vector<std::string_view>& fact_vocabulary(std::string_view fact) {
  static const std::vector<std::string_view> none;
  static const std::vector<std::string_view> directions{
      "vegetation_loss", "vegetation_gain", "to_water", "from_water", "brightening", "darkening", "unknown"};
  static const std::vector<std::string_view> types(kChangeTypes.begin(), kChangeTypes.end());
  if (fact == "direction") return directions;
  if (fact == "change_type") return types;
  return none;
}

std::optional<std::size_t> find_fact(std::string_view name) {
  const auto found = positions().find(name);
  if (found == positions().end()) return std::nullopt;
  return found->second;
}

std::size_t fact_index(std::string_view name) {
  return positions().at(name);
}

std::vector<std::string_view> fact_roles(const FactInfo& fact) {
  std::vector<std::string_view> roles;
  constexpr std::string_view kAnd = " + ";
  auto rest = fact.source;
  if (rest == "patch") return roles;
  for (auto at = rest.find(kAnd); at != std::string_view::npos; at = rest.find(kAnd)) {
    roles.push_back(rest.substr(0, at));
    rest.remove_prefix(at + kAnd.size());
  }
  roles.push_back(rest);
  return roles;
}

FactRow::FactRow() : values_(std::size(kEntries)) {}

void FactRow::set(std::size_t fact, double number) {
  if (std::isnan(number)) return;
  auto& value = values_[fact];
  value.kind = FactValue::Kind::number;
  value.number = number;
}

void FactRow::set(std::size_t fact, std::string text) {
  auto& value = values_[fact];
  value.kind = FactValue::Kind::text;
  value.text = std::move(text);
}

void set_patch_facts(const Patch& patch, FactRow& row) {
  for (std::size_t i = 0; i < std::size(kEntries); ++i) {
    if (kEntries[i].fill != nullptr) kEntries[i].fill(patch, row, i);
  }
}

}  // namespace tuban
