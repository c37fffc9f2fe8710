// SPDX-License-Identifier: Apache-2.0
// One mutex and one condition variable: everything that happens before anything else does so through them,
// where ThreadSanitizer sees it.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "engine/scan/executor_kinds.h"
#include "engine/scan/pass_outcome.h"

namespace tuban {
namespace {

// The state of one pass. An item that is computed waits in its slot, not on its thread: whoever finishes the
// next item in order commits it and all that follow without a gap.
class JthreadPass {
 public:
  JthreadPass(const Pass& pass, std::stop_token stop)
      : pass_(pass), outcome_(std::move(stop)), ready_(static_cast<std::size_t>(pass.slots)) {}

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      // Never all threads wait: an item in flight is either on a thread or ready, and ready ones commit.
      changed_.wait(lock, [&] { return done() || can_start(); });
      if (done()) return;
      const std::int64_t item = next_++;
      const int slot = pass_.slot_of(item);
      ++fetching_;
      lock.unlock();
      outcome_.attempt(pass_.fetch, item, slot);
      lock.lock();
      --fetching_;
      changed_.notify_all();
      lock.unlock();
      outcome_.attempt(pass_.compute, item, slot);
      lock.lock();
      ready_[static_cast<std::size_t>(slot)] = true;
      if (!committing_) commit_ready(lock);
    }
  }

  void conclude() { outcome_.conclude(pass_.count); }

 private:
  bool done() { return next_ >= pass_.count || outcome_.over(); }
  bool can_start() const { return next_ < committed_ + pass_.slots && fetching_ < pass_.max_fetches; }

  void commit_ready(std::unique_lock<std::mutex>& lock) {
    committing_ = true;
    while (ready_[static_cast<std::size_t>(pass_.slot_of(committed_))]) {
      const std::int64_t item = committed_;
      lock.unlock();
      outcome_.attempt_commit(pass_.commit, item, pass_.slot_of(item));
      lock.lock();
      ready_[static_cast<std::size_t>(pass_.slot_of(item))] = false;
      ++committed_;
      changed_.notify_all();
    }
    committing_ = false;
  }

  const Pass& pass_;
  PassOutcome outcome_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t next_ = 0;       // the next item to start
  std::int64_t committed_ = 0;  // items that have left, committed or not
  int fetching_ = 0;
  bool committing_ = false;
  std::vector<bool> ready_;  // per slot
};

class JthreadExecutor final : public Executor {
 public:
  explicit JthreadExecutor(int threads) : threads_(threads) {}
  int threads() const noexcept override { return threads_; }

  void run(const Pass& pass, std::stop_token stop) override {
    JthreadPass state(pass, std::move(stop));
    const auto helpers =
        std::min<std::int64_t>({threads_, pass.slots, std::max<std::int64_t>(pass.count, 1)}) - 1;
    {
      std::vector<std::jthread> crew;
      crew.reserve(static_cast<std::size_t>(helpers));
      try {
        for (std::int64_t i = 0; i < helpers; ++i) crew.emplace_back([&state] { state.work(); });
      } catch (const std::system_error&) {
        // The system grants no more threads: fewer do the same work.
      }
      state.work();
    }
    state.conclude();
  }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<Executor> make_jthread_executor(int threads) {
  return std::make_unique<JthreadExecutor>(threads);
}

}  // namespace tuban
