// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/executor.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <thread>

#include "engine/scan/executor_kinds.h"
#include "tuban/error.h"

namespace tuban {
namespace {

// hardware_concurrency() counts the machine; a container or taskset may grant less.
int usable_threads() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) return std::max(1, CPU_COUNT(&mask));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

std::unique_ptr<Executor> make_executor(ExecutorKind kind, int threads) {
  if (threads < 0) {
    throw Error(
        ErrorCode::usage,
        fmt::format("{} threads are no number of threads: give --threads 1 or more, or 0 for all that "
                    "this process may use",
                    threads));
  }
  if (threads == 0) threads = usable_threads();
  switch (kind) {
    case ExecutorKind::tbb:
      return make_tbb_executor(threads);
    case ExecutorKind::host_tbb:
      return make_host_tbb_executor();
    case ExecutorKind::openmp:
      return make_openmp_executor(threads);
    case ExecutorKind::jthread:
      return make_jthread_executor(threads);
    case ExecutorKind::serial:
      break;
  }
  return make_serial_executor();
}

}  // namespace tuban
