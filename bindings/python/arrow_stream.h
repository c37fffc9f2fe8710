// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "tuban/job.h"

namespace tuban::python {

/// A table of a result as a capsule "arrow_array_stream" of the Arrow PyCapsule interface. The stream holds
/// its own copy; whoever takes it releases it, else the capsule does.
pybind11::capsule arrow_stream(const Result& result, const std::string& table);

}  // namespace tuban::python
