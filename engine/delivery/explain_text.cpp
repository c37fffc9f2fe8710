// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/explain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/delivery/areas.h"
#include "engine/delivery/predicate_text.h"
#include "engine/delivery/words.h"
#include "engine/rules/facts.h"
#include "engine/rules/roles.h"

namespace tuban {

namespace {

const FactInfo* info_of(const std::string& fact) {
  const auto found = find_fact(fact);
  return found ? &fact_dictionary()[*found] : nullptr;
}

std::string area_text(double area_m2, Language language) {
  return fmt::format(fmt::runtime(language == Language::zh ? "{}平方米（{}亩）" : "{} m2 = {} mu"),
                     two_decimals(area_m2), mu_text(area_m2));
}

std::string percent(double share) {
  return two_decimals(100 * share) + " %";
}

/// `shown` says `rounded`; the number itself where that would be taken for one of the thresholds.
std::string unless_misleading(double value, double rounded, const std::string& shown,
                              const std::vector<double>& thresholds) {
  const bool misleads =
      value != rounded && std::find(thresholds.begin(), thresholds.end(), rounded) != thresholds.end();
  return misleads ? plain_number(value) : shown;
}

std::string number_text(const std::string& fact, double value, const std::vector<double>& thresholds,
                        Language language) {
  const bool zh = language == Language::zh;
  const FactInfo* const info = info_of(fact);
  const std::string_view unit = info == nullptr ? "" : info->unit;
  if (info != nullptr && info->type == FactInfo::Type::boolean) {
    return zh ? (value != 0 ? "是" : "否") : (value != 0 ? "yes" : "no");
  }
  if (std::isinf(value)) return zh ? "无穷大（范围内没有）" : "infinite (there is none)";
  const bool area = unit == "m2" || fact.ends_with("_m2");
  if (area || unit == "m" || unit == "mu") {
    const double rounded = round_two(value);
    const std::string shown = unless_misleading(value, rounded, two_decimals(value), thresholds);
    if (unit == "m") return shown + (zh ? "米" : " m");
    if (unit == "mu") return shown + (zh ? "亩" : " mu");
    return shown + (zh ? "平方米（" + mu_text(value) + "亩）" : " m2 = " + mu_text(value) + " mu");
  }
  const double rounded = std::round(value * 1e4) / 1e4;
  std::string shown = unless_misleading(value, rounded, fmt::format("{}", rounded), thresholds);
  if (fact.ends_with("_share")) return shown + (zh ? "（" + percent(value) + "）" : " = " + percent(value));
  if (unit == "px") return shown + (zh ? "像元" : " px");
  return shown + (unit.empty() || unit == "date" ? "" : " " + std::string(unit));
}

std::string coded(const std::string& code, const Words& words, Language language) {
  const std::string_view said = words.in(language);
  return said.empty() || said == code ? code : code + " " + std::string(said);
}

std::string text_text(const std::string& fact, const std::string& text, Language language) {
  if (text.empty()) return language == Language::zh ? "无" : "none";
  if (fact == "change_type") return coded(text, change_type_words(text), language);
  if (fact == "direction") return std::string(direction_words(text).in(language));
  if (fact == "lineage_status") return std::string(lineage_words(text).in(language));
  if (fact == "land_class") return coded(text, land_class_words(text), language);
  return text;
}

class Page {
 public:
  Page(const Explanation& told, Language language) : told_(told), language_(language) {}

  std::string write() {
    head();
    findings("fired", said("命中的规则", "Rules that fired"), said("没有规则命中。", "No rule fired."));
    findings("unknown", said("无法判定的规则", "Rules that could not be decided"), {});
    pieces();
    land();
    overlaps();
    unknown();
    title(std::string(lead_sentence().in(language_)));
    return std::move(text_);
  }

 private:
  bool zh() const { return language_ == Language::zh; }
  std::string said(std::string_view zh_text, std::string_view en_text) const {
    return std::string(zh() ? zh_text : en_text);
  }
  std::string_view comma() const { return zh() ? "，" : ", "; }
  std::string_view semicolon() const { return zh() ? "；" : "; "; }
  std::string_view colon() const { return zh() ? "：" : ": "; }
  void line(int indent, const std::string& text) {
    text_ += std::string(static_cast<std::size_t>(indent), ' ') + text + "\n";
  }
  void field(const std::string& name, const std::string& value) {
    if (!value.empty()) line(2, name + std::string(colon()) + value);
  }
  void title(const std::string& text) {
    text_ += '\n';
    line(0, text);
  }
  std::string bracketed(const std::string& text) const {
    return zh() ? "（" + text + "）" : " (" + text + ")";
  }

