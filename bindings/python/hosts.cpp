// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/hosts.h"

#include <pybind11/stl.h>

#include <cstring>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tuban/detector.h"
#include "tuban/error.h"
#include "tuban/rules.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

struct Format {
  const char* dtype;
  std::size_t bytes;
};

Format format_of(SampleType type) {
  switch (type) {
    case SampleType::uint8:
      return {"uint8", 1};
    case SampleType::uint16:
      return {"uint16", 2};
    case SampleType::int16:
      return {"int16", 2};
    case SampleType::float32:
      break;
  }
  return {"float32", 4};
}

/// Python's own memory, so that a function may keep or change what it gets.
py::bytearray planes_of(std::span<const std::byte* const> planes, std::size_t row, std::ptrdiff_t stride,
                        int rows) {
  const auto size = static_cast<Py_ssize_t>(planes.size() * row * static_cast<std::size_t>(rows));
  auto copy = py::reinterpret_steal<py::bytearray>(PyByteArray_FromStringAndSize(nullptr, size));
  if (!copy) throw py::error_already_set();
  char* to = PyByteArray_AS_STRING(copy.ptr());
  for (const std::byte* const plane : planes)
    for (int y = 0; y < rows; ++y, to += row) std::memcpy(to, plane + y * stride, row);
  return copy;
}

void score_in_python(const py::object& function, const PixelBlock& block) {
  const py::gil_scoped_acquire python;
  const Format format = format_of(block.type);
  const auto width = static_cast<std::size_t>(block.width);
  const auto stride = block.stride * static_cast<std::ptrdiff_t>(format.bytes);
  const auto* const valid = reinterpret_cast<const std::byte*>(block.valid);
  const auto scores =
      py::cast<py::buffer>(function(format.dtype, block.before.size(), block.height, block.width,
                                    planes_of(block.before, width * format.bytes, stride, block.height),
                                    planes_of(block.after, width * format.bytes, stride, block.height),
                                    planes_of({&valid, 1}, width, block.valid_stride, block.height)));
  const py::buffer_info info = scores.request();  // tuban.Detector has checked it
  const auto* from = static_cast<const float*>(info.ptr);
  for (int y = 0; y < block.height; ++y, from += width)
    std::memcpy(block.score + y * block.score_stride, from, width * sizeof(float));
}

/// The facts of a patch while a function judges it; afterwards none.
struct FactsView {
  const Facts* facts = nullptr;
};

bool is_boolean(const std::string& fact) {
  static const auto booleans = [] {
    std::set<std::string> names;
    for (const FactDescription& one : describe_facts())
      if (one.type == "boolean") names.insert(one.name);
    return names;
  }();
  return booleans.count(fact) != 0;
}

py::object value_of(const FactsView& view, const std::string& name) {
  if (view.facts == nullptr)
    throw Error(ErrorCode::usage,
                "the facts are gone: the rule they were for has returned; dict(facts) can be kept");
  const FactValue& value = (*view.facts)(name);
  switch (value.kind) {
    case FactValue::Kind::number:
      if (is_boolean(name)) return py::bool_(value.number != 0);
      return py::float_(value.number);
    case FactValue::Kind::text:
      return py::str(value.text);
    case FactValue::Kind::unknown:
      break;
  }
  return py::none();
}

Verdict judge_in_python(const py::object& function, const Facts& facts) {
  const py::gil_scoped_acquire python;
  const auto view = std::make_shared<FactsView>(FactsView{&facts});
  struct Ending {
    FactsView& view;
    ~Ending() { view.facts = nullptr; }
  } const ending{*view};
  const auto answer = py::cast<py::tuple>(function(view));
  return {py::cast<int>(answer[0]), py::cast<std::string>(answer[1]), py::cast<std::string>(answer[2])};
}

HostRule host_rule(const py::handle& given) {
  const auto text = [&](const char* name) { return py::cast<std::string>(given.attr(name)); };
  HostRule rule;
  rule.id = text("id");
  rule.name_zh = text("name_zh");
  rule.name_en = text("name_en");
  rule.rulebook = text("rulebook");
  rule.version = text("version");
  rule.effect = text("effect");
  rule.mark = text("mark");
  rule.severity = text("severity");
  rule.basis = text("basis");
  rule.effective_from = text("effective_from");
  rule.effective_to = text("effective_to");
  rule.facts = py::cast<std::vector<std::string>>(given.attr("facts"));
  // The engine copies rules in threads of its own, where Python's count of references must not be touched.
  const auto function = std::make_shared<const py::object>(given.attr("_judge"));
  rule.judge = [function](const Facts& facts) { return judge_in_python(*function, facts); };
  return rule;
}

py::list fact_list() {
  py::list all;
  for (const FactDescription& fact : describe_facts()) {
    py::dict one;
    one["name"] = fact.name;
    one["type"] = fact.type;
    one["unit"] = fact.unit;
    one["zh"] = fact.zh;
    one["en"] = fact.en;
    one["source"] = fact.source;
    one["unknown_when"] = fact.unknown_when;
    all.append(one);
  }
  return all;
}

}  // namespace

void set_rules(MarkingJob& job, const py::object& texts_and_functions) {
  const auto both = py::cast<py::tuple>(texts_and_functions);
  job.rule_texts = py::cast<std::vector<std::string>>(both[0]);
  for (const py::handle& rule : py::cast<py::list>(both[1])) job.host_rules.push_back(host_rule(rule));
}

void bind_rules(py::module_& module) {
  py::class_<FactsView, std::shared_ptr<FactsView>>(module, "FactsView").def("get", &value_of);
  module.def("facts", &fact_list);
  module.def("rulebooks", &rulebook_names);
}

void set_detector(Job& job, const py::object& detector) {
  if (detector.is_none()) return;
  HostDetector host;
  host.name = py::cast<std::string>(detector.attr("name"));
  host.version = py::cast<std::string>(detector.attr("version"));
  const py::object function = detector.attr("_score");
  host.score = [function](const PixelBlock& block) { score_in_python(function, block); };
  job.host_detector = std::make_shared<const HostDetector>(std::move(host));
}

}  // namespace tuban::python
