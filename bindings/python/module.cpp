// SPDX-License-Identifier: Apache-2.0
// tuban._tuban: the public C++ API as the package in tuban/ needs it. Types and docstrings are in _tuban.pyi.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>

#include "bindings/python/hosts.h"
#include "bindings/python/jobs.h"
#include "bindings/python/rasters.h"
#include "bindings/python/result.h"
#include "bindings/python/scores.h"
#include "bindings/python/watched.h"
#include "tuban/error.h"
#include "tuban/explain.h"
#include "tuban/job.h"
#include "tuban/mark.h"
#include "tuban/version.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

struct Wishes {
  bool mask = false, score = false, resume = false;
  double checkpoint_seconds = 2;
};

const char* class_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "UsageError";
    case ErrorCode::mismatch:
      return "MismatchError";
    case ErrorCode::resource:
      return "ResourceError";
    case ErrorCode::cancelled:
      return "Cancelled";
    case ErrorCode::runtime:
      break;
  }
  return "RuntimeFailure";
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const Error& error) {
    const py::object type = py::module_::import("tuban._errors").attr(class_of(error.code()));
    PyErr_SetString(type.ptr(), error.what());
  }
}

template <typename AnyJob>
std::shared_ptr<Outcome> run_watched(const AnyJob& job, const py::object& progress, const Wishes& wishes) {
  const auto outcome = std::make_shared<Outcome>();
  Control control;
  control.resume = wishes.resume;
  control.checkpoint_seconds = wishes.checkpoint_seconds;
  gather(control, *outcome, wishes.mask, wishes.score);
  watched(control, progress, [&] { outcome->result = collect(job, control); });
  finish(*outcome);
  return outcome;
}

std::shared_ptr<Outcome> detect(const py::object& before, const py::object& after,
                                const std::string& job_file, const Options& options,
                                const py::object& detector, const py::object& rules,
                                const py::object& progress, const Wishes& wishes) {
  Job job = job_of(before, after, job_file, options, detector);
  set_rules(job, rules);
  return run_watched(job, progress, wishes);
}

struct MarkField {
  const char* key;
  std::string MarkJob::*member;
};
constexpr MarkField kMarkFields[] = {{"layer", &MarkJob::layer},
                                     {"crs", &MarkJob::crs},
                                     {"id_field", &MarkJob::id_field},
                                     {"case_field", &MarkJob::case_field},
                                     {"type_field", &MarkJob::type_field},
                                     {"before_date_field", &MarkJob::before_date_field},
                                     {"after_date_field", &MarkJob::after_date_field},
                                     {"types_map", &MarkJob::types_map}};

std::shared_ptr<Outcome> mark(const std::string& patches, const py::dict& fields, const Options& options,
                              const py::object& rules, const py::object& progress) {
  Job shared;
  set_options(shared, options);
  MarkJob job;
  static_cast<MarkingJob&>(job) = shared;
  set_rules(job, rules);
  job.patches = patches;
  for (const MarkField& field : kMarkFields)
    if (fields.contains(field.key)) job.*field.member = py::cast<std::string>(fields[field.key]);
  if (fields.contains("before_date")) job.before_date = py::cast<std::string>(fields["before_date"]);
  if (fields.contains("after_date")) job.after_date = py::cast<std::string>(fields["after_date"]);
  if (fields.contains("pixel_size")) job.pixel_size = py::cast<double>(fields["pixel_size"]);
  return run_watched(job, progress, {});
}

py::list option_list() {
  py::list all;
  for (const OptionInfo& option : job_options()) {
    const char* const takes = option.takes == OptionInfo::Takes::value  ? "value"
                              : option.takes == OptionInfo::Takes::list ? "list"
                                                                        : "flag";
    py::dict one;
    one["key"] = option.key;
    one["takes"] = takes;
    one["group"] = option.group;
    one["expects"] = option.expects;
    one["help"] = option.help;
    all.append(one);
  }
  return all;
}

Language language(const std::string& lang) {
  if (lang == "en") return Language::en;
  if (lang == "zh") return Language::zh;
  throw Error(ErrorCode::usage, "lang: expected en or zh, found \"" + lang + "\"");
}

}  // namespace
}  // namespace tuban::python

PYBIND11_MODULE(_tuban, module) {
  using namespace tuban;          // NOLINT: the body of a module names little else
  using namespace tuban::python;  // NOLINT
  py::register_exception_translator(&translate);
  module.attr("__version__") = version();

  py::class_<Pixels>(module, "Pixels");
  module.def(
      "wrap",
      [](const py::buffer& data, std::string name, const std::array<double, 6>& transform, std::string crs,
         std::vector<std::string> bands, std::optional<double> nodata, const py::object& valid) {
        return wrap_array({std::move(name), transform, std::move(crs), std::move(bands), nodata, {}}, data,
                          valid);
      },
      py::arg("data"), py::kw_only(), py::arg("name"), py::arg("transform"), py::arg("crs"), py::arg("bands"),
      py::arg("nodata"), py::arg("valid"));

  py::class_<Progress>(module, "Progress")
      .def_property_readonly("stage", [](const Progress& now) { return std::string(now.stage); })
      .def_readonly("share", &Progress::share)
      .def_readonly("patches", &Progress::patches)
      .def_readonly("pixels_done", &Progress::pixels_done)
      .def_readonly("pixels", &Progress::pixels)
      .def_readonly("pixels_per_second", &Progress::pixels_per_second)
      .def_readonly("seconds", &Progress::seconds)
      .def_readonly("seconds_left", &Progress::seconds_left);
  bind_outcome(module);
  bind_scores(module);
  bind_rules(module);

  module.def(
      "detect",
      [](const py::object& before, const py::object& after, const std::string& job, const Options& options,
         const py::object& detector, const py::object& rules, const py::object& progress, bool mask,
         bool score, bool resume, double checkpoint) {
        return detect(before, after, job, options, detector, rules, progress,
                      {mask, score, resume, checkpoint});
      },
      py::arg("before"), py::arg("after"), py::kw_only(), py::arg("job"), py::arg("options"),
      py::arg("detector"), py::arg("rules"), py::arg("progress"), py::arg("mask"), py::arg("score"),
      py::arg("resume"), py::arg("checkpoint"));
  module.def("mark", &tuban::python::mark, py::arg("patches"), py::kw_only(), py::arg("fields"),
             py::arg("options"), py::arg("rules"), py::arg("progress"));
  module.def("options", &option_list);
  module.def("check_option", [](const std::string& key) {
    Job unused;
    set_option(unused, key, {});
  });
  module.def("explain", [](const std::string& result, const std::string& patch, const std::string& lang) {
    const Language speech = language(lang);
    const py::gil_scoped_release others_may_run;
    return tuban::explain(result, patch, speech);
  });
  module.def("explain_json", &explain_json, py::call_guard<py::gil_scoped_release>());
  module.def("patch_of_rank", &patch_of_rank, py::call_guard<py::gil_scoped_release>());
}
