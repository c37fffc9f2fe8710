// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cpl_conv.h>

#include <optional>
#include <string>

namespace tuban {

/// A GDAL configuration option for this thread and scope only; what the host set stands again afterwards
/// (G7).
class ThreadOption {
 public:
  ThreadOption(const char* key, const char* value) : key_(key) {
    if (const char* host = CPLGetThreadLocalConfigOption(key, nullptr)) host_ = host;
    CPLSetThreadLocalConfigOption(key, value);
  }
  ~ThreadOption() { CPLSetThreadLocalConfigOption(key_, host_ ? host_->c_str() : nullptr); }
  ThreadOption(const ThreadOption&) = delete;
  ThreadOption& operator=(const ThreadOption&) = delete;

 private:
  const char* key_;
  std::optional<std::string> host_;
};

/// Keeps GDAL's SQLite drivers from loading SpatiaLite, which sets the locale of the whole process (G7) and
/// whose functions nothing here needs.
class WithoutSpatiaLite : private ThreadOption {
 public:
  WithoutSpatiaLite() : ThreadOption("SPATIALITE_LOAD", "NO") {}
};

}  // namespace tuban
