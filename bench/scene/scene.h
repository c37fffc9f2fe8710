// SPDX-License-Identifier: Apache-2.0
// The demo generator: paints a scene of two dates with planted changes whose truth is known, scores a result
// against that truth, and draws both. Own code that links no part of the engine: it judges the engine.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tuban::scene {

struct Options {
  std::uint64_t seed = 1;
  int width = 4096, height = 4096;  ///< pixels, at least 128 each
  double gsd = 2;                   ///< m; above 2 the landscape grows with it, so that parcels stay parcels
  std::string folder;               ///< made if missing; files of an earlier scene in it are replaced
  std::string compression = "DEFLATE";  ///< DEFLATE, ZSTD or NONE
  int tile = 512;                       ///< storage blocks, a multiple of 16; 0: strips
  int threads = 2;                      ///< never changes a byte of the pixels
  double phenology = 1;            ///< share of the usual changes of crop state, 0 to 2; 0: no crop changes
  double restless = 1;             ///< share of what usually comes and goes on unchanged ground, 0 to 2
  int changes = -1;                ///< to plant on fields, about; negative: as many as the area usually has
  double field_width = 42;         ///< m; wider fields, fewer parcels
  double shift = 0.3;              ///< px along both axes, 0 to 1: misregistration of the second date
  std::string validity = "files";  ///< of clouds: files beside the images, or "nodata" (0) in them
};

/// What was painted.
struct Summary {
  int planted = 0;
  int planted_400 = 0;  ///< of 400 m2 or more
  int paddies = 0;
  double paddy_changed_share = 0;  ///< by area: harvested or flooded between the dates
  double before_valid_share = 0, after_valid_share = 0;
  std::map<std::string, int> by_situation;
};

/// Writes into the folder: before.tif, after.tif (uint16, bands blue, green, red, nir), before_valid.tif,
/// after_valid.tif (1 = valid; not where validity is nodata), layers.gpkg and layers.yaml (the reference
/// layers), job.yaml (the main job, ready to run) and truth.gpkg (tables planted and paddies). Throws
/// std::runtime_error with one sentence.
Summary generate(const Options& options);

/// How a kind of planted change, or a legal situation, fared.
struct Tally {
  int planted = 0, found = 0;
  int large = 0, large_found = 0;  ///< of 400 m2 or more
  int judged = 0, right = 0;       ///< found ones; right: all rules that must fire did, none that must not
};

struct PatchTally {
  int patches = 0;
  double area_mu = 0;
};

struct Score {
  int patches = 0;
  std::map<std::string, PatchTally> by_mark;  ///< key "severity mark", unmarked ones under "unmarked"
  std::map<std::string, Tally> by_kind, by_situation;
  Tally all;
  int real = 0;               ///< patches that show a planted change
  int marked = 0;             ///< S3 or S4
  int marked_false = 0;       ///< of them, showing no planted change
  int phenology = 0;          ///< unmarked, on paddies whose crop state changed
  int other_unmarked = 0;     ///< unmarked, neither real nor phenology
  double precision = 1;       ///< among the marked
  double roc_area = 0.5;      ///< of confidence, real against false (neither real nor unmarked phenology)
  double roc_area_all = 0.5;  ///< real against all that is not
  int typed = 0, typed_right = 0;  ///< planted changes found, with an acceptable change type
  std::map<std::string, std::map<std::string, int>> confusion;  ///< kind -> change type -> planted changes
  std::vector<std::string> missed;  ///< planted changes of 400 m2 or more not found
  std::vector<std::string> wrong;   ///< found planted changes whose rules are not as they must be
  std::string text;                 ///< all of it as tables
};

/// Compares a result GeoPackage with the truth of a generated scene. A planted change is found when patches
/// cover at least 30 % of it; a patch is real when it shares at least 30 % of either's area with a planted
/// change. Table `patches` is needed; of its columns only the geometry.
Score score(const std::string& folder, const std::string& result);

/// Draws before, after, and after with the patches coloured by mark, with a row of close-ups, as a PNG.
void picture(const std::string& folder, const std::string& result, const std::string& png);

}  // namespace tuban::scene
