// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "tuban/error.h"

namespace tuban {

/// Throws what happened to a file of the run's own: Error(resource) where the device, a quota or a limit is
/// full, else Error(runtime). `number` is errno.
[[noreturn]] inline void fail_on_disk(const std::string& doing, const std::filesystem::path& path,
                                      int number) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  const char* mend = full ? "; free some space or choose another place with --work-folder" : "";
  throw Error(full ? ErrorCode::resource : ErrorCode::runtime,
              fmt::format("cannot {} '{}': {}{}", doing, path.string(),
                          std::generic_category().message(number), mend));
}

}  // namespace tuban
