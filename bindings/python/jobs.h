// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "tuban/job.h"

namespace tuban::python {

/// Keys of a job file with their values.
using Options = std::vector<std::pair<std::string, std::vector<std::string>>>;

void set_options(Job& job, const Options& options);

/// The job of a file ("" for none), changed by the options. A scene is a path, Pixels, or None for the
/// file's; a detector a tuban.Detector, or None for the one that the options name.
Job job_of(const pybind11::object& before, const pybind11::object& after, const std::string& job_file,
           const Options& options, const pybind11::object& detector);

}  // namespace tuban::python
