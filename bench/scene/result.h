// SPDX-License-Identifier: Apache-2.0
// A scene's truth and a run's result, read back.
#pragma once

#include <ogrsf_frmts.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tuban::scene {

using GeometryPtr = std::unique_ptr<OGRGeometry>;

struct TruePlanted {
  std::string id, kind, situation;
  std::set<std::string> change_types, must_fire, must_not_fire;
  double area_m2 = 0;  ///< in the plane of the scene
  GeometryPtr shape;
  OGREnvelope box;
};

struct FoundPatch {
  std::string id, marks, severity, change_type;
  std::set<std::string> rules;
  double area_m2 = 0, area_mu = 0, confidence = 0;
  bool has_confidence = false;
  GeometryPtr shape;
  OGREnvelope box;

  bool marked() const { return severity == "S3" || severity == "S4"; }
};

struct Field {
  GeometryPtr shape;
  OGREnvelope box;
};

std::vector<TruePlanted> read_planted(const std::string& folder);
/// Paddies whose crop state changed.
std::vector<Field> read_changed_paddies(const std::string& folder);
/// Table `patches`, and the fired rules of `findings` where `patches` has no column `rules`. Columns that are
/// missing stay empty.
std::vector<FoundPatch> read_patches(const std::string& result);

double shared_area(const OGRGeometry& a, const OGRGeometry& b);

}  // namespace tuban::scene
