// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/hosts.h"

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tuban/detector.h"

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

}  // namespace

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
