// SPDX-License-Identifier: Apache-2.0
#include "engine/io/result_columns.h"

#include <array>
#include <optional>
#include <string_view>

#include "engine/rules/rulebook.h"

namespace tuban {

namespace {

using enum ColumnType;

using Getter = Cell (*)(const PatchRow&);

struct PatchColumn {
  Column column;
  Getter get;
};

Cell cell_of(const std::string& value) {
  return value.c_str();
}
Cell cell_of(const std::optional<std::string>& value) {
  return text_cell(value);
}
Cell cell_of(const std::optional<double>& value) {
  return number_cell(value);
}
Cell cell_of(double value) {
  return number_cell(value);
}
Cell cell_of(std::int64_t value) {
  return value;
}
Cell cell_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
Cell cell_of(const FieldValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value)) return number_cell(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return text->c_str();
  return {};
}
Cell cell_of(bool value) {
  return std::int64_t{value};
}

template <auto kMember>
Cell field(const PatchRow& row) {
  return cell_of(row.patch.*kMember);
}

template <auto kIndex, auto kEpoch>
Cell index(const PatchRow& row) {
  return number_cell((row.patch.*kIndex).*kEpoch);
}

/// What only pixels tell is unknown where it is empty.
template <auto kMember>
Cell known_text(const PatchRow& row) {
  return (row.patch.*kMember).empty() ? Cell() : cell_of(row.patch.*kMember);
}
template <auto kMember>
Cell of_type(const PatchRow& row) {
  return row.patch.change_type.empty() ? Cell() : cell_of(row.patch.*kMember);
}

// One line per column: name and getter cannot come apart. A column that is a fact has no alias here: it takes
// the fact dictionary's, so that rules and tables speak of it alike.
// clang-format off
const PatchColumn kPatchColumns[] = {
    {{"patch_id", "patch_id", "图斑编号", text}, field<&Patch::patch_id>},
    {{"region_id", "region_id", "区域编号", integer}, field<&Patch::region_id>},
    {{"lineage_id", "lineage_id", "沿革编号", text}, field<&Patch::lineage_id>},
    {{"lineage_status", "lin_status", "", text}, field<&Patch::lineage_status>},
    {{"first_seen_date", "first_seen", "", date}, field<&Patch::first_seen_date>},
    {{"earlier_patch_m2", "earlier_m2", "", real, 4}, field<&Patch::earlier_m2>},
    {{"earlier_patch_share", "earl_share", "", real, 9}, field<&Patch::earlier_share>},
    {{"earlier_suspected_share", "earl_susp", "", real, 9}, field<&Patch::earlier_suspected_share>},
    {{"case_id", "case_id", "案件编号", text}, field<&Patch::case_id>},
    {{"rank", "rank", "优先次序", integer}, [](const PatchRow& row) { return cell_of(row.rank); }},
    {{"marks", "marks", "疑似标记", text}, [](const PatchRow& row) { return cell_of(row.marks_text); }},
    {{"severity", "severity", "疑似程度", text}, [](const PatchRow& row) { return cell_of(row.marks.severity); }},
    {{"rules", "rules", "命中规则", text}, [](const PatchRow& row) { return cell_of(row.rules_text); }},
    {{"area_px", "area_px", "", integer}, [](const PatchRow& row) { return row.patch.area_px > 0 ? cell_of(row.patch.area_px) : Cell(); }},
    {{"area_m2", "area_m2", "", real, 4}, field<&Patch::area_m2>},
    {{"area_geod_m2", "area_geod", "", real, 4}, field<&Patch::area_geod_m2>},
    {{"area_mu", "area_mu", "", real, 6}, field<&Patch::area_mu>},
    {{"perimeter_m", "perim_m", "", real, 4}, field<&Patch::perimeter_m>},
    {{"perimeter_px", "perim_px", "", real, 4}, field<&Patch::perimeter_px>},
    {{"compactness", "compact", "", real, 9}, field<&Patch::compactness>},
    {{"elongation", "elongation", "", real, 9}, field<&Patch::elongation>},
    {{"centroid_x", "cent_x", "中心点横坐标", real, 9}, field<&Patch::centroid_x>},
    {{"centroid_y", "cent_y", "中心点纵坐标", real, 9}, field<&Patch::centroid_y>},
    {{"lon", "lon", "中心点经度", real, 11}, field<&Patch::lon>},
    {{"lat", "lat", "中心点纬度", real, 11}, field<&Patch::lat>},
    {{"before_date", "date_b", "", date}, field<&Patch::before_date>},
    {{"after_date", "date_a", "", date}, field<&Patch::after_date>},
    {{"direction", "direction", "", text}, known_text<&Patch::direction>},
    {{"change_type", "chg_type", "", text}, known_text<&Patch::change_type>},
    {{"type_confidence", "type_conf", "", real, 9}, field<&Patch::type_confidence>},
    {{"construction_like", "constr", "", boolean}, of_type<&Patch::construction_like>},
    {{"earthwork_like", "earthwork", "", boolean}, of_type<&Patch::earthwork_like>},
    {{"score_mean", "score_mean", "", real, 9}, field<&Patch::score_mean>},
    {{"score_max", "score_max", "", real, 9}, field<&Patch::score_max>},
    {{"confidence", "conf", "", real, 9}, field<&Patch::confidence>},
    {{"edge_share", "edge_share", "", real, 9}, field<&Patch::edge_share>},
    {{"valid_share", "valid_shr", "", real, 9}, field<&Patch::valid_share>},
    {{"cut", "cut", "是否切割", boolean}, field<&Patch::cut>},
    {{"ndvi_before", "ndvi_b", "", real, 9}, index<&Patch::ndvi, &IndexPair::before>},
    {{"ndvi_after", "ndvi_a", "", real, 9}, index<&Patch::ndvi, &IndexPair::after>},
    {{"ndwi_before", "ndwi_b", "", real, 9}, index<&Patch::ndwi, &IndexPair::before>},
    {{"ndwi_after", "ndwi_a", "", real, 9}, index<&Patch::ndwi, &IndexPair::after>},
    {{"mndwi_before", "mndwi_b", "", real, 9}, index<&Patch::mndwi, &IndexPair::before>},
    {{"mndwi_after", "mndwi_a", "", real, 9}, index<&Patch::mndwi, &IndexPair::after>},
    {{"ndbi_before", "ndbi_b", "", real, 9}, index<&Patch::ndbi, &IndexPair::before>},
    {{"ndbi_after", "ndbi_a", "", real, 9}, index<&Patch::ndbi, &IndexPair::after>},
    {{"bsi_before", "bsi_b", "", real, 9}, index<&Patch::bsi, &IndexPair::before>},
    {{"bsi_after", "bsi_a", "", real, 9}, index<&Patch::bsi, &IndexPair::after>},
    {{"brightness_before", "bright_b", "", real, 6}, index<&Patch::brightness, &IndexPair::before>},
    {{"brightness_after", "bright_a", "", real, 6}, index<&Patch::brightness, &IndexPair::after>},
};
// clang-format on

std::string_view fact_alias(std::string_view name) {
  for (const FactInfo& fact : fact_dictionary()) {
    if (fact.name == name) return fact.zh;
  }
  return name;
}

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
                                      {"evidence", "evidence", "证据"},
                                      {"piece_id", "piece_id", "子图斑编号"},
                                      {"group_id", "group_id", "图斑组编号"}};

