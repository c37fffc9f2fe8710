// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tuban {
namespace {

constexpr double kManySaturated = 0.01;
constexpr double kHazy = 0.25;

/// The largest value of a sensor of so many bits, if the band reaches one; 0 else.
float ceiling_of(const std::vector<float>& plane) {
  const float most = *std::max_element(plane.begin(), plane.end());
  for (const int bits : {8, 10, 11, 12, 14, 15, 16})
    if (most == static_cast<float>((1 << bits) - 1)) return most;
  return 0;
}

double quantile(std::vector<float>& values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

}  // namespace

SceneQuality judge_scene(const std::vector<std::vector<float>>& planes, kernels::SampleType type, int blue) {
  SceneQuality quality;
  if (planes.empty() || planes.front().empty()) return quality;
  if (type != kernels::SampleType::float32) {
    std::vector<bool> saturated(planes.front().size());
    for (const std::vector<float>& plane : planes)
      if (const float ceiling = ceiling_of(plane); ceiling > 0)
        for (std::size_t i = 0; i < plane.size(); ++i)
          if (plane[i] == ceiling) saturated[i] = true;
    quality.saturated_share = static_cast<double>(std::count(saturated.begin(), saturated.end(), true)) /
                              static_cast<double>(saturated.size());
  }
  if (blue >= 0) {
    std::vector<float> values = planes[static_cast<std::size_t>(blue)];
    const double median = quantile(values, 0.5);
    if (median > 0) quality.dark_share = quantile(values, 0.01) / median;
  }
  return quality;
}

std::vector<std::string> quality_notes(const SceneQuality& before, const std::string& before_name,
                                       const SceneQuality& after, const std::string& after_name) {
  std::vector<std::string> notes;
  for (const auto& [quality, name] : {std::pair{&before, &before_name}, {&after, &after_name}})
    if (quality->saturated_share > kManySaturated)
      notes.push_back(
          fmt::format("{:.1f} % of the sampled pixels of {} are saturated: what changed there "
                      "cannot be told",
                      100 * quality->saturated_share, *name));
  if (before.dark_share && after.dark_share && std::abs(*after.dark_share - *before.dark_share) > kHazy) {
    const bool later = *after.dark_share > *before.dark_share;
    notes.push_back(fmt::format(
        "{} looks hazy, or its samples carry an offset: its darkest blue is {:.0f} % of its median, that of "
        "{} {:.0f} %",
        later ? after_name : before_name, 100 * (later ? *after.dark_share : *before.dark_share),
        later ? before_name : after_name, 100 * (later ? *before.dark_share : *after.dark_share)));
  }
  return notes;
}

}  // namespace tuban
