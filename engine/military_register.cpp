// SPDX-License-Identifier: Apache-2.0
#include "engine/military_register.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "engine/patch/shape.h"
#include "engine/rules/secrecy.h"
#include "engine/scan/burn.h"
#include "engine/stages.h"

namespace tuban {
namespace {

Bounds ground_bounds(const kernels::RegionStats& stats, const Grid& grid) {
  Bounds bounds;
  for (const int column : {stats.min_x, stats.max_x + 1})
    for (const int row : {stats.min_y, stats.max_y + 1}) {
      const double x = grid.ground_x(column, row), y = grid.ground_y(column, row);
      const bool first = bounds.empty();
      bounds = {first ? x : std::min(bounds.x0, x), first ? y : std::min(bounds.y0, y),
                first ? x : std::max(bounds.x1, x), first ? y : std::max(bounds.y1, y)};
    }
  return bounds;
}

}  // namespace

Withholding withhold_military(const Plan& plan) {
  const auto ground = std::make_shared<const SecretGround>(plan.layers);
  if (!ground->any()) return {};
  Withholding withholding;
  withholding.secret = [ground, grid = plan.describe.grid](const Region& region) {
    return ground->near(ground_bounds(region.stats, grid)) && ground->meets(ground_outline(region, grid));
  };
  if (!plan.job.military_register.empty()) {
    const std::filesystem::path path(plan.job.military_register);
    withholding.spool = path.parent_path() / fmt::format(".{}.tuban-withheld", path.filename().string());
  }
  return withholding;
}

std::unique_ptr<Output> write_register(const Plan& plan, const ScanModel& model, const ScanResult& regions,
                                       const std::string& manifest) {
  if (plan.job.military_register.empty()) return nullptr;
  auto sink = make_patch_sink(register_job(plan.job), plan.describe.grid, true);
  const Describer describer(context_of(plan, model));
  std::int64_t rank = 0;
  for (const RegionKey& key : regions.withheld_order) {
    const std::vector<std::byte> record = regions.withheld->read(key.offset);
    Decoder decoder(record);
    auto patch = describer.describe(decode_region(decoder, plan.scan.bands));
    if (!patch) continue;
    PatchRow row;
    row.patch = std::move(*patch);
    row.rank = ++rank;
    sink->encode(row);
    sink->write({&row, 1});
  }
  sink->prepare(manifest);
  return sink;
}

void forget_withheld(const Withholding& withholding) noexcept {
  std::error_code ignored;
  if (!withholding.spool.empty()) std::filesystem::remove(withholding.spool, ignored);
}

}  // namespace tuban
