// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/scan_plan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <numeric>

#include "kernels/shift_tolerance.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr std::uint64_t kMegabyte = 1'000'000;

// What is counted within a tile has 32 bits, two corners a pixel among it.
constexpr std::int64_t kMostTilePixels = std::int64_t{1} << 30;

// Sample, model, open regions, write buffers and allocator slack: so much at least, and a byte a pixel up to
// a bound, since sample and open regions grow with the raster. Measured on the demo scene and on a 10,980 x
// 10,980 pair.
constexpr std::uint64_t kLeastReserve = 60 * kMegabyte;
constexpr std::uint64_t kMostGrowth = 100 * kMegabyte;

// One worker on patches: PROJ's and SQLite's databases, GEOS, and the thread itself.
constexpr std::uint64_t kPatchSlot = 5 * kMegabyte;

// Resident size at the time of planning differs by this much between runs of the same job.
constexpr std::uint64_t kBaselineDrift = 6 * kMegabyte;

// Where nothing is decoded a unit is as large as caches keep until it is scored and masked, so that its
// planes do not go through memory in between: then two threads have twice the speed of one. Measured with
// units of 512 x 64 to 1,024 x 512 pixels on the 10,980 x 10,980 pair; what holds whole compressed blocks is
// larger, its time is the decoder's.
constexpr std::uint64_t kCachedBytes = 2'800'000;
constexpr int kTileSide = 512;
constexpr int kLeastRows = 64;  // a unit of few rows is mostly the strips it shares with its neighbours

int rows_together(const SourceInfo& source) {
  return source.rows_apart ? 1 : source.block_height;
}

int blocks_of_both(int a, int b, int limit) {
  const std::int64_t common = std::lcm<std::int64_t>(std::max(a, 1), std::max(b, 1));
  return static_cast<int>(std::min<std::int64_t>(common, limit));
}

// The smallest multiple of `block` that holds `tile`, or the whole extent.
int whole_blocks(int block, int tile, int limit) {
  const std::int64_t count = std::max<std::int64_t>(1, (static_cast<std::int64_t>(tile) + block - 1) / block);
  return static_cast<int>(std::min<std::int64_t>(count * block, limit));
}

std::uint64_t pixel_bytes(const ScanPlan& plan) {
  return 2 * static_cast<std::uint64_t>(plan.bands) * kernels::sample_size(plan.type) + sizeof(float) + 1;
}

int rows_in_cache(const ScanPlan& plan) {
  const std::uint64_t rows = kCachedBytes / (static_cast<std::uint64_t>(plan.unit_width) * pixel_bytes(plan));
  return static_cast<int>(std::clamp<std::uint64_t>(rows / kLeastRows * kLeastRows, kLeastRows, kTileSide));
}

std::uint64_t scan_bytes(const ScanPlan& plan, std::uint64_t reader_bytes) {
  const int lag = plan.lag();
  const int rims = plan.pad() + lag;
  const auto unit = static_cast<std::uint64_t>(plan.unit_width + rims) *
                    static_cast<std::uint64_t>(plan.unit_height + rims) * pixel_bytes(plan);
  const auto tile_pixels = [&](int rim) {
    return static_cast<std::uint64_t>(std::min(plan.tile_width, plan.unit_width + lag) + 2 * rim) *
           static_cast<std::uint64_t>(std::min(plan.tile_height, plan.unit_height + lag) + 2 * rim);
  };
  const auto tolerant =
      plan.tolerance > 0 ? kernels::tolerance_bytes(tile_pixels(plan.smoothing.radius() + 1)) : 0;
  const auto tile = tile_pixels(1) * 18 + tolerant + kernels::smooth_bytes(plan.smoothing);
  const auto frontier = static_cast<std::uint64_t>(plan.width) *
                        (static_cast<std::uint64_t>(plan.pad()) * pixel_bytes(plan) + 32);
  const auto slots = static_cast<std::uint64_t>(std::min<std::int64_t>(plan.slots, plan.units()));
  // A driver may decode a block of each band into memory of its own before it is copied out.
  const auto decode = static_cast<std::uint64_t>(plan.unit_width) *
                      static_cast<std::uint64_t>(plan.unit_height) * static_cast<std::uint64_t>(plan.bands) *
                      kernels::sample_size(plan.type);
  const auto fetches = std::min(slots, static_cast<std::uint64_t>(plan.max_fetches));
  return static_cast<std::uint64_t>(plan.buffers()) * unit + slots * tile + frontier +
         fetches * (reader_bytes + decode);
}

std::uint64_t physical_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
                               : std::numeric_limits<std::uint64_t>::max();
}

std::uint64_t status_kilobytes(const char* key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return std::stoull(line.substr(line.find_first_of("0123456789")));
  return 0;
}

kernels::Smoothing choose_smoothing(const std::string& name) {
  if (const auto smoothing = kernels::find_smoothing(name)) return *smoothing;
  throw Error(ErrorCode::usage,
              fmt::format("--smooth \"{}\" is unknown; there are: none, mean3, multiscale and gauss:S with S "
                          "from 0.3 to 4 pixels",
                          name));
}

}  // namespace

kernels::Window ScanPlan::unit(std::int64_t index) const noexcept {
  const int x = static_cast<int>(index % units_across()) * unit_width;
  const int y = static_cast<int>(index / units_across()) * unit_height;
  return {x, y, std::min(unit_width, width - x), std::min(unit_height, height - y)};
}

