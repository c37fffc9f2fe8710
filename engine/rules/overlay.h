// SPDX-License-Identifier: Apache-2.0
// A patch laid over the reference layers: pieces, their areas, and the facts that come of them. Internal to
// rules.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/rules/fact_writer.h"
#include "engine/rules/facts.h"
#include "engine/rules/reference.h"
#include "tuban/patch.h"

namespace tuban {

/// A right's ground ends this far outside its boundary: registration and corner points are no surer.
constexpr double kRightBufferMetres = 10;

/// How small an overlap must be to say nothing (domain: area and width). All of them act on facts only;
/// overlap rows are complete.
struct SliverGuard {
  /// Less than this and less than the share of the patch is no overlap, unless it is most of the patch.
  static constexpr double kArea = 50, kShare = 0.02, kMost = 0.5;
  /// Basic farmland and the ecological redline count from here, whatever the width.
  static constexpr double kStrictArea = 1;
  /// A connected part of an overlap with a mean width (2 area / perimeter) below this many pixels is the edge
  /// of a parcel seen askew. A single whole pixel is exactly half a pixel wide and stays.
  static constexpr double kWidthPixels = 0.5;
  /// Ground outside an approval or right counts only where it reaches further out than this: half a pixel
  /// of registration and one of outline, which the detector's window widens.
  static constexpr double kRimPixels = 1.5;
};

/// For one thread: it holds a GEOS context and an Earth.
class Overlayer {
 public:
  /// `layers` may be null: then every layer fact stays unknown.
  explicit Overlayer(std::shared_ptr<const ReferenceLayers> layers);
  ~Overlayer();
  Overlayer(Overlayer&&) noexcept;

  /// Lays patches over all layers at once, so that each layer is asked once for all of them, and keeps what
  /// they share; false, keeping nothing, where that is too much for memory and there are fewer patches to
  /// try. The patches must stay until the next call.
  bool lay(std::span<const Patch> patches);

  /// Of the patch at `index` in the last lay(): sets the layer facts that `wanted` (in the order of the
  /// dictionary) asks for and appends one row for each feature that shares ground with it, by layer role,
  /// then feature id.
  void overlay(std::size_t index, const std::vector<bool>& wanted, FactRow& facts,
               std::vector<Overlap>& rows) const;

  /// Of the same patch: calls `see` with the shape of every piece of a row, in the order of the rows.
  using SeePiece = std::function<void(std::string_view role, const FeatureInfo&, const GEOSGeometry* shape)>;
  void pieces(std::size_t index, const SeePiece& see) const;

  /// What the patch at `index` in the last lay() shares with each role, until the next; all null where there
  /// is nothing to lie over.
  struct Ground {
    const PatchGround* ground = nullptr;
    const Roles* roles = nullptr;
    const Workbench* bench = nullptr;
  };
  Ground ground(std::size_t index) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
