// SPDX-License-Identifier: Apache-2.0
// A result handed on: one set of files per county, in that county's Gauss-Krueger zone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tuban/explain.h"
#include "tuban/export.h"

namespace tuban {

struct DeliverOptions {
  std::string folder;  ///< made; an existing one is refused
  bool by_county = true;
  std::vector<std::string> formats{"shp", "gpkg", "xlsx"};
  std::string schema = "tuban";  ///< or "jctb": the survey's field names
  Language language = Language::en;
  std::vector<std::string> marks;  ///< only patches with one of these; empty: all
  std::string severity;            ///< only patches of at least this, S1 to S4; empty: all
  std::optional<int> zone;         ///< for every set; else by the table, else by the patches' longitude
  std::string counties;            ///< YAML file with names and zones of counties; may be empty
  std::string batch;               ///< written into PCH of schema jctb
  bool overwrite = false;          ///< an existing folder that is a delivery is replaced
};

struct DeliveredSet {
  std::string name;  ///< county code, "unassigned" (patches in no district) or "all"
  std::string county_name;
  int zone = 0, epsg = 0;
  std::int64_t patches = 0;
  double area_m2 = 0;
  std::vector<std::string> files;  ///< relative to the folder
};

struct DeliveryReport {
  std::vector<DeliveredSet> sets;  ///< by name, "unassigned" last
  std::int64_t left_out = 0;       ///< patches that marks or severity kept out
};

/// Writes the sets into a temporary folder and renames it when all is written. The same result and options
/// give the same bytes. Throws Error(usage) for options that cannot be, Error(mismatch) for a result without
/// CRS, Error(runtime) where writing fails; then nothing is left.
TUBAN_API DeliveryReport deliver(const std::string& result, const DeliverOptions& options);

}  // namespace tuban
