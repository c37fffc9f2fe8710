// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tuban/geometry.h"
#include "tuban/io.h"

namespace tuban {

/// Mean and standard deviation of a band over a patch, native units, both dates.
struct BandSpectrum {
  BandRole role = BandRole::unknown;
  std::string band;
  double mean_before = 0, sd_before = 0, mean_after = 0, sd_after = 0;
};

/// A spectral index before and after, measured on normalised mean spectra; empty where a role is missing.
struct IndexPair {
  std::optional<double> before, after;
};

/// A value of a table that patches came in; empty is NULL.
using FieldValue = std::variant<std::monostate, std::int64_t, double, std::string>;

/// How a patch goes on from one of an earlier batch, or that an earlier one is not seen again.
struct LineageLink {
  std::string patch_id;  ///< empty: nothing goes on from the earlier one
  std::string earlier_id, earlier_file;
  std::optional<std::string> earlier_date;  ///< the latest after-date of its batch
  std::string relation;                     ///< continued, grown, shrunk, split, merged or disappeared
  double shared_m2 = 0;
  std::optional<double> share_of_patch, share_of_earlier;
};

/// A change candidate on the earth: a lead, never a verdict (G5). Attributes come from the exact traced
/// geometry even where `geometry` is simplified. Optional values are unknown where the grid has no CRS, a
/// band role is missing or a date was not given. Of a patch made elsewhere what only pixels tell is unknown:
/// numbers are NaN, area_px is 0, direction and change_type are empty.
struct Patch {
  std::string patch_id;         ///< 16 hex digits; stable across runs and machines
  std::uint64_t region_id = 0;  ///< linear index of the first pixel in the job's grid
  std::string lineage_id;       ///< identity across months; equals patch_id on first sight
  MultiPolygon geometry;        ///< ground coordinates of the job's grid
  bool cut = false;             ///< geometry was cut on the fixed lattice (G2)

  std::int64_t area_px = 0;
  std::optional<double> area_m2;          ///< official ellipsoidal area, unrounded
  std::optional<double> area_geod_m2;     ///< geodesic area (Karney 2013)
  std::optional<double> area_mu;          ///< mu = m2 * 3 / 2000
  std::optional<double> perimeter_m;      ///< geodesic length of all rings
  double perimeter_px = 0;                ///< pixel sides
  double compactness = 0;                 ///< 4 pi A / P^2 of the pixel outline, in (0, 1]
  double elongation = 1;                  ///< sqrt of the ratio of principal second moments, >= 1
  double centroid_x = 0, centroid_y = 0;  ///< ground coordinates
  std::optional<double> lon, lat;         ///< degrees, geographic CRS of the grid's datum
  std::int32_t last_row = 0;              ///< last raster row, the first key of the row order

  std::optional<std::string> before_date, after_date;
  std::vector<BandSpectrum> spectra;
  IndexPair ndvi, ndwi, mndwi, ndbi, bsi, brightness;

  std::string
      direction;  ///< vegetation_loss, vegetation_gain, to_water, from_water, brightening, darkening, unknown
  std::string change_type;  ///< C10 ... C99 of the engine's taxonomy
  double type_confidence = 0;
  bool construction_like = false;  ///< C10-C17
  bool earthwork_like = false;     ///< C11, C30, C31
  double score_mean = 0, score_max = 0;
  /// That this is change worth a look, 0 to 1: a measure to rank by, not a probability. sqrt(e sqrt(b m))
  /// with e = 1 - cut / score_mean, how far the score lies above the cut; b = w / (w + 2), breadth, of the
  /// mean width w = 2 area / perimeter in pixels (thin patches are edges seen twice); m = r / (r + 1/2), how
  /// far the mean of the bands moved, r, in units of their spread within the patch on either date (over
  /// misregistered edges gains and losses cancel; 2/3 where nothing varies). Less by half of edge_share, and
  /// times .8 where season, cloud or misregistration may explain it (C90 to C92).
  double confidence = 0;
  double edge_share = 0;  ///< share of the outline that touches invalid pixels or the raster's frame
  /// Share of the outline inside the raster's frame (holes' too) beyond which the ground is seen, not hidden
  /// by a mask, nodata or the end of the other scene; none where the whole outline is the frame.
  std::optional<double> valid_share;
  std::optional<double> registration_px;  ///< how far the scenes lie apart still; none where unmeasured

