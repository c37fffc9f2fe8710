// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/secrecy.h"

#include "engine/rules/geos.h"
#include "engine/rules/reference.h"
#include "engine/rules/roles.h"
#include "tuban/error.h"

namespace tuban {

bool is_secret(const LayerSpec& spec) {
  const Role* const role = find_role(spec.role);
  return role != nullptr && role->family == RoleFamily::opaque;
}

struct SecretGround::Impl {
  explicit Impl(std::shared_ptr<const ReferenceLayers> with) : layers(std::move(with)) {}

  std::shared_ptr<const ReferenceLayers> layers;
  geos::Context context;

  std::span<const StoredLayer> opaque() const {
    return layers ? std::span<const StoredLayer>(layers->impl().opaque) : std::span<const StoredLayer>();
  }
};

SecretGround::SecretGround(std::shared_ptr<const ReferenceLayers> layers)
    : impl_(std::make_unique<Impl>(std::move(layers))) {}
SecretGround::~SecretGround() = default;
SecretGround::SecretGround(SecretGround&&) noexcept = default;

bool SecretGround::any() const noexcept {
  return !impl_->opaque().empty();
}

bool SecretGround::near(const Bounds& bounds) const {
  bool found = false;
  for (const auto& layer : impl_->opaque())
    layer.query(impl_->context, bounds, [&](std::size_t) { found = true; });
  return found;
}

bool SecretGround::meets(const MultiPolygon& shape) const {
  if (!any()) return false;
  const auto& context = impl_->context;
  const auto h = context.handle();
  auto geometry = context.from(shape);
  if (!context.valid(geometry.get())) geometry = context.repair(geometry.get());
  bool found = false;
  for (const auto& layer : impl_->opaque()) {
    layer.query(context, bounds_of(context, geometry.get()), [&](std::size_t index) {
      if (found) return;
      const auto ground = context.from_wkb(layer.wkb(layer.features[index]));
      const char verdict = GEOSIntersects_r(h, geometry.get(), ground.get());
      // What cannot be decided stays inside.
      found = verdict != 0;
    });
  }
  return found;
}

}  // namespace tuban
