// SPDX-License-Identifier: Apache-2.0
// The survey's field names for patches that are handed on (JCTB). Internal to delivery.
#pragma once

#include <string>
#include <vector>

#include "engine/delivery/patch_summary.h"
#include "tuban/explain.h"

namespace tuban {

/// What all patches of a delivery share.
struct JctbCommon {
  std::string batch, before_scene, after_scene;
  std::optional<double> registration_px;
  Language language = Language::zh;
};

const std::vector<Column>& jctb_columns();

/// The cells of a patch in the order of jctb_columns(); `centroid` in the zone. What only people may fill,
/// such as PDLX, stays NULL.
void set_jctb(CellRow& to, const PatchSummary& patch, const JctbCommon& common, Point centroid);

}  // namespace tuban
