// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include "tuban/job.h"

namespace tuban::python {

/// Gives a job the detector that is a function of Python's, a tuban.Detector; None leaves the job's. Blocks
/// go to Python as copies, one at a time; nothing that it keeps dangles.
void set_detector(Job& job, const pybind11::object& detector);

/// Gives a job rules of Python's: texts of rulebooks, and functions, each a tuban.FunctionRule.
void set_rules(MarkingJob& job, const pybind11::object& texts_and_functions);

/// FactsView, facts() and rulebooks().
void bind_rules(pybind11::module_& module);

}  // namespace tuban::python
