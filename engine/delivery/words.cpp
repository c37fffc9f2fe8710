// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/words.h"

#include <algorithm>
#include <span>

#include "engine/rules/roles.h"

namespace tuban {

namespace {

struct Entry {
  std::string_view code;
  Words words;
};

// clang-format off
constexpr Entry kChangeTypes[] = {
    {"C10", {"建（构）筑物", "building or structure"}},
    {"C11", {"推（堆）填土、动土", "earthwork, fill"}},
    {"C12", {"硬化场地", "hardened ground"}},
    {"C13", {"道路、线性地物", "road or other line"}},
    {"C14", {"光伏板", "solar panels"}},
    {"C15", {"高尔夫球场、足球场", "golf course or pitch"}},
    {"C16", {"大棚、设施农业", "greenhouse or facility of agriculture"}},
    {"C17", {"临时棚房、彩钢", "shed or temporary building"}},
    {"C20", {"耕地变林地、园地", "farmland to woods or orchard"}},
    {"C21", {"耕地变坑塘、水面", "farmland to pond or water"}},
    {"C22", {"耕地变草皮", "farmland to turf"}},
    {"C30", {"采场、剥离", "quarry, stripped ground"}},
    {"C31", {"堆场、排土", "spoil or stock heap"}},
    {"C32", {"采矿附属设施、道路", "mine yard or road"}},
    {"C33", {"复绿", "regreened ground"}},
    {"C40", {"拆除", "demolition"}},
    {"C50", {"水体", "water"}},
    {"C60", {"围填海", "land reclaimed from the sea"}},
    {"C90", {"季节、农作变化", "season or crops"}},
    {"C91", {"云影、阴影", "cloud or shadow"}},
    {"C92", {"影像错位", "misregistration"}},
    {"C93", {"裸露或已建地面的变化", "bare or built-up ground that changed"}},
    {"C99", {"未知", "unknown"}},
};
constexpr Entry kDirections[] = {
    {"vegetation_loss", {"植被减少", "loss of vegetation"}}, {"vegetation_gain", {"植被增加", "gain of vegetation"}},
    {"to_water", {"变为水面", "became water"}},              {"from_water", {"由水面变出", "was water"}},
    {"brightening", {"变亮", "became brighter"}},            {"darkening", {"变暗", "became darker"}},
    {"unknown", {"方向不明", "direction unknown"}},
};
constexpr Entry kSeverities[] = {
    {"S1", {"提示", "for information"}}, {"S2", {"关注", "watch"}}, {"S3", {"疑似", "suspect"}}, {"S4", {"优先核查", "priority"}}};
constexpr Entry kEffects[] = {
    {"mark", {"标记", "marks the patch"}},       {"label", {"标注", "labels the patch"}},
    {"raise", {"升一级", "raises the severity"}}, {"demote", {"降一级", "lowers the severity"}},
    {"derive", {"派生部分", "makes a piece of its own"}}};
constexpr Entry kStates[] = {
    {"valid", {"有效", "valid"}}, {"expired", {"已过期", "expired"}}, {"pending", {"未生效", "not yet valid"}},
    {"unknown", {"时效不明", "unknown whether valid"}}};
constexpr Entry kLineage[] = {
    {"new", {"新增", "new"}},    {"continued", {"延续", "continued"}}, {"grown", {"扩大", "grown"}},
    {"shrunk", {"缩小", "shrunk"}}, {"split", {"分裂", "split off"}},     {"merged", {"合并", "merged"}}};
constexpr Entry kMarks[] = {
    {"farmland", {"疑似占用耕地", "farmland"}}, {"farmland_use", {"疑似改变耕地用途", "use of farmland"}},
    {"mining", {"疑似采矿", "mining"}},         {"ecology", {"疑似占用生态保护范围", "ecology"}}};
constexpr Entry kOtherSources[] = {{"height_pair", {"前后两期高程模型", "pair of height models"}},
                                   {"image_metadata", {"影像元数据", "metadata of the images"}}};
// By what the dictionary of facts says in English.
constexpr Entry kReasons[] = {
    {"the patch was made elsewhere and only pixels tell", {"图斑来自外部，只有影像像元才能说明", ""}},
    {"the scenes have no CRS", {"影像没有坐标系", ""}},
    {"a band role it needs is missing", {"缺少所需波段", ""}},
    {"no shift was measured: --register off, or too little that both scenes show", {"未测得配准偏移：配准已关闭（--register off），或两期影像共同可见的内容太少", ""}},
    {"the scene has no date", {"影像没有日期", ""}},
    {"a scene has no date", {"有一期影像没有日期", ""}},
    {"no layer of this role is given, or a feature here has validity and the patch no date", {"未提供该类图层，或该处要素有时效而图斑没有日期", ""}},
    {"no layer of any of these roles is given, or a feature here has validity and the patch no date", {"这些图层一个也未提供，或该处要素有时效而图斑没有日期", ""}},
    {"a layer it needs is missing, or a feature here has validity and the patch no date", {"缺少所需图层，或该处要素有时效而图斑没有日期", ""}},
    {"no earlier batch is given (--previous)", {"未提供上期图斑（--previous）", ""}},
    {"the whole outline is the raster's frame", {"图斑边界全部是影像边框", ""}},
    {"whoever made the patch does not say", {"图斑的提供者没有说明", ""}},
    {"no height pair: flat images do not tell heights", {"没有前后两期高程模型：平面影像不反映高程", ""}},
    {"no land_use layer with a ridge field is given", {"未提供带田坎系数字段的地类图斑图层", ""}},
    {"no basic_farmland layer with a ridge field is given", {"未提供带田坎系数字段的永久基本农田图层", ""}},
    {"a mining_right layer has no field that says how it is worked (mode), or as above", {"采矿权图层没有开采方式字段，或未提供该图层，或该处要素有时效而图斑没有日期", ""}},
    {"no settlement layer with a class field is given", {"未提供带分类字段的城镇村等用地图层", ""}},
    {"no district layer with an id field is given", {"未提供带代码字段的行政区图层", ""}},
};
constexpr Entry kLandClasses[] = {
    {"0101", {"水田", "paddy field"}},            {"0102", {"水浇地", "irrigated field"}},
    {"0103", {"旱地", "dry field"}},              {"0201", {"果园", "orchard"}},
    {"0202", {"茶园", "tea garden"}},             {"0203", {"橡胶园", "rubber plantation"}},
    {"0204", {"其他园地", "other garden land"}},  {"0301", {"乔木林地", "arbor forest"}},
    {"0302", {"竹林地", "bamboo forest"}},        {"0303", {"红树林地", "mangrove"}},
    {"0304", {"森林沼泽", "forest swamp"}},       {"0305", {"灌木林地", "shrubs"}},
    {"0306", {"灌丛沼泽", "shrub swamp"}},        {"0307", {"其他林地", "other woodland"}},
    {"0401", {"天然牧草地", "natural pasture"}},  {"0402", {"沼泽草地", "swampy grassland"}},
    {"0403", {"人工牧草地", "sown pasture"}},     {"0404", {"其他草地", "other grassland"}},
    {"05H1", {"商业服务业设施用地", "shops and services"}}, {"0508", {"物流仓储用地", "logistics and storage"}},
    {"0601", {"工业用地", "industry"}},           {"0602", {"采矿用地", "mining land"}},
    {"0603", {"盐田", "salt pan"}},               {"0701", {"城镇住宅用地", "urban housing"}},
    {"0702", {"农村宅基地", "rural homestead"}},  {"0809", {"公用设施用地", "public utilities"}},
    {"08H1", {"机关团体新闻出版用地", "administration and press"}},
    {"08H2A", {"高教用地", "higher education"}},  {"08H2", {"科教文卫用地", "science, education, culture, health"}},
    {"0810A", {"广场用地", "public square"}},     {"0810", {"公园与绿地", "park"}},
    {"09", {"特殊用地", "special land"}},         {"1001", {"铁路用地", "railway"}},
    {"1002", {"轨道交通用地", "urban rail"}},     {"1003", {"公路用地", "highway"}},
    {"1004", {"城镇村道路用地", "street"}},       {"1005", {"交通服务场站用地", "transport station"}},
    {"1006", {"农村道路", "rural road"}},         {"1007", {"机场用地", "airport"}},
    {"1008", {"港口码头用地", "port"}},           {"1009", {"管道运输用地", "pipeline"}},
    {"1101", {"河流水面", "river"}},              {"1102", {"湖泊水面", "lake"}},
    {"1103", {"水库水面", "reservoir"}},          {"1104A", {"养殖坑塘", "fish pond"}},
    {"1104", {"坑塘水面", "pond"}},               {"1105", {"沿海滩涂", "coastal flat"}},
    {"1106", {"内陆滩涂", "inland flat"}},        {"1107A", {"干渠", "main canal"}},
    {"1107", {"沟渠", "ditch"}},                  {"1108", {"沼泽地", "marsh"}},
    {"1109", {"水工建筑用地", "hydraulic structure"}}, {"1110", {"冰川及永久积雪", "glacier"}},
    {"1201", {"空闲地", "vacant land"}},          {"1202", {"设施农用地", "facility of agriculture"}},
    {"1203", {"田坎", "field ridge"}},            {"1204", {"盐碱地", "saline land"}},
    {"1205", {"沙地", "sand"}},                   {"1206", {"裸土地", "bare soil"}},
    {"1207", {"裸岩石砾地", "bare rock"}},        {"201", {"城市", "city"}},
    {"202", {"建制镇", "town"}},                  {"203", {"村庄", "village"}},
    {"204", {"盐田及采矿用地", "salt pans and mining land"}}, {"205", {"特殊用地", "special land"}},
};
// What was farmland, its plough layer intact (suffix K).
constexpr Entry kReversible[] = {
    {"0201K", {"可调整果园", "orchard, plough layer kept"}}, {"0202K", {"可调整茶园", "tea garden, plough layer kept"}},
    {"0203K", {"可调整橡胶园", "rubber plantation, plough layer kept"}},
    {"0204K", {"可调整其他园地", "other garden land, plough layer kept"}},
    {"0301K", {"可调整乔木林地", "arbor forest, plough layer kept"}},
    {"0302K", {"可调整竹林地", "bamboo forest, plough layer kept"}},
    {"0305K", {"可调整灌木林地", "shrubs, plough layer kept"}},
    {"0307K", {"可调整其他林地", "other woodland, plough layer kept"}},
    {"0403K", {"可调整人工牧草地", "sown pasture, plough layer kept"}},
    {"1104K", {"可调整养殖坑塘", "fish pond, plough layer kept"}},
};
// clang-format on

Words words_of(std::span<const Entry> entries, std::string_view code) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.code == code; });
  return found == entries.end() ? Words{code, code} : found->words;
}

}  // namespace

