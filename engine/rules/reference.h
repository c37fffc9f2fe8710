// SPDX-License-Identifier: Apache-2.0
// Reference layers as Marker sees them. Internal to rules.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/patch/earth.h"
#include "engine/rules/feature_shape.h"
#include "engine/rules/geos.h"
#include "engine/rules/layers.h"

namespace tuban {

/// What is known of a feature beside its shape.
struct FeatureInfo {
  std::string id, feature_class, valid_from, valid_to;
  double ridge = 0;
  Bounds bounds;
  std::string number, dated, mode, holder;
};

/// A feature in memory. The shape stays WKB: a GEOS geometry takes several times the memory and is not safe
/// to share between threads, as it fills its caches lazily.
struct StoredFeature : FeatureInfo {
  std::size_t offset = 0, size = 0;  ///< of the WKB in the layer's store
};

/// Features of one kind; the first is the one with the lowest FID, so that it is the same in every run.
struct Tally {
  std::int64_t count = 0, first_fid = 0;
  std::string first;
  void add(std::int64_t fid, const std::string& name);
};

/// Ids that several features have.
class Ids {
 public:
  void add(std::int64_t fid, const std::string& id);
  /// Features beyond the first of each id.
  Tally repeated() const;

 private:
  std::unordered_map<std::string, std::int64_t> first_, again_;
};

/// What marking meets of a layer that is not held whole: each feature is checked once and counted once,
/// whatever patches and threads meet it.
class Met {
 public:
  enum class State { unmet, sound, repaired };
  /// `quoted`: ids are compared.
  explicit Met(bool quoted = false) : quoted_(quoted) {}
  State state(std::int64_t fid) const;
  /// `odd_class`: the feature's land class belongs to no known group.
  void add(const LayerFeature& feature, bool repaired, bool odd_class);

  std::int64_t features() const;
  Tally repaired() const;
  Tally odd_class() const;
  Tally repeated() const;

 private:
  static constexpr int kPageBits = 12;
  static constexpr std::int64_t kPage = std::int64_t{1} << kPageBits;
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, std::bitset<kPage>> seen_;
  std::unordered_set<std::int64_t> mended_;
  std::int64_t features_ = 0;
  Tally repaired_, odd_class_;
  const bool quoted_;
  Ids ids_;
};

struct StoredLayer {
  LayerSpec spec;
  bool has_validity = false, has_ridge = false;
  /// Set where the features are not held here but read near patches; then `met` is set too.
  std::function<std::unique_ptr<LayerAccess>()> open;
  std::unique_ptr<Met> met;
  std::vector<StoredFeature> features;
  std::vector<unsigned char> store;
  std::int64_t repaired = 0;

  std::span<const unsigned char> wkb(const StoredFeature& feature) const {
    return std::span(store).subspan(feature.offset, feature.size);
  }
  /// Of the features held: calls `found` with the index of every feature whose bounds meet `bounds`, in
  /// ascending order. Any number of threads at once, each with a context of its own.
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

/// Patches whose geometry had to be repaired before it could be laid over layers, each counted once.
class MendedPatches {
 public:
  void add(const std::string& patch_id) {
    const std::lock_guard lock(mutex_);
    ids_.insert(patch_id);
  }
  std::set<std::string> ids() const {
    const std::lock_guard lock(mutex_);
    return ids_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> ids_;
};

struct ReferenceLayers::Impl {
  Grid grid;
  std::unique_ptr<MendedPatches> mended = std::make_unique<MendedPatches>();
  std::optional<Earth> earth;       ///< to copy from, where there are layers
  std::vector<StoredLayer> layers;  ///< by role, then as declared
  std::vector<StoredLayer> opaque;  ///< of these nothing may ever be said: for SecretGround alone
};

/// Throws Error(mismatch) naming the feature where its attributes cannot be right.
void check_feature(const LayerSpec& spec, const LayerFeature& feature);
/// Whether it has a land class that belongs to no known group.
bool has_odd_class(const LayerSpec& spec, const LayerFeature& feature);
/// The feature's shape, valid; empty where it has no area. It may read the feature's WKB as long as it lives.
/// `repaired` says whether it had to be repaired, which is not asked where it is `known_sound`. Throws
/// Error(mismatch) where it cannot be.
FeatureShape sound_shape(const LayerSpec& spec, const LayerFeature& feature, const geos::Context& context,
                         bool known_sound, bool& repaired);
FeatureInfo info_of(LayerFeature&& feature, const Bounds& bounds);

}  // namespace tuban
