// SPDX-License-Identifier: Apache-2.0
#include "engine/align/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "engine/align/grid_map.h"
#include "engine/align/tile_cache.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr int kNodeSpacing = 16;
constexpr double kLargestError = 0.01;  // source pixels
constexpr double kPerPixel = 1024;      // coordinates are rounded to so many parts of a source pixel
constexpr double kSamePlace = 1e-3;     // pixels, as grids are compared
constexpr double kSameShift = 1e-5;     // pixels, so that coordinates are rounded to the same
constexpr double kAverageFrom = 1.5;    // target pixels this much larger are averaged
constexpr int kProbes = 33;             // places along each side where the way between grids is tried
constexpr int kChunk = 128;             // pixels resampled together, of the finer grid
constexpr int kUnitRows = 512;          // of the scan that the cache is made for
constexpr std::uint64_t kTransformer = 4'000'000;  // PROJ's databases, of each reader

const double kNowhere = std::numeric_limits<double>::quiet_NaN();

kernels::Window kernel_window(const Window& window) {
  return {window.x, window.y, window.width, window.height};
}

int floor_div(double value, int by) {
  return static_cast<int>(std::floor(value / by));
}

// Positions on a lattice of the target and in the source.
struct Nodes {
  int spacing = kNodeSpacing;
  int left = 0, top = 0, across = 0;  // of the first node, in nodes
  std::vector<double> x, y;

  // Those around pixels of the window; `shift` moves it.
  void cover(const GridMap& map, const Window& window, double shift_x, double shift_y) {
    left = floor_div(window.x + shift_x, spacing);
    top = floor_div(window.y + shift_y, spacing);
    across = floor_div(window.x + window.width + shift_x, spacing) + 2 - left;
    const int down = floor_div(window.y + window.height + shift_y, spacing) + 2 - top;
    x.clear();
    y.clear();
    for (int j = 0; j < down; ++j)
      for (int i = 0; i < across; ++i) {
        x.push_back((left + i) * spacing);
        y.push_back((top + j) * spacing);
      }
    map.map(x, y);
    // Rounded far below what matters, so that the last bits of a machine's libm do not show (G1).
    for (auto* axis : {&x, &y})
      for (double& value : *axis) value = std::round(value * 0x1p20) * 0x1p-20;
  }

  // Source coordinates of `count` pixels, (px, py) the centre of the first.
  void row(double px, double py, std::size_t count, double* sx, double* sy) const {
    const double v = py / spacing - top;
    const auto j = static_cast<std::size_t>(std::floor(v));
    const double fy = v - std::floor(v);
    for (std::size_t k = 0; k < count; ++k) {
      const double u = (px + static_cast<double>(k)) / spacing - left;
      const auto i = static_cast<std::size_t>(std::floor(u));
      const double fx = u - std::floor(u);
      const std::size_t at = j * static_cast<std::size_t>(across) + i;
      const std::size_t below = at + static_cast<std::size_t>(across);
      const auto between = [&](const std::vector<double>& n) {
        const double upper = n[at] * (1 - fx) + n[at + 1] * fx;
        const double lower = n[below] * (1 - fx) + n[below + 1] * fx;
        return std::round((upper * (1 - fy) + lower * fy) * kPerPixel) / kPerPixel;
      };
      sx[k] = between(x);
      sy[k] = between(y);
    }
  }
};

// What all readers of a warped source share.
struct Shared {
  Shared(std::shared_ptr<const Source> source, const GridCut& cut, const Warp& warp)
      : inner(std::move(source)), target(cut), how(warp), cache(inner->info()) {}

  std::shared_ptr<const Source> inner;
  GridCut target;
  Warp how;
  kernels::Resampling method = kernels::Resampling::bilinear;
  double half_x = 0.5, half_y = 0.5;  // of a target pixel, in source pixels
  int spacing = kNodeSpacing;
  bool whole_pixels = false;
  int offset_x = 0, offset_y = 0;  // where pixels are only moved
  bool translated = false;         // the grids differ by (away_x, away_y) alone
  double away_x = 0, away_y = 0;
  int chunk = kChunk;
  mutable TileCache cache;
};

class WarpReader final : public Reader {
 public:
  explicit WarpReader(std::shared_ptr<const Shared> shared)
      : shared_(std::move(shared)),
        inner_(shared_->inner->open()),
        resampler_(shared_->method, shared_->half_x, shared_->half_y) {
    if (!shared_->whole_pixels) map_.emplace(shared_->target.whole, shared_->inner->info().grid);
    nodes_.spacing = shared_->spacing;
  }

