// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/smooth.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr int kCell = 64;
constexpr std::uint64_t kSeed = 0x7475'6261'6e00'0001;

// IR-MAD is stable from 100k pixels up (below 8k it collapses); twice that steadies the cut, whose changed
// class is a few cells of a clustered sample.
constexpr std::int64_t kSamplePixels = 200'000;

// A seeded permutation of 0 .. count-1 without a table: a four-round Feistel network over the next power of
// four, walked until it lands inside (Black & Rogaway 2002).
class CellOrder {
 public:
  explicit CellOrder(std::uint64_t count) : count_(count) {
    while ((std::uint64_t{1} << (2 * half_bits_)) < count) ++half_bits_;
  }

  std::uint64_t operator[](std::uint64_t rank) const noexcept {
    do {
      rank = permute(rank);
    } while (rank >= count_);
    return rank;
  }

 private:
  std::uint64_t permute(std::uint64_t value) const noexcept {
    const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next = left ^ (mix(right + (round << 40)) & mask);
      left = right;
      right = next;
    }
    return (left << half_bits_) | right;
  }

  // SplitMix64's finaliser.
  static std::uint64_t mix(std::uint64_t z) noexcept {
    z += kSeed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t count_;
  int half_bits_ = 1;
};

struct Cell {
  int width = 0, height = 0;
  std::vector<std::byte> samples;  // planes of before, then of after
  std::vector<std::uint8_t> valid;
  std::vector<std::byte*> before, after;

  std::int64_t valid_pixels() const { return std::count(valid.begin(), valid.end(), std::uint8_t{1}); }

  kernels::PairView pair(kernels::SampleType type) const {
    return {type,
            width,
            height,
            {const_cast<const std::byte* const*>(before.data()), before.size()},
            {const_cast<const std::byte* const*>(after.data()), after.size()},
            width,
            {valid.data(), width, height, width}};
  }
};

void read_cell(const ScanPlan& plan, std::uint64_t index, ReaderPool& before, ReaderPool& after, Cell& cell) {
  const int across = (plan.width + kCell - 1) / kCell;
  const int x = static_cast<int>(index % static_cast<std::uint64_t>(across)) * kCell;
  const int y = static_cast<int>(index / static_cast<std::uint64_t>(across)) * kCell;
  cell.width = std::min(kCell, plan.width - x);
  cell.height = std::min(kCell, plan.height - y);
  const std::size_t pixels = static_cast<std::size_t>(cell.width) * static_cast<std::size_t>(cell.height);
  const std::size_t plane = pixels * kernels::sample_size(plan.type);
  const auto bands = static_cast<std::size_t>(plan.bands);
  cell.samples.resize(2 * bands * plane);
  cell.valid.assign(pixels, 1);
  cell.before.resize(bands);
  cell.after.resize(bands);
  for (std::size_t b = 0; b < bands; ++b) {
    cell.before[b] = cell.samples.data() + b * plane;
    cell.after[b] = cell.samples.data() + (bands + b) * plane;
  }
  const Window window{x, y, cell.width, cell.height};
  before.read(window, {cell.before, cell.width, cell.valid.data(), cell.width});
  after.read(window, {cell.after, cell.width, cell.valid.data(), cell.width});
}

std::vector<Cell> read_sample(const ScanPlan& plan, ReaderPool& before, ReaderPool& after, Executor& executor,
                              const std::stop_token& stop) {
  const std::int64_t across = (plan.width + kCell - 1) / kCell;
  const std::int64_t down = (plan.height + kCell - 1) / kCell;
  const std::int64_t count = across * down;
  const CellOrder order(static_cast<std::uint64_t>(count));
  std::vector<Cell> cells;
  std::int64_t pixels = 0;
  for (std::int64_t next = 0; next < count && pixels < kSamplePixels;) {
    const std::int64_t batch =
        std::min(count - next, std::max<std::int64_t>(8, (kSamplePixels - pixels) / (kCell * kCell) + 1));
    std::vector<Cell> read(static_cast<std::size_t>(batch));
    Pass pass;
    pass.count = batch;
    pass.slots = 2 * executor.threads();
    pass.max_fetches = plan.max_fetches;
    pass.fetch = [&](std::int64_t item, int) {
      read_cell(plan, order[static_cast<std::uint64_t>(next + item)], before, after,
                read[static_cast<std::size_t>(item)]);
    };
    pass.commit = [&](std::int64_t item, int) {
      Cell& cell = read[static_cast<std::size_t>(item)];
      const std::int64_t valid = cell.valid_pixels();
      if (pixels >= kSamplePixels || valid == 0) return;
      pixels += valid;
      cells.push_back(std::move(cell));
    };
    executor.run(pass, stop);
    next += batch;
  }
  return cells;
}