  template <typename Items>
  std::string joined(const Items& items, std::string_view by) const {
    std::string text;
    for (const std::string& item : items) {
      if (item.empty()) continue;
      if (!text.empty()) text += by;
      text += item;
    }
    return text;
  }

  std::string severity(const std::string& code) const {
    return code.empty() ? std::string() : code + bracketed(std::string(severity_words(code).in(language_)));
  }

  void head() {
    std::string rank;
    if (const auto number = told_.number("rank")) {
      rank = bracketed(fmt::format(fmt::runtime(zh() ? "优先次序第{}位，共{}个图斑" : "rank {} of {}"),
                                   *number, told_.patches));
    }
    line(0, said("图斑 ", "Patch ") + told_.text("patch_id") + rank);
    field(said("疑似标记", "suspected"), marks_text(told_.text("marks"), language_));
    field(said("疑似程度", "severity"), severity(told_.text("severity")));
    field(said("位置", "where"), joined(std::vector{position(), place()}, semicolon()));
    field(said("时相", "when"), dates());
    field(said("面积", "area"), area());
    field(said("变化", "change"), change());
    if (const auto confidence = told_.number("confidence")) {
      field(said("变化置信度", "confidence"),
            two_decimals(*confidence) +
                said("（0至1，用于排序，不是概率）", " (0 to 1, to rank by; not a probability)"));
    }
    lineage();
  }

  std::string position() const {
    const auto lon = told_.number("lon"), lat = told_.number("lat");
    if (!lon || !lat) return {};
    const double east = std::fabs(*lon), north = std::fabs(*lat);
    if (!zh()) {
      return fmt::format("{:.6f} {}, {:.6f} {}", east, *lon < 0 ? "W" : "E", north, *lat < 0 ? "S" : "N");
    }
    return fmt::format("{}{:.6f}°，{}{:.6f}°", *lon < 0 ? "西经" : "东经", east, *lat < 0 ? "南纬" : "北纬",
                       north);
  }

  std::string place() const {
    const auto named = [&](const std::string& name, const std::string& code) {
      return name.empty() ? code : name + bracketed(code);
    };
    const Place& place = told_.place;
    if (place.county.empty()) return {};
    return joined(std::vector{named(place.county_name, place.county), named(place.town_name, place.town)},
                  comma());
  }

  std::string dates() const {
    const std::string before = told_.text("before_date"), after = told_.text("after_date");
    if (before.empty() && after.empty()) return {};
    const std::string open = said("不明", "unknown");
    return fmt::format(fmt::runtime(zh() ? "前时相{}，后时相{}" : "between {} and {}"),
                       before.empty() ? open : before, after.empty() ? open : after);
  }

  std::string area() const {
    if (const auto area = told_.number("area_m2")) return area_text(*area, language_);
    const auto pixels = told_.number("area_px");
    if (!pixels) return {};
    return fmt::format(
        fmt::runtime(zh() ? "{}像元（影像无坐标系，面积未知）" : "{} pixels (the scenes have no CRS)"),
        *pixels);
  }

  std::string change() const {
    const std::string type = told_.text("change_type"), direction = told_.text("direction");
    std::string typed = type.empty() ? type : coded(type, change_type_words(type), language_);
    if (const auto confidence = told_.number("type_confidence"); confidence && !type.empty()) {
      typed += bracketed(said("类型置信度", "confidence in the type ") + two_decimals(*confidence));
    }
    const auto flag = [&](const char* column, std::string_view zh_text, std::string_view en_text) {
      return told_.number(column).value_or(0) != 0 ? said(zh_text, en_text) : std::string();
    };
    return joined(
        std::vector{typed,
                    direction.empty() ? direction : std::string(direction_words(direction).in(language_)),
                    flag("construction_like", "疑似建设", "like construction"),
                    flag("earthwork_like", "疑似动土", "like earthwork")},
        semicolon());
  }

  void lineage() {
    const std::string status = told_.text("lineage_status"), first = told_.text("first_seen_date");
    std::vector<std::string> parts;
    if (!status.empty()) parts.emplace_back(lineage_words(status).in(language_));
    if (!first.empty()) parts.push_back(said("首次发现", "first seen ") + first);
    for (const ToldAncestor& one : told_.ancestors) {
      std::string text = said("上期图斑", "earlier patch ") + one.earlier_id;
      if (!one.relation.empty()) text += bracketed(std::string(lineage_words(one.relation).in(language_)));
      if (one.shared_m2) text += said("，重叠", ", shared ") + area_text(*one.shared_m2, language_);
      if (one.share_of_patch)
        text += said("，占本图斑", ", ") + percent(*one.share_of_patch) + said("", " of this patch");
      if (one.share_of_earlier)
        text += said("，占上期图斑", ", ") + percent(*one.share_of_earlier) + said("", " of the earlier one");
      parts.push_back(text);
    }
    field(said("沿革", "earlier batches"), joined(parts, semicolon()));
  }

