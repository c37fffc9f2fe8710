// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <stop_token>
#include <thread>

namespace tuban::cli {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP asks for a stop and the second ends the process with
/// 130 at once; a closed pipe or a limit on the size of files makes writing fail instead of ending the
/// process. A thread waits for the signals, so nothing runs in a handler. Create it before other threads:
/// they inherit the blocked signals.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  std::stop_token token() const noexcept { return stop_.get_token(); }

 private:
  void wait();
  std::stop_source stop_;
  std::atomic<bool> over_{false};
  std::array<void (*)(int), 2> former_{};
  std::thread waiter_;
};

}  // namespace tuban::cli
