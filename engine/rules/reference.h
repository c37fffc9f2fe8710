// SPDX-License-Identifier: Apache-2.0
// Reference layers as Marker sees them. Internal to rules.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/rules/geos.h"
#include "engine/rules/layers.h"

namespace tuban {

/// Axis-parallel bounds in ground units.
struct Bounds {
  double x0 = 0, y0 = 0, x1 = -1, y1 = -1;
  bool empty() const noexcept { return x1 < x0; }
};

/// One feature. The shape stays WKB: a GEOS geometry takes several times the memory and is not safe to share
/// between threads, as it fills its caches lazily.
struct StoredFeature {
  std::string id, feature_class, valid_from, valid_to;
  double ridge = 0;
  Bounds bounds;
  std::size_t offset = 0, size = 0;  ///< of the WKB in the layer's store
};

struct StoredLayer {
  LayerSpec spec;
  bool has_validity = false, has_ridge = false;
  std::vector<StoredFeature> features;
  std::vector<unsigned char> store;
  std::int64_t repaired = 0;

  std::span<const unsigned char> wkb(const StoredFeature& feature) const {
    return std::span(store).subspan(feature.offset, feature.size);
  }
  /// Calls `found` with the index of every feature whose bounds meet `bounds`, in ascending order. Any number
  /// of threads at once, each with a context of its own.
  void query(const geos::Context& context, const Bounds& bounds,
             const std::function<void(std::size_t)>& found) const;

  /// Built once by load(), read-only afterwards.
  struct Tree {
    Tree() = default;
    Tree(Tree&& other) noexcept : tree(std::exchange(other.tree, nullptr)), owner(other.owner) {}
    Tree& operator=(Tree&&) = delete;
    ~Tree() {
      if (tree != nullptr) GEOSSTRtree_destroy_r(owner->handle(), tree);
    }
    GEOSSTRtree* tree = nullptr;
    std::shared_ptr<geos::Context> owner;
  } tree;
};

struct ReferenceLayers::Impl {
  Grid grid;
  std::vector<StoredLayer> layers;  ///< by role, then as declared
};

/// The roles of layers.yaml, in the order of their names.
std::span<const std::string_view> layer_roles() noexcept;

}  // namespace tuban
