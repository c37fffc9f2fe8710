// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/mark.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/rules/derive.h"
#include "engine/rules/facts.h"
#include "engine/rules/judge.h"
#include "engine/rules/overlay.h"
#include "engine/scan/fnv.h"

namespace tuban {
namespace {

Bounds bounds_of(const MultiPolygon& geometry) {
  std::optional<Bounds> box;
  for (const auto& polygon : geometry) {
    for (const auto& p : polygon.rings.front()) {
      if (!box) box = {p.x, p.y, p.x, p.y};
      box = {std::min(box->x0, p.x), std::min(box->y0, p.y), std::max(box->x1, p.x), std::max(box->y1, p.y)};
    }
  }
  return box.value_or(Bounds{});
}

/// A piece as rules see it: its own ground, and of the pixels what its patch has.
Patch as_patch(const Patch& patch, const DerivedPiece& piece) {
  Patch result = patch;
  result.geometry = piece.geometry;
  result.area_m2 = piece.area_m2;
  result.area_geod_m2 = piece.area_geod_m2;
  result.area_mu = piece.area_m2 * 3 / 2000;
  result.perimeter_m = piece.perimeter_m;
  result.earlier_m2 = result.earlier_share = result.earlier_suspected_share = std::nullopt;
  return result;
}

}  // namespace

struct Marker::Impl {
  Overlayer overlayer;
  RuleJudge judge;
  bool any_on_pieces = false;

  Impl(const std::shared_ptr<const ReferenceLayers>& layers,
       std::shared_ptr<const std::vector<Rulebook>> books)
      : overlayer(layers), judge(std::move(books), layers.get()) {
    for (const auto& one : judge.rules()) any_on_pieces |= one.rule->scope == "piece";
  }

  /// The facts that can still decide something once the patch's own are bound: a case that these already
  /// rule out asks for no overlay.
  std::vector<bool> wanted(const Patch& patch, bool pieces) {
    std::vector<bool> facts(fact_dictionary().size());
    for (const auto& one : judge.rules()) {
      if ((one.rule->scope == "piece") != pieces || applies(*one.rule, patch) == Applies::no) continue;
      if (one.rule->of_groups()) {
        if (judge.ruled_out(one.of)) continue;
        judge.name_facts(one.of, facts);
        for (const auto fact : judge.facts_of_cases(one)) facts[fact] = true;
        continue;
      }
      for (std::size_t i = 0; i < one.host_facts.size(); ++i) {
        if (one.host_facts[i]) facts[i] = true;
      }
      for (const auto& two : one.cases) {
        if (!judge.ruled_out(two.predicates)) judge.name_facts(two.predicates, facts);
      }
    }
    return facts;
  }

  /// The facts of the patch or piece at `index` of those laid last, bound.
  FactRow measure(const Patch& patch, std::size_t index, bool piece, std::vector<Overlap>& overlaps) {
    FactRow facts;
    set_patch_facts(patch, facts);
    judge.bind(facts);
    overlayer.overlay(index, wanted(patch, piece), facts, overlaps);
    judge.bind(facts);
    return facts;
  }

  std::optional<Finding> find(const CompiledRule& rule, const Patch& patch, const FactRow& facts) {
    const auto in_force = applies(*rule.rule, patch);
    if (in_force == Applies::no) return std::nullopt;
    auto finding = judge.judge(rule, facts);
    if (!finding) return finding;
    finding->patch_id = patch.patch_id;
    if (in_force == Applies::undated) add_note(*finding, "no after-date: taken as in force");
    return finding;
  }

  Marks on_patch(const Patch& patch, std::size_t index) {
    Marks marks;
    const auto facts = measure(patch, index, false, marks.overlaps);
    for (std::size_t i = 0; i < judge.rules().size(); ++i) {
      const auto& rule = judge.rules()[i];
      if (rule.rule->scope == "piece") continue;
      if (rule.rule->of_groups()) {
        if (applies(*rule.rule, patch) != Applies::no && judge.verdict(rule.of) == 1)
          marks.memberships.push_back(member(i, patch, facts));
        continue;
      }
      auto finding = find(rule, patch, facts);
      if (!finding) continue;
      if (rule.rule->effect == "derive" && finding->status == "fired") derive(rule, index, *finding, marks);
      marks.findings.push_back(std::move(*finding));
    }
    return marks;
  }

  Membership member(std::size_t rule, const Patch& patch, const FactRow& facts) const {
    Membership result{static_cast<std::int64_t>(rule), bounds_of(patch.geometry), {}};
    for (const auto fact : judge.facts_of_cases(judge.rules()[rule])) {
      const auto& value = facts.at(fact);
      result.values.push_back(value.kind == FactValue::Kind::number ? std::optional(value.number)
                                                                    : std::nullopt);
    }
    return result;
  }

