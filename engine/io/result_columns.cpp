// SPDX-License-Identifier: Apache-2.0
#include "engine/io/result_columns.h"

#include <array>

namespace tuban {

namespace {

using enum ColumnType;

/// What the getters of a row may look at; lists are joined once per row.
struct PatchRow {
  const Patch& patch;
  std::int64_t rank;
  const Marks& marks;
  std::string joined_marks, fired_rules;
};

using Getter = Cell (*)(const PatchRow&);

struct PatchColumn {
  Column column;
  Getter get;
};

Cell text_of(const std::string& value) {
  return value.c_str();
}

// One line per column: name and getter cannot come apart.
const PatchColumn kPatchColumns[] = {
    {{"patch_id", "patch_id", "图斑编号"}, [](const PatchRow& r) { return text_of(r.patch.patch_id); }},
    {{"region_id", "region_id", "区域编号", integer},
     [](const PatchRow& r) { return Cell(static_cast<std::int64_t>(r.patch.region_id)); }},
    {{"lineage_id", "lineage_id", "沿革编号"}, [](const PatchRow& r) { return text_of(r.patch.lineage_id); }},
    {{"rank", "rank", "优先次序", integer}, [](const PatchRow& r) { return Cell(r.rank); }},
    {{"marks", "marks", "疑似标记"}, [](const PatchRow& r) { return text_of(r.joined_marks); }},
    {{"severity", "severity", "疑似程度"}, [](const PatchRow& r) { return text_of(r.marks.severity); }},
    {{"rules", "rules", "命中规则"}, [](const PatchRow& r) { return text_of(r.fired_rules); }},
    {{"area_px", "area_px", "像元数", integer}, [](const PatchRow& r) { return Cell(r.patch.area_px); }},
    {{"area_m2", "area_m2", "椭球面积（平方米）", real, 4},
     [](const PatchRow& r) { return number_cell(r.patch.area_m2); }},
    {{"area_geod_m2", "area_geod", "测地面积（平方米）", real, 4},
     [](const PatchRow& r) { return number_cell(r.patch.area_geod_m2); }},
    {{"area_mu", "area_mu", "面积（亩）", real, 6},
     [](const PatchRow& r) { return number_cell(r.patch.area_mu); }},
    {{"perimeter_m", "perim_m", "周长（米）", real, 4},
     [](const PatchRow& r) { return number_cell(r.patch.perimeter_m); }},
    {{"perimeter_px", "perim_px", "周长（像元边）", real, 4},
     [](const PatchRow& r) { return number_cell(r.patch.perimeter_px); }},
    {{"compactness", "compact", "紧凑度", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.compactness); }},
    {{"elongation", "elongation", "伸长度", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.elongation); }},
    {{"centroid_x", "cent_x", "中心点横坐标", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.centroid_x); }},
    {{"centroid_y", "cent_y", "中心点纵坐标", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.centroid_y); }},
    {{"lon", "lon", "中心点经度", real, 11}, [](const PatchRow& r) { return number_cell(r.patch.lon); }},
    {{"lat", "lat", "中心点纬度", real, 11}, [](const PatchRow& r) { return number_cell(r.patch.lat); }},
    {{"before_date", "date_b", "前时相", date},
     [](const PatchRow& r) { return text_cell(r.patch.before_date); }},
    {{"after_date", "date_a", "后时相", date},
     [](const PatchRow& r) { return text_cell(r.patch.after_date); }},
    {{"direction", "direction", "变化方向"}, [](const PatchRow& r) { return text_of(r.patch.direction); }},
    {{"change_type", "chg_type", "变化类型"}, [](const PatchRow& r) { return text_of(r.patch.change_type); }},
    {{"type_confidence", "type_conf", "类型置信度", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.type_confidence); }},
    {{"construction_like", "constr", "疑似建设", boolean},
     [](const PatchRow& r) { return Cell(std::int64_t{r.patch.construction_like}); }},
    {{"earthwork_like", "earthwork", "疑似动土", boolean},
     [](const PatchRow& r) { return Cell(std::int64_t{r.patch.earthwork_like}); }},
    {{"score_mean", "score_mean", "变化强度均值", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.score_mean); }},
    {{"score_max", "score_max", "变化强度最大值", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.score_max); }},
    {{"confidence", "conf", "置信度", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.confidence); }},
    {{"edge_share", "edge_share", "无效边缘占比", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.edge_share); }},
    {{"cut", "cut", "是否切割", boolean}, [](const PatchRow& r) { return Cell(std::int64_t{r.patch.cut}); }},
    {{"ndvi_before", "ndvi_b", "前时相植被指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.ndvi.before); }},
    {{"ndvi_after", "ndvi_a", "后时相植被指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.ndvi.after); }},
    {{"ndwi_before", "ndwi_b", "前时相水体指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.ndwi.before); }},
    {{"ndwi_after", "ndwi_a", "后时相水体指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.ndwi.after); }},
    {{"mndwi_before", "mndwi_b", "前时相改进水体指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.mndwi.before); }},
    {{"mndwi_after", "mndwi_a", "后时相改进水体指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.mndwi.after); }},
    {{"ndbi_before", "ndbi_b", "前时相建筑指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.ndbi.before); }},
    {{"ndbi_after", "ndbi_a", "后时相建筑指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.ndbi.after); }},
    {{"bsi_before", "bsi_b", "前时相裸土指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.bsi.before); }},
    {{"bsi_after", "bsi_a", "后时相裸土指数", real, 9},
     [](const PatchRow& r) { return number_cell(r.patch.bsi.after); }},
    {{"brightness_before", "bright_b", "前时相亮度", real, 6},
     [](const PatchRow& r) { return number_cell(r.patch.brightness.before); }},
    {{"brightness_after", "bright_a", "后时相亮度", real, 6},
     [](const PatchRow& r) { return number_cell(r.patch.brightness.after); }},
};

constexpr Column kFindingColumns[] = {{"patch_id", "patch_id", "图斑编号"},
                                      {"rulebook", "rulebook", "规则集"},
                                      {"version", "version", "规则集版本"},
                                      {"rule_id", "rule_id", "规则编号"},
                                      {"name_zh", "name_zh", "规则名称"},
                                      {"name_en", "name_en", "规则英文名称"},
                                      {"status", "status", "状态"},
                                      {"effect", "effect", "作用"},
                                      {"mark", "mark", "疑似标记"},
                                      {"severity", "severity", "疑似程度"},
                                      {"note", "note", "说明"},
                                      {"basis", "basis", "依据"},
                                      {"evidence", "evidence", "证据"}};

constexpr Column kOverlapColumns[] = {{"patch_id", "patch_id", "图斑编号"},
                                      {"layer", "layer", "图层"},
                                      {"feature_id", "feature_id", "要素编号"},
                                      {"feature_class", "feat_class", "要素类别"},
                                      {"state", "state", "时效状态"},
                                      {"gross_m2", "gross_m2", "压盖面积（平方米）", real, 4},
                                      {"net_m2", "net_m2", "扣除田坎后面积（平方米）", real, 4}};

constexpr Column kSpectrumColumns[] = {{"patch_id", "patch_id", "图斑编号"}, {"epoch", "epoch", "时相"},
                                       {"role", "role", "波段角色"},         {"band", "band", "波段"},
                                       {"mean", "mean", "均值", real},       {"sd", "sd", "标准差", real}};

constexpr Column kRunColumns[] = {{"key", "key", "项目"}, {"value", "value", "内容"}};

template <typename Range, typename Name>
std::string joined(const Range& items, Name name) {
  std::string result;
  for (const auto& item : items) {
    const std::string* text = name(item);
    if (text == nullptr) continue;
    if (!result.empty()) result += ',';
    result += *text;
  }
  return result;
}

}  // namespace

std::span<const Column> patch_columns() {
  static const auto columns = [] {
    std::array<Column, std::size(kPatchColumns)> result{};
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = kPatchColumns[i].column;
    return result;
  }();
  return columns;
}

std::span<const Column> finding_columns() {
  return kFindingColumns;
}
std::span<const Column> overlap_columns() {
  return kOverlapColumns;
}
std::span<const Column> spectrum_columns() {
  return kSpectrumColumns;
}
std::span<const Column> run_columns() {
  return kRunColumns;
}

void set_patch(OgrTable& table, const Patch& patch, std::int64_t rank, const Marks& marks) {
  const PatchRow row{
      patch, rank, marks, joined(marks.marks, [](const std::string& mark) { return &mark; }),
      joined(marks.findings, [](const Finding& f) { return f.status == "fired" ? &f.rule_id : nullptr; })};
  for (std::size_t i = 0; i < std::size(kPatchColumns); ++i) table.set(i, kPatchColumns[i].get(row));
  table.set_geometry(patch.geometry);
}

std::vector<Cell> finding_cells(const Finding& f, const std::string& evidence) {
  return {f.patch_id.c_str(), f.rulebook.c_str(), f.version.c_str(), f.rule_id.c_str(), f.name_zh.c_str(),
          f.name_en.c_str(),  f.status.c_str(),   f.effect.c_str(),  f.mark.c_str(),    f.severity.c_str(),
          f.note.c_str(),     f.basis.c_str(),    evidence.c_str()};
}

void set_finding(OgrTable& table, const Finding& finding, const std::string& evidence) {
  const std::vector<Cell> cells = finding_cells(finding, evidence);
  for (std::size_t i = 0; i < cells.size(); ++i) table.set(i, cells[i]);
}

void set_overlap(OgrTable& table, const Overlap& overlap) {
  table.set(0, overlap.patch_id.c_str());
  table.set(1, overlap.layer.c_str());
  table.set(2, overlap.feature_id.c_str());
  table.set(3, overlap.feature_class.c_str());
  table.set(4, overlap.state.c_str());
  table.set(5, number_cell(overlap.gross_m2));
  table.set(6, number_cell(overlap.net_m2));
}

void set_spectrum(OgrTable& table, const std::string& patch_id, const BandSpectrum& spectrum, bool after) {
  table.set(0, patch_id.c_str());
  table.set(1, after ? "after" : "before");
  table.set(2, role_name(spectrum.role));
  table.set(3, spectrum.band.c_str());
  table.set(4, number_cell(after ? spectrum.mean_after : spectrum.mean_before));
  table.set(5, number_cell(after ? spectrum.sd_after : spectrum.sd_before));
}

const char* role_name(BandRole role) noexcept {
  switch (role) {
    case BandRole::blue:
      return "blue";
    case BandRole::green:
      return "green";
    case BandRole::red:
      return "red";
    case BandRole::red_edge:
      return "red_edge";
    case BandRole::nir:
      return "nir";
    case BandRole::swir1:
      return "swir1";
    case BandRole::swir2:
      return "swir2";
    case BandRole::sar:
      return "sar";
    case BandRole::unknown:
      break;
  }
  return "unknown";
}

}  // namespace tuban
