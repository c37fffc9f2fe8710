// SPDX-License-Identifier: Apache-2.0
// The default: a oneTBB pipeline with `slots` tokens in a private arena, or in the host's. The global control
// is never touched, so an embedding program's own limits hold: they are read, and no more is asked for (the
// runtime would print a warning).
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>

#include "engine/scan/executor_kinds.h"
#include "engine/scan/pass_outcome.h"

namespace tuban {
namespace {

namespace tbb = oneapi::tbb;

class TbbExecutor final : public Executor {
 public:
  explicit TbbExecutor(int threads) : threads_(allowed(threads)), arena_(threads_) {}
  explicit TbbExecutor(tbb::task_arena::attach host)
      : threads_(allowed(tbb::this_task_arena::max_concurrency())), arena_(host) {}
  int threads() const noexcept override { return threads_; }

  void run(const Pass& pass, std::stop_token stop) override {
    PassOutcome outcome(std::move(stop));
    // A serial filter parks surplus items instead of threads; between one and all, threads wait at the gate.
    const auto fetch_mode =
        pass.max_fetches == 1 ? tbb::filter_mode::serial_out_of_order : tbb::filter_mode::parallel;
    const bool gated = pass.max_fetches > 1 && pass.max_fetches < std::min(threads_, pass.slots);
    Gate fetches(std::max(1, pass.max_fetches));
    std::int64_t next = 0;

    // In order at both ends, so the items in flight are the last `slots` started: the rule of slots holds.
    const auto start =
        tbb::make_filter<void, std::int64_t>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control& flow) {
          if (next < pass.count && !outcome.over()) return next++;
          flow.stop();
          return next;
        });
    const auto fetch = tbb::make_filter<std::int64_t, std::int64_t>(fetch_mode, [&](std::int64_t item) {
      // Isolated: a fetch that waits inside TBB must not pick up another item while it holds the gate.
      tbb::this_task_arena::isolate([&] {
        if (gated) fetches.enter();
        outcome.attempt(pass.fetch, item, pass.slot_of(item));
        if (gated) fetches.leave();
      });
      return item;
    });
    const auto compute =
        tbb::make_filter<std::int64_t, std::int64_t>(tbb::filter_mode::parallel, [&](std::int64_t item) {
          tbb::this_task_arena::isolate([&] { outcome.attempt(pass.compute, item, pass.slot_of(item)); });
          return item;
        });
    const auto commit = tbb::make_filter<std::int64_t, void>(
        tbb::filter_mode::serial_in_order,
        [&](std::int64_t item) { outcome.attempt_commit(pass.commit, item, pass.slot_of(item)); });

    arena_.execute([&] {
      tbb::parallel_pipeline(static_cast<std::size_t>(pass.slots), start & fetch & compute & commit);
    });
    outcome.conclude(pass.count);
  }

 private:
  static int allowed(int threads) {
    const auto limit = tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
    return static_cast<int>(std::min(static_cast<std::size_t>(threads), limit));
  }

  int threads_;
  tbb::task_arena arena_;
};

}  // namespace

std::unique_ptr<Executor> make_tbb_executor(int threads) {
  return std::make_unique<TbbExecutor>(threads);
}

std::unique_ptr<Executor> make_host_tbb_executor() {
  return std::make_unique<TbbExecutor>(tbb::task_arena::attach{});
}

}  // namespace tuban