  void derive(const CompiledRule& rule, std::size_t index, Finding& finding, Marks& marks) {
    auto derived = tuban::derive(overlayer, index, rule.rule->derive);
    if (!derived) {
      add_note(
          finding,
          "no piece: its layer is not given or its term cannot be told / 图层缺失或时效不明，未生成子图斑");
      return;
    }
    if (derived->geometry.empty()) {
      add_note(finding, "no piece: what remains is a sliver / 剩余部分为碎片，未生成子图斑");
      return;
    }
    DerivedPiece piece;
    piece.patch_id = finding.patch_id;
    piece.rulebook = rule.book->name;
    piece.rule_id = rule.rule->id;
    piece.piece_id =
        fmt::format("{:016x}", fnv1a(piece.patch_id + "\n" + piece.rulebook + "\n" + piece.rule_id));
    piece.geometry = std::move(derived->geometry);
    piece.area_m2 = derived->measures.official_area_m2;
    piece.area_geod_m2 = derived->measures.geodesic_area_m2;
    piece.perimeter_m = derived->measures.perimeter_m;
    finding.piece_id = piece.piece_id;
    marks.pieces.push_back(std::move(piece));
  }

  void on_piece(const Patch& piece, const std::string& piece_id, std::size_t index, Marks& marks) {
    std::vector<Overlap> of_the_piece;
    const auto facts = measure(piece, index, true, of_the_piece);
    for (const auto& rule : judge.rules()) {
      if (rule.rule->scope != "piece") continue;
      auto finding = find(rule, piece, facts);
      if (!finding) continue;
      finding->piece_id = piece_id;
      marks.findings.push_back(std::move(*finding));
    }
  }

  /// Lays patches, as many at once as fit, and calls `visit(i, index)`: the patch's place here and where it
  /// was laid.
  template <typename Visit>
  void lay(std::span<const Patch> patches, const Visit& visit, std::size_t first = 0) {
    if (overlayer.lay(patches)) {
      for (std::size_t i = 0; i < patches.size(); ++i) visit(first + i, i);
      return;
    }
    const auto half = patches.size() / 2;
    lay(patches.first(half), visit, first);
    lay(patches.subspan(half), visit, first + half);
  }

  std::vector<Marks> all(std::span<const Patch> patches) {
    std::vector<Marks> marks(patches.size());
    lay(patches, [&](std::size_t i, std::size_t index) { marks[i] = on_patch(patches[i], index); });
    if (!any_on_pieces) return marks;
    std::vector<Patch> pieces;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (std::size_t i = 0; i < patches.size(); ++i) {
      for (std::size_t k = 0; k < marks[i].pieces.size(); ++k) {
        pieces.push_back(as_patch(patches[i], marks[i].pieces[k]));
        places.emplace_back(i, k);
      }
    }
    lay(pieces, [&](std::size_t i, std::size_t index) {
      auto& of_patch = marks[places[i].first];
      on_piece(pieces[i], of_patch.pieces[places[i].second].piece_id, index, of_patch);
    });
    return marks;
  }
};

Marker::Marker(std::shared_ptr<const ReferenceLayers> layers,
               std::shared_ptr<const std::vector<Rulebook>> books)
    : impl_(std::make_unique<Impl>(layers, std::move(books))) {}
Marker::~Marker() = default;
Marker::Marker(Marker&&) noexcept = default;

std::vector<Marks> Marker::judge(std::span<const Patch> patches) const {
  return impl_->all(patches);
}

std::vector<Marks> Marker::mark(std::span<const Patch> patches) const {
  auto marks = judge(patches);
  for (auto& one : marks) settle(one);
  return marks;
}

Marks Marker::mark(const Patch& patch) const {
  return std::move(mark(std::span(&patch, 1)).front());
}

std::vector<std::pair<std::string_view, FactValue>> Marker::facts(const Patch& patch) const {
  FactRow row;
  std::vector<Overlap> overlaps;
  set_patch_facts(patch, row);
  impl_->overlayer.lay(std::span(&patch, 1));
  impl_->overlayer.overlay(0, std::vector<bool>(fact_dictionary().size(), true), row, overlaps);
  std::vector<std::pair<std::string_view, FactValue>> result;
  for (std::size_t i = 0; i < fact_dictionary().size(); ++i) {
    result.emplace_back(fact_dictionary()[i].name, row.at(i));
  }
  return result;
}

}  // namespace tuban
