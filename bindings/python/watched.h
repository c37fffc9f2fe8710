// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <functional>

#include "tuban/job.h"

namespace tuban::python {

/// Calls `work` in a thread of its own and waits for it without the GIL. The thread that called (which holds
/// the GIL) meanwhile hands every Progress to `progress` (None: to nobody) and looks for signals. What
/// `progress` or a signal handler raises stops the run and is raised on; `progress` returning False stops it,
/// and Error(cancelled) is thrown. The run waits while `progress` works. Sets control.progress and
/// control.stop.
void watched(Control& control, const pybind11::object& progress, const std::function<void()>& work);

}  // namespace tuban::python
