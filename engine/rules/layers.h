// SPDX-License-Identifier: Apache-2.0
// Reference layers: what is known of the land. Declared in layers.yaml, read once, indexed, immutable.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tuban/geometry.h"
#include "tuban/grid.h"

namespace tuban {

/// One entry of layers.yaml:
///   layers:
///     - role: mining_right        # or land_use, basic_farmland, approved_land, ecological_redline
///       path: layers.gpkg         # relative to the file; any OGR source
///       layer: CKQ                # default: the first
///       id: XKZH                  # default: the FID
///       class: KZ                 # optional class field (land_use: DLBM, required)
///       ridge: KCXS               # optional field-ridge coefficient in [0, 1): net = gross * (1 - ridge)
///       valid: {from: QSRQ, to: ZZRQ}   # optional date fields; either may be left out
struct LayerSpec {
  std::string role, path, layer, id_field, class_field, ridge_field, valid_from_field, valid_to_field;
  std::string declared_in;  ///< the YAML file, for messages
};

/// A feature as it was read: in the CRS of the job's grid.
struct LayerFeature {
  std::string id, feature_class;
  std::optional<double> ridge;
  std::string valid_from, valid_to;  ///< ISO 8601 date or empty (open-ended)
  std::vector<unsigned char> wkb;    ///< polygon or multipolygon
};

/// Reads the features of one layer that meet `extent` (ground coordinates of `grid`), transformed to the
/// grid's CRS. Implemented by io; passed in so that rules know no GDAL.
using LayerReader = std::function<std::vector<LayerFeature>(const LayerSpec&, const Grid&)>;

/// Parses layers.yaml. Throws Error(usage) naming file and key; unknown roles and keys are refused by name,
/// with the nearest known one.
std::vector<LayerSpec> load_layer_specs(const std::string& yaml_path);

/// All layers of a job, repaired and indexed. Thread-safe for reading through Marker.
class ReferenceLayers {
 public:
  /// Reads every layer. Invalid polygons are repaired (GEOS MakeValid, structure method) and counted; each
  /// count goes to `warn` in one sentence per layer.
  static std::shared_ptr<const ReferenceLayers> load(const std::vector<LayerSpec>& specs, const Grid& grid,
                                                     const LayerReader& reader,
                                                     const std::function<void(const std::string&)>& warn);
  ~ReferenceLayers();

  const Grid& grid() const noexcept;
  bool has(const std::string& role) const noexcept;
  /// Per layer: role, path, features, repaired; for the manifest.
  std::string manifest_json() const;

  struct Impl;
  const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit ReferenceLayers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