  /// What patches of earlier batches say of the same ground; none where no earlier batch was given.
  std::optional<double> earlier_m2, earlier_share;  ///< ground of the patch that an earlier one covers
  std::optional<double> earlier_suspected_share;    ///< of the patch, on earlier ones of severity S3 or S4
  std::optional<std::string> first_seen_date;       ///< its own after-date where nothing lay here before
  std::optional<std::string> lineage_status;        ///< new, continued, grown, shrunk, split or merged
  std::optional<std::string> case_id;  ///< patches of one case count together, where one is named
  /// What images alone do not tell; none unless whoever made the patch knows.
  std::optional<double> off_nadir_deg;    ///< view angle of the later image, 0 straight down
  std::optional<double> height_change_m;  ///< of the ground, from a pair of height models
  std::vector<LineageLink> lineage;       ///< the ancestor that it has its lineage_id from first
  /// The fields of the table it came in, in the order of its columns; none for patches of this engine.
  std::vector<FieldValue> original;
};

/// A measured value behind a predicate, as it was bound: a number, text, or unknown.
struct FactValue {
  enum class Kind { unknown, number, text } kind = Kind::unknown;
  double number = 0;  ///< booleans are 0 and 1
  std::string text;

  friend bool operator==(const FactValue&, const FactValue&) = default;
};

/// One predicate of a rule with what it measured. verdict: 1 held, 0 did not, -1 unknown.
struct PredicateResult {
  std::string sql;
  int verdict = -1;
  std::vector<std::pair<std::string, FactValue>> facts;         ///< the facts it names
  std::vector<std::pair<std::string, double>> parameters = {};  ///< those it names, with the values used
};

/// A rule that fired, or could not be decided, on a patch (G6).
struct Finding {
  std::string patch_id;
  std::string rulebook, version, rule_id;
  std::string name_zh, name_en;
  std::string status;    ///< "fired" or "unknown"
  std::string effect;    ///< "mark", "label", "raise", "demote" or "derive", as the rule says
  std::string mark;      ///< "farmland", "mining", ..., several joined by commas, or empty
  std::string severity;  ///< S1 ... S4; empty when unknown, and where the effect is to raise or demote
  std::string note, basis;
  std::vector<PredicateResult> predicates;
  std::optional<std::string> piece_id = {};  ///< the derived piece that was judged, or that this one made
  /// The patches that were judged together: the smallest of their ids, and how many. Facts are totals.
  std::optional<std::string> group_id = {};
  std::int64_t members = 0;
};

/// What a patch shares with one feature of a reference layer.
struct Overlap {
  std::string patch_id;
  std::string layer;       ///< role, such as land_use
  std::string feature_id;  ///< the feature's own id field, else its FID
  std::string feature_class;
  std::string state;  ///< "valid", "expired", "pending", or empty where the layer declares no validity
  double gross_m2 = 0;
  std::optional<double> net_m2;  ///< after field-ridge deduction, where the layer has the coefficient
  /// Of the document behind the feature and of its term (ISO 8601 dates), where the layer has them.
  std::optional<std::string> number = {}, dated = {}, valid_from = {}, valid_to = {};
};

/// A part of a patch that a rule derived as a suspicion of its own.
struct DerivedPiece {
  std::string piece_id;  ///< 16 hex digits, of the patch's id, the book and the rule
  std::string patch_id, rulebook, rule_id;
  MultiPolygon geometry;
  double area_m2 = 0, area_geod_m2 = 0, perimeter_m = 0;  ///< as those of a patch
  /// As those of a patch, of the findings on the piece, the one that made it included.
  std::string severity;
  std::vector<std::string> marks;
};

/// A patch that a job reports, with everything rules say of it.
struct MarkedPatch {
  Patch patch;
  std::int64_t rank = 0;           ///< 1 is looked at first
  std::string severity;            ///< S1 ... S4; empty where no rule gives one
  std::vector<std::string> marks;  ///< "farmland", "mining", ...
  std::vector<Finding> findings;
  std::vector<Overlap> overlaps;
  std::vector<DerivedPiece> pieces;
};

}  // namespace tuban
