// SPDX-License-Identifier: Apache-2.0
// The one scheduling primitive: fetch, compute, commit. Every pass uses it; nothing else starts threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "tuban/job.h"

namespace tuban {

/// The work of one pass over items 0 .. count-1.
///
/// Guarantees of every executor: fetch(i), compute(i), commit(i) run in that order for each i; commits run
/// one at a time in index order; at most `slots` items are in flight, and item i uses slot i % slots, so item
/// i starts only after commit(i - slots) has returned; at most `max_fetches` fetches run at once. The first
/// exception (lowest index among those seen) stops the pass: no further item starts, items in flight drain
/// without committing, and run() rethrows it. A stop request ends the pass the same way with
/// Error(cancelled), unless every item is already committed.
struct Pass {
  std::int64_t count = 0;
  int slots = 1;                                             ///< at least 1
  int max_fetches = 1 << 20;                                 ///< at least 1
  std::function<void(std::int64_t item, int slot)> fetch;    ///< I/O; may be empty
  std::function<void(std::int64_t item, int slot)> compute;  ///< pure; may be empty
  std::function<void(std::int64_t item, int slot)> commit;   ///< may be empty

  int slot_of(std::int64_t item) const noexcept { return static_cast<int>(item % slots); }
};

class Executor {
 public:
  virtual ~Executor() = default;
  /// At most this many threads work; never more than was asked for, less where the runtime grants less.
  virtual int threads() const noexcept = 0;
  virtual void run(const Pass& pass, std::stop_token stop) = 0;
};

/// The same guarantees for every kind; `serial` ignores `threads`.
/// threads = 0: all that this process may use (affinity respected).
std::unique_ptr<Executor> make_executor(ExecutorKind kind, int threads);

}  // namespace tuban
