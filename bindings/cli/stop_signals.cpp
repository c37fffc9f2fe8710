// SPDX-License-Identifier: Apache-2.0
#include "bindings/cli/stop_signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <string_view>

namespace tuban::cli {
namespace {

sigset_t watched() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t signals = watched();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  waiter_ = std::thread([this] { wait(); });
}

StopSignals::~StopSignals() {
  over_ = true;
  pthread_kill(waiter_.native_handle(), SIGTERM);  // wakes the waiter, and only it
  waiter_.join();
  const sigset_t signals = watched();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void StopSignals::wait() {
  const sigset_t signals = watched();
  while (true) {
    int number = 0;
    if (sigwait(&signals, &number) != 0) continue;
    if (over_) return;
    if (stop_.request_stop()) {
      // One Ctrl-C may arrive twice, from the terminal and from a wrapper such as timeout(1).
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      constexpr timespec kNow{0, 0};
      while (sigtimedwait(&signals, nullptr, &kNow) > 0) {
      }
      if (over_) return;
      continue;
    }
    constexpr std::string_view kLast =
        "tuban: stopped at once; temporary files may remain beside the output\n";
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, kLast.data(), kLast.size());
    ::_exit(130);
  }
}

}  // namespace tuban::cli
