// SPDX-License-Identifier: Apache-2.0
#include "bindings/cli/stop_signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <string_view>

namespace tuban::cli {
namespace {

// Their default ends the process and leaves its work folder behind; ignored, the write fails and says why.
constexpr int kFailuresOfWriting[] = {SIGPIPE, SIGXFSZ};

bool is_ignored(int number) {
  struct sigaction action = {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t watched() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&signals, SIGHUP);  // nohup ignores it
  return signals;
}

}  // namespace

StopSignals::StopSignals() {
  for (std::size_t i = 0; i < former_.size(); ++i) former_[i] = signal(kFailuresOfWriting[i], SIG_IGN);
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
  for (std::size_t i = 0; i < former_.size(); ++i) signal(kFailuresOfWriting[i], former_[i]);
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
        "tuban: stopped at once; --resume goes on from the last checkpoint, if there is one\n";
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, kLast.data(), kLast.size());
    ::_exit(130);
  }
}

}  // namespace tuban::cli
