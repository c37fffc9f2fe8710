// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/scores.h"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "bindings/python/jobs.h"
#include "bindings/python/result.h"
#include "bindings/python/watched.h"
#include "tuban/error.h"
#include "tuban/score.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

py::dict threshold_dict(const Threshold& threshold) {
  py::dict made;
  made["value"] = threshold.value;
  made["changed"] = threshold.changed;
  made["method"] = threshold.method;
  made["share"] = threshold.share;
  made["notes"] = threshold.notes;
  return made;
}

py::tuple score(const py::object& before, const py::object& after, const Options& options,
                const py::object& detector, const py::object& progress) {
  const Job job = job_of(before, after, {}, options, detector);
  Control control;
  ScoreResult result;
  watched(control, progress, [&] { result = tuban::score(job, control); });
  const auto plane = std::make_shared<Plane<float>>();
  plane->samples = std::move(result.scores);
  plane->width = result.grid.width;
  plane->height = result.grid.height;
  return py::make_tuple(plane, threshold_dict(result.threshold), result.warnings, result.manifest);
}

py::dict threshold(const py::buffer& scores, const ThresholdOptions& options) {
  const py::buffer_info info = scores.request();
  if (info.format != "f" || info.ndim != 1 || (info.size > 1 && info.strides[0] != sizeof(float)))
    throw Error(ErrorCode::usage, "scores: expected float32 samples, one after another");
  const std::span<const float> samples(static_cast<const float*>(info.ptr),
                                       static_cast<std::size_t>(info.size));
  Threshold chosen;
  {
    const py::gil_scoped_release others_may_run;
    chosen = choose_threshold(samples, options);
  }
  return threshold_dict(chosen);
}

py::list detectors() {
  py::list all;
  for (const DetectorDescription& detector : describe_detectors()) {
    py::dict one;
    one["name"] = detector.name;
    one["summary"] = detector.summary;
    one["normalises"] = detector.normalises;
    all.append(one);
  }
  return all;
}

}  // namespace

void bind_scores(py::module_& module) {
  module.def("score", &score, py::arg("before"), py::arg("after"), py::kw_only(), py::arg("options"),
             py::arg("detector"), py::arg("progress"));
  module.def(
      "threshold",
      [](const py::buffer& scores, std::string method, std::string detector, int degrees_of_freedom) {
        return threshold(scores, {std::move(method), std::move(detector), degrees_of_freedom});
      },
      py::arg("scores"), py::kw_only(), py::arg("method"), py::arg("detector"),
      py::arg("degrees_of_freedom"));
  module.def("detectors", &detectors);
}

}  // namespace tuban::python
