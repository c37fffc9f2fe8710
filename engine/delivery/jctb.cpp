// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/jctb.h"

#include "engine/delivery/areas.h"
#include "engine/delivery/words.h"

namespace tuban {

namespace {

using enum ColumnType;

/// Sets cells one after another; texts live until the row is inserted only if the format copies them, which
/// every CellRow does.
class Filler {
 public:
  explicit Filler(CellRow& to) : to_(to) {}
  void text(const std::string& value) { next(value.empty() ? Cell() : Cell(value.c_str())); }
  void text(std::string_view value) { text(std::string(value)); }
  void number(const std::optional<double>& value) { next(number_cell(value)); }
  void nothing() { next({}); }

 private:
  void next(const Cell& cell) { to_.set(at_++, cell); }
  CellRow& to_;
  std::size_t at_ = 0;
};

}  // namespace

const std::vector<Column>& jctb_columns() {
  static const std::vector<Column> columns{
      {"JCBH", "JCBH", "监测编号"},
      {"PCH", "PCH", "批次号"},
      {"XZQDM", "XZQDM", "行政区代码"},
      {"XZQMC", "XZQMC", "行政区名称"},
      {"XZJDM", "XZJDM", "乡镇街道代码"},
      {"TBLX", "TBLX", "图斑类型"},
      {"BHQLX", "BHQLX", "变化前类型"},
      {"BHHLX", "BHHLX", "变化后类型"},
      {"QSX", "QSX", "前时相", date},
      {"HSX", "HSX", "后时相", date},
      {"QJH", "QJH", "前时相景号"},
      {"HJH", "HJH", "后时相景号"},
      {"JCMJ", "JCMJ", "监测面积(平方米)", real, 2},
      {"JCMJ_M", "JCMJ_M", "监测面积(亩)", real, 2},
      {"XZB", "XZB", "中心点横坐标", real, 3},
      {"YZB", "YZB", "中心点纵坐标", real, 3},
      {"JD", "JD", "中心点经度", real, 7},
      {"WD", "WD", "中心点纬度", real, 7},
      {"GDMJ", "GDMJ", "耕地面积(扣除田坎)", real, 2},
      {"YNMJ", "YNMJ", "永久基本农田面积", real, 2},
      {"STHXMJ", "STHXMJ", "生态保护红线面积", real, 2},
      {"NYDMJ", "NYDMJ", "农用地面积", real, 2},
      {"JSYDMJ", "JSYDMJ", "建设用地面积", real, 2},
      {"WLYDMJ", "WLYDMJ", "未利用地面积", real, 2},
      {"DLBM_ZY", "DLBM_ZY", "主要地类编码"},
      {"ZXD", "ZXD", "置信度", real, 3},
      {"PZLV", "PZLV", "配准残差(像元)", real, 3},
      {"HITS", "HITS", "命中规则"},
      {"YZCD", "YZCD", "疑似程度"},
      {"SSBZ", "SSBZ", "上期同图斑"},
      {"GXLX", "GXLX", "更新类型"},
      {"JZSTS", "JZSTS", "涉密标识"},
      {"PDLX", "PDLX", "判定类型"},
      {"PDEJ", "PDEJ", "判定二级类"},
      {"PDYJ", "PDYJ", "判定依据"},
      {"PDR", "PDR", "判定人"},
      {"PDSJ", "PDSJ", "判定时间", date},
  };
  return columns;
}

void set_jctb(CellRow& to, const PatchSummary& patch, const JctbCommon& common, Point centroid) {
  const Place& place = patch.place;
  const auto area = [](const std::optional<double>& value) {
    return value ? std::optional(round_two(*value)) : std::nullopt;
  };
  Filler row(to);
  row.text(patch.id);
  row.text(common.batch);
  row.text(place.town.empty() ? place.county : place.town);
  row.text(place.town_name.empty() ? place.county_name : place.town_name);
  row.text(place.town);
  row.text(patch.change_type);
  row.text(land_class_words(patch.land_class).in(common.language));
  row.text(change_type_words(patch.change_type).in(common.language));
  row.text(patch.before_date);
  row.text(patch.after_date);
  row.text(common.before_scene);
  row.text(common.after_scene);
  row.number(area(patch.area_m2));
  row.number(patch.area_m2 ? std::optional(round_mu(*patch.area_m2)) : std::nullopt);
  row.number(centroid.x);
  row.number(centroid.y);
  row.number(patch.lon);
  row.number(patch.lat);
  row.number(area(patch.farmland_net_m2));
  row.number(area(patch.basic_farmland_m2));
  row.number(area(patch.redline_m2));
  row.number(area(patch.agricultural_m2));
  row.number(area(patch.construction_m2));
  row.number(area(patch.unused_m2));
  row.text(patch.land_class);
  row.number(patch.confidence);
  row.number(common.registration_px);
  row.text(patch.rules);
  row.text(patch.severity.empty() ? std::string() : patch.severity.substr(1));
  row.text(patch.ancestor);
  row.text(patch.lineage_status.empty() ? std::string_view()
                                        : lineage_words(patch.lineage_status).in(common.language));
  for (int i = 0; i < 6; ++i) row.nothing();
}

}  // namespace tuban
