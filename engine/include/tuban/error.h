// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "tuban/export.h"

namespace tuban {

/// What kind of failure; the value is the exit code of the command line.
enum class ErrorCode {
  runtime = 1,     ///< a read or write failed, or an internal invariant did not hold
  usage = 2,       ///< an option, job, layer list or rulebook is wrong
  mismatch = 3,    ///< inputs do not fit together: CRS, grid, bands, types
  resource = 4,    ///< not enough memory or disk
  cancelled = 130  ///< stopped by the caller
};

/// The only exception the library throws on purpose. `what()` is one sentence that names the thing (file,
/// band, window, key), what was expected, what was found and, where there is one, the option that mends it.
class TUBAN_API Error : public std::runtime_error {
 public:
  /// Passwords in the sentence, as paths of databases have them, are hidden.
  Error(ErrorCode code, const std::string& sentence);
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace tuban
