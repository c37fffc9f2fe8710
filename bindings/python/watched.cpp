// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/watched.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "tuban/error.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

constexpr std::chrono::milliseconds kBetweenLooksForSignals{50};

/// Where the run and the thread that called meet.
struct Meeting {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Progress> told;  ///< not yet handed to Python
  bool over = false;
  std::stop_source stop;
  std::exception_ptr of_run, of_python;
};

// Python's handlers run in its main thread; a signal taken here would only interrupt system calls of the run.
void take_no_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void tell(Meeting& meeting, const Progress& progress) {
  std::unique_lock lock(meeting.mutex);
  meeting.told = progress;
  meeting.changed.notify_all();
  meeting.changed.wait(lock, [&] { return !meeting.told; });
  if (meeting.stop.stop_requested()) throw Error(ErrorCode::cancelled, "stopped by the caller");
}

/// With the GIL, without the lock.
void look(Meeting& meeting, const py::object& progress, const std::optional<Progress>& told) {
  try {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!told || meeting.of_python) return;
    const py::object answer = progress(*told);
    if (answer.ptr() == Py_False) meeting.stop.request_stop();
  } catch (...) {
    meeting.of_python = std::current_exception();
    meeting.stop.request_stop();
  }
}

}  // namespace

void watched(Control& control, const py::object& progress, const std::function<void()>& work) {
  Meeting meeting;
  control.stop = meeting.stop.get_token();
  if (!progress.is_none()) control.progress = [&](const Progress& now) { tell(meeting, now); };
  {
    const py::gil_scoped_release others_may_run;
    std::thread engine([&] {
      take_no_signals();
      try {
        work();
      } catch (...) {
        meeting.of_run = std::current_exception();
      }
      const std::lock_guard lock(meeting.mutex);
      meeting.over = true;
      meeting.changed.notify_all();
    });
    std::unique_lock lock(meeting.mutex);
    while (!meeting.over) {
      meeting.changed.wait_for(lock, kBetweenLooksForSignals, [&] { return meeting.over || meeting.told; });
      if (meeting.over) break;
      const std::optional<Progress> told = meeting.told;
      lock.unlock();
      {
        const py::gil_scoped_acquire python;
        look(meeting, progress, told);
      }
      lock.lock();
      if (!told) continue;
      meeting.told.reset();
      meeting.changed.notify_all();
    }
    lock.unlock();
    engine.join();
  }
  if (meeting.of_python) std::rethrow_exception(meeting.of_python);
  if (meeting.of_run) std::rethrow_exception(meeting.of_run);
}

}  // namespace tuban::python
