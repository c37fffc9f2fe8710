// SPDX-License-Identifier: Apache-2.0
// What the sample says of a scene by itself: saturation and haze.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/view.h"

namespace tuban {

struct SceneQuality {
  /// Share of pixels of which a band holds the largest value its sensor can: the band's largest is one less
  /// than a power of two (8 to 16 bits), and so is this one.
  double saturated_share = 0;
  /// The blue band's first percentile over its median: dark objects are a third or half as bright as the
  /// ordinary, and haze, whose light is added to all, lifts them towards it. A gain does not show in it.
  std::optional<double> dark_share;
};

/// `planes` are the valid samples, one vector for each band; `blue` is the index of the band, -1 if unknown.
SceneQuality judge_scene(const std::vector<std::vector<float>>& planes, kernels::SampleType type, int blue);

/// What a person should know before trusting the patches, in plain sentences.
std::vector<std::string> quality_notes(const SceneQuality& before, const std::string& before_name,
                                       const SceneQuality& after, const std::string& after_name);

}  // namespace tuban
