// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/patch_list.h"

#include <fmt/format.h>

#include <functional>

#include "engine/delivery/explanation.h"
#include "engine/delivery/predicate_text.h"
#include "engine/delivery/words.h"
#include "engine/delivery/xlsx_book.h"

namespace tuban {

namespace {

using enum XlsxStyle;

struct Heading {
  const char *zh, *en;
  double width = 12;
  XlsxStyle style = text;
  bool total = false;
};

std::vector<XlsxColumn> columns_of(const std::vector<Heading>& headings, Language language) {
  std::vector<XlsxColumn> columns;
  for (const Heading& one : headings) {
    columns.push_back({language == Language::zh ? one.zh : one.en, one.width, one.style, one.total});
  }
  return columns;
}

/// Fills a row from left to right.
class Cells {
 public:
  Cells(XlsxSheet& sheet, Language language) : sheet_(sheet), language_(language) {}
  void text(const std::string& value) { sheet_.text(column_++, value); }
  void words(const std::string& code, Words (*words_of)(std::string_view)) {
    text(code.empty() ? code : std::string(words_of(code).in(language_)));
  }
  void number(const std::optional<double>& value) { sheet_.number(column_++, value); }
  void area(const std::optional<double>& m2) {
    number(m2);
    number(m2 ? std::optional(*m2 * 3 / 2000) : std::nullopt);
  }

