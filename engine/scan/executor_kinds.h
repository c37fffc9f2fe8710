// SPDX-License-Identifier: Apache-2.0
// One maker per executor file; only make_executor() calls them.
#pragma once

#include <memory>

#include "engine/scan/executor.h"

namespace tuban {

std::unique_ptr<Executor> make_serial_executor();
std::unique_ptr<Executor> make_tbb_executor(int threads);
/// In the arena of the calling thread.
std::unique_ptr<Executor> make_host_tbb_executor();
std::unique_ptr<Executor> make_openmp_executor(int threads);
std::unique_ptr<Executor> make_jthread_executor(int threads);

}  // namespace tuban
