// SPDX-License-Identifier: Apache-2.0
// Decoded storage blocks of a source, kept for the readers that want them next.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tuban/io.h"

namespace tuban {

/// A rectangle of whole blocks, decoded.
struct SourceTile {
  Window window;
  std::vector<std::byte> samples;  ///< band after band, without gaps
  std::vector<std::uint8_t> valid;
};

/// The tiles used last, shared by all readers of one source. Thread-safe: where two want a tile that is not
/// there, one decodes it and the other waits.
class TileCache {
 public:
  explicit TileCache(const SourceInfo& info);

  int tile_width() const noexcept { return tile_width_; }
  int tile_height() const noexcept { return tile_height_; }
  std::uint64_t tile_bytes() const noexcept;
  /// At least one tile is kept. Readers hold one more each.
  void keep(std::size_t tiles) noexcept { capacity_ = tiles == 0 ? 1 : tiles; }
  std::uint64_t bytes() const noexcept { return capacity_ * tile_bytes(); }

  std::shared_ptr<const SourceTile> get(int column, int row, Reader& reader);

 private:
  using Key = std::pair<int, int>;
  struct Entry {
    std::shared_ptr<const SourceTile> tile;  // null while it is being decoded
    std::list<Key>::iterator place;
  };
  void make_room();

  int width_, height_;
  std::size_t bands_, sample_bytes_;
  int tile_width_, tile_height_;
  std::size_t capacity_ = 1;
  std::mutex mutex_;
  std::condition_variable decoded_;
  std::map<Key, Entry> entries_;
  std::list<Key> order_;  // the one used last in front
};

}  // namespace tuban
