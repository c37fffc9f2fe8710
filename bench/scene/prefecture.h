// SPDX-License-Identifier: Apache-2.0
// A prefecture's worth of reference layers and patches, without images: what rules are measured on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace tuban::scene {

struct PrefectureOptions {
  std::string folder;  ///< made if missing; files of an earlier prefecture in it are replaced
  std::uint64_t seed = 1;
  double scale = 1;  ///< share of 9,500 km2 with as much of everything, 0.001 to 1
};

struct PrefectureSummary {
  double km2 = 0;
  std::map<std::string, std::int64_t> features;  ///< by layer
  std::int64_t vertices = 0;                     ///< of all layers
};

/// Writes into the folder: layers.gpkg and layers.yaml, every role that rules know; patches.gpkg, table JCTB,
/// patches as a detector at 2 m would give them, none on another. EPSG:4526, a fifth of it west of zone 38.
/// At scale 1: 674,000 parcels, 120,000 polygons of basic farmland, 5,000 approvals, 300 mining rights,
/// 20,000 patches. The same seed and scale give the same files' contents. Throws std::runtime_error with one
/// sentence.
PrefectureSummary generate_prefecture(const PrefectureOptions& options);

}  // namespace tuban::scene
