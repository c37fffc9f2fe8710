// SPDX-License-Identifier: Apache-2.0
// Marks as a record of the spool. Writing and reading name the fields once, in one order.
#include <concepts>
#include <cstdint>

#include "engine/rules/mark.h"
#include "tuban/error.h"

namespace tuban {
namespace {

/// Walks the fields of a record, writing them.
class Packer {
 public:
  explicit Packer(Encoder& to) : to_(to) {}
  void operator()(const std::string& text) { to_.put(text); }
  void operator()(const double& value) { to_.put(value); }
  void operator()(const int& value) { to_.put(value); }
  void operator()(const std::int64_t& value) { to_.put(value); }
  void operator()(const Ring& ring) { to_.put(ring); }
  void operator()(const FactValue::Kind& kind) { to_.put(static_cast<std::uint8_t>(kind)); }
  template <typename T>
  void operator()(const std::optional<T>& value) {
    to_.put(static_cast<std::uint8_t>(value.has_value()));
    if (value) to_.put(*value);
  }
  template <typename T>
  void operator()(const std::vector<T>& items) {
    to_.put(static_cast<std::uint64_t>(items.size()));
    for (const auto& item : items) fields(*this, item);
  }

 private:
  Encoder& to_;
};

/// Walks the fields of a record, reading them.
class Unpacker {
 public:
  explicit Unpacker(Decoder& from) : from_(from) {}
  void operator()(std::string& text) { from_.get(text); }
  void operator()(double& value) { from_.get(value); }
  void operator()(int& value) { from_.get(value); }
  void operator()(std::int64_t& value) { from_.get(value); }
  void operator()(Ring& ring) { from_.get(ring); }
  void operator()(FactValue::Kind& kind) {
    std::uint8_t code = 0;
    from_.get(code);
    if (code > static_cast<std::uint8_t>(FactValue::Kind::text)) {
      throw Error(ErrorCode::runtime, "a record of marks in the spool holds a fact of an unknown kind");
    }
    kind = static_cast<FactValue::Kind>(code);
  }
  template <typename T>
  void operator()(std::optional<T>& value) {
    std::uint8_t known = 0;
    from_.get(known);
    if (known != 0) from_.get(value.emplace());
  }
  template <typename T>
  void operator()(std::vector<T>& items) {
    std::uint64_t count = 0;
    from_.get(count);
    items.clear();
    for (std::uint64_t i = 0; i < count; ++i) fields(*this, items.emplace_back());
  }

 private:
  Decoder& from_;
};

template <typename Walk>
void fields(Walk& walk, std::string& text) {
  walk(text);
}
template <typename Walk>
void fields(Walk& walk, const std::string& text) {
  walk(text);
}

/// A record or its const twin.
template <typename T, typename Record>
concept Like = std::same_as<std::remove_const_t<T>, Record>;

template <typename Walk, Like<std::pair<std::string, FactValue>> Fact>
void fields(Walk& walk, Fact& fact) {
  walk(fact.first);
  walk(fact.second.kind);
  walk(fact.second.number);
  walk(fact.second.text);
}

template <typename Walk, Like<std::pair<std::string, double>> Number>
void fields(Walk& walk, Number& number) {
  walk(number.first);
  walk(number.second);
}

template <typename Walk, Like<PredicateResult> Predicate>
void fields(Walk& walk, Predicate& predicate) {
  walk(predicate.sql);
  walk(predicate.verdict);
  walk(predicate.facts);
  walk(predicate.parameters);
}

template <typename Walk, Like<Finding> Found>
void fields(Walk& walk, Found& finding) {
  walk(finding.patch_id);
  walk(finding.rulebook);
  walk(finding.version);
  walk(finding.rule_id);
  walk(finding.name_zh);
  walk(finding.name_en);
  walk(finding.status);
  walk(finding.effect);
  walk(finding.mark);
  walk(finding.severity);
  walk(finding.note);
  walk(finding.basis);
  walk(finding.predicates);
  walk(finding.piece_id);
  walk(finding.group_id);
  walk(finding.members);
}

template <typename Walk, Like<Overlap> Shared>
void fields(Walk& walk, Shared& overlap) {
  walk(overlap.patch_id);
  walk(overlap.layer);
  walk(overlap.feature_id);
  walk(overlap.feature_class);
  walk(overlap.state);
  walk(overlap.gross_m2);
  walk(overlap.net_m2);
  walk(overlap.number);
  walk(overlap.dated);
  walk(overlap.valid_from);
  walk(overlap.valid_to);
}

template <typename Walk, Like<std::optional<double>> Value>
void fields(Walk& walk, Value& value) {
  walk(value);
}

template <typename Walk, Like<Ring> Line>
void fields(Walk& walk, Line& ring) {
  walk(ring);
}

template <typename Walk, Like<Polygon> Shape>
void fields(Walk& walk, Shape& polygon) {
  walk(polygon.rings);
}

template <typename Walk, Like<DerivedPiece> Part>
void fields(Walk& walk, Part& piece) {
  walk(piece.piece_id);
  walk(piece.patch_id);
  walk(piece.rulebook);
  walk(piece.rule_id);
  walk(piece.geometry);
  walk(piece.area_m2);
  walk(piece.area_geod_m2);
  walk(piece.perimeter_m);
  walk(piece.severity);
  walk(piece.marks);
}

template <typename Walk, Like<Membership> Member>
void fields(Walk& walk, Member& member) {
  walk(member.rule);
  walk(member.bounds.x0);
  walk(member.bounds.y0);
  walk(member.bounds.x1);
  walk(member.bounds.y1);
  walk(member.values);
}

template <typename Walk, Like<Marks> Record>
void fields(Walk& walk, Record& marks) {
  walk(marks.findings);
  walk(marks.overlaps);
  walk(marks.marks);
  walk(marks.severity);
  walk(marks.pieces);
  walk(marks.memberships);
}

}  // namespace

void encode(Encoder& to, const Marks& marks) {
  Packer writer(to);
  fields(writer, marks);
}

Marks decode_marks(Decoder& from) {
  Marks marks;
  Unpacker reader(from);
  fields(reader, marks);
  return marks;
}

}  // namespace tuban
