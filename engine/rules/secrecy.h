// SPDX-License-Identifier: Apache-2.0
// Ground that no ordinary output may speak of: the opaque layers (role military). Of these layers nothing is
// ever said, counted or measured; they only decide which patches leave the ordinary channel.
#pragma once

#include <memory>

#include "engine/rules/layers.h"
#include "tuban/geometry.h"

namespace tuban {

/// Whether a layer is of secret ground.
bool is_secret(const LayerSpec& spec);

/// For one thread: it holds a GEOS context.
class SecretGround {
 public:
  /// `layers` may be null or hold none that is opaque: then nothing is secret.
  explicit SecretGround(std::shared_ptr<const ReferenceLayers> layers);
  ~SecretGround();
  SecretGround(SecretGround&&) noexcept;

  bool any() const noexcept;
  /// Whether anything secret may lie there: a test of bounds, quick.
  bool near(const Bounds& bounds) const;
  /// Whether the shape meets secret ground, be it in a point of the border.
  bool meets(const MultiPolygon& shape) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
