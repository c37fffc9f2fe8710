// SPDX-License-Identifier: Apache-2.0
#include "engine/align/warp_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "engine/align/grid_map.h"
#include "tuban/error.h"

namespace tuban {
namespace {

kernels::Window kernel_window(const Window& window) {
  return {window.x, window.y, window.width, window.height};
}

int floor_div(double value, int by) {
  return static_cast<int>(std::floor(value / by));
}

// Positions on a lattice of the target and in the source.
struct Nodes {
  int spacing = kWarpNodeSpacing;
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
        return std::round((upper * (1 - fy) + lower * fy) * kWarpPerPixel) / kWarpPerPixel;
      };
      sx[k] = between(x);
      sy[k] = between(y);
    }
  }
};

class WarpReader final : public Reader {
 public:
  explicit WarpReader(std::shared_ptr<const WarpShared> shared)
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

  std::shared_ptr<const WarpShared> shared_;
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

}  // namespace

std::unique_ptr<Reader> open_warped(std::shared_ptr<const WarpShared> shared) {
  return std::make_unique<WarpReader>(std::move(shared));
}

}  // namespace tuban