  void read(const Window& window, const PixelBuffer& into) override {
    const Window& all = shared_->target.window;
    if (window.x < 0 || window.y < 0 || window.width < 0 || window.height < 0 ||
        window.width > all.width - window.x || window.height > all.height - window.y)
      throw Error(
          ErrorCode::runtime,
          fmt::format("{} is {} x {} pixels on its new grid and has no window {} x {} at ({}, {})",
                      info().name, all.width, all.height, window.width, window.height, window.x, window.y));
    const int chunk = shared_->chunk;
    for (int y = 0; y < window.height; y += chunk)
      for (int x = 0; x < window.width; x += chunk) {
        const Window part{window.x + x, window.y + y, std::min(chunk, window.width - x),
                          std::min(chunk, window.height - y)};
        planes_.clear();
        for (std::byte* plane : into.planes) planes_.push_back(plane + (y * into.stride + x) * size());
        std::uint8_t* valid = into.valid ? into.valid + y * into.valid_stride + x : nullptr;
        if (shared_->whole_pixels)
          move(part, into, valid);
        else
          resample(part, into, valid);
      }
  }

 private:
  const SourceInfo& info() const noexcept { return shared_->inner->info(); }
  std::ptrdiff_t size() const noexcept {
    return static_cast<std::ptrdiff_t>(kernels::sample_size(static_cast<kernels::SampleType>(info().type)));
  }

  // Copies what the source has of `want` into part_, with room for nothing else.
  void gather(const kernels::Window& want) {
    const kernels::Window have = kernels::intersect(want, {0, 0, info().grid.width, info().grid.height});
    part_ = have;
    const auto pixels = static_cast<std::size_t>(have.pixels());
    const auto bytes = static_cast<std::size_t>(size());
    samples_.resize(pixels * bytes * info().bands.size());
    valid_.resize(pixels);
    if (have.empty()) return;
    TileCache& cache = shared_->cache;
    for (int row = have.y / cache.tile_height(); row <= (have.bottom() - 1) / cache.tile_height(); ++row)
      for (int column = have.x / cache.tile_width(); column <= (have.right() - 1) / cache.tile_width();
           ++column) {
        const auto tile = cache.get(column, row, *inner_);
        const kernels::Window both = kernels::intersect(have, kernel_window(tile->window));
        const auto tile_pixels = tile->valid.size();
        for (int y = both.y; y < both.bottom(); ++y) {
          const auto from =
              static_cast<std::size_t>(y - tile->window.y) * static_cast<std::size_t>(tile->window.width) +
              static_cast<std::size_t>(both.x - tile->window.x);
          const auto to = static_cast<std::size_t>(y - have.y) * static_cast<std::size_t>(have.width) +
                          static_cast<std::size_t>(both.x - have.x);
          const auto width = static_cast<std::size_t>(both.width);
          for (std::size_t b = 0; b < info().bands.size(); ++b)
            std::memcpy(samples_.data() + (b * pixels + to) * bytes,
                        tile->samples.data() + (b * tile_pixels + from) * bytes, width * bytes);
          std::memcpy(valid_.data() + to, tile->valid.data() + from, width);
        }
      }
  }

  // All of the chunk but `kept`, which is counted from the chunk's corner; what another date has made invalid
  // there must stay.
  void clear(const Window& part, const kernels::Window& kept, const PixelBuffer& into,
             std::uint8_t* valid) const {
    const auto clear_row = [&](int y, int from, int to) {
      if (from >= to) return;
      for (std::byte* plane : planes_)
        std::memset(plane + (y * into.stride + from) * size(), 0,
                    static_cast<std::size_t>((to - from) * size()));
      if (valid) std::memset(valid + y * into.valid_stride + from, 0, static_cast<std::size_t>(to - from));
    };
    for (int y = 0; y < part.height; ++y) {
      const bool inside = !kept.empty() && y >= kept.y && y < kept.bottom();
      clear_row(y, 0, inside ? kept.x : part.width);
      if (inside) clear_row(y, kept.right(), part.width);
    }
  }

