// SPDX-License-Identifier: Apache-2.0
// Patches meet the reference layers and the rulebooks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/rules/layers.h"
#include "engine/rules/rulebook.h"
#include "engine/scan/spool.h"
#include "tuban/patch.h"

namespace tuban {

/// Everything the rules say about one patch.
struct Marks {
  std::vector<Finding> findings;   ///< in the order of the books and their rules
  std::vector<Overlap> overlaps;   ///< by layer role, then feature id
  std::vector<std::string> marks;  ///< distinct marks of fired rules, in book order
  std::string severity;            ///< the highest fired, or empty
};

/// Applies rulebooks to patches. Layers and books are shared and immutable; a Marker itself is for one thread
/// (it holds a GEOS context, an SQLite connection and an Earth): each worker makes its own.
class Marker {
 public:
  Marker(std::shared_ptr<const ReferenceLayers> layers, std::shared_ptr<const std::vector<Rulebook>> books);
  ~Marker();
  Marker(Marker&&) noexcept;

  Marks mark(const Patch& patch) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

void encode(Encoder& to, const Marks& marks);
Marks decode_marks(Decoder& from);

}  // namespace tuban