constexpr Column kOverlapColumns[] = {{"patch_id", "patch_id", "图斑编号"},
                                      {"layer", "layer", "图层"},
                                      {"feature_id", "feature_id", "要素编号"},
                                      {"feature_class", "feat_class", "要素类别"},
                                      {"state", "state", "时效状态"},
                                      {"gross_m2", "gross_m2", "压盖面积", real, 4},
                                      {"net_m2", "net_m2", "扣除田坎后面积", real, 4},
                                      {"number", "number", "文号"},
                                      {"dated", "dated", "文件日期"},
                                      {"valid_from", "valid_from", "有效期起"},
                                      {"valid_to", "valid_to", "有效期止"}};

constexpr Column kPieceColumns[] = {
    {"piece_id", "piece_id", "子图斑编号"},      {"patch_id", "patch_id", "图斑编号"},
    {"rulebook", "rulebook", "规则集"},          {"rule_id", "rule_id", "规则编号"},
    {"area_m2", "area_m2", "椭球面积", real, 4}, {"area_mu", "area_mu", "面积(亩)", real, 6},
    {"severity", "severity", "疑似程度"},        {"marks", "marks", "疑似标记"}};

constexpr Column kSpectrumColumns[] = {{"patch_id", "patch_id", "图斑编号"}, {"epoch", "epoch", "时相"},
                                       {"role", "role", "波段角色"},         {"band", "band", "波段"},
                                       {"mean", "mean", "均值", real},       {"sd", "sd", "标准差", real}};

constexpr Column kLineageColumns[] = {{"patch_id", "patch_id", "图斑编号"},
                                      {"earlier_id", "earlier_id", "上期图斑编号"},
                                      {"relation", "relation", "沿革关系"},
                                      {"shared_m2", "shared_m2", "重叠面积", real, 4},
                                      {"share_of_patch", "shr_patch", "占本期图斑比例", real, 9},
                                      {"share_of_earlier", "shr_earl", "占上期图斑比例", real, 9},
                                      {"earlier_file", "earl_file", "上期文件"},
                                      {"earlier_date", "earl_date", "上期日期", date}};

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
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = kPatchColumns[i].column;
      if (result[i].zh.empty()) result[i].zh = fact_alias(result[i].name);
    }
    return result;
  }();
  return columns;
}

