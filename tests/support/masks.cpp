// SPDX-License-Identifier: Apache-2.0
#include "tests/support/masks.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sstream>

namespace tuban::test {
namespace {

using kernels::Window;

Scene empty_scene(int width, int height) {
  Scene scene;
  scene.width = width;
  scene.height = height;
  const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  scene.mask.assign(pixels, kernels::kUnchanged);
  scene.score.assign(pixels, 1.0F);
  return scene;
}

std::uint8_t& pixel(Scene& scene, int x, int y) {
  return scene.mask[static_cast<std::size_t>(y) * static_cast<std::size_t>(scene.width) +
                    static_cast<std::size_t>(x)];
}

template <typename T>
std::vector<std::byte> random_plane(Random& random, std::size_t count) {
  std::vector<T> values(count);
  for (T& value : values) {
    if constexpr (std::is_integral_v<T>)
      value = static_cast<T>(random());
    else
      value = static_cast<T>(static_cast<double>(random() % 100000) / 1000.0 - 20.0);
  }
  std::vector<std::byte> bytes(count * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

kernels::FixedPoint fixed_point(kernels::SampleType type) {
  if (type == kernels::SampleType::int16) return {-32768, 1};
  // The range ends inside that of random_plane, so that samples are clamped on both sides.
  if (type == kernels::SampleType::float32) return {-10.0F, 768.3F};
  return {0, 1};
}

}  // namespace

std::uint64_t base_seed() {
  const char* text = std::getenv("TUBAN_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20260923U;
}

int draw(Random& random, int least, int most) {
  return least + static_cast<int>(random() % static_cast<std::uint64_t>(most - least + 1));
}

double Scene::sample(bool is_after, std::size_t band, int x, int y) const {
  const std::byte* plane = (is_after ? after : before)[band].data();
  const auto index =
      static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
  return kernels::with_sample_type(type, [&](auto value) {
    std::memcpy(&value, plane + index * sizeof value, sizeof value);
    return static_cast<double>(value);
  });
}

Scene drawn_scene(const std::vector<std::string>& rows) {
  Scene scene = empty_scene(static_cast<int>(rows.front().size()), static_cast<int>(rows.size()));
  for (int y = 0; y < scene.height; ++y)
    for (int x = 0; x < scene.width; ++x) {
      const char c = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
      pixel(scene, x, y) = c == '#' ? kernels::kChanged : c == 'x' ? kernels::kInvalid : kernels::kUnchanged;
    }
  return scene;
}

Scene random_scene(Random& random, int width, int height, double fill, double invalid, int bands,
                   kernels::SampleType type) {
  Scene scene = empty_scene(width, height);
  for (std::size_t i = 0; i < scene.mask.size(); ++i) {
    const double u = static_cast<double>(random() >> 11) * 0x1p-53;
    scene.mask[i] = u < invalid                            ? kernels::kInvalid
                    : u < invalid + (1.0 - invalid) * fill ? kernels::kChanged
                                                           : kernels::kUnchanged;
    scene.score[i] = scene.mask[i] == kernels::kInvalid ? std::numeric_limits<float>::quiet_NaN()
                                                        : static_cast<float>(random() % 10000) / 37.0F;
  }
  scene.type = type;
  for (int b = 0; b < bands; ++b) {
    kernels::with_sample_type(type, [&](auto zero) {
      scene.before.push_back(random_plane<decltype(zero)>(random, scene.mask.size()));
      scene.after.push_back(random_plane<decltype(zero)>(random, scene.mask.size()));
    });
    scene.fixed_before.push_back(fixed_point(type));
    scene.fixed_after.push_back(fixed_point(type));
  }
  return scene;
}

Scene checkerboard(int size) {
  Scene scene = empty_scene(size, size);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) pixel(scene, x, y) = (x + y) % 2 == 0;
  return scene;
}

Scene spiral(int size) {
  Scene scene = empty_scene(size, size);
  int x = 0;
  int y = 0;
  int dx = 1;
  int dy = 0;
  const auto free = [&](int px, int py) {
    return px >= 0 && py >= 0 && px < size && py < size && !scene.changed(px, py);
  };
  for (int turns = 0; turns < 2;) {
    pixel(scene, x, y) = kernels::kChanged;
    const bool ahead = free(x + dx, y + dy) && (free(x + 2 * dx, y + 2 * dy) || x + 2 * dx < 0 ||
                                                y + 2 * dy < 0 || x + 2 * dx >= size || y + 2 * dy >= size);
    if (ahead) {
      turns = 0;
      x += dx;
      y += dy;
    } else {
      ++turns;
      const int old = dx;
      dx = -dy;
      dy = old;
    }
  }
  return scene;
}

Scene nested_rings(int size) {
  Scene scene = empty_scene(size, size);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) pixel(scene, x, y) = std::min({x, y, size - 1 - x, size - 1 - y}) % 2 == 0;
  return scene;
}

Scene diagonal_stripes(int size) {
  Scene scene = empty_scene(size, size);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) pixel(scene, x, y) = (x + y) % 5 == 0 || (x - y + 7 * size) % 7 == 0;
  return scene;
}

std::vector<Window> tiling(int width, int height, const std::vector<int>& x_lines,
                           const std::vector<int>& y_lines, int unit) {
  // Groups of consecutive intervals: one group per unit.
  const auto groups = [unit](const std::vector<int>& lines, int size) {
    std::vector<std::vector<std::pair<int, int>>> result(1);
    int from = 0;
    for (std::size_t i = 0; i <= lines.size(); ++i) {
      const int to = i < lines.size() ? lines[i] : size;
      result.back().emplace_back(from, to - from);
      if (i < lines.size() && unit > 0 && (i + 1) % static_cast<std::size_t>(unit) == 0)
        result.emplace_back();
      from = to;
    }
    return result;
  };
  std::vector<Window> tiles;
  for (const auto& rows : groups(y_lines, height))
    for (const auto& columns : groups(x_lines, width))
      for (const auto& [y, h] : rows)
        for (const auto& [x, w] : columns) tiles.push_back({x, y, w, h});
  return tiles;
}

std::vector<Window> regular_tiling(int width, int height, int tile_width, int tile_height, int unit) {
  std::vector<int> x_lines;
  std::vector<int> y_lines;
  for (int x = tile_width; x < width; x += tile_width) x_lines.push_back(x);
  for (int y = tile_height; y < height; y += tile_height) y_lines.push_back(y);
  return tiling(width, height, x_lines, y_lines, unit);
}

std::vector<Window> random_tiling(Random& random, int width, int height) {
  const auto lines = [&](int size) {
    const int one_in = draw(random, 1, 8);
    std::vector<int> result;
    for (int i = 1; i < size; ++i)
      if (draw(random, 1, one_in) == 1) result.push_back(i);
    return result;
  };
  const auto x_lines = lines(width);
  const auto y_lines = lines(height);
  return tiling(width, height, x_lines, y_lines, draw(random, 0, 4));
}

std::string to_string(const std::vector<Window>& tiles) {
  std::ostringstream text;
  for (const Window& tile : tiles)
    text << '(' << tile.x << ',' << tile.y << ' ' << tile.width << 'x' << tile.height << ") ";
  return text.str().substr(0, 400);
}

void extract_tile(const Scene& scene, const Window& core, kernels::Extractor& extractor,
                  kernels::TileRegions& out) {
  const int stride = core.width + 2;
  std::vector<std::uint8_t> mask;
  for (int y = core.y - 1; y <= core.bottom(); ++y)
    for (int x = core.x - 1; x <= core.right(); ++x) mask.push_back(scene.at(x, y));
  const auto origin = static_cast<std::size_t>(core.y) * static_cast<std::size_t>(scene.width) +
                      static_cast<std::size_t>(core.x);
  std::vector<const std::byte*> before;
  std::vector<const std::byte*> after;
  for (const auto& plane : scene.before)
    before.push_back(plane.data() + origin * kernels::sample_size(scene.type));
  for (const auto& plane : scene.after)
    after.push_back(plane.data() + origin * kernels::sample_size(scene.type));

  kernels::TileInput input;
  input.core = core;
  input.raster_width = scene.width;
  kernels::BitPlane changed;
  kernels::BitPlane invalid;
  kernels::pack({mask.data(), stride, core.height + 2, stride}, changed, invalid);
  input.changed = &changed;
  input.invalid = &invalid;
  input.score = {scene.score.data() + origin, core.width, core.height, scene.width};
  input.pair.type = scene.type;
  input.pair.width = core.width;
  input.pair.height = core.height;
  input.pair.stride = scene.width;
  input.pair.before = before;
  input.pair.after = after;
  input.fixed_before = scene.fixed_before;
  input.fixed_after = scene.fixed_after;
  extractor.extract(input, out);
}

std::vector<Region> assemble(const Scene& scene, const std::vector<Window>& tiles, int connectivity,
                             CutLimit cut, std::int64_t fewest_pixels) {
  std::vector<Region> regions;
  Assembler assembler(
      scene.width, scene.height, connectivity, scene.bands(), fewest_pixels,
      [&](Region&& region) { regions.push_back(std::move(region)); }, cut);
  kernels::Extractor extractor(cut.lattice);
  kernels::TileRegions tile;
  for (const Window& core : tiles) {
    extract_tile(scene, core, extractor, tile);
    assembler.commit(tile);
  }
  assembler.finish();
  std::sort(regions.begin(), regions.end(), [](const Region& a, const Region& b) { return a.id < b.id; });
  return regions;
}

std::map<std::uint64_t, kernels::RegionStats> naive_stats(const Scene& scene, int connectivity) {
  std::map<std::uint64_t, kernels::RegionStats> result;
  std::vector<bool> seen(scene.mask.size(), false);
  const auto width = static_cast<std::uint64_t>(scene.width);
  const auto fixed = [](double value, const kernels::FixedPoint& f, std::int64_t& clamped) {
    const double q = std::floor(static_cast<double>((static_cast<float>(value) - f.offset) * f.scale) + 0.5);
    if (q < 0 || q > 65535) ++clamped;
    return static_cast<std::int64_t>(std::clamp(q, 0.0, 65535.0));
  };
  for (std::uint64_t first = 0; first < scene.mask.size(); ++first) {
    if (seen[first] || scene.mask[first] != kernels::kChanged) continue;
    kernels::RegionStats& stats = result[first];
    stats.first_pixel = first;
    std::vector<std::uint64_t> stack{first};
    seen[first] = true;
    while (!stack.empty()) {
      const std::uint64_t index = stack.back();
      stack.pop_back();
      const int x = static_cast<int>(index % width);
      const int y = static_cast<int>(index / width);
      ++stats.pixels;
      stats.min_x = std::min(stats.min_x, x);
      stats.max_x = std::max(stats.max_x, x);
      stats.min_y = std::min(stats.min_y, y);
      stats.max_y = std::max(stats.max_y, y);
      stats.sum_x += x;
      stats.sum_y += y;
      stats.sum_xx += x * x;
      stats.sum_yy += y * y;
      stats.sum_xy += x * y;
      const auto score = static_cast<std::int64_t>(std::floor(scene.score[index] * 65536.0 + 0.5));
      stats.score_sum += score;
      stats.score_max = std::max(stats.score_max, score);
      for (std::size_t b = 0; b < scene.before.size(); ++b) {
        const auto before = fixed(scene.sample(false, b, x, y), scene.fixed_before[b], stats.clamped);
        const auto after = fixed(scene.sample(true, b, x, y), scene.fixed_after[b], stats.clamped);
        stats.before[b].sum += before;
        stats.before[b].squares += before * before;
        stats.after[b].sum += after;
        stats.after[b].squares += after * after;
      }
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          const bool side = (dx == 0) != (dy == 0);
          if (dx == 0 && dy == 0) continue;
          if (!scene.changed(x + dx, y + dy)) {
            if (!side) continue;
            ++(dx == 0 ? stats.horizontal_edges : stats.vertical_edges);
            stats.invalid_edges += scene.at(x + dx, y + dy) == kernels::kInvalid;
            continue;
          }
          const auto neighbour =
              static_cast<std::uint64_t>(y + dy) * width + static_cast<std::uint64_t>(x + dx);
          if ((!side && connectivity == 4) || seen[neighbour]) continue;
          seen[neighbour] = true;
          stack.push_back(neighbour);
        }
    }
  }
  return result;
}

std::int64_t shoelace(const LatticeRing& ring) {
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < ring.size(); ++i)
    sum += std::int64_t{ring[i - 1].x} * ring[i].y - std::int64_t{ring[i].x} * ring[i - 1].y;
  return sum;
}

}  // namespace tuban::test
