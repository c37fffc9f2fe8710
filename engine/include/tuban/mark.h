// SPDX-License-Identifier: Apache-2.0
// Patches made elsewhere, marked by the rules: an issued batch of monitoring patches, say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tuban/export.h"
#include "tuban/job.h"

namespace tuban {

/// What to mark, how, and where the result goes. Fields that are not named are looked for under the names of
/// the issued batches (JCBH and so on) and of Tuban's own results; one that is named must be there.
struct MarkJob : MarkingJob {
  std::string patches;  ///< any vector source of polygons, or an evidence package with a table JCTB
  std::string layer;    ///< of it; empty: the only one, JCTB or patches
  std::string crs;      ///< such as EPSG:4526, where the source states none
  std::string id_field, case_field, type_field, before_date_field, after_date_field;
  std::optional<std::string> before_date, after_date;  ///< of all patches, whatever their fields say
  std::string types_map;  ///< YAML from values of the type field to C10 ... C99; empty: the shipped one
  double pixel_size = 2;  ///< metres that outlines are sure to; widths of slivers are counted in it
};

/// Marks patches and writes them with every field they came with; facts that only pixels tell stay unknown.
/// Throws Error; then nothing stands under the output's name.
TUBAN_API Report mark(const MarkJob& job, const Control& control = {});

/// mark() with the patches in memory; the job needs no output. Control::receive.patch is not called.
TUBAN_API Result collect(const MarkJob& job, const Control& control = {});

}  // namespace tuban
