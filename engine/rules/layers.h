// SPDX-License-Identifier: Apache-2.0
// Reference layers: what is known of the land. Declared in layers.yaml; small ones are held in memory, of
// large ones only what lies near patches is ever read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tuban/geometry.h"
#include "tuban/grid.h"

namespace tuban {

/// One entry of layers.yaml:
///   layers:
///     - role: mining_right        # one of layer_roles()
///       path: layers.gpkg         # relative to the file; any OGR source
///       layer: CKQ                # default: the first
///       id: XKZH                  # default: the FID
///       class: KZ                 # optional class field (land_use: DLBM, required)
///       ridge: KCXS               # optional field-ridge coefficient in [0, 1): net = gross * (1 - ridge)
///       valid: {from: QSRQ, to: ZZRQ}   # optional date fields; either may be left out
///       number: XKZH              # optional: number of the document or licence
///       dated: FZRQ               # optional: the document's date
///       mode: KCFS                # optional: how a right is worked, such as open pit or underground
///       holder: CKQR              # optional: whose it is
///       crs: EPSG:4526            # for a layer that states no CRS
///   aliases: names.yaml           # optional: further names of layers and fields, looked for before the
///   shipped ones
/// A key of a layer or field that is left out is looked for by the names its role is known by; `~` says that
/// there is none. A `valid` that is given is complete.
struct LayerSpec {
  /// By key ("layer", "class", "valid: from" ...), the names to look for where the key names none.
  using Aliases = std::map<std::string, std::vector<std::string>>;

  std::string role, path, layer, id_field, class_field, ridge_field, valid_from_field, valid_to_field;
  std::string number_field, dated_field, mode_field, holder_field;
  std::string crs;
  Aliases aliases;
  std::string declared_in;   ///< the YAML file, for messages
  std::string aliases_file;  ///< what else it was read from, if anything
};

/// A feature as it was read: in the CRS of the job's grid.
struct LayerFeature {
  std::string id, feature_class;
  std::optional<double> ridge;
  std::string valid_from, valid_to;  ///< ISO 8601 date or empty (open-ended)
  std::vector<unsigned char> wkb;    ///< polygon or multipolygon
  std::int64_t fid = -1;             ///< names the feature within its layer
  std::string number = {}, mode = {}, holder = {};
  std::string dated = {};  ///< ISO 8601 date or empty
};

/// Axis-parallel bounds in ground units.
struct Bounds {
  double x0 = 0, y0 = 0, x1 = -1, y1 = -1;
  bool empty() const noexcept { return x1 < x0; }
  bool meets(const Bounds& other) const noexcept {
    return x0 <= other.x1 && other.x0 <= x1 && y0 <= other.y1 && other.y0 <= y1;
  }
};

/// A way into one layer, for one thread at a time.
class LayerAccess {
 public:
  using Take = std::function<void(LayerFeature&&)>;
  virtual ~LayerAccess() = default;
  /// Every feature whose bounds meet one of `boxes` but those in `known` (ascending FIDs), each once, in any
  /// order; others may come with them.
  virtual void near(std::span<const Bounds> boxes, std::span<const std::int64_t> known, const Take& take) = 0;
  /// Every feature that meets the grid or lies up to 100 m outside, always in the same order.
  virtual void all(const Take& take) = 0;
};

/// What a reader finds in a layer: every feature near the grid or, where `open` is set, some of them, to be
/// checked before work begins.
struct LayerContents {
  LayerContents() = default;
  LayerContents(std::vector<LayerFeature> found) : features(std::move(found)) {}
  std::vector<LayerFeature> features;
  std::function<std::unique_ptr<LayerAccess>()> open;  ///< from any thread
  std::optional<LayerSpec> spec;   ///< the layer and fields found by alias; as declared without
  std::vector<std::string> notes;  ///< what the user should know, without the layer's name
};

/// Looks into one layer; features come transformed to the grid's CRS. Implemented by io; passed in so that
/// rules know no GDAL.
using LayerReader = std::function<LayerContents(const LayerSpec&, const Grid&)>;

/// Parses layers.yaml. Throws Error(usage) naming file and key; unknown roles and keys are refused by name,
/// with the nearest known one.
std::vector<LayerSpec> load_layer_specs(const std::string& yaml_path);

/// All layers of a job. Thread-safe for reading through Marker.
class ReferenceLayers {
 public:
  /// Looks into every layer, and takes those whole that are small or that distances are measured to. Invalid
  /// polygons are repaired (GEOS MakeValid, structure method) and counted; each count goes to `warn` in one
  /// sentence per layer, and to notes() for layers that are read while patches are marked.
  static std::shared_ptr<const ReferenceLayers> load(const std::vector<LayerSpec>& specs, const Grid& grid,
                                                     const LayerReader& reader,
                                                     const std::function<void(const std::string&)>& warn);
  ~ReferenceLayers();

  const Grid& grid() const noexcept;
  bool has(const std::string& role) const noexcept;
  /// What marking has met so far in layers that are not held whole: one sentence per layer and cause.
  std::vector<std::string> notes() const;
  /// Per layer: role, path, how it was read, features, repaired; for the manifest. Of a layer that is read
  /// near patches only, the features met so far count.
  std::string manifest_json() const;

  struct Impl;
  const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit ReferenceLayers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
