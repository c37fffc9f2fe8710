// SPDX-License-Identifier: Apache-2.0
// Patches meet the reference layers and the rulebooks.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/rules/layers.h"
#include "engine/rules/rulebook.h"
#include "engine/scan/spool.h"
#include "tuban/patch.h"

namespace tuban {

/// That a patch counts in a rule of scope cluster or case, which is judged when all patches are known.
struct Membership {
  std::int64_t rule = 0;                      ///< its place among all rules of all books
  Bounds bounds;                              ///< of the patch
  std::vector<std::optional<double>> values;  ///< of the facts that the rule's cases name, unknown ones empty
};

/// Everything the rules say about one patch.
struct Marks {
  std::vector<Finding> findings;   ///< in the order of the books and their rules, those on pieces last
  std::vector<Overlap> overlaps;   ///< by layer role, then feature id
  std::vector<std::string> marks;  ///< distinct marks of fired rules, in book order
  /// The highest fired, or empty. One step higher, at most S4, where a rule that raises fired, then one step
  /// lower, at least S1, where a rule that demotes did; several of a kind move it no further.
  std::string severity;
  std::vector<DerivedPiece> pieces = {};
  std::vector<Membership> memberships = {};
};

/// Sets marks and severity, of the patch and its pieces, by the findings, and tells in their notes how rules
/// that raise or demote moved it. Once, when all findings are there.
void settle(Marks& marks);

/// Applies rulebooks to patches. Layers and books are shared and immutable; a Marker itself is for one thread
/// (it holds a GEOS context, an SQLite connection and an Earth): each worker makes its own.
class Marker {
 public:
  /// `layers` may be null or hold no layer: then every layer fact is unknown.
  Marker(std::shared_ptr<const ReferenceLayers> layers, std::shared_ptr<const std::vector<Rulebook>> books);
  ~Marker();
  Marker(Marker&&) noexcept;

  /// Rules whose effective dates do not include the patch's after-date are passed over; on a patch without
  /// an after-date every rule is judged, and the note of a dated one says so. A rule that is unknown for no
  /// other reason than layers that are not given makes no finding: missing_roles() says it once.
  Marks mark(const Patch& patch) const;
  /// Rules of scope cluster and case are not judged: the patch's membership tells what it brings to them.
  /// The same of each, in order. Layers that are read near patches are asked once for all of them.
  std::vector<Marks> mark(std::span<const Patch> patches) const;
  /// As mark(), not settled: for more findings to come.
  std::vector<Marks> judge(std::span<const Patch> patches) const;

  /// Every fact of the dictionary, in its order, as predicates would see it.
  std::vector<std::pair<std::string_view, FactValue>> facts(const Patch& patch) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The layer roles that the books ask for and `layers` (may be null) does not have, sorted: one sentence in
/// the manifest instead of one unknown finding per patch.
std::vector<std::string> missing_roles(const std::vector<Rulebook>& books, const ReferenceLayers* layers);

void encode(Encoder& to, const Marks& marks);
Marks decode_marks(Decoder& from);

}  // namespace tuban
