// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "tuban/io.h"

namespace tuban {

/// Open handles of one source, lent to one worker at a time and kept for the next: as many as ever worked at
/// once, never one per tile. Thread-safe.
class ReaderPool {
 public:
  explicit ReaderPool(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  const SourceInfo& info() const noexcept { return source_->info(); }

  void read(const Window& window, const PixelBuffer& into) {
    std::unique_ptr<Reader> reader = take();
    reader->read(window, into);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }

 private:
  std::unique_ptr<Reader> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
    }
    return source_->open();
  }

  std::shared_ptr<const Source> source_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;
};

}  // namespace tuban
