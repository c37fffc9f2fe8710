// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/jobs.h"

#include "bindings/python/hosts.h"
#include "bindings/python/rasters.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

void set_scene(Scene& scene, const py::object& given) {
  if (given.is_none()) return;
  if (py::isinstance<Pixels>(given)) {
    scene.path.clear();
    scene.source = py::cast<const Pixels&>(given).source;
  } else {
    scene.path = py::cast<std::string>(given);
  }
}

}  // namespace

void set_options(Job& job, const Options& options) {
  for (const auto& [key, values] : options) set_option(job, key, values);
}

Job job_of(const py::object& before, const py::object& after, const std::string& job_file,
           const Options& options, const py::object& detector) {
  Job job;
  if (!job_file.empty()) job = load_job(job_file);
  set_options(job, options);
  set_scene(job.before, before);
  set_scene(job.after, after);
  set_detector(job, detector);
  return job;
}

}  // namespace tuban::python