  void move(const Window& part, const PixelBuffer& into, std::uint8_t* valid) {
    const Window& cut = shared_->target.window;
    const kernels::Window want{part.x + cut.x + shared_->offset_x, part.y + cut.y + shared_->offset_y,
                               part.width, part.height};
    gather(want);
    clear(part, {part_.x - want.x, part_.y - want.y, part_.width, part_.height}, into, valid);
    if (part_.pixels() == 0) return;
    const auto pixels = static_cast<std::size_t>(part_.pixels());
    const auto bytes = static_cast<std::size_t>(size());
    const auto width = static_cast<std::size_t>(part_.width);
    for (int y = 0; y < part_.height; ++y) {
      const auto from = static_cast<std::size_t>(y) * width;
      const std::ptrdiff_t row = part_.y - want.y + y;
      const std::ptrdiff_t column = part_.x - want.x;
      for (std::size_t b = 0; b < planes_.size(); ++b)
        std::memcpy(planes_[b] + (row * into.stride + column) * size(),
                    samples_.data() + (b * pixels + from) * bytes, width * bytes);
      if (valid)
        for (std::size_t x = 0; x < width; ++x)
          valid[row * into.valid_stride + column + static_cast<std::ptrdiff_t>(x)] &= valid_[from + x];
    }
  }

  // False where a sample is missing. Coordinates are those that nodes would give.
  bool translate(const Window& part, const Window& place, const PixelBuffer& into) {
    const double x = place.x + 0.5 + shared_->away_x;
    const double y = place.y + 0.5 + shared_->away_y;
    const int rim_x = kernels::reach(shared_->method, shared_->half_x);
    const int rim_y = kernels::reach(shared_->method, shared_->half_y);
    const kernels::Window want{static_cast<int>(std::floor(x)) - rim_x,
                               static_cast<int>(std::floor(y)) - rim_y, part.width + 2 * rim_x,
                               part.height + 2 * rim_y};
    if (kernels::intersect(want, {0, 0, info().grid.width, info().grid.height}) != want) return false;
    gather(want);
    if (std::memchr(valid_.data(), 0, static_cast<std::size_t>(part_.pixels()))) return false;
    std::vector<const std::byte*> from;
    const auto bytes = static_cast<std::size_t>(part_.pixels()) * static_cast<std::size_t>(size());
    for (std::size_t b = 0; b < planes_.size(); ++b) from.push_back(samples_.data() + b * bytes);
    resampler_.block({static_cast<kernels::SampleType>(info().type), part_, from, part_.width, valid_.data()},
                     x, y, part.width, part.height, planes_, into.stride);
    return true;
  }

  void resample(const Window& part, const PixelBuffer& into, std::uint8_t* valid) {
    const Warp& how = shared_->how;
    const Window& cut = shared_->target.window;
    const Window place{part.x + cut.x, part.y + cut.y, part.width, part.height};
    if (shared_->translated && translate(part, place, into)) return;
    nodes_.cover(*map_, place, how.shift_x, how.shift_y);
    const auto width = static_cast<std::size_t>(part.width);
    x_.resize(width * static_cast<std::size_t>(part.height));
    y_.resize(x_.size());
    for (int y = 0; y < part.height; ++y)
      nodes_.row(place.x + 0.5 + how.shift_x, place.y + y + 0.5 + how.shift_y, width,
                 x_.data() + static_cast<std::size_t>(y) * width,
                 y_.data() + static_cast<std::size_t>(y) * width);
    const kernels::Window want = needed(part);
    gather(want);
    if (part_.empty()) {
      clear(part, {}, into, valid);
      return;
    }
    std::vector<const std::byte*> from;
    const auto pixels = static_cast<std::size_t>(part_.pixels());
    for (std::size_t b = 0; b < planes_.size(); ++b)
      from.push_back(samples_.data() + b * pixels * static_cast<std::size_t>(size()));
    const kernels::RasterPart raster{static_cast<kernels::SampleType>(info().type), part_, from, part_.width,
                                     valid_.data()};
    found_.resize(width);
    for (int y = 0; y < part.height; ++y) {
      const auto at = static_cast<std::size_t>(y) * width;
      resampler_.row(raster, std::span(x_).subspan(at, width), std::span(y_).subspan(at, width), planes_,
                     found_.data());
      if (valid)
        for (std::size_t x = 0; x < width; ++x)
          valid[y * into.valid_stride + static_cast<std::ptrdiff_t>(x)] &= found_[x];
      for (std::byte*& plane : planes_) plane += into.stride * size();
    }
  }

