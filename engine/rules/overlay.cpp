// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/overlay.h"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/rules/fact_writer.h"
#include "engine/rules/pieces.h"

namespace tuban {
namespace {

std::vector<const Piece*> in_row_order(const RoleGround& ground) {
  std::vector<const Piece*> sorted;
  for (const auto& piece : ground.pieces) sorted.push_back(&piece);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->feature->id < b->feature->id; });
  return sorted;
}

/// Pieces of patches laid together hold no more vertices than this, so that memory does not grow with what a
/// chunk of patches meets; a single patch is laid whatever it meets.
constexpr std::size_t kMostHeld = std::size_t{1} << 19;

}  // namespace

struct Overlayer::Impl {
  /// A patch and what it shares with each role.
  struct Laid {
    const Patch* patch = nullptr;
    PatchGround ground;
    Roles roles;
  };

  std::shared_ptr<const ReferenceLayers> layers;
  std::unique_ptr<Workbench> bench;  ///< none where there is nothing to lie over
  std::vector<std::unique_ptr<Laid>> laid;
  std::size_t held = 0;  ///< vertices of all pieces

  void meet(Laid& one, const StoredLayer& layer, std::shared_ptr<const FeatureInfo> feature,
            std::int64_t order, const FeatureShape& shape) {
    auto piece = one.ground.meet(shape, feature->bounds);
    if (!piece) return;
    held += static_cast<std::size_t>(GEOSGetNumCoordinates_r(bench->geos().handle(), piece->shape.get()));
    piece->layer = &layer;
    piece->state = state_at(layer, *feature, one.patch->after_date);
    piece->feature = std::move(feature);
    piece->order = order;
    one.roles[layer.spec.role].pieces.push_back(std::move(*piece));
  }

  void lay_over_held(const StoredLayer& layer) {
    for (const auto& one : laid) {
      if (!one) continue;
      layer.query(bench->geos(), one->ground.bounds(), [&](std::size_t index) {
        const auto& feature = layer.features[index];
        // The layer outlives the piece.
        meet(*one, layer, {std::shared_ptr<const void>(), &feature}, static_cast<std::int64_t>(index),
             bench->shape(layer, feature));
      });
    }
  }

  bool lay_over_read(const StoredLayer& layer) {
    std::vector<Bounds> boxes;
    for (const auto& one : laid)
      if (one && !one->ground.bounds().empty()) boxes.push_back(one->ground.bounds());
    if (boxes.empty()) return true;
    bool fits = true;
    bench->near(layer, boxes, [&](const auto& feature, std::int64_t fid, const FeatureShape& shape) {
      if (!fits) return;
      for (const auto& one : laid)
        if (one && one->ground.bounds().meets(feature->bounds)) meet(*one, layer, feature, fid, shape);
      fits = laid.size() == 1 || held <= kMostHeld;
    });
    for (const auto& one : laid) {
      if (!one) continue;
      auto& pieces = one->roles[layer.spec.role].pieces;
      const auto own =
          std::find_if(pieces.begin(), pieces.end(), [&](const auto& p) { return p.layer == &layer; });
      std::sort(own, pieces.end(), [](const auto& a, const auto& b) { return a.order < b.order; });
    }
    return fits;
  }
};

Overlayer::Overlayer(std::shared_ptr<const ReferenceLayers> layers) : impl_(std::make_unique<Impl>()) {
  impl_->layers = std::move(layers);
  if (impl_->layers && !impl_->layers->impl().layers.empty()) {
    impl_->bench = std::make_unique<Workbench>(*impl_->layers->impl().earth);
  }
}
Overlayer::~Overlayer() = default;
Overlayer::Overlayer(Overlayer&&) noexcept = default;

bool Overlayer::lay(std::span<const Patch> patches) {
  auto& laid = impl_->laid;
  laid.clear();
  impl_->held = 0;
  laid.resize(patches.size());
  if (!impl_->bench) return true;
  for (std::size_t i = 0; i < patches.size(); ++i) {
    if (patches[i].geometry.empty()) continue;
    laid[i] = std::make_unique<Impl::Laid>(
        Impl::Laid{&patches[i], PatchGround(patches[i], impl_->layers->grid(), *impl_->bench), {}});
    if (laid[i]->ground.repaired()) impl_->layers->impl().mended->add(patches[i].patch_id);
  }
  for (const auto& layer : impl_->layers->impl().layers) {
    for (const auto& one : laid)
      if (one) one->roles[layer.spec.role].layers.push_back(&layer);
    if (!layer.open) {
      impl_->lay_over_held(layer);
    } else if (!impl_->lay_over_read(layer)) {
      laid.clear();
      return false;
    }
  }
  return true;
}

void Overlayer::overlay(std::size_t index, const std::vector<bool>& wanted, FactRow& facts,
                        std::vector<Overlap>& rows) const {
  const auto& one = impl_->laid[index];
  if (!one) return;
  for (const auto& [role, here] : one->roles) {
    for (const auto* piece : in_row_order(here)) {
      Overlap row;
      row.patch_id = one->patch->patch_id;
      row.layer = role;
      row.feature_id = piece->feature->id;
      row.feature_class = piece->feature->feature_class;
      row.state = state_name(piece->state);
      row.gross_m2 = piece->gross_m2;
      if (piece->layer->has_ridge) row.net_m2 = piece->gross_m2 * (1 - ridge_share(*piece));
      const auto known = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional(text);
      };
      row.number = known(piece->feature->number);
      row.dated = known(piece->feature->dated);
      row.valid_from = known(piece->feature->valid_from);
      row.valid_to = known(piece->feature->valid_to);
      rows.push_back(std::move(row));
    }
  }
  write_facts(one->ground, one->roles, one->patch->after_date, wanted, facts);
  // Of many patches laid at once the outlines would take more room than the shapes.
  for (const auto& [role, here] : one->roles)
    for (const auto& piece : here.pieces) piece.outline.reset();
}

void Overlayer::pieces(std::size_t index, const SeePiece& see) const {
  const auto& one = impl_->laid[index];
  if (!one) return;
  for (const auto& [role, here] : one->roles)
    for (const auto* piece : in_row_order(here)) see(role, *piece->feature, piece->shape.get());
}

Overlayer::Ground Overlayer::ground(std::size_t index) const {
  const auto& one = impl_->laid[index];
  if (!one) return {};
  return {&one->ground, &one->roles, impl_->bench.get()};
}

}  // namespace tuban
