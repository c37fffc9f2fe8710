// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "tuban/job.h"

namespace tuban::python {

/// A raster of the result; Python sees it in its place.
template <typename T>
struct Plane {
  std::vector<T> samples;
  int width = 0, height = 0;
};

/// What a run gave. Python objects are made when they are asked for.
struct Outcome {
  Result result;
  Plane<std::uint8_t> mask;
  Plane<float> score;
  bool has_mask = false, has_score = false;
};

/// Lets `control` gather what is asked for; `outcome` must outlive the run.
void gather(Control& control, Outcome& outcome, bool mask, bool score);

/// Once the run is over.
void finish(Outcome& outcome);

void bind_outcome(pybind11::module_& module);

}  // namespace tuban::python