  // The source pixels that the coordinates of the chunk meet.
  kernels::Window needed(const Window& part) const {
    const auto width = info().grid.width;
    const auto height = info().grid.height;
    double left = width, right = -1, top = height, bottom = -1;
    const int rim_x = kernels::reach(shared_->method, shared_->half_x);
    const int rim_y = kernels::reach(shared_->method, shared_->half_y);
    // Far outside, coordinates fit no int and no sample.
    const auto near = [](double at, int size, int rim) { return at >= -rim && at <= size + rim; };
    for (std::size_t i = 0; i < x_.size(); ++i) {
      if (!near(x_[i], width, rim_x) || !near(y_[i], height, rim_y)) continue;
      left = std::min(left, x_[i]);
      right = std::max(right, x_[i]);
      top = std::min(top, y_[i]);
      bottom = std::max(bottom, y_[i]);
    }
    if (right < left || bottom < top) return {};
    // Between neighbours everything is near: what is not has a break in it.
    const double most_x = 8 * (2 * shared_->half_x * std::max(part.width, part.height) + 2 * rim_x + 8);
    const double most_y = 8 * (2 * shared_->half_y * std::max(part.width, part.height) + 2 * rim_y + 8);
    if (right - left > most_x || bottom - top > most_y)
      throw Error(ErrorCode::mismatch,
                  fmt::format("{} cannot be brought onto this grid: the way between them has a break (the "
                              "antimeridian or a pole) near pixel ({}, {}); cut the inputs there",
                              info().name, part.x, part.y));
    const auto floor = [](double v) { return static_cast<int>(std::floor(v)); };
    return {floor(left) - rim_x, floor(top) - rim_y, floor(right) - floor(left) + 2 * rim_x + 1,
            floor(bottom) - floor(top) + 2 * rim_y + 1};
  }

  std::shared_ptr<const Shared> shared_;
  std::unique_ptr<Reader> inner_;
  std::optional<GridMap> map_;
  kernels::Resampler resampler_;
  Nodes nodes_;
  std::vector<std::byte*> planes_;
  kernels::Window part_;
  std::vector<std::byte> samples_;
  std::vector<std::uint8_t> valid_, found_;
  std::vector<double> x_, y_;
};

class WarpSource final : public Source {
 public:
  WarpSource(std::shared_ptr<Shared> shared) : info_(shared->inner->info()) {
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
  std::unique_ptr<Reader> open() const override { return std::make_unique<WarpReader>(shared_); }

 private:
  SourceInfo info_;
  std::shared_ptr<const Shared> shared_;
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
bool find_whole_pixels(const GridMap& map, Shared& shared) {
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
void find_translation(const GridMap& map, Shared& shared) {
  const Window& w = shared.target.window;
  std::array<double, 3> x{static_cast<double>(w.x), static_cast<double>(w.x + w.width),
                          static_cast<double>(w.x)};
  std::array<double, 3> y{static_cast<double>(w.y), static_cast<double>(w.y),
                          static_cast<double>(w.y + w.height)};
  const std::array<double, 3> px = x, py = y;
  map.map(x, y);
  const auto rounded = [](double value) { return std::round(value * kPerPixel) / kPerPixel; };
  shared.away_x = rounded(x[0] - px[0] + shared.how.shift_x);
  shared.away_y = rounded(y[0] - py[0] + shared.how.shift_y);
  for (std::size_t i = 0; i < 3; ++i)
    if (!(std::abs(x[i] - px[i] + shared.how.shift_x - shared.away_x) <= kSameShift &&
          std::abs(y[i] - py[i] + shared.how.shift_y - shared.away_y) <= kSameShift))
      return;
  shared.translated = true;
}

// The scale in the middle, the same for the whole job: one that changed from place to place would show.
void find_scale(const GridMap& map, Shared& shared) {
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
std::size_t tiles_of_row(const GridMap& map, const Shared& shared, int top) {
  const Window& w = shared.target.window;
  const int height = shared.inner->info().grid.height;
  const int width = shared.inner->info().grid.width;
  std::set<std::pair<int, int>> tiles;
  for (int y = top; y < std::min(top + kUnitRows, w.height); y += kChunk)
    for (int x = 0; x < w.width; x += kChunk) {
      std::array<double, 4> sx, sy;
      for (std::size_t i = 0; i < 4; ++i) {
        sx[i] = w.x + x + (i % 2 == 0 ? 0 : kChunk);
        sy[i] = w.y + y + (i < 2 ? 0 : kChunk);
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
  auto shared = std::make_shared<Shared>(std::move(inner), target, how);
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
    shared->chunk = std::clamp(static_cast<int>(kChunk / scale), 8, kChunk);
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
