// SPDX-License-Identifier: Apache-2.0
#include "engine/align/tile_cache.h"

#include <algorithm>

#include "kernels/view.h"

namespace tuban {
namespace {

// Small blocks are read several at a time; much larger tiles would be kept for a few of their pixels.
constexpr int kLeastWidth = 256, kLeastHeight = 64;

int whole_blocks(int block, int least, int limit) {
  const int count = std::max(1, (least + block - 1) / block);
  return static_cast<int>(std::min<std::int64_t>(std::int64_t{block} * count, limit));
}

}  // namespace

TileCache::TileCache(const SourceInfo& info)
    : width_(info.grid.width),
      height_(info.grid.height),
      bands_(info.bands.size()),
      sample_bytes_(kernels::sample_size(static_cast<kernels::SampleType>(info.type))),
      tile_width_(whole_blocks(info.rows_apart ? 1 : std::max(1, info.block_width), kLeastWidth, width_)),
      tile_height_(
          whole_blocks(info.rows_apart ? 1 : std::max(1, info.block_height), kLeastHeight, height_)) {}

std::uint64_t TileCache::tile_bytes() const noexcept {
  return static_cast<std::uint64_t>(tile_width_) * static_cast<std::uint64_t>(tile_height_) *
         (bands_ * sample_bytes_ + 1);
}

void TileCache::make_room() {
  auto oldest = order_.end();
  while (entries_.size() >= capacity_ && oldest != order_.begin()) {
    --oldest;
    const auto entry = entries_.find(*oldest);
    if (!entry->second.tile) continue;
    entries_.erase(entry);
    oldest = order_.erase(oldest);
  }
}

std::shared_ptr<const SourceTile> TileCache::get(int column, int row, Reader& reader) {
  const Key key{column, row};
  {
    std::unique_lock lock(mutex_);
    for (auto found = entries_.find(key); found != entries_.end(); found = entries_.find(key)) {
      if (found->second.tile) {
        order_.splice(order_.begin(), order_, found->second.place);
        return found->second.tile;
      }
      decoded_.wait(lock);
    }
    make_room();
    order_.push_front(key);
    entries_[key] = {nullptr, order_.begin()};
  }
  std::shared_ptr<SourceTile> tile;
  try {
    tile = std::make_shared<SourceTile>();
    Window& window = tile->window;
    window.x = column * tile_width_;
    window.y = row * tile_height_;
    window.width = std::min(tile_width_, width_ - window.x);
    window.height = std::min(tile_height_, height_ - window.y);
    const auto pixels = static_cast<std::size_t>(window.width) * static_cast<std::size_t>(window.height);
    tile->samples.resize(pixels * bands_ * sample_bytes_);
    tile->valid.assign(pixels, 1);
    std::vector<std::byte*> planes;
    for (std::size_t b = 0; b < bands_; ++b)
      planes.push_back(tile->samples.data() + b * pixels * sample_bytes_);
    reader.read(window, {planes, window.width, tile->valid.data(), window.width});
  } catch (...) {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    order_.erase(entry->second.place);
    entries_.erase(entry);
    decoded_.notify_all();  // who waited tries for itself, and meets the fault with its own window
    throw;
  }
  const std::lock_guard lock(mutex_);
  entries_.find(key)->second.tile = tile;
  decoded_.notify_all();
  return tile;
}

}  // namespace tuban
