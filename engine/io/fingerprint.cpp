// SPDX-License-Identifier: Apache-2.0
#include "engine/io/fingerprint.h"

#include <cpl_vsi.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <vector>

#include "engine/io/gdal_errors.h"
#include "engine/scan/fnv.h"

namespace tuban {
namespace {

constexpr std::size_t kHead = 64 * 1024;

}  // namespace

std::string fingerprint(const std::string& path) {
  const GdalErrors quiet;
  VSIStatBufL status{};
  if (VSIStatL(path.c_str(), &status) != 0 || !VSI_ISREG(status.st_mode)) return {};
  const auto close = [](VSILFILE* file) { VSIFCloseL(file); };
  const std::unique_ptr<VSILFILE, decltype(close)> file(VSIFOpenL(path.c_str(), "rb"), close);
  if (!file) return {};
  std::vector<char> head(kHead);
  head.resize(VSIFReadL(head.data(), 1, head.size(), file.get()));
  const std::time_t seconds = status.st_mtime;
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return {};
  return fmt::format("size={} time={:%Y-%m-%dT%H:%M:%SZ} head={:016x}",
                     static_cast<std::uint64_t>(status.st_size), utc, fnv1a(head));
}

}  // namespace tuban