kernels::Window ScanPlan::extract_window(std::int64_t index) const noexcept {
  const kernels::Window own = unit(index);
  const auto begin = [&](int at) { return std::max(0, at - lag()); };
  const auto end = [&](int at, int limit) { return at == limit ? limit : std::max(0, at - lag()); };
  const int x = begin(own.x);
  const int y = begin(own.y);
  return {x, y, end(own.right(), width) - x, end(own.bottom(), height) - y};
}

ScanPlan plan_scan(const Job& job, const SourceInfo& before, const SourceInfo& after, int threads,
                   std::uint64_t baseline_bytes, std::uint64_t emit_bytes,
                   const std::optional<UnitShape>& given) {
  ScanPlan plan;
  plan.width = before.grid.width;
  plan.height = before.grid.height;
  plan.type = static_cast<kernels::SampleType>(before.type);
  plan.bands = static_cast<int>(before.bands.size());
  plan.connectivity = job.connectivity;
  plan.smoothing = choose_smoothing(job.smooth);
  plan.tolerance = job.shift_tolerance.value_or(0);
  plan.max_fetches = std::min({threads, before.max_readers, after.max_readers});
  const int block_width = blocks_of_both(before.block_width, after.block_width, plan.width);
  const int block_height = blocks_of_both(rows_together(before), rows_together(after), plan.height);
  const bool chosen = job.tile_width > 0;
  plan.tile_width = std::min(chosen ? job.tile_width : kTileSide, plan.width);
  plan.unit_width = whole_blocks(block_width, plan.tile_width, plan.width);
  const int tile_height = chosen ? job.tile_height : block_height == 1 ? rows_in_cache(plan) : kTileSide;
  plan.tile_height = static_cast<int>(
      std::min<std::int64_t>({tile_height, plan.height, kMostTilePixels / plan.tile_width + 1}));
  plan.unit_height = whole_blocks(block_height, plan.tile_height, plan.height);
  if (given) static_cast<UnitShape&>(plan) = *given;

  const std::uint64_t reader_bytes = before.reader_bytes + after.reader_bytes;
  const std::uint64_t growth = std::min(kMostGrowth, static_cast<std::uint64_t>(before.grid.pixels()));
  const std::uint64_t fixed =
      baseline_bytes + kLeastReserve + growth + before.shared_bytes + after.shared_bytes;
  const auto planned = [&] {
    const auto patches = static_cast<std::uint64_t>(plan.patch_slots) * kPatchSlot;
    return fixed + std::max({scan_bytes(plan, reader_bytes), patches, emit_bytes});
  };
  const bool promised = job.memory_bytes != 0;
  const std::uint64_t limit = promised ? job.memory_bytes : physical_bytes() / 4;
  const auto fits = [&] { return planned() <= limit; };

  const std::uint64_t free = limit > fixed ? limit - fixed : 0;
  plan.patch_slots = static_cast<int>(
      std::clamp<std::uint64_t>(free / kPatchSlot, 1, static_cast<std::uint64_t>(2 * threads)));

  // Less in flight first, then lower units, narrower ones last: a job with little memory is slower, not
  // refused.
  plan.slots = threads == 1 ? 1 : 2 * threads;
  while (!fits() && plan.slots > threads) --plan.slots;
  while (!given && !fits() && plan.unit_height > block_height)
    plan.unit_height = std::max(block_height, whole_blocks(block_height, plan.unit_height / 2, plan.height));
  while (!given && !fits() && plan.unit_width > block_width)
    plan.unit_width = std::max(block_width, whole_blocks(block_width, plan.unit_width / 2, plan.width));
  while (!fits() && plan.slots > 1) --plan.slots;
  plan.slots = static_cast<int>(std::min<std::int64_t>(plan.slots, plan.units()));
  // Readers stay open from pass to pass, so the sample is not read with more of them either.
  plan.max_fetches = std::min(plan.max_fetches, plan.slots);
  plan.planned_bytes = planned();
  if (promised && !fits()) {
    const std::uint64_t least = (plan.planned_bytes + kMegabyte - 1) / kMegabyte;
    // The next run starts a little larger or smaller; what is said here must hold then too.
    const std::uint64_t enough = (plan.planned_bytes + kBaselineDrift) / (10 * kMegabyte) * 10 + 10;
    if (given)
      throw Error(
          ErrorCode::resource,
          fmt::format("--memory {}MB is too little to resume with the units of {} x {} pixels that the "
                      "interrupted run began with; give --memory {}MB, or run without --resume",
                      job.memory_bytes / kMegabyte, plan.unit_width, plan.unit_height, enough));
    throw Error(
        ErrorCode::resource,
        fmt::format("--memory {}MB is too little for {} x {} pixels in {} bands with storage blocks of {} x "
                    "{} pixels: the smallest plan needs {}MB; give --memory {}MB, or tile the inputs",
                    job.memory_bytes / kMegabyte, plan.width, plan.height, plan.bands, block_width,
                    block_height, least, enough));
  }
  return plan;
}

std::uint64_t resident_bytes() {
  return status_kilobytes("VmRSS:") * 1024;
}

std::uint64_t peak_resident_bytes() {
  return status_kilobytes("VmHWM:") * 1024;
}

}  // namespace tuban
