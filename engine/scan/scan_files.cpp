// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/scan_files.h"

#include <fmt/format.h>

#include <utility>

#include "engine/scan/burn.h"
#include "engine/scan/state_file.h"

namespace tuban {
namespace {

// The spool at `path`, new or as it was when it had `bytes`; `visit` sees the regions in it.
Spool open_spool(const std::filesystem::path& path, bool resume, std::uint64_t bytes,
                 const Spool::Visit& visit) {
  if (!resume) return Spool(path);
  Spool spool = Spool::take_up(path, visit, bytes);
  if (spool.bytes() != bytes) throw CannotResume(fmt::format("the spool '{}' is damaged", path.string()));
  return spool;
}

}  // namespace

Spool open_outlines(const WorkFolder& folder, bool resume, const ScanHead& head) {
  return open_spool(folder.path() / "outlines.spool", resume, head.outline_bytes,
                    [](std::uint64_t, std::span<const std::byte>) {});
}

ScanResult open_files(const WorkFolder& folder, const ScanPlan& plan, const ScanOutputs& outputs, bool resume,
                      const ScanHead& head) {
  std::vector<RegionKey> order, withheld_order;
  std::int64_t clamped = 0;
  const auto region_of = [&](std::uint64_t offset, std::span<const std::byte> record,
                             std::vector<RegionKey>& into) {
    Decoder decoder(record);
    const Region region = decode_region(decoder, plan.bands);
    into.push_back({region.last_row(), static_cast<std::uint32_t>(record.size() / 1024), region.id, offset});
    return region.stats.clamped;
  };
  ScanResult result{open_spool(folder.path() / "regions.spool", resume, head.spool_bytes,
                               [&](std::uint64_t offset, std::span<const std::byte> record) {
                                 clamped += region_of(offset, record, order);
                               }),
                    {},
                    {},
                    {}};
  if (const std::filesystem::path& path = outputs.withholding.spool; !path.empty()) {
    std::error_code ignored;
    if (!resume) std::filesystem::remove(path, ignored);
    result.withheld.emplace(open_spool(path, resume, head.withheld_bytes,
                                       [&](std::uint64_t offset, std::span<const std::byte> record) {
                                         region_of(offset, record, withheld_order);
                                       }));
  }
  result.order = std::move(order);
  result.withheld_order = std::move(withheld_order);
  result.clamped_samples = clamped;
  const auto open = [&](std::optional<WorkRaster>& raster, const char* name, std::size_t sample) {
    raster.emplace(folder.path() / name, plan.width, plan.height, static_cast<int>(sample),
                   resume ? WorkRaster::Open::take_up : WorkRaster::Open::create);
    if (head.extracted > 0 && !raster->reaches(plan.extract_window(head.extracted - 1)))
      throw CannotResume(fmt::format("the work file '{}' is damaged", (folder.path() / name).string()));
  };
  if (outputs.mask) open(result.mask, "mask.raw", 1);
  if (outputs.score) open(result.score, "score.raw", sizeof(float));
  return result;
}

}  // namespace tuban
