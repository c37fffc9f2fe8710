// SPDX-License-Identifier: Apache-2.0
#include "engine/scan/noise.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuban {
namespace {

// More regions than one in so many valid pixels are noise: land that changed a lot, field by field, has one
// in 700 and more.
constexpr std::int64_t kPixelsPerRegion = 300;
constexpr std::int64_t kFewRegions = 1000;

// A mask that covers this much of the land is noise where its outline is this dense: so many pixel sides for
// each pixel of the lesser of changed and unchanged land. Independent noise behind a 3 x 3 mean has 1.1 where
// half is changed, specks of 3 x 3 pixels 1.4, every second pixel 4. Real pairs (Landsat at Taizhou, eight
// Sentinel-2 ones of OSCD, four detectors each) have .15 to .7 where more than a tenth is changed, and
// nothing like two fifths; a flood has next to none. Behind the multi-scale smoothing independent noise has
// .55 where half and .67 where two fifths are changed; where less is, a region in every 140 to 280 pixels.
constexpr double kNoisyPercent = 40;
constexpr double kNoisyEdges = .9;
constexpr double kNoisyEdgesSmoothed = .45;
constexpr std::int64_t kFewEdges = 4000;  // of so short an outline nothing can be said

constexpr const char* kMend =
    "check that both images show the same ground at the same place, or use another --detector";

double percent(std::int64_t part, std::int64_t whole) {
  return 100 * static_cast<double>(part) / static_cast<double>(std::max<std::int64_t>(1, whole));
}

// In what way, or nothing.
std::string looks_like_noise(const MaskCounts& mask) {
  if (mask.regions >= kFewRegions && mask.regions >= mask.valid_pixels / kPixelsPerRegion)
    return fmt::format("the mask falls into {} regions, one in every {} valid pixels", mask.regions,
                       std::max<std::int64_t>(1, mask.valid_pixels / mask.regions));
  const double noisy = mask.smoothing_radius > 1 ? kNoisyEdgesSmoothed : kNoisyEdges;
  const std::int64_t lesser = std::min(mask.changed_pixels, mask.valid_pixels - mask.changed_pixels);
  if (percent(mask.changed_pixels, mask.valid_pixels) < kNoisyPercent || mask.outline_edges < kFewEdges ||
      static_cast<double>(mask.outline_edges) < noisy * static_cast<double>(lesser))
    return {};
  return fmt::format(
      "{:.0f} % of the valid pixels are changed, with {:.0f} pixel sides of outline to a hundred of them",
      percent(mask.changed_pixels, mask.valid_pixels), percent(mask.outline_edges, mask.changed_pixels));
}

}  // namespace

std::string warn_of_noise(const MaskCounts& mask) {
  std::string cut;
  if (mask.cut_regions > 0)
    cut = fmt::format("{} with {:.0f} % of the valid pixels {} too large for one patch and cut into squares",
                      mask.cut_regions == 1 ? "a region" : fmt::format("{} regions", mask.cut_regions),
                      percent(mask.cut_pixels, mask.valid_pixels), mask.cut_regions == 1 ? "was" : "were");
  if (const std::string noise = looks_like_noise(mask); !noise.empty())
    return fmt::format("{}: so looks noise, not change{}; {}", noise,
                       cut.empty() ? cut : fmt::format(" ({})", cut), kMend);
  return cut.empty() ? cut : fmt::format("{}: a flood may be as large, else {}", cut, kMend);
}

}  // namespace tuban
