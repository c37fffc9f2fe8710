// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/sample_cells.h"

#include <cstring>

#include "engine/scan/cell_order.h"

namespace tuban {
namespace {

constexpr int kCell = 64;

// IR-MAD is stable from 100k pixels up (below 8k it collapses); twice that steadies the cut, whose changed
// class is a few cells of a clustered sample.
constexpr std::int64_t kSamplePixels = 200'000;

void allot(const ScanPlan& plan, int width, int height, SampleCell& cell) {
  cell.width = width;
  cell.height = height;
  const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
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
}

class Sampler {
 public:
  Sampler(const ScanPlan& plan, ReaderPool& before, ReaderPool& after)
      : plan_(plan),
        before_(before),
        after_(after),
        across_((plan.width + kCell - 1) / kCell),
        count_(std::int64_t{across_} * ((plan.height + kCell - 1) / kCell)),
        empty_(static_cast<std::size_t>(count_)),
        surveyed_(static_cast<std::size_t>(plan.units())) {}

  std::vector<SampleCell> run(Executor& executor, const std::stop_token& stop) {
    const CellOrder order(static_cast<std::uint64_t>(count_));
    for (std::int64_t rank = 0; rank < count_ && pixels_ < kSamplePixels;) {
      const std::int64_t most = std::max<std::int64_t>(8, (kSamplePixels - pixels_) / (kCell * kCell) + 1);
      wanted_.clear();
      for (; rank < count_ && std::ssize(wanted_) < most; ++rank) {
        const auto cell = static_cast<std::int64_t>(order[static_cast<std::uint64_t>(rank)]);
        if (!empty_[static_cast<std::size_t>(cell)]) wanted_.push_back(cell);
      }
      read_wanted(executor, stop);
      accept();
    }
    return std::move(cells_);
  }

 private:
  // Cells of one unit; read with all others of the unit where that is to be surveyed.
  struct Item {
    std::int64_t unit = 0;
    bool survey = false;
    std::vector<std::size_t> wanted;
  };

  kernels::Window window_of(std::int64_t cell) const {
    const int x = static_cast<int>(cell % across_) * kCell;
    const int y = static_cast<int>(cell / across_) * kCell;
    return {x, y, std::min(kCell, plan_.width - x), std::min(kCell, plan_.height - y)};
  }

  std::int64_t unit_of(std::int64_t cell) const {
    const kernels::Window window = window_of(cell);
    return std::int64_t{window.y / plan_.unit_height} * plan_.units_across() + window.x / plan_.unit_width;
  }

  /// The cells that begin in a unit, as a window of cells; empty if none does.
  kernels::Window cells_of(std::int64_t unit) const {
    const kernels::Window window = plan_.unit(unit);
    const auto first = [](int at) { return (at + kCell - 1) / kCell; };
    const int x = first(window.x);
    const int y = first(window.y);
    return {x, y, first(window.right()) - x, first(window.bottom()) - y};
  }

  /// Pixels that have to be decoded for one cell of both dates.
  std::int64_t cost(const kernels::Window& cell) const {
    return cost(cell, before_.info()) + cost(cell, after_.info());
  }

  std::int64_t cost(const kernels::Window& cell, const SourceInfo& info) const {
    const auto along = [](std::int64_t at, std::int64_t size, std::int64_t block, std::int64_t limit) {
      block = std::clamp<std::int64_t>(block, 1, limit);
      return std::min((at + size + block - 1) / block * block, limit) - at / block * block;
    };
    return along(cell.x, cell.width, info.block_width, plan_.width) *
           along(cell.y, cell.height, info.rows_apart ? 1 : info.block_height, plan_.height);
  }

  void read_wanted(Executor& executor, const std::stop_token& stop) {
    // Once single cells have cost as much as a raster of each date, what else their units hold is looked at
    // too: every unit is then read once at most to learn which of its cells hold nothing.
    const bool desperate = spent_ >= 2 * std::int64_t{plan_.width} * plan_.height;
    std::vector<std::pair<std::int64_t, std::size_t>> by_unit;
    for (std::size_t i = 0; i < wanted_.size(); ++i) by_unit.emplace_back(unit_of(wanted_[i]), i);
    std::sort(by_unit.begin(), by_unit.end());
    std::vector<Item> items;
    for (auto at = by_unit.begin(); at != by_unit.end();) {
      Item all{at->first, true, {}};
      std::int64_t costs = 0;
      for (; at != by_unit.end() && at->first == all.unit; ++at) {
        all.wanted.push_back(at->second);
        costs += cost(window_of(wanted_[at->second]));
      }
      const bool known = surveyed_[static_cast<std::size_t>(all.unit)];
      if ((desperate && !known) || costs > 2 * plan_.unit(all.unit).pixels()) {
        items.push_back(std::move(all));
        continue;
      }
      for (const std::size_t i : all.wanted) items.push_back({all.unit, false, {i}});
      spent_ += costs;
    }
    read_.clear();
    read_.resize(wanted_.size());
    Pass pass;
    pass.count = std::ssize(items);
    // A surveyed unit takes the room of one that is scanned.
    pass.slots = std::min(2 * executor.threads(), plan_.slots);
    pass.max_fetches = plan_.max_fetches;
    std::vector<std::vector<std::int64_t>> found(static_cast<std::size_t>(pass.slots));
    pass.fetch = [&](std::int64_t i, int slot) {
      const Item& item = items[static_cast<std::size_t>(i)];
      if (item.survey)
        survey_unit(item, found[static_cast<std::size_t>(slot)]);
      else
        read_cell(window_of(wanted_[item.wanted.front()]), read_[item.wanted.front()]);
    };
    pass.commit = [&](std::int64_t i, int slot) {
      const Item& item = items[static_cast<std::size_t>(i)];
      if (!item.survey) return;
      for (const std::int64_t cell : found[static_cast<std::size_t>(slot)])
        empty_[static_cast<std::size_t>(cell)] = true;
      surveyed_[static_cast<std::size_t>(item.unit)] = true;
    };
    executor.run(pass, stop);
  }

