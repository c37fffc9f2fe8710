// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/detector.h"

namespace tuban::kernels {

const Detector& default_detector();
const Detector& difference_detector();
const Detector& ratio_detector();
const Detector& cva_detector();

std::span<const Detector* const> detectors() {
  static const std::array<const Detector*, 4> all{
      &default_detector(),
      &difference_detector(),
      &ratio_detector(),
      &cva_detector(),
  };
  return all;
}

const Detector* find_detector(std::string_view name) {
  const auto all = detectors();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Detector* d) { return d->name() == name; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace tuban::kernels
