// SPDX-License-Identifier: Apache-2.0
#include "engine/align/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "engine/align/grid_map.h"
#include "engine/align/warp_reader.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr double kLargestError = 0.01;  // source pixels
constexpr double kSamePlace = 1e-3;     // pixels, as grids are compared
constexpr double kSameShift = 1e-5;     // pixels, so that coordinates are rounded to the same
constexpr double kAverageFrom = 1.5;    // target pixels this much larger are averaged
constexpr int kProbes = 33;             // places along each side where the way between grids is tried
constexpr int kUnitRows = 512;          // of the scan that the cache is made for
constexpr std::uint64_t kTransformer = 4'000'000;  // PROJ's databases, of each reader

const double kNowhere = std::numeric_limits<double>::quiet_NaN();

int floor_div(double value, int by) {
  return static_cast<int>(std::floor(value / by));
}

class WarpSource final : public Source {
 public:
  WarpSource(std::shared_ptr<WarpShared> shared) : info_(shared->inner->info()) {
    const auto bands = info_.bands.size();
    const std::size_t sample = kernels::sample_size(static_cast<kernels::SampleType>(info_.type));
    const auto side = [&](double half, int rim) {
      return static_cast<std::size_t>(std::ceil(1.5 * 2 * half * shared->chunk)) +
             2 * static_cast<std::size_t>(rim) + 2;
    };
    info_.reader_bytes +=
        shared->cache.tile_bytes() + kTransformer +
        side(shared->half_x, kernels::reach(shared->method, shared->half_x)) *
            side(shared->half_y, kernels::reach(shared->method, shared->half_y)) * (bands * sample + 1) +
        static_cast<std::size_t>(shared->chunk) * static_cast<std::size_t>(shared->chunk) * 16;
    info_.shared_bytes += shared->cache.bytes();
    info_.grid = shared->target.grid();
    // Units of the scan need not keep to blocks: those of the source lie askew, and are kept.
    info_.block_width = info_.block_height = 1;
    info_.rows_apart = false;
    shared_ = std::move(shared);
  }

  const SourceInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Reader> open() const override { return open_warped(shared_); }

 private:
  SourceInfo info_;
  std::shared_ptr<const WarpShared> shared_;
};

[[noreturn]] void refuse_break(const SourceInfo& info) {
  throw Error(ErrorCode::mismatch,
              fmt::format("{} cannot be brought onto this grid: the way between them has a break (the "
                          "antimeridian or a pole lies between); cut the inputs there",
                          info.name));
}

// Neighbouring places are about equally far apart; where two are not, something lies between.
void check_for_breaks(const GridMap& map, const GridCut& target, const SourceInfo& info) {
  std::vector<double> x, y;
  for (int j = 0; j < kProbes; ++j)
    for (int i = 0; i < kProbes; ++i) {
      x.push_back(target.window.x + static_cast<double>(target.window.width) * i / (kProbes - 1));
      y.push_back(target.window.y + static_cast<double>(target.window.height) * j / (kProbes - 1));
    }
  map.map(x, y);
  std::vector<double> steps;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (const std::size_t next : {i + 1, i + kProbes}) {
      if (next >= x.size() || (next == i + 1 && next % kProbes == 0)) continue;
      const double step = std::max(std::abs(x[next] - x[i]), std::abs(y[next] - y[i]));
      if (step == step) steps.push_back(step);
    }
  if (steps.empty()) refuse_break(info);
  std::sort(steps.begin(), steps.end());
  if (steps.back() > 16 * (steps[steps.size() / 2] + 1)) refuse_break(info);
}