  void findings(const std::string& status, const std::string& heading, const std::string& otherwise) {
    bool any = false;
    for (const ToldFinding& finding : told_.findings) {
      if (finding.status != status) continue;
      if (!any) title(heading);
      any = true;
      tell(finding);
    }
    if (!any && !otherwise.empty()) title(otherwise);
  }

  void tell(const ToldFinding& finding) {
    line(2, finding.rule_id + " " + (zh() ? finding.name_zh : finding.name_en));
    std::vector<std::string> first;
    if (!finding.severity.empty())
      first.push_back(said("疑似程度", "severity ") + severity(finding.severity));
    if (!finding.mark.empty()) {
      first.push_back(said("标记：", "mark ") + marks_text(finding.mark, language_));
    }
    if (finding.effect != "mark")
      first.push_back(said("作用：", "") + std::string(effect_words(finding.effect).in(language_)));
    first.push_back(said("规则集", "rulebook ") + finding.rulebook + " " + finding.version);
    line(4, joined(first, semicolon()));
    if (!finding.piece_id.empty()) line(4, said("所判部分：", "judged on piece ") + finding.piece_id);
    if (!finding.group_id.empty()) {
      const std::string members =
          finding.members
              ? fmt::format(fmt::runtime(zh() ? "，共{}个图斑" : ", {} patches"), *finding.members)
              : std::string();
      line(4, said("与同组图斑合并判定，组号：", "judged together with the patches of group ") +
                  finding.group_id + members + said("；面积为全组合计", "; areas are those of the group"));
    }
    for (const auto& [name, value] : finding.more) line(4, name + std::string(colon()) + value);
    if (!finding.basis.empty()) line(4, said("依据：", "basis: ") + finding.basis);
    if (!finding.note.empty()) line(4, said("说明：", "note: ") + finding.note);
    for (const ToldPredicate& predicate : finding.predicates) tell(predicate);
  }

  void tell(const ToldPredicate& predicate) {
    const std::string verdict = !predicate.held   ? said("未知", "unknown")
                                : *predicate.held ? said("成立", "holds")
                                                  : said("不成立", "does not hold");
    line(4, verdict + std::string(colon()) +
                (predicate.when == kHostPredicate
                     ? said("由调用程序的函数判定", kHostPredicate)
                     : predicate_text(predicate.when, predicate.parameters, language_)));
    const std::vector<double> thresholds = predicate_numbers(predicate.when, predicate.parameters);
    for (const auto& [name, value] : predicate.facts) {
      const std::string shown = value_text(name, value, thresholds, language_);
      const std::string words = fact_words(name, language_);
      line(8, words == name ? name + " = " + shown
              : zh()        ? words + "（" + name + "）= " + shown
                            : name + " = " + shown + " (" + words + ")");
    }
    for (const auto& [name, value] : predicate.parameters) {
      line(8, said("阈值 ", "threshold ") + name + " = " + plain_number(value));
    }
  }

  void pieces() {
    if (told_.pieces.empty()) return;
    title(said("派生的疑似部分", "Suspected pieces of the patch"));
    for (const ToldPiece& piece : told_.pieces) {
      std::vector<std::string> parts{said("规则", "by rule ") + piece.rule_id};
      if (piece.area_m2) parts.push_back(area_text(*piece.area_m2, language_));
      if (!piece.severity.empty()) parts.push_back(said("疑似程度", "severity ") + severity(piece.severity));
      line(2, piece.piece_id + std::string(colon()) + joined(parts, semicolon()));
    }
  }

  void land() {
    if (told_.land.empty()) return;
    title(said("各地类面积（地类图斑）", "Land under the patch (land-use parcels)"));
    double gross = 0, net = 0;
    for (const LandShare& share : told_.land) {
      gross += share.gross_m2;
      net += share.net_m2;
      land_line(coded(share.code, land_class_words(share.code), language_), share.gross_m2, share.net_m2);
    }
    if (told_.land.size() > 1) land_line(said("合计", "together"), gross, net);
  }

  void land_line(const std::string& name, double gross, double net) {
    std::string text = name + std::string(colon()) + area_text(gross, language_);
    // What a ridge coefficient of nothing takes away shows only in the last bits.
    if (gross - net > 0.005) {
      text += said("；扣除田坎后", "; net of field ridges ") + area_text(net, language_) +
              said("，田坎", ", ridges ") + two_decimals(gross - net) + said("平方米", " m2");
    }
    line(2, text);
  }