  void read_cell(const kernels::Window& at, SampleCell& cell) {
    allot(plan_, at.width, at.height, cell);
    const Window window{at.x, at.y, at.width, at.height};
    before_.read(window, {cell.before, cell.width, cell.valid.data(), cell.width});
    after_.read(window, {cell.after, cell.width, cell.valid.data(), cell.width});
  }

  /// Reads the wanted cells of a unit and finds its empty ones.
  void survey_unit(const Item& item, std::vector<std::int64_t>& empty) {
    const kernels::Window cells = cells_of(item.unit);
    const int left = cells.x * kCell;
    const int top = cells.y * kCell;
    SampleCell all;
    read_cell({left, top, std::min(cells.width * kCell, plan_.width - left),
               std::min(cells.height * kCell, plan_.height - top)},
              all);
    empty.clear();
    for (int y = cells.y; y < cells.bottom(); ++y)
      for (int x = cells.x; x < cells.right(); ++x) {
        const std::int64_t cell = std::int64_t{y} * across_ + x;
        const kernels::Window window = window_of(cell);
        const std::uint8_t* valid = all.valid.data() + offset(all, window, left, top);
        bool any = false;
        for (int row = 0; row < window.height && !any; ++row, valid += all.width)
          any = std::memchr(valid, 1, static_cast<std::size_t>(window.width)) != nullptr;
        if (!any) empty.push_back(cell);
      }
    for (const std::size_t i : item.wanted) cut(all, window_of(wanted_[i]), left, top, read_[i]);
  }

  static std::ptrdiff_t offset(const SampleCell& all, const kernels::Window& window, int left, int top) {
    return std::ptrdiff_t{window.y - top} * all.width + (window.x - left);
  }

  void cut(const SampleCell& all, const kernels::Window& window, int left, int top, SampleCell& cell) const {
    allot(plan_, window.width, window.height, cell);
    const auto copy = [&](const auto* from, auto* to, std::ptrdiff_t bytes) {
      from += offset(all, window, left, top) * bytes;
      for (int y = 0; y < window.height; ++y, from += all.width * bytes, to += window.width * bytes)
        std::memcpy(to, from, static_cast<std::size_t>(window.width * bytes));
    };
    const auto bytes = static_cast<std::ptrdiff_t>(kernels::sample_size(plan_.type));
    for (std::size_t b = 0; b < cell.before.size(); ++b) {
      copy(all.before[b], cell.before[b], bytes);
      copy(all.after[b], cell.after[b], bytes);
    }
    copy(all.valid.data(), cell.valid.data(), 1);
  }

  // In the order of the hash, whatever the order of reading was.
  void accept() {
    for (SampleCell& cell : read_) {
      if (pixels_ >= kSamplePixels) return;
      const std::int64_t valid = cell.valid_pixels();
      if (valid == 0) continue;
      pixels_ += valid;
      cells_.push_back(std::move(cell));
    }
  }

  const ScanPlan& plan_;
  ReaderPool& before_;
  ReaderPool& after_;
  int across_;
  std::int64_t count_;
  std::int64_t pixels_ = 0;
  std::int64_t spent_ = 0;      // pixels decoded for single cells, of both dates together
  std::vector<bool> empty_;     // cells known to hold nothing
  std::vector<bool> surveyed_;  // units of which that is known
  std::vector<std::int64_t> wanted_;
  std::vector<SampleCell> read_, cells_;
};

}  // namespace

kernels::PairView SampleCell::pair(kernels::SampleType type) const {
  return {type,
          width,
          height,
          {const_cast<const std::byte* const*>(before.data()), before.size()},
          {const_cast<const std::byte* const*>(after.data()), after.size()},
          width,
          {valid.data(), width, height, width}};
}

std::vector<SampleCell> read_sample(const ScanPlan& plan, ReaderPool& before, ReaderPool& after,
                                    Executor& executor, const std::stop_token& stop) {
  return Sampler(plan, before, after).run(executor, stop);
}

}  // namespace tuban