// Of interpolating at the centres of cells, which lie fixed on the whole grid; NaN where no cell can be
// tried.
double interpolation_error(const GridMap& map, const GridCut& target, int spacing) {
  double worst = kNowhere;
  const auto cell = [&](int begin, int length, int i) {
    return floor_div(begin + static_cast<double>(length - 1) * i / (kProbes - 1), spacing) * spacing;
  };
  for (int j = 0; j < kProbes; ++j)
    for (int i = 0; i < kProbes; ++i) {
      const double left = cell(target.window.x, target.window.width, i);
      const double top = cell(target.window.y, target.window.height, j);
      std::array<double, 5> x{left, left + spacing, left, left + spacing, left + spacing / 2.0};
      std::array<double, 5> y{top, top, top + spacing, top + spacing, top + spacing / 2.0};
      map.map(x, y);
      const double dx = std::abs((x[0] + x[1] + x[2] + x[3]) / 4 - x[4]);
      const double dy = std::abs((y[0] + y[1] + y[2] + y[3]) / 4 - y[4]);
      const double error = std::max(dx, dy);
      if (error == error && !(error <= worst)) worst = error;
    }
  return worst;
}

// Whether the grids have one lattice, and the offset between them.
bool find_whole_pixels(const GridMap& map, WarpShared& shared) {
  const Window& w = shared.target.window;
  std::array<double, 3> x{static_cast<double>(w.x), static_cast<double>(w.x + w.width),
                          static_cast<double>(w.x)};
  std::array<double, 3> y{static_cast<double>(w.y), static_cast<double>(w.y),
                          static_cast<double>(w.y + w.height)};
  const std::array<double, 3> px = x, py = y;
  map.map(x, y);
  const double dx = std::round(x[0] - px[0] + shared.how.shift_x);
  const double dy = std::round(y[0] - py[0] + shared.how.shift_y);
  for (std::size_t i = 0; i < 3; ++i)
    if (!(std::abs(x[i] - px[i] + shared.how.shift_x - dx) <= kSamePlace &&
          std::abs(y[i] - py[i] + shared.how.shift_y - dy) <= kSamePlace))
      return false;
  shared.offset_x = static_cast<int>(dx);
  shared.offset_y = static_cast<int>(dy);
  return true;
}

// Whether pixels of both grids are as large and lie the same way, and what is between them.
void find_translation(const GridMap& map, WarpShared& shared) {
  const Window& w = shared.target.window;
  std::array<double, 3> x{static_cast<double>(w.x), static_cast<double>(w.x + w.width),
                          static_cast<double>(w.x)};
  std::array<double, 3> y{static_cast<double>(w.y), static_cast<double>(w.y),
                          static_cast<double>(w.y + w.height)};
  const std::array<double, 3> px = x, py = y;
  map.map(x, y);
  const auto rounded = [](double value) { return std::round(value * kWarpPerPixel) / kWarpPerPixel; };
  shared.away_x = rounded(x[0] - px[0] + shared.how.shift_x);
  shared.away_y = rounded(y[0] - py[0] + shared.how.shift_y);
  for (std::size_t i = 0; i < 3; ++i)
    if (!(std::abs(x[i] - px[i] + shared.how.shift_x - shared.away_x) <= kSameShift &&
          std::abs(y[i] - py[i] + shared.how.shift_y - shared.away_y) <= kSameShift))
      return;
  shared.translated = true;
}

// The scale in the middle, the same for the whole job: one that changed from place to place would show.
void find_scale(const GridMap& map, WarpShared& shared) {
  const Window& w = shared.target.window;
  const double cx = w.x + w.width / 2.0;
  const double cy = w.y + w.height / 2.0;
  std::array<double, 4> x{cx - 0.5, cx + 0.5, cx, cx};
  std::array<double, 4> y{cy, cy, cy - 0.5, cy + 0.5};
  map.map(x, y);
  const auto scale = [](double a, double b) { return std::round(std::sqrt(a * a + b * b) * 256) / 256; };
  const double across = scale(x[1] - x[0], x[3] - x[2]);
  const double down = scale(y[1] - y[0], y[3] - y[2]);
  if (!(across > 0 && down > 0)) return;
  shared.half_x = across / 2;
  shared.half_y = down / 2;
}

