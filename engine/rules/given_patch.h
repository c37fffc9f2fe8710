// SPDX-License-Identifier: Apache-2.0
// Patches made elsewhere: what their polygons tell is measured, what only pixels tell stays unknown.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/patch/earth.h"
#include "tuban/patch.h"

namespace tuban {

namespace geos {
class Context;
}

/// One as it was read, in the CRS of the job.
struct GivenPatch {
  std::string id;
  std::int64_t row = 0;  ///< in its table, from 0
  std::vector<unsigned char> wkb;
  std::vector<FieldValue> values;  ///< of every field, in their order
};

/// How a message names a patch. A `discreet` one names none: whether the patch lies on secret ground is not
/// known yet, so neither its id nor anything else of it may be said.
std::string patch_in_words(const std::string& id, bool discreet);

/// For one thread: it holds a GEOS context and an Earth.
class GivenPatchMaker {
 public:
  /// `table` names the source in messages.
  GivenPatchMaker(const Earth& earth, std::string table, bool discreet = false);
  ~GivenPatchMaker();
  GivenPatchMaker(GivenPatchMaker&&) noexcept;

  /// The patch with its shape, and what follows from it; an empty shape where there is no area. `repaired`
  /// says whether the shape was invalid. Throws Error(mismatch) naming the patch where it cannot be repaired
  /// or projected.
  Patch make(const GivenPatch& given, bool& repaired) const;

 private:
  void measure(Patch& patch) const;

  Earth earth_;
  std::string table_;
  bool discreet_;
  std::unique_ptr<geos::Context> geos_;
};

}  // namespace tuban