kernels::Sample gather(const ScanPlan& plan, const std::vector<Cell>& cells) {
  kernels::Sample sample;
  const auto planes = [&](std::vector<std::byte*> Cell::*date) {
    std::vector<std::vector<float>> bands(static_cast<std::size_t>(plan.bands));
    for (std::size_t b = 0; b < bands.size(); ++b)
      for (const Cell& cell : cells)
        kernels::with_sample_type(plan.type, [&](auto zero) {
          const auto* values = reinterpret_cast<const decltype(zero)*>((cell.*date)[b]);
          for (std::size_t i = 0; i < cell.valid.size(); ++i)
            if (cell.valid[i]) bands[b].push_back(static_cast<float>(values[i]));
        });
    return bands;
  };
  sample.before = planes(&Cell::before);
  sample.after = planes(&Cell::after);
  return sample;
}

// Only pixels whose 3 x 3 neighbourhood lies inside their cell: what the cell's frame cuts off must not shape
// the histogram. Rasters too small to have such pixels use all.
std::vector<float> smoothed_scores(const ScanPlan& plan, const ScanModel& model,
                                   const std::vector<Cell>& cells) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> scores;
  for (const Cell& cell : cells) {
    const int width = cell.width + 2;
    const int height = cell.height + 2;
    std::vector<float> raw(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), nan);
    std::vector<float> smooth(cell.valid.size());
    const kernels::View<float> padded{raw.data(), width, height, width};
    const kernels::View<float> out{smooth.data(), cell.width, cell.height, cell.width};
    model.detector->score(model.model, cell.pair(plan.type), padded.sub(1, 1, cell.width, cell.height));
    kernels::smooth(padded, out);
    const int rim_x = cell.width > 2 * kernels::kSmoothRadius ? kernels::kSmoothRadius : 0;
    const int rim_y = cell.height > 2 * kernels::kSmoothRadius ? kernels::kSmoothRadius : 0;
    for (int y = rim_y; y < cell.height - rim_y; ++y)
      for (int x = rim_x; x < cell.width - rim_x; ++x)
        if (const float value = out.at(x, y); value == value) scores.push_back(value);
  }
  return scores;
}

// Integer samples are their own fixed point; float32 gets 16 bits over the sample's range and a quarter
// beyond.
kernels::FixedPoint fixed_point(kernels::SampleType type, const std::vector<float>& values) {
  if (type == kernels::SampleType::int16) return {-32768, 1};
  if (type != kernels::SampleType::float32) return {0, 1};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const float range = *high > *low ? *high - *low : 1;
  return {*low - range / 4, 65535 / (range * 1.5F)};
}

}  // namespace

ScanModel measure(const ScanPlan& plan, const kernels::Detector& detector, ReaderPool& before,
                  ReaderPool& after, Executor& executor, std::stop_token stop) {
  const std::vector<Cell> cells = read_sample(plan, before, after, executor, stop);
  const kernels::Sample sample = gather(plan, cells);
  if (sample.size() == 0)
    throw Error(
        ErrorCode::mismatch,
        fmt::format("no pixel is valid on both dates: {} and {} hold nothing but nodata (or masked pixels) "
                    "where they overlap",
                    before.info().name, after.info().name));
  ScanModel model;
  model.detector = &detector;
  model.sample_pixels = static_cast<std::int64_t>(sample.size());
  model.sample_cells = static_cast<std::int64_t>(cells.size());
  for (std::size_t b = 0; b < sample.before.size(); ++b) {
    model.fixed_before.push_back(fixed_point(plan.type, sample.before[b]));
    model.fixed_after.push_back(fixed_point(plan.type, sample.after[b]));
  }
  model.model = detector.solve(sample);
  model.cut = kernels::choose_cut(smoothed_scores(plan, model, cells));
  return model;
}

}  // namespace tuban
