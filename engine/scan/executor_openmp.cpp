// SPDX-License-Identifier: Apache-2.0
// For hosts that live in OpenMP. `ordered` is precisely commit-in-order; nothing global is set.
#include <algorithm>

#include "engine/scan/executor_kinds.h"
#include "engine/scan/pass_outcome.h"

namespace tuban {
namespace {

class OpenmpExecutor final : public Executor {
 public:
  explicit OpenmpExecutor(int threads) : threads_(threads) {}
  int threads() const noexcept override { return threads_; }

  void run(const Pass& pass, std::stop_token stop) override {
    PassOutcome outcome(std::move(stop));
    Gate fetches(std::max(1, pass.max_fetches));
    const std::int64_t count = pass.count;
    // A thread takes its next item only after it has passed the ordered region of its last one. Items are
    // dealt in order (monotonic), so those in flight are the last `team` ones: team <= slots keeps the rule
    // of slots.
    const int team = std::min(threads_, pass.slots);
#pragma omp parallel for ordered schedule(monotonic : dynamic, 1) num_threads(team) default(shared)
    for (std::int64_t item = 0; item < count; ++item) {
      const int slot = pass.slot_of(item);
      fetches.enter();
      outcome.attempt(pass.fetch, item, slot);
      fetches.leave();
      outcome.attempt(pass.compute, item, slot);
#pragma omp ordered
      outcome.attempt_commit(pass.commit, item, slot);
    }
    outcome.conclude(count);
  }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<Executor> make_openmp_executor(int threads) {
  return std::make_unique<OpenmpExecutor>(threads);
}

}  // namespace tuban
