// SPDX-License-Identifier: Apache-2.0
// A run of the shipped program and the outputs it leaves.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "bench/quality/measures.h"

namespace tuban::bench {

/// What the program said when it refused or failed.
struct ProgramFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Outputs {
  Image score, mask, patch_mask;
  Image ranks;  ///< each patch's rank in its pixels, else 0
};

/// Runs `program detect` with these arguments, outputs in `folder`.
Outputs detect(const std::string& program, const std::vector<std::string>& arguments,
               const std::string& folder);

Image read_image(const std::string& path);

}  // namespace tuban::bench
