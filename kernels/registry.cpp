// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/detector.h"

namespace tuban::kernels {

const Detector& default_detector();
const Detector& difference_detector();
const Detector& ratio_detector();
const Detector& cva_detector();
const Detector& mad_cva_detector();
const Detector& robust_detector();
const Detector& log_ratio_detector();
const Detector& sam_detector();
const Detector& mahalanobis_detector();
const Detector& mad_detector();
const Detector& irmad_detector();
const Detector& irmad_tempered_detector();
const Detector& sfa_detector();
const Detector& isfa_detector();
std::span<const Detector* const> index_detectors();

std::span<const Detector* const> detectors() {
  static const std::vector<const Detector*> all = [] {
    std::vector<const Detector*> list{
        &default_detector(),     &difference_detector(), &ratio_detector(),     &cva_detector(),
        &mad_cva_detector(),     &robust_detector(),     &log_ratio_detector(), &sam_detector(),
        &mahalanobis_detector(), &mad_detector(),        &irmad_detector(),     &irmad_tempered_detector(),
        &sfa_detector(),         &isfa_detector(),
    };
    list.insert(list.end(), index_detectors().begin(), index_detectors().end());
    return list;
  }();
  return all;
}

const Detector* find_detector(std::string_view name) {
  const auto all = detectors();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Detector* d) { return d->name() == name; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace tuban::kernels
