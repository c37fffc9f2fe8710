// SPDX-License-Identifier: Apache-2.0
// One layer of vector data, opened and checked: its features as the rules want them. Internal to io.
#pragma once

#include <ogrsf_frmts.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/rules/layers.h"
#include "tuban/error.h"

namespace tuban {

/// For one thread at a time, not always the same one. What it refuses names where the layer was declared, its
/// role and its place: Error(usage) for a source, layer or field that is not there, Error(mismatch) for what
/// cannot be laid over the grid, Error(runtime) where reading fails midway.
class LayerFile : public LayerAccess {
 public:
  LayerFile(const LayerSpec& spec, const Grid& grid);
  LayerFile(const LayerFile&) = delete;
  LayerFile& operator=(const LayerFile&) = delete;

  /// How features near a place are found without reading the others.
  enum class Index {
    none,
    rtree,  ///< GeoPackage: the index is a table that a query joins
    filter  ///< the driver says that its spatial filter is fast
  };
  Index index() const noexcept { return index_; }
  /// As declared, with the layer and fields that were found by alias.
  const LayerSpec& spec() const noexcept { return spec_; }
  /// What the user should know of the layer, a sentence each.
  const std::vector<std::string>& notes() const noexcept { return notes_; }

  /// Needs an index.
  void near(std::span<const Bounds> boxes, std::span<const std::int64_t> known, const Take& take) override;
  void all(const Take& take) override;
  /// As all(), in the driver's order, until `take` returns false.
  void some(const std::function<bool(LayerFeature&&)>& take);
  /// Why there is no feature near the grid; nothing where there is none at all, which may well be.
  std::string emptiness();
  /// By FID where an index delivered them in an order of its own.
  void sort(std::vector<LayerFeature>& features) const;

 private:
  class Listening;

  /// Passes over what is in `seen`, to which it adds, and what lies far from the grid.
  void read(std::unordered_set<std::int64_t>* seen, const std::function<bool(LayerFeature&&)>& take);
  [[noreturn]] void refuse(ErrorCode code, const std::string& what) const;
  [[noreturn]] void refuse_feature(const OGRFeature& feature, const std::string& what) const;
  void open();
  void find_layer();
  void check_type() const;
  void find_fields();
  /// How to do without a field that was found by alias.
  std::string cure(int index) const;
  /// The words and the aliases of a key; nothing where it has none.
  std::string looked_for(const char* words, const char* key) const;
  OGRLayer* aliased_layer(const std::vector<std::string>& names);
  std::vector<std::string> field_names() const;
  /// The field that a key names or, where it names none, the first of its aliases that is there: then the
  /// name is set. -1 where there is neither.
  int field(std::string LayerSpec::*name, const char* key);
  void place(const Grid& grid);
  void find_index();
  /// In the layer's CRS; wider than needed, never narrower. Nothing where PROJ cannot say.
  std::optional<OGREnvelope> in_own_crs(const OGREnvelope& box) const;
  void filter(const std::optional<OGREnvelope>& box);
  std::string rtree_query(std::span<const OGREnvelope> boxes, std::span<const std::int64_t> known) const;

  std::string shown(const char* raw) const;
  std::string identity(const OGRFeature& feature) const;
  std::string text(const OGRFeature& feature, int index) const;
  std::string date(const OGRFeature& feature, int index) const;
  std::optional<double> ridge(const OGRFeature& feature) const;
  std::string name_of(int index) const {
    return shown(layer_->GetLayerDefn()->GetFieldDefn(index)->GetNameRef());
  }
  /// The feature's polygons in the grid's CRS; empty where it has none near the grid.
  std::vector<unsigned char> shape(OGRFeature& feature) const;

  LayerSpec spec_;
  std::vector<std::string> notes_;
  const GdalErrors* errors_ = nullptr;  ///< of the call that is under way
  OgrCrs grid_crs_;
  OgrDataset dataset_;
  OGRLayer* layer_ = nullptr;
  std::unique_ptr<OGRCoordinateTransformation> to_grid_, from_grid_;
  OGREnvelope extent_;                     ///< of the grid and what lies near it
  std::optional<OGREnvelope> own_extent_;  ///< the same in the layer's CRS, if that can be said
  Index index_ = Index::none;
  bool raw_text_ = false;
  std::vector<std::pair<int, std::string>> by_alias_;  ///< fields found, with their keys
  int id_ = -1, class_ = -1, ridge_ = -1, from_ = -1, to_ = -1;
  int number_ = -1, dated_ = -1, mode_ = -1, holder_ = -1;
};

}  // namespace tuban
