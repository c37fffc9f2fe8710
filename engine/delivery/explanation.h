// SPDX-License-Identifier: Apache-2.0
// Everything a result says of one patch. Internal to delivery.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/delivery/place.h"
#include "engine/io/result_file.h"
#include "tuban/patch.h"

namespace tuban {

struct ToldPredicate {
  std::string when;
  std::optional<bool> held;  ///< empty: unknown
  std::vector<std::pair<std::string, FactValue>> facts;
  std::map<std::string, double> parameters;
};

struct ToldFinding {
  std::string rulebook, version, rule_id, name_zh, name_en, status, effect, mark, severity, note, basis;
  std::string piece_id, group_id;  ///< empty where the rule judges the patch alone
  std::vector<ToldPredicate> predicates;
  std::optional<double> members;                          ///< of the group that is judged together
  std::vector<std::pair<std::string, std::string>> more;  ///< what else the evidence says
};

struct ToldOverlap {
  std::string layer, feature_id, feature_class, state, number, dated, valid_from, valid_to;
  double gross_m2 = 0;
  std::optional<double> net_m2;
};

struct LandShare {
  std::string code;
  double gross_m2 = 0, net_m2 = 0;  ///< net of field ridges
};

struct ToldAncestor {
  std::string earlier_id, relation;
  std::optional<double> shared_m2, share_of_patch, share_of_earlier;
};

struct ToldPiece {
  std::string piece_id, rule_id, severity;
  std::optional<double> area_m2;
};

struct Explanation {
  std::map<std::string, FactValue> patch;  ///< every column of the patch
  std::int64_t patches = 0;                ///< of the result
  Place place;
  std::vector<ToldFinding> findings;
  std::vector<LandShare> land;        ///< by class, the largest first
  std::vector<ToldOverlap> overlaps;  ///< with layers other than land use and districts, by role
  std::vector<ToldAncestor> ancestors;
  std::vector<ToldPiece> pieces;
  std::vector<std::string> missing_layers;  ///< roles that rules ask for and the run did not have

  std::string text(const std::string& column) const;
  std::optional<double> number(const std::string& column) const;
};

/// A row of table findings.
ToldFinding finding_of(const ResultRow& row);

/// Throws Error(usage) where the result has no such patch.
Explanation read_explanation(const ResultFile& result, const std::string& patch_id);

}  // namespace tuban
