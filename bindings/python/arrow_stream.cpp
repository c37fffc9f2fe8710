// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/arrow_stream.h"

#include <memory>
#include <string_view>
#include <utility>

#include "tuban/arrow.h"
#include "tuban/error.h"

struct ArrowSchema;
struct ArrowArray;

// As arrow.apache.org/docs/format/CStreamInterface.html has it.
struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema*);
  int (*get_next)(ArrowArrayStream*, ArrowArray*);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

namespace py = pybind11;

namespace tuban::python {
namespace {

constexpr const char* kCapsule = "arrow_array_stream";

constexpr std::pair<std::string_view, ResultTable> kTables[] = {{"patches", ResultTable::patches},
                                                                {"findings", ResultTable::findings},
                                                                {"overlaps", ResultTable::overlaps},
                                                                {"pieces", ResultTable::pieces},
                                                                {"spectra", ResultTable::spectra}};

ResultTable table_of(const std::string& name) {
  for (const auto& [known, table] : kTables)
    if (known == name) return table;
  throw Error(ErrorCode::usage,
              "table: expected patches, findings, overlaps, pieces or spectra, found \"" + name + "\"");
}

void release(PyObject* capsule) {
  auto* const stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, kCapsule));
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

}  // namespace

py::capsule arrow_stream(const Result& result, const std::string& table) {
  auto stream = std::make_unique<ArrowArrayStream>();
  export_arrow(table_of(table), result.patches, result.report.grid, stream.get());
  auto capsule = py::reinterpret_steal<py::capsule>(PyCapsule_New(stream.get(), kCapsule, &release));
  if (!capsule) {
    stream->release(stream.get());
    throw py::error_already_set();
  }
  stream.release();
  return capsule;
}

}  // namespace tuban::python