  void overlaps() {
    if (told_.overlaps.empty()) return;
    title(said("其他图层与审批依据", "Other layers and evidence under the patch"));
    const auto whole = told_.number("area_m2");
    for (const ToldOverlap& one : told_.overlaps) {
      std::string name = std::string(role_words(one.layer).in(language_)) + " " + one.feature_id;
      if (!one.feature_class.empty()) name += bracketed(class_text(one));
      std::vector<std::string> parts;
      if (!one.number.empty()) parts.push_back(said("文号：", "number ") + one.number);
      if (!one.dated.empty()) parts.push_back(said("日期：", "dated ") + one.dated);
      parts.push_back(term(one));
      if (!one.state.empty())
        parts.push_back(said("时效：", "") + std::string(state_words(one.state).in(language_)));
      std::string covered = area_text(one.gross_m2, language_);
      if (whole && *whole > 0) {
        covered += said("，占图斑", ", ") + percent(std::min(1.0, one.gross_m2 / *whole)) +
                   said("", " of the patch");
      }
      parts.push_back(covered);
      line(2, name + std::string(colon()) + joined(parts, semicolon()));
    }
  }

  std::string class_text(const ToldOverlap& one) const {
    const bool land =
        one.layer == "basic_farmland" || one.layer == "farmland_target" || one.layer == "settlement";
    return land ? coded(one.feature_class, land_class_words(one.feature_class), language_)
                : one.feature_class;
  }

  std::string term(const ToldOverlap& one) const {
    if (one.valid_from.empty() && one.valid_to.empty()) return {};
    if (one.valid_to.empty()) return said("自", "in force from ") + one.valid_from + said("起有效", "");
    if (one.valid_from.empty()) return said("有效期至", "in force until ") + one.valid_to;
    return fmt::format(fmt::runtime(zh() ? "有效期{}至{}" : "in force from {} to {}"), one.valid_from,
                       one.valid_to);
  }

  void unknown() {
    const std::vector<std::string> facts = unknown_facts(told_);
    if (facts.empty() && told_.missing_layers.empty()) return;
    title(said("未知事项", "What is not known"));
    for (const std::string& fact : facts) {
      const FactInfo* const info = info_of(fact);
      if (info == nullptr) continue;
      const std::vector<std::string_view> roles = fact_layers(*info);
      std::string text = zh() ? fmt::format("{}（{}）", info->zh, fact) : fact;
      text += std::string(colon()) + std::string(reason_words(info->unknown_when).in(language_));
      if (!roles.empty())
        text += said("；可由下列图层确定：", "; these layers would tell: ") + layers_of(roles);
      line(2, text);
    }
    if (told_.missing_layers.empty()) return;
    const std::vector<std::string_view> missing(told_.missing_layers.begin(), told_.missing_layers.end());
    line(2, said("作业未提供这些图层，依赖它们的规则不作判断：",
                 "not given to the run, so rules that need them say nothing: ") +
                layers_of(missing));
  }

  std::string layers_of(const std::vector<std::string_view>& roles) const {
    std::vector<std::string> words;
    for (const std::string_view role : roles) {
      const Words known = role_words(role);
      words.push_back(zh() ? fmt::format("{}（{}）", known.zh, role)
                           : fmt::format("{} ({})", role, known.en));
    }
    return joined(words, comma());
  }

  const Explanation& told_;
  Language language_;
  std::string text_;
};

}  // namespace

std::string value_text(const std::string& fact, const FactValue& value, const std::vector<double>& thresholds,
                       Language language) {
  if (value.kind == FactValue::Kind::number) return number_text(fact, value.number, thresholds, language);
  if (value.kind == FactValue::Kind::text) return text_text(fact, value.text, language);
  return language == Language::zh ? "未知" : "unknown";
}

std::vector<std::string_view> fact_layers(const FactInfo& fact) {
  std::vector<std::string_view> layers;
  for (std::string_view rest = fact.source; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    if (word.size() > 1 && word != "patch") layers.push_back(word);  // the others are + and |
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return layers;
}

std::vector<std::string> unknown_facts(const Explanation& told) {
  std::vector<bool> is_unknown(fact_dictionary().size());
  for (const ToldFinding& finding : told.findings) {
    if (finding.status != "unknown") continue;
    for (const ToldPredicate& predicate : finding.predicates) {
      if (predicate.held) continue;
      for (const auto& [name, value] : predicate.facts) {
        const auto known = find_fact(name);
        if (known && value.kind == FactValue::Kind::unknown) is_unknown[*known] = true;
      }
    }
  }
  std::vector<std::string> facts;
  for (std::size_t i = 0; i < is_unknown.size(); ++i) {
    if (is_unknown[i]) facts.emplace_back(fact_dictionary()[i].name);
  }
  return facts;
}

std::string explanation_text(const Explanation& told, Language language) {
  return Page(told, language).write();
}

}  // namespace tuban