// Tiles that one row of units meets: kept until the next row is done, each is decoded once.
std::size_t tiles_of_row(const GridMap& map, const WarpShared& shared, int top) {
  const Window& w = shared.target.window;
  const int height = shared.inner->info().grid.height;
  const int width = shared.inner->info().grid.width;
  std::set<std::pair<int, int>> tiles;
  for (int y = top; y < std::min(top + kUnitRows, w.height); y += kWarpChunk)
    for (int x = 0; x < w.width; x += kWarpChunk) {
      std::array<double, 4> sx, sy;
      for (std::size_t i = 0; i < 4; ++i) {
        sx[i] = w.x + x + (i % 2 == 0 ? 0 : kWarpChunk);
        sy[i] = w.y + y + (i < 2 ? 0 : kWarpChunk);
      }
      map.map(sx, sy);
      const auto [left, right] = std::minmax_element(sx.begin(), sx.end());
      const auto [upper, lower] = std::minmax_element(sy.begin(), sy.end());
      if (!(*right >= 0 && *lower >= 0 && *left <= width && *upper <= height)) continue;
      const auto index = [](double at, int size, int tile) {
        return static_cast<int>(std::clamp(at, 0.0, static_cast<double>(size - 1))) / tile;
      };
      const TileCache& cache = shared.cache;
      for (int row = index(*upper - 2, height, cache.tile_height());
           row <= index(*lower + 2, height, cache.tile_height()); ++row)
        for (int column = index(*left - 2, width, cache.tile_width());
             column <= index(*right + 2, width, cache.tile_width()); ++column)
          tiles.insert({column, row});
    }
  return tiles.size();
}

}  // namespace

Grid GridCut::grid() const noexcept {
  Grid part = whole;
  part.transform[0] = whole.ground_x(window.x, window.y);
  part.transform[3] = whole.ground_y(window.x, window.y);
  part.width = window.width;
  part.height = window.height;
  return part;
}

std::shared_ptr<const Source> warp(std::shared_ptr<const Source> inner, const GridCut& target,
                                   const Warp& how, WarpReport* report) {
  auto shared = std::make_shared<WarpShared>(std::move(inner), target, how);
  const SourceInfo& info = shared->inner->info();
  const GridMap map(target.whole, info.grid);
  WarpReport chosen;
  shared->whole_pixels = map.affine() && find_whole_pixels(map, *shared);
  if (shared->whole_pixels) {
    shared->method = kernels::Resampling::nearest;
  } else {
    check_for_breaks(map, target, info);
    find_scale(map, *shared);
    if (map.affine()) find_translation(map, *shared);
    const double scale = 2 * std::max(shared->half_x, shared->half_y);
    shared->method = how.resampling         ? *how.resampling
                     : scale > kAverageFrom ? kernels::Resampling::average
                                            : kernels::Resampling::bilinear;
    shared->chunk = std::clamp(static_cast<int>(kWarpChunk / scale), 8, kWarpChunk);
    chosen.largest_error = interpolation_error(map, target, shared->spacing);
    while (!(chosen.largest_error < kLargestError) && shared->spacing > 1)
      chosen.largest_error = interpolation_error(map, target, shared->spacing /= 2);
    if (!(chosen.largest_error < kLargestError)) refuse_break(info);
    chosen.node_spacing = shared->spacing;
  }
  std::size_t tiles = 1;
  for (const int part : {0, 1, 2})
    tiles =
        std::max(tiles, tiles_of_row(map, *shared, part * std::max(0, target.window.height - kUnitRows) / 2));
  // Rows of units in flight together meet a little more.
  tiles += tiles / 4 + 4;
  shared->cache.keep(tiles);
  chosen.wanted_bytes = shared->cache.bytes();
  if (how.cache_bytes != 0 && chosen.wanted_bytes > how.cache_bytes)
    shared->cache.keep(static_cast<std::size_t>(how.cache_bytes / shared->cache.tile_bytes()));
  chosen.cache_bytes = shared->cache.bytes();
  chosen.resampling = shared->method;
  chosen.whole_pixels = shared->whole_pixels;
  if (report) *report = chosen;
  return std::make_shared<WarpSource>(std::move(shared));
}

}  // namespace tuban
