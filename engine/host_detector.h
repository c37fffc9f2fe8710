// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "kernels/detector.h"
#include "tuban/detector.h"

namespace tuban {

/// The host's function as a detector like any other. Scores without a sign or a lower bound of their own; the
/// normalisation of its model is for spectra of patches. Throws Error(usage) where the function or the name
/// is empty.
std::unique_ptr<const kernels::Detector> make_host_detector(std::shared_ptr<const HostDetector> host);

}  // namespace tuban