 private:
  XlsxSheet& sheet_;
  Language language_;
  std::size_t column_ = 0;
};

const std::vector<Heading>& patch_headings() {
  static const std::vector<Heading> headings{
      {"序号", "No.", 7, integer},
      {"图斑编号", "Patch", 19},
      {"区县代码", "County code", 10},
      {"区县", "County", 11},
      {"乡镇街道", "Town", 13},
      {"优先次序", "Rank", 7, integer},
      {"疑似程度", "Severity", 9},
      {"疑似标记", "Suspected", 15},
      {"命中规则", "Rules", 12},
      {"前时相", "Before", 11},
      {"后时相", "After", 11},
      {"面积(平方米)", "Area (m2)", 14, area, true},
      {"面积(亩)", "Area (mu)", 11, area, true},
      {"占耕地(平方米)", "Farmland, gross (m2)", 14, area, true},
      {"占耕地(亩)", "Farmland, gross (mu)", 11, area, true},
      {"占耕地净面积(平方米)", "Farmland, net of ridges (m2)", 14, area, true},
      {"占耕地净面积(亩)", "Farmland, net of ridges (mu)", 11, area, true},
      {"占永久基本农田(平方米)", "Basic farmland (m2)", 14, area, true},
      {"占永久基本农田(亩)", "Basic farmland (mu)", 11, area, true},
      {"占生态保护红线(平方米)", "Ecological redline (m2)", 14, area, true},
      {"占生态保护红线(亩)", "Ecological redline (mu)", 11, area, true},
      {"变化前地类编码", "Class before, code", 10},
      {"变化前地类", "Class before", 15},
      {"变化后类型编码", "Type after, code", 10},
      {"变化后类型", "Type after", 20},
      {"变化方向", "Direction", 15},
      {"变化置信度", "Confidence", 11, share},
      {"中心点经度", "Longitude", 12, degree},
      {"中心点纬度", "Latitude", 12, degree},
      {"中心点横坐标", "Easting (m)", 15, metre},
      {"中心点纵坐标", "Northing (m)", 14, metre},
      {"沿革", "Earlier batches", 10},
      {"首次发现", "First seen", 11},
      {"上期图斑", "Earlier patch", 19},
      {"判定类型（人工填写）", "Determination (people fill it)", 16},
      {"判定依据（人工填写）", "Reasons (people fill them)", 24},
  };
  return headings;
}

void write_patches(const ListTask& task, XlsxBook& book) {
  const bool zh = task.language == Language::zh;
  XlsxSheet sheet = book.add(zh ? "图斑清单" : "Patches", columns_of(patch_headings(), task.language), 2);
  double number = 0;
  for (const std::size_t i : task.set.patches) {
    const PatchSummary& patch = task.patches[i];
    const Point centroid = task.transform.apply(patch.centroid);
    Cells row(sheet, task.language);
    row.number(++number);
    row.text(patch.id);
    row.text(patch.place.county);
    row.text(task.set.name == patch.place.county ? task.set.county_name : patch.place.county_name);
    row.text(patch.place.town_name.empty() ? patch.place.town : patch.place.town_name);
    row.number(patch.rank);
    row.text(patch.severity);
    row.text(marks_text(patch.marks, task.language));
    row.text(patch.rules);
    row.text(patch.before_date);
    row.text(patch.after_date);
    row.area(patch.area_m2);
    row.area(patch.farmland_m2);
    row.area(patch.farmland_net_m2);
    row.area(patch.basic_farmland_m2);
    row.area(patch.redline_m2);
    row.text(patch.land_class);
    row.words(patch.land_class, land_class_words);
    row.text(patch.change_type);
    row.words(patch.change_type, change_type_words);
    row.words(patch.direction, direction_words);
    row.number(patch.confidence);
    row.number(patch.lon);
    row.number(patch.lat);
    row.number(centroid.x);
    row.number(centroid.y);
    row.words(patch.lineage_status, lineage_words);
    row.text(patch.first_seen_date);
    row.text(patch.ancestor);
    sheet.next_row();
  }
  sheet.totals(zh ? "合计" : "Total");
}

std::string conditions_text(const ToldFinding& finding, Language language) {
  const bool zh = language == Language::zh;
  std::string text;
  for (const ToldPredicate& one : finding.predicates) {
    if (!text.empty()) text += '\n';
    text += !one.held   ? (zh ? "未知：" : "unknown: ")
            : *one.held ? (zh ? "成立：" : "holds: ")
                        : (zh ? "不成立：" : "does not hold: ");
    text += predicate_text(one.when, one.parameters, language);
  }
  return text;
}

void write_findings(const ListTask& task, XlsxBook& book) {
  static const std::vector<Heading> kHeadings{
      {"图斑编号", "Patch", 19},  {"规则", "Rule", 8},         {"规则名称", "Name", 28},
      {"结果", "Result", 10},     {"疑似程度", "Severity", 9}, {"作用", "Effect", 16},
      {"条件", "Conditions", 60}, {"依据", "Basis", 40},       {"说明", "Note", 40},
      {"所判部分", "Piece", 19},  {"合并组", "Group", 19},     {"规则集", "Rulebook", 12},
      {"版本", "Version", 9}};
  const bool zh = task.language == Language::zh;
  XlsxSheet sheet = book.add(zh ? "规则结果" : "Findings", columns_of(kHeadings, task.language), 2);
  task.result.each("findings", [&](const ResultRow& source) {
    if (task.ids.count(source.text("patch_id")) == 0) return;
    const ToldFinding finding = finding_of(source);
    Cells row(sheet, task.language);
    row.text(source.text("patch_id"));
    row.text(finding.rule_id);
    row.text(zh ? finding.name_zh : finding.name_en);
    row.text(finding.status == "fired" ? (zh ? "命中" : "fired") : (zh ? "未知" : "unknown"));
    row.text(finding.severity);
    row.words(finding.effect, effect_words);
    row.text(conditions_text(finding, task.language));
    row.text(finding.basis);
    row.text(finding.note);
    row.text(finding.piece_id);
    row.text(finding.group_id);
    row.text(finding.rulebook);
    row.text(finding.version);
    sheet.next_row();
  });
}

void write_overlaps(const ListTask& task, XlsxBook& book) {
  static const std::vector<Heading> kHeadings{{"图斑编号", "Patch", 19},
                                              {"图层", "Layer", 24},
                                              {"要素编号", "Feature", 22},
                                              {"类别", "Class", 12},
                                              {"类别名称", "Class name", 16},
                                              {"时效", "State", 12},
                                              {"文号", "Number", 24},
                                              {"日期", "Dated", 11},
                                              {"有效期起", "In force from", 11},
                                              {"有效期止", "In force until", 11},
                                              {"压盖面积(平方米)", "Area (m2)", 14, area},
                                              {"压盖面积(亩)", "Area (mu)", 11, area},
                                              {"扣除田坎后(平方米)", "Net of ridges (m2)", 14, area},
                                              {"扣除田坎后(亩)", "Net of ridges (mu)", 11, area}};
  const bool zh = task.language == Language::zh;
  XlsxSheet sheet = book.add(zh ? "图层压盖" : "Overlaps", columns_of(kHeadings, task.language), 2);
  task.result.each("overlaps", [&](const ResultRow& source) {
    if (task.ids.count(source.text("patch_id")) == 0) return;
    const std::string layer = source.text("layer"), kind = source.text("feature_class");
    Cells row(sheet, task.language);
    row.text(source.text("patch_id"));
    row.words(layer, role_words);
    row.text(source.text("feature_id"));
    row.text(kind);
    row.words(layer == "district" ? std::string() : kind, land_class_words);
    row.words(source.text("state"), state_words);
    for (const char* column : {"number", "dated", "valid_from", "valid_to"}) row.text(source.text(column));
    row.area(source.number("gross_m2"));
    row.area(source.number("net_m2"));
    sheet.next_row();
  });
}

void write_about(const ListTask& task, XlsxBook& book) {
  const bool zh = task.language == Language::zh;
  XlsxSheet sheet = book.add(zh ? "说明" : "About", {{zh ? "说明" : "About", 110}}, 0);
  const auto line = [&](const std::string& text) {
    sheet.text(0, text);
    sheet.next_row();
  };
  line(std::string(lead_sentence().in(task.language)));
  line(zh ? fmt::format("坐标系：CGCS2000，3度带第{}带（EPSG:{}），横坐标冠带号。", task.set.zone,
                        zone_epsg(task.set.zone))
          : fmt::format("Coordinates: CGCS2000, 3-degree zone {} (EPSG:{}), zone number before the easting.",
                        task.set.zone, zone_epsg(task.set.zone)));
  line(zh ? "面积为椭球面积，亩=平方米×3/2000；单元格存未舍入的数值，显示两位小数，合计按未舍入数值求和。"
          : "Areas are on the ellipsoid, mu = m2 * 3 / 2000; cells hold unrounded numbers and show two "
            "decimals, "
            "totals add unrounded numbers.");
  line(zh ? "占地面积按压盖的有效要素求和，不超过图斑面积；未提供图层的列为空，空白不表示没有压盖。"
          : "Areas on layers are sums over the features in force, at most the patch; a column without a "
            "layer is "
            "empty, and empty does not mean none.");
}

}  // namespace

void write_patch_list(const ListTask& task, const std::string& path, const std::string& folder) {
  XlsxBook book(path, folder, task.day, task.set.name);
  write_patches(task, book);
  write_findings(task, book);
  write_overlaps(task, book);
  write_about(task, book);
  book.close();
}

}  // namespace tuban
