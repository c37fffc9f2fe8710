// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tuban/io.h"

namespace tuban::python {

/// Pixels of Python's as a source; the object that owns them is held as long as the source lives.
struct Pixels {
  std::shared_ptr<const Source> source;
};

/// What tells where pixels lie and what they show.
struct About {
  std::string name;
  std::array<double, 6> transform{0, 1, 0, 0, 0, 1};
  std::string crs;                 ///< any text that names one; empty: none
  std::vector<std::string> bands;  ///< names, roles among them; empty: "band 1", ...
  std::optional<double> nodata;
  std::optional<std::string> date;
};

/// Wraps an array (bands, rows, columns) in its place, whatever its strides and whether it may be written or
/// not; `valid` is None or an array of bytes (rows, columns) whose rows are contiguous. Throws Error(usage)
/// for other shapes and Error(mismatch) for other types of samples.
Pixels wrap_array(const About& about, const pybind11::buffer& data, const pybind11::object& valid);

}  // namespace tuban::python
