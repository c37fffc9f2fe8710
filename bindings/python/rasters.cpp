// SPDX-License-Identifier: Apache-2.0
#include "bindings/python/rasters.h"

#include <limits>
#include <utility>

#include "tuban/error.h"

namespace py = pybind11;

namespace tuban::python {
namespace {

constexpr std::pair<std::string_view, BandRole> kRoles[] = {
    {"blue", BandRole::blue},         {"green", BandRole::green}, {"red", BandRole::red},
    {"red_edge", BandRole::red_edge}, {"nir", BandRole::nir},     {"swir1", BandRole::swir1},
    {"swir2", BandRole::swir2},       {"sar", BandRole::sar}};

BandRole role_of(const std::string& name) {
  for (const auto& [known, role] : kRoles)
    if (known == name) return role;
  return BandRole::unknown;
}

SampleType sample_type(const py::buffer_info& info, const std::string& name) {
  const std::string& format = info.format;
  const char kind = format.size() == 1 ? format[0] : '\0';
  if (kind == 'B') return SampleType::uint8;
  if (kind == 'H') return SampleType::uint16;
  if (kind == 'h') return SampleType::int16;
  if (kind == 'f') return SampleType::float32;
  throw Error(ErrorCode::mismatch, "the array of " + name + " has samples of format \"" + format +
                                       "\"; expected uint8, uint16, int16 or float32 in native byte order");
}

std::string shape_of(const py::buffer_info& info) {
  std::string text;
  for (const auto length : info.shape) text += (text.empty() ? "(" : ", ") + std::to_string(length);
  return (text.empty() ? "(" : text) + ")";
}

int length(const py::buffer_info& info, std::size_t axis, const std::string& name) {
  const auto value = info.shape[axis];
  if (value < 1 || value > std::numeric_limits<int>::max())
    throw Error(ErrorCode::usage,
                "the array of " + name + " has shape " + shape_of(info) + "; none of them may be 0");
  return static_cast<int>(value);
}

/// Views of Python's memory, given back with the GIL held, from whichever thread lets go last.
struct Held {
  py::buffer_info data, valid;
};

}  // namespace

Pixels wrap_array(const About& about, const py::buffer& data, const py::object& valid) {
  std::shared_ptr<Held> held(new Held, [](Held* last) {
    const py::gil_scoped_acquire python;
    delete last;
  });
  held->data = data.request();
  const py::buffer_info& info = held->data;
  if (info.ndim != 3)
    throw Error(ErrorCode::usage, "the array of " + about.name + " has shape " + shape_of(info) +
                                      "; expected (bands, rows, columns) or (rows, columns)");
  MemoryRaster raster;
  raster.name = about.name;
  const int bands = length(info, 0, about.name);
  raster.grid.height = length(info, 1, about.name);
  raster.grid.width = length(info, 2, about.name);
  raster.grid.transform = about.transform;
  raster.grid.crs = about.crs;
  raster.type = sample_type(info, about.name);
  raster.data = info.ptr;
  raster.band_stride = info.strides[0];
  raster.row_stride = info.strides[1];
  raster.pixel_stride = info.strides[2];
  raster.nodata = about.nodata;
  raster.date = about.date;
  raster.bands.resize(static_cast<std::size_t>(bands));
  if (!about.bands.empty() && about.bands.size() != raster.bands.size())
    throw Error(ErrorCode::usage, "bands names " + std::to_string(about.bands.size()) +
                                      " bands and the array of " + about.name + " has " +
                                      std::to_string(bands) + "; give a name for each");
  for (std::size_t b = 0; b < about.bands.size(); ++b) {
    raster.bands[b].name = about.bands[b];
    raster.bands[b].role = role_of(about.bands[b]);
  }
  if (!valid.is_none()) {
    held->valid = py::cast<py::buffer>(valid).request();
    const py::buffer_info& plane = held->valid;
    if (plane.ndim != 2 || plane.itemsize != 1 || plane.shape[0] != info.shape[1] ||
        plane.shape[1] != info.shape[2] || (plane.shape[1] > 1 && plane.strides[1] != 1))
      throw Error(ErrorCode::usage, "the validity of " + about.name + " has shape " + shape_of(plane) +
                                        "; expected one byte or boolean for each pixel, (" +
                                        std::to_string(info.shape[1]) + ", " + std::to_string(info.shape[2]) +
                                        ")");
    raster.valid = static_cast<const std::uint8_t*>(plane.ptr);
    raster.valid_row_stride = plane.strides[0];
  }
  std::shared_ptr<const Source> inner = wrap_memory(raster);
  const Source* const source = inner.get();
  return {std::shared_ptr<const Source>(source, [inner, held](const Source*) mutable {
    inner.reset();
    held.reset();
  })};
}

}  // namespace tuban::python