Words change_type_words(std::string_view code) {
  return words_of(kChangeTypes, code);
}
Words direction_words(std::string_view direction) {
  return words_of(kDirections, direction);
}
Words severity_words(std::string_view severity) {
  return words_of(kSeverities, severity);
}
Words effect_words(std::string_view effect) {
  return words_of(kEffects, effect);
}
Words state_words(std::string_view state) {
  return words_of(kStates, state);
}
Words lineage_words(std::string_view status) {
  return words_of(kLineage, status);
}
Words mark_words(std::string_view mark) {
  return words_of(kMarks, mark);
}
Words reason_words(std::string_view unknown_when) {
  return {words_of(kReasons, unknown_when).zh, unknown_when};
}
Words role_words(std::string_view role) {
  const Role* const known = find_role(role);
  return known == nullptr ? words_of(kOtherSources, role) : Words{known->zh, known->en};
}

Words land_class_words(std::string_view code) {
  const auto longest = [&](std::span<const Entry> entries) -> const Entry* {
    for (const Entry& entry : entries) {
      if (code.starts_with(entry.code) && code.size() - entry.code.size() <= 1) return &entry;
    }
    return nullptr;
  };
  if (const Entry* entry = longest(kReversible)) return entry->words;
  if (code.starts_with("09")) return words_of(kLandClasses, "09");
  const Entry* const entry = longest(kLandClasses);
  return entry == nullptr ? Words{} : entry->words;
}

std::string marks_text(std::string_view marks, Language language) {
  std::string text;
  for (std::size_t at = 0; at < marks.size();) {
    const std::size_t end = std::min(marks.find(',', at), marks.size());
    if (!text.empty()) text += language == Language::zh ? "，" : ", ";
    text += mark_words(marks.substr(at, end - at)).in(language);
    at = end + 1;
  }
  return text;
}

Words lead_sentence() noexcept {
  return {"图斑只是问题线索，不能直接作为行政处罚的依据；须经实地核查，由人工认定（自然资发〔2023〕258号）。",
          "A patch is a lead, never a basis for a penalty: people determine, after checking in the field "
          "(自然资发〔2023〕258号)."};
}

}  // namespace tuban
