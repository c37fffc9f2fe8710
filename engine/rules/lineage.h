// SPDX-License-Identifier: Apache-2.0
// Which patch goes on from which of an earlier batch. Batches are studied one after another, the oldest
// first: each patch asks what lay on its ground before, the newest batch first, and what no batch has seen
// is new. Nothing is decided by a pixel of border: see LineageLimits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/patch/earth.h"
#include "engine/rules/layers.h"
#include "engine/scan/spool.h"
#include "tuban/grid.h"
#include "tuban/patch.h"

namespace tuban {

namespace geos {
class Context;
}

/// What is change of a patch, and what only its border seen again.
struct LineageLimits {
  /// Two patches are one thing seen twice where they share more than the half of the smaller one's ground, or
  /// this share of it in parts that are wider on average than the rim.
  static constexpr double kMost = 0.5, kShare = 0.2;
  /// Ground counts as gained or lost only in parts that reach further than this from what stayed, and where
  /// it is this share of what was there.
  static constexpr double kRimPixels = 1.5, kChanged = 0.1;
  /// Of several that go on in one, or come from one, those count that bring or take this share.
  static constexpr double kSubstantial = 0.1;
};

/// A batch that came before.
struct EarlierBatch {
  std::string name;                 ///< of its file
  std::optional<std::string> date;  ///< the latest after-date in it
  bool knows_severity = false;
};

/// One of its patches; the shape stands in a spool.
struct EarlierPatch {
  std::string id, lineage_id, first_seen, severity;  ///< empty: not known
  int batch = 0;
  Bounds bounds;
  double area_m2 = 0;
  std::uint64_t offset = 0;
  bool followed = false;  ///< a patch of a later batch shares its ground
  bool withheld = false;  ///< on secret ground
};

/// What two patches share, the later one being studied.
struct LineageRow {
  std::size_t earlier = 0;
  double shared_m2 = 0;
  double own_m2 = 0;  ///< of it what no newer ancestor explains
  bool linked = false;
};

/// What was found on a patch's ground.
struct GroundStudy {
  std::vector<LineageRow> rows;  ///< the main ancestor first where one is linked
  double area_m2 = 0, earlier_m2 = 0, suspected_m2 = 0;
  bool suspicion_known = true;
  double gained_m2 = 0, lost_m2 = 0;  ///< against the ancestors, beyond their rim
  double alone_m2 = 0;                ///< outside every earlier patch and those before it in its own batch
  double within_batch_m2 = 0;         ///< outside those before it in its own batch
};

/// Everything that came before, findable by place. Filled by one thread, then read by many.
class EarlierGround {
 public:
  EarlierGround(const Grid& grid, const std::filesystem::path& spool);
  ~EarlierGround();

  int add_batch(EarlierBatch batch);
  void date_batch(const std::string& date) { batches_.back().date = date; }
  /// Of the batch added last; `polygons` are valid.
  void add(EarlierPatch patch, const MultiPolygon& polygons);
  /// Takes patches out, before all is settled: nothing meets them, goes on from them or counts them.
  void withhold(const std::function<bool(const Bounds&, const MultiPolygon&)>& secret);
  /// All has been added.
  void settle();

  const Grid& grid() const noexcept { return grid_; }
  const std::vector<EarlierBatch>& batches() const noexcept { return batches_; }
  std::vector<EarlierPatch>& patches() noexcept { return patches_; }
  const std::vector<EarlierPatch>& patches() const noexcept { return patches_; }
  MultiPolygon shape(std::size_t patch) const;
  /// Those of the first `count` patches whose bounds meet `bounds`, ascending.
  std::vector<std::size_t> near(const geos::Context& context, const Bounds& bounds, std::size_t count) const;

 private:
  struct Index;
  Grid grid_;
  std::vector<EarlierBatch> batches_;
  std::vector<EarlierPatch> patches_;
  Spool spool_;
  std::unique_ptr<Index> index_;
};

/// Studies patches against what came before. For one thread.
class GroundStudent {
 public:
  GroundStudent(const EarlierGround& ground, const Earth& earth);
  ~GroundStudent();
  GroundStudent(GroundStudent&&) noexcept;

  /// The patch against batches below `batch`, whose lineages are settled; and against the first `before` of
  /// all patches where some of them are of its own batch.
  GroundStudy study(const Patch& patch, int batch, std::size_t before) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What becomes of a patch.
struct Descent {
  std::string status;  ///< new, continued, grown, shrunk, split or merged
  std::optional<std::size_t> ancestor;
  std::vector<std::string> relations;  ///< of each linked row, in their order
};
/// Settles who goes on from whom in one batch, in the order of `studies`.
std::vector<Descent> settle_descent(const std::vector<GroundStudy>& studies, const EarlierGround& ground);

}  // namespace tuban
