// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/result.h"

#include <pybind11/stl.h>

#include <memory>
#include <string>

#include "bindings/python/arrow_stream.h"
#include "bindings/python/tables.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

template <typename T>
void append(Plane<T>& plane, const RasterRows<T>& rows) {
  plane.samples.insert(plane.samples.end(), rows.samples.begin(), rows.samples.end());
}

template <typename T>
void bind_plane(py::module_& module, const char* name) {
  py::class_<Plane<T>, std::shared_ptr<Plane<T>>>(module, name, py::buffer_protocol())
      .def_buffer([](Plane<T>& plane) {
        return py::buffer_info(plane.samples.data(), {plane.height, plane.width},
                               {sizeof(T) * static_cast<std::size_t>(plane.width), sizeof(T)});
      });
}

py::dict grid_dict(const Grid& grid) {
  py::dict made;
  made["width"] = grid.width;
  made["height"] = grid.height;
  made["transform"] = py::cast(std::vector<double>(grid.transform.begin(), grid.transform.end()));
  made["crs"] = grid.has_crs() ? py::object(py::str(grid.crs)) : py::none();
  return made;
}

py::object lineage_dict(const std::optional<LineageReport>& lineage) {
  if (!lineage) return py::none();
  py::dict made, counts;
  for (const auto& [status, count] : lineage->counts) counts[py::str(status)] = count;
  made["batch_m2"] = lineage->batch_m2;
  made["earlier_m2"] = lineage->earlier_m2;
  made["new_m2"] = lineage->new_m2;
  made["union_m2"] = lineage->union_m2;
  made["counts"] = counts;
  return made;
}

py::dict report_dict(const Report& report) {
  py::dict made;
  made["pixels"] = report.pixels;
  made["valid_pixels"] = report.valid_pixels;
  made["changed_pixels"] = report.changed_pixels;
  made["regions"] = report.regions;
  made["patches"] = report.patches;
  made["findings"] = report.findings;
  made["repaired_patches"] = report.repaired_patches;
  made["left_out_by_types"] = report.left_out_by_types;
  made["left_out_by_budget"] = report.left_out_by_budget;
  made["resumed_pixels"] = report.resumed_pixels;
  made["finished_before"] = report.finished_before;
  made["peak_rss_bytes"] = report.peak_rss_bytes;
  made["planned_bytes"] = report.planned_bytes;
  made["units"] = report.units;
  made["units_in_flight"] = report.units_in_flight;
  made["spilled_bytes"] = report.spilled_bytes;
  made["lineage"] = lineage_dict(report.lineage);
  py::list stages;
  for (const StageTime& time : report.stages) {
    py::dict stage;
    stage["stage"] = time.stage;
    stage["seconds"] = time.seconds;
    stage["cpu_seconds"] = time.cpu_seconds;
    stages.append(stage);
  }
  made["stages"] = stages;
  return made;
}

template <auto kMake>
auto of_patches() {
  return [](const Outcome& outcome) { return kMake(outcome.result.patches); };
}

}  // namespace

void gather(Control& control, Outcome& outcome, bool mask, bool score) {
  outcome.has_mask = mask;
  outcome.has_score = score;
  if (mask) control.receive.mask = [&](const RasterRows<std::uint8_t>& rows) { append(outcome.mask, rows); };
  if (score) control.receive.score = [&](const RasterRows<float>& rows) { append(outcome.score, rows); };
}

void finish(Outcome& outcome) {
  const Grid& grid = outcome.result.report.grid;
  outcome.mask.width = outcome.score.width = grid.width;
  outcome.mask.height = outcome.score.height = grid.height;
}

void bind_outcome(py::module_& module) {
  bind_plane<std::uint8_t>(module, "BytePlane");
  bind_plane<float>(module, "FloatPlane");
  py::class_<Outcome, std::shared_ptr<Outcome>>(module, "Outcome")
      .def("__len__", [](const Outcome& outcome) { return outcome.result.patches.size(); })
      .def("patches", of_patches<patch_table>())
      .def("findings", of_patches<finding_table>())
      .def("overlaps", of_patches<overlap_table>())
      .def("pieces", of_patches<piece_table>())
      .def("spectra", of_patches<spectrum_table>())
      .def("lineage", of_patches<lineage_table>())
      .def("patch_wkb", of_patches<wkb_of_patches>())
      .def("piece_wkb", of_patches<wkb_of_pieces>())
      .def("patch_coordinates", of_patches<coordinates_of_patches>())
      .def("arrow_stream", [](const Outcome& outcome,
                              const std::string& table) { return arrow_stream(outcome.result, table); })
      .def("mask",
           [](const std::shared_ptr<Outcome>& outcome) {
             return outcome->has_mask ? std::shared_ptr<Plane<std::uint8_t>>(outcome, &outcome->mask)
                                      : nullptr;
           })
      .def("score",
           [](const std::shared_ptr<Outcome>& outcome) {
             return outcome->has_score ? std::shared_ptr<Plane<float>>(outcome, &outcome->score) : nullptr;
           })
      .def("grid", [](const Outcome& outcome) { return grid_dict(outcome.result.report.grid); })
      .def("report", [](const Outcome& outcome) { return report_dict(outcome.result.report); })
      .def("warnings", [](const Outcome& outcome) { return outcome.result.report.warnings; })
      .def("manifest", [](const Outcome& outcome) { return outcome.result.report.manifest; });
}

}  // namespace tuban::python
