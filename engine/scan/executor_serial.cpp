// SPDX-License-Identifier: Apache-2.0
// The reference: what every other executor must be indistinguishable from.
#include "engine/scan/executor_kinds.h"
#include "engine/scan/pass_outcome.h"

namespace tuban {
namespace {

class SerialExecutor final : public Executor {
 public:
  int threads() const noexcept override { return 1; }

  void run(const Pass& pass, std::stop_token stop) override {
    PassOutcome outcome(std::move(stop));
    for (std::int64_t item = 0; item < pass.count && !outcome.over(); ++item) {
      const int slot = pass.slot_of(item);
      outcome.attempt(pass.fetch, item, slot);
      outcome.attempt(pass.compute, item, slot);
      outcome.attempt_commit(pass.commit, item, slot);
    }
    outcome.conclude(pass.count);
  }
};

}  // namespace

std::unique_ptr<Executor> make_serial_executor() {
  return std::make_unique<SerialExecutor>();
}

}  // namespace tuban
