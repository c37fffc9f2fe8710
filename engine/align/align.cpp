// SPDX-License-Identifier: Apache-2.0
#include "engine/align/align.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/align/grid_map.h"
#include "engine/io/grid_check.h"
#include "kernels/view.h"
#include "tuban/error.h"

namespace tuban {
namespace {

kernels::Window kernel_window(const Window& window) {
  return {window.x, window.y, window.width, window.height};
}

Window common(const Window& a, const Window& b) {
  const kernels::Window both = kernels::intersect(kernel_window(a), kernel_window(b));
  return {both.x, both.y, both.width, both.height};
}

// Of the memory that is free, decoded blocks may take so much: the rest is for units.
std::uint64_t cache_limit(const Job& job, std::uint64_t baseline_bytes) {
  if (job.memory_bytes == 0) return 0;
  const std::uint64_t free = job.memory_bytes > baseline_bytes ? job.memory_bytes - baseline_bytes : 0;
  return std::max<std::uint64_t>(1, free / 4);
}

Warp how_of(const Job& job, std::uint64_t baseline_bytes) {
  Warp how;
  if (job.resampling) how.resampling = static_cast<kernels::Resampling>(*job.resampling);
  how.cache_bytes = cache_limit(job, baseline_bytes);
  return how;
}

std::shared_ptr<const Source> warped(const std::shared_ptr<const Source>& source, const GridCut& target,
                                     const Warp& how, WarpReport& report,
                                     const std::function<void(const std::string&)>& warn) {
  auto moved = warp(source, target, how, &report);
  if (report.cache_bytes < report.wanted_bytes)
    warn(
        fmt::format("--memory leaves {} MB for decoded blocks of {}; with less than {} MB some are decoded "
                    "more than once, which takes longer",
                    report.cache_bytes / 1'000'000, source->info().name, report.wanted_bytes / 1'000'000));
  return moved;
}

}  // namespace

Alignment align(const Job& job, std::shared_ptr<const Source>& before, std::shared_ptr<const Source>& after,
                std::uint64_t baseline_bytes, const std::function<void(const std::string&)>& warn) {
  const bool corrects =
      job.registration == RegistrationKind::automatic || job.registration == RegistrationKind::translation;
  if (!job.reproject && job.grid.empty()) {
    if (job.resampling && !corrects)
      throw Error(ErrorCode::usage,
                  "--resampling says how, but nothing is reprojected and no shift corrected; add --reproject "
                  "or --grid, or --register auto");
    return {};
  }
  const bool onto_after = job.grid == "after";
  const bool onto_file = !job.grid.empty() && job.grid != "before" && !onto_after;
  if (job.reproject && (onto_after || onto_file))
    throw Error(
        ErrorCode::usage,
        fmt::format("--reproject brings AFTER onto the grid of BEFORE and --grid {} names another; give "
                    "one of them",
                    job.grid));
  const SourceInfo first = before->info();
  const SourceInfo second = after->info();
  GridCut target{onto_file ? open_raster(job.grid)->info().grid : onto_after ? second.grid : first.grid, {}};
  target.window = {0, 0, target.whole.width, target.whole.height};
  for (const SourceInfo* info : {&first, &second}) {
    try {
      target.window = common(target.window, overlap(target.whole, info->grid));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{} and {}: {}", first.name, second.name, error.what()));
    }
  }
  if (target.window.width == 0 || target.window.height == 0)
    throw Error(ErrorCode::mismatch,
                fmt::format("{} and {} have no ground in common{}", first.name, second.name,
                            onto_file ? fmt::format(" on the grid of {}", job.grid) : ""));
  Alignment done;
  done.target = target;
  const Grid grid = target.grid();
  for (const auto& [source, inner, report] :
       {std::tuple{&before, &done.inner_before, &done.before}, {&after, &done.inner_after, &done.after}}) {
    const SourceInfo& info = (*source)->info();
    if (grid_difference(info.name, info.grid, "", grid).empty()) continue;
    *inner = *source;
    *source = warped(*inner, target, how_of(job, baseline_bytes), report->emplace(), warn);
  }
  return done;
}

void Alignment::move(const Job& job, std::shared_ptr<const Source>& before_scene,
                     std::shared_ptr<const Source>& after_scene, double x, double y,
                     std::uint64_t baseline_bytes, const std::function<void(const std::string&)>& warn) {
  Warp how = how_of(job, baseline_bytes);
  if (inner_before && !inner_after) {
    how.shift_x = x;
    how.shift_y = y;
    before_scene = warped(inner_before, target, how, before.emplace(), warn);
    return;
  }
  how.shift_x = -x;
  how.shift_y = -y;
  if (!inner_after) {
    inner_after = after_scene;
    const Grid& grid = after_scene->info().grid;
    target = {grid, {0, 0, grid.width, grid.height}};
  }
  after_scene = warped(inner_after, target, how, after.emplace(), warn);
}

}  // namespace tuban
