// SPDX-License-Identifier: Apache-2.0
// How a pass ends: shared by the executors, so that all of them stop and report alike.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>

#include "tuban/error.h"

namespace tuban {

/// Thread-safe. Nothing but conclude() throws, so exceptions never cross a runtime's task or region.
class PassOutcome {
 public:
  explicit PassOutcome(std::stop_token stop) : stop_(std::move(stop)) {}

  /// True once a stage has failed or a stop was requested; stays true.
  bool over() noexcept {
    if (stop_.stop_requested()) over_.store(true);
    return over_.load();
  }

  /// Calls stage(item, slot) unless the pass is over. True if that was done and nothing was thrown.
  bool attempt(const std::function<void(std::int64_t, int)>& stage, std::int64_t item, int slot) noexcept {
    if (over()) return false;
    try {
      if (stage) stage(item, slot);
      return true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_ || item < error_item_) {
        error_ = std::current_exception();
        error_item_ = item;
      }
      over_.store(true);
      return false;
    }
  }

  /// As attempt(), for the last stage of an item: commits run one at a time, in index order.
  void attempt_commit(const std::function<void(std::int64_t, int)>& commit, std::int64_t item,
                      int slot) noexcept {
    if (attempt(commit, item, slot)) committed_ = item + 1;
  }

  /// After the pass has drained: rethrows the error of the lowest item, or throws Error(cancelled) if items
  /// were left undone. A stop request that comes with the last commit changes nothing.
  void conclude(std::int64_t count) {
    if (error_) std::rethrow_exception(error_);
    if (committed_ < count) throw Error(ErrorCode::cancelled, "the run was stopped on request");
  }

 private:
  std::stop_token stop_;
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
  std::int64_t error_item_ = 0;
  std::int64_t committed_ = 0;
};

/// Lets at most `permits` holders through. A holder must not wait for another item while it holds: then
/// somebody always leaves, and waiting threads cannot deadlock.
class Gate {
 public:
  explicit Gate(int permits) : permits_(permits) {}
  void enter() {
    std::unique_lock lock(mutex_);
    free_.wait(lock, [&] { return permits_ > 0; });
    --permits_;
  }
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      ++permits_;
    }
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  int permits_;
};

}  // namespace tuban
