// SPDX-License-Identifier: Apache-2.0
// What samples mean: physical value = scale * sample + offset, per band, from tags and metadata.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tuban/io.h"

class GDALDataset;

namespace tuban {

/// How two scenes were brought to one scale.
struct ValueScale {
  bool physical = false;              ///< samples are physical values as float32
  std::vector<double> before, after;  ///< per band, what was added to the samples as they are stored
};

/// Scale and offset of a band as its file tells them: the tags of the band, else what Sentinel-2 products say
/// of the constant they add since processing baseline 04.00 (BOA_ADD_OFFSET, RADIO_ADD_OFFSET, or the number
/// of the baseline alone).
void read_scale(GDALDataset& dataset, int band, const std::string& profile, BandInfo& info);

/// Where all bands of both scenes have one scale, samples stay what they are, and offsets, in samples, are
/// added to them: indices and ratios do not depend on a common scale. Integers then saturate: what would be
/// negative is 0, and the largest value of the type stays that. Else both scenes are delivered as physical
/// float32, and `warn` is told. An offset that is given, in samples, replaces that of the file.
/// Throws Error(mismatch) at a scale that is no positive number or an offset that is none.
ValueScale bring_to_one_scale(std::shared_ptr<const Source>& before, std::shared_ptr<const Source>& after,
                              std::optional<double> before_offset, std::optional<double> after_offset,
                              const std::function<void(const std::string&)>& warn);

}  // namespace tuban