std::vector<Column> with_originals(std::span<const Column> originals) {
  std::vector<Column> columns(patch_columns().begin(), patch_columns().end());
  columns.insert(columns.end(), originals.begin(), originals.end());
  return columns;
}

std::span<const Column> finding_columns() {
  return kFindingColumns;
}
std::span<const Column> overlap_columns() {
  return kOverlapColumns;
}
std::span<const Column> piece_columns() {
  return kPieceColumns;
}
std::span<const Column> spectrum_columns() {
  return kSpectrumColumns;
}
std::span<const Column> lineage_columns() {
  return kLineageColumns;
}
std::span<const Column> run_columns() {
  return kRunColumns;
}

void join_texts(PatchRow& row) {
  row.marks_text = joined(row.marks.marks, [](const std::string& mark) { return &mark; });
  row.pieces.resize(row.marks.pieces.size());
  for (std::size_t i = 0; i < row.pieces.size(); ++i)
    row.pieces[i].marks_text =
        joined(row.marks.pieces[i].marks, [](const std::string& mark) { return &mark; });
  row.rules_text =
      joined(row.marks.findings, [](const Finding& f) { return f.status == "fired" ? &f.rule_id : nullptr; });
}

void set_patch(CellRow& to, const PatchRow& row) {
  std::size_t column = 0;
  for (const PatchColumn& one : kPatchColumns) to.set(column++, one.get(row));
  for (const FieldValue& value : row.patch.original) to.set(column++, cell_of(value));
}

std::vector<Cell> finding_cells(const Finding& f, const std::string& evidence) {
  return {f.patch_id.c_str(), f.rulebook.c_str(),    f.version.c_str(),    f.rule_id.c_str(),
          f.name_zh.c_str(),  f.name_en.c_str(),     f.status.c_str(),     f.effect.c_str(),
          f.mark.c_str(),     f.severity.c_str(),    f.note.c_str(),       f.basis.c_str(),
          evidence.c_str(),   text_cell(f.piece_id), text_cell(f.group_id)};
}

void set_finding(CellRow& to, const Finding& finding, const std::string& evidence) {
  const std::vector<Cell> cells = finding_cells(finding, evidence);
  for (std::size_t i = 0; i < cells.size(); ++i) to.set(i, cells[i]);
}

void set_piece(CellRow& to, const DerivedPiece& piece, const std::string& marks_text) {
  to.set(0, piece.piece_id.c_str());
  to.set(1, piece.patch_id.c_str());
  to.set(2, piece.rulebook.c_str());
  to.set(3, piece.rule_id.c_str());
  to.set(4, number_cell(piece.area_m2));
  to.set(5, number_cell(piece.area_m2 * 3 / 2000));
  to.set(6, piece.severity.c_str());
  to.set(7, marks_text.c_str());
}

void set_overlap(CellRow& to, const Overlap& overlap) {
  to.set(0, overlap.patch_id.c_str());
  to.set(1, overlap.layer.c_str());
  to.set(2, overlap.feature_id.c_str());
  to.set(3, overlap.feature_class.c_str());
  to.set(4, overlap.state.c_str());
  to.set(5, number_cell(overlap.gross_m2));
  to.set(6, number_cell(overlap.net_m2));
  to.set(7, text_cell(overlap.number));
  to.set(8, text_cell(overlap.dated));
  to.set(9, text_cell(overlap.valid_from));
  to.set(10, text_cell(overlap.valid_to));
}

void set_link(CellRow& to, const LineageLink& link) {
  const bool gone = link.patch_id.empty();
  to.set(0, gone ? Cell() : Cell(link.patch_id.c_str()));
  to.set(1, link.earlier_id.c_str());
  to.set(2, link.relation.c_str());
  to.set(3, gone ? Cell() : number_cell(link.shared_m2));
  to.set(4, number_cell(link.share_of_patch));
  to.set(5, number_cell(link.share_of_earlier));
  to.set(6, link.earlier_file.c_str());
  to.set(7, text_cell(link.earlier_date));
}

void set_spectrum(CellRow& to, const std::string& patch_id, const BandSpectrum& spectrum, bool after) {
  to.set(0, patch_id.c_str());
  to.set(1, after ? "after" : "before");
  to.set(2, role_name(spectrum.role));
  to.set(3, spectrum.band.c_str());
  to.set(4, number_cell(after ? spectrum.mean_after : spectrum.mean_before));
  to.set(5, number_cell(after ? spectrum.sd_after : spectrum.sd_before));
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
