// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

namespace tuban::python {

/// score(), threshold() and detectors().
void bind_scores(pybind11::module_& module);

}  // namespace tuban::python
