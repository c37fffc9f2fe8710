// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/tables.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tuban/geometry.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

py::object value(const std::string& text) {
  return py::str(text);
}
py::object value(bool flag) {
  return py::bool_(flag);
}
py::object value(std::int64_t number) {
  return py::int_(number);
}
py::object value(std::uint64_t number) {
  return py::int_(number);
}
py::object value(double number) {
  return std::isnan(number) ? py::object(py::none()) : py::float_(number);
}
template <typename T>
py::object value(const std::optional<T>& some) {
  return some ? value(*some) : py::none();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string rules_fired(const MarkedPatch& of) {
  std::vector<std::string> rules;
  for (const Finding& finding : of.findings)
    if (finding.status == "fired") rules.push_back(finding.rule_id);
  return joined(rules);
}

/// What only pixels tell is unknown where it is empty.
py::object known(const std::string& text) {
  return text.empty() ? py::object(py::none()) : py::str(text);
}

const char* role_name(BandRole role) {
  constexpr const char* kNames[] = {"unknown", "blue",  "green", "red", "red_edge",
                                    "nir",     "swir1", "swir2", "sar"};
  return kNames[static_cast<int>(role)];
}

py::object fact_value(const FactValue& fact) {
  if (fact.kind == FactValue::Kind::number) return value(fact.number);
  if (fact.kind == FactValue::Kind::text) return value(fact.text);
  return py::none();
}

py::object evidence(const Finding& finding) {
  py::list predicates;
  for (const PredicateResult& predicate : finding.predicates) {
    py::dict facts, parameters, one;
    for (const auto& [name, fact] : predicate.facts) facts[py::str(name)] = fact_value(fact);
    for (const auto& [name, number] : predicate.parameters) parameters[py::str(name)] = value(number);
    one["sql"] = predicate.sql;
    one["verdict"] = predicate.verdict < 0 ? py::object(py::none()) : py::bool_(predicate.verdict == 1);
    one["facts"] = facts;
    one["parameters"] = parameters;
    predicates.append(one);
  }
  return predicates;
}

py::bytes wkb(const MultiPolygon& geometry) {
  const std::vector<std::byte> bytes = to_wkb(geometry);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Row>
struct Column {
  const char* name;
  const char* kind;
  py::object (*get)(const Row&);
};

template <typename Row, std::size_t kCount>
py::dict table(const Column<Row> (&columns)[kCount], const std::vector<Row>& rows) {
  py::dict made;
  for (const Column<Row>& column : columns) {
    py::list cells(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) cells[i] = column.get(rows[i]);
    made[column.name] = py::make_tuple(column.kind, cells);
  }
  return made;
}

template <typename T>
std::vector<const T*> all_of(const std::vector<MarkedPatch>& patches, std::vector<T> MarkedPatch::*member) {
  std::vector<const T*> rows;
  for (const MarkedPatch& patch : patches)
    for (const T& one : patch.*member) rows.push_back(&one);
  return rows;
}

struct SpectrumRow {
  const Patch* patch;
  const BandSpectrum* spectrum;
  bool after;
};

using P = const MarkedPatch* const&;

// Names and order are those of the result file; a test compares them.
// clang-format off
constexpr Column<const MarkedPatch*> kPatchColumns[] = {
    {"patch_id", "text", [](P p) { return value(p->patch.patch_id); }},
    {"region_id", "int", [](P p) { return value(p->patch.region_id); }},
    {"lineage_id", "text", [](P p) { return value(p->patch.lineage_id); }},
    {"lineage_status", "text", [](P p) { return value(p->patch.lineage_status); }},
    {"first_seen_date", "text", [](P p) { return value(p->patch.first_seen_date); }},
    {"earlier_patch_m2", "float", [](P p) { return value(p->patch.earlier_m2); }},
    {"earlier_patch_share", "float", [](P p) { return value(p->patch.earlier_share); }},
    {"earlier_suspected_share", "float", [](P p) { return value(p->patch.earlier_suspected_share); }},
    {"case_id", "text", [](P p) { return value(p->patch.case_id); }},
    {"rank", "int", [](P p) { return value(p->rank); }},
    {"marks", "text", [](P p) { return value(joined(p->marks)); }},
    {"severity", "text", [](P p) { return value(p->severity); }},
    {"rules", "text", [](P p) { return value(rules_fired(*p)); }},
    {"area_px", "int", [](P p) { return p->patch.area_px > 0 ? value(p->patch.area_px) : py::none(); }},
    {"area_m2", "float", [](P p) { return value(p->patch.area_m2); }},
    {"area_geod_m2", "float", [](P p) { return value(p->patch.area_geod_m2); }},
    {"area_mu", "float", [](P p) { return value(p->patch.area_mu); }},
    {"perimeter_m", "float", [](P p) { return value(p->patch.perimeter_m); }},
    {"perimeter_px", "float", [](P p) { return value(p->patch.perimeter_px); }},
    {"compactness", "float", [](P p) { return value(p->patch.compactness); }},
    {"elongation", "float", [](P p) { return value(p->patch.elongation); }},
    {"centroid_x", "float", [](P p) { return value(p->patch.centroid_x); }},
    {"centroid_y", "float", [](P p) { return value(p->patch.centroid_y); }},
    {"lon", "float", [](P p) { return value(p->patch.lon); }},
    {"lat", "float", [](P p) { return value(p->patch.lat); }},
    {"before_date", "text", [](P p) { return value(p->patch.before_date); }},
    {"after_date", "text", [](P p) { return value(p->patch.after_date); }},
    {"direction", "text", [](P p) { return known(p->patch.direction); }},
    {"change_type", "text", [](P p) { return known(p->patch.change_type); }},
    {"type_confidence", "float", [](P p) { return value(p->patch.type_confidence); }},
    {"construction_like", "bool", [](P p) { return p->patch.change_type.empty() ? py::none() : value(p->patch.construction_like); }},
    {"earthwork_like", "bool", [](P p) { return p->patch.change_type.empty() ? py::none() : value(p->patch.earthwork_like); }},
    {"score_mean", "float", [](P p) { return value(p->patch.score_mean); }},
    {"score_max", "float", [](P p) { return value(p->patch.score_max); }},
    {"confidence", "float", [](P p) { return value(p->patch.confidence); }},
    {"edge_share", "float", [](P p) { return value(p->patch.edge_share); }},
    {"valid_share", "float", [](P p) { return value(p->patch.valid_share); }},
    {"cut", "bool", [](P p) { return value(p->patch.cut); }},
    {"ndvi_before", "float", [](P p) { return value(p->patch.ndvi.before); }},
    {"ndvi_after", "float", [](P p) { return value(p->patch.ndvi.after); }},
    {"ndwi_before", "float", [](P p) { return value(p->patch.ndwi.before); }},
    {"ndwi_after", "float", [](P p) { return value(p->patch.ndwi.after); }},
    {"mndwi_before", "float", [](P p) { return value(p->patch.mndwi.before); }},
    {"mndwi_after", "float", [](P p) { return value(p->patch.mndwi.after); }},
    {"ndbi_before", "float", [](P p) { return value(p->patch.ndbi.before); }},
    {"ndbi_after", "float", [](P p) { return value(p->patch.ndbi.after); }},
    {"bsi_before", "float", [](P p) { return value(p->patch.bsi.before); }},
    {"bsi_after", "float", [](P p) { return value(p->patch.bsi.after); }},
    {"brightness_before", "float", [](P p) { return value(p->patch.brightness.before); }},
    {"brightness_after", "float", [](P p) { return value(p->patch.brightness.after); }},
};

using F = const Finding* const&;
constexpr Column<const Finding*> kFindingColumns[] = {
    {"patch_id", "text", [](F f) { return value(f->patch_id); }},
    {"rulebook", "text", [](F f) { return value(f->rulebook); }},
    {"version", "text", [](F f) { return value(f->version); }},
    {"rule_id", "text", [](F f) { return value(f->rule_id); }},
    {"name_zh", "text", [](F f) { return value(f->name_zh); }},
    {"name_en", "text", [](F f) { return value(f->name_en); }},
    {"status", "text", [](F f) { return value(f->status); }},
    {"effect", "text", [](F f) { return value(f->effect); }},
    {"mark", "text", [](F f) { return value(f->mark); }},
    {"severity", "text", [](F f) { return value(f->severity); }},
    {"note", "text", [](F f) { return value(f->note); }},
    {"basis", "text", [](F f) { return value(f->basis); }},
    {"evidence", "object", [](F f) { return evidence(*f); }},
    {"piece_id", "text", [](F f) { return value(f->piece_id); }},
    {"group_id", "text", [](F f) { return value(f->group_id); }},
};

using O = const Overlap* const&;
constexpr Column<const Overlap*> kOverlapColumns[] = {
    {"patch_id", "text", [](O o) { return value(o->patch_id); }},
    {"layer", "text", [](O o) { return value(o->layer); }},
    {"feature_id", "text", [](O o) { return value(o->feature_id); }},
    {"feature_class", "text", [](O o) { return value(o->feature_class); }},
    {"state", "text", [](O o) { return value(o->state); }},
    {"gross_m2", "float", [](O o) { return value(o->gross_m2); }},
    {"net_m2", "float", [](O o) { return value(o->net_m2); }},
    {"number", "text", [](O o) { return value(o->number); }},
    {"dated", "text", [](O o) { return value(o->dated); }},
    {"valid_from", "text", [](O o) { return value(o->valid_from); }},
    {"valid_to", "text", [](O o) { return value(o->valid_to); }},
};

using D = const DerivedPiece* const&;
constexpr Column<const DerivedPiece*> kPieceColumns[] = {
    {"piece_id", "text", [](D d) { return value(d->piece_id); }},
    {"patch_id", "text", [](D d) { return value(d->patch_id); }},
    {"rulebook", "text", [](D d) { return value(d->rulebook); }},
    {"rule_id", "text", [](D d) { return value(d->rule_id); }},
    {"area_m2", "float", [](D d) { return value(d->area_m2); }},
    {"area_mu", "float", [](D d) { return value(d->area_m2 * 3 / 2000); }},
    {"severity", "text", [](D d) { return value(d->severity); }},
    {"marks", "text", [](D d) { return value(joined(d->marks)); }},
};

using S = const SpectrumRow&;
constexpr Column<SpectrumRow> kSpectrumColumns[] = {
    {"patch_id", "text", [](S s) { return value(s.patch->patch_id); }},
    {"epoch", "text", [](S s) -> py::object { return py::str(s.after ? "after" : "before"); }},
    {"role", "text", [](S s) -> py::object { return py::str(role_name(s.spectrum->role)); }},
    {"band", "text", [](S s) { return value(s.spectrum->band); }},
    {"mean", "float", [](S s) { return value(s.after ? s.spectrum->mean_after : s.spectrum->mean_before); }},
    {"sd", "float", [](S s) { return value(s.after ? s.spectrum->sd_after : s.spectrum->sd_before); }},
};

using L = const LineageLink* const&;
constexpr Column<const LineageLink*> kLineageColumns[] = {
    {"patch_id", "text", [](L l) { return known(l->patch_id); }},
    {"earlier_id", "text", [](L l) { return value(l->earlier_id); }},
    {"relation", "text", [](L l) { return value(l->relation); }},
    {"shared_m2", "float", [](L l) { return l->patch_id.empty() ? py::none() : value(l->shared_m2); }},
    {"share_of_patch", "float", [](L l) { return value(l->share_of_patch); }},
    {"share_of_earlier", "float", [](L l) { return value(l->share_of_earlier); }},
    {"earlier_file", "text", [](L l) { return value(l->earlier_file); }},
    {"earlier_date", "text", [](L l) { return value(l->earlier_date); }},
};
// clang-format on

}  // namespace

py::dict patch_table(const std::vector<MarkedPatch>& patches) {
  std::vector<const MarkedPatch*> rows;
  for (const MarkedPatch& patch : patches) rows.push_back(&patch);
  return table(kPatchColumns, rows);
}

py::dict finding_table(const std::vector<MarkedPatch>& patches) {
  return table(kFindingColumns, all_of(patches, &MarkedPatch::findings));
}

py::dict overlap_table(const std::vector<MarkedPatch>& patches) {
  return table(kOverlapColumns, all_of(patches, &MarkedPatch::overlaps));
}

py::dict piece_table(const std::vector<MarkedPatch>& patches) {
  return table(kPieceColumns, all_of(patches, &MarkedPatch::pieces));
}

py::dict spectrum_table(const std::vector<MarkedPatch>& patches) {
  std::vector<SpectrumRow> rows;
  for (const MarkedPatch& patch : patches)
    for (const BandSpectrum& spectrum : patch.patch.spectra)
      for (const bool after : {false, true}) rows.push_back({&patch.patch, &spectrum, after});
  return table(kSpectrumColumns, rows);
}

py::dict lineage_table(const std::vector<MarkedPatch>& patches) {
  std::vector<const LineageLink*> rows;
  for (const MarkedPatch& patch : patches)
    for (const LineageLink& link : patch.patch.lineage) rows.push_back(&link);
  return table(kLineageColumns, rows);
}

py::list wkb_of_patches(const std::vector<MarkedPatch>& patches) {
  py::list all;
  for (const MarkedPatch& patch : patches) all.append(wkb(patch.patch.geometry));
  return all;
}

py::list wkb_of_pieces(const std::vector<MarkedPatch>& patches) {
  py::list all;
  for (const DerivedPiece* piece : all_of(patches, &MarkedPatch::pieces)) all.append(wkb(piece->geometry));
  return all;
}

py::list coordinates_of_patches(const std::vector<MarkedPatch>& patches) {
  py::list all;
  for (const MarkedPatch& patch : patches) {
    py::list polygons;
    for (const Polygon& polygon : patch.patch.geometry) {
      py::list rings;
      for (const Ring& ring : polygon.rings) {
        py::list points;
        for (const Point& point : ring) points.append(py::make_tuple(point.x, point.y));
        rings.append(points);
      }
      polygons.append(rings);
    }
    all.append(polygons);
  }
  return all;
}

}  // namespace tuban::python
