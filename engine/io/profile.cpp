// SPDX-License-Identifier: Apache-2.0
#include "engine/io/profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "tuban/error.h"

namespace tuban {
namespace {

using enum BandRole;
using Layout = std::span<const BandRole>;

constexpr ProfileBand kSentinel2[] = {
    {"b1"},           {"b2", blue},     {"b3", green}, {"b4", red},        {"b5", red_edge},
    {"b6", red_edge}, {"b7", red_edge}, {"b8", nir},   {"b8a", nir, true}, {"b9"},
    {"b10"},          {"b11", swir1},   {"b12", swir2}};
// Level 1C has all; level 2A lacks the cirrus band, B10.
constexpr BandRole kSentinel2Level1[] = {unknown, blue,    green,   red,     red_edge, red_edge, red_edge,
                                         nir,     unknown, unknown, unknown, swir1,    swir2};
constexpr BandRole kSentinel2Level2[] = {unknown,  blue, green,   red,     red_edge, red_edge,
                                         red_edge, nir,  unknown, unknown, swir1,    swir2};
constexpr Layout kSentinel2Layouts[] = {kSentinel2Level1, kSentinel2Level2};

constexpr ProfileBand kLandsat8[] = {{"b1"},      {"b2", blue},  {"b3", green}, {"b4", red},
                                     {"b5", nir}, {"b6", swir1}, {"b7", swir2}, {"b8"},
                                     {"b9"},      {"b10"},       {"b11"}};
constexpr BandRole kLandsat8Surface[] = {unknown, blue, green, red, nir, swir1, swir2};
constexpr BandRole kLandsat8Land[] = {blue, green, red, nir, swir1, swir2};
constexpr Layout kLandsat8Layouts[] = {kLandsat8Surface, kLandsat8Land};

constexpr ProfileBand kLandsat7[] = {{"b1", blue},  {"b2", green}, {"b3", red},   {"b4", nir},
                                     {"b5", swir1}, {"b6"},        {"b7", swir2}, {"b8"}};
constexpr BandRole kLandsat7Reflective[] = {blue, green, red, nir, swir1, swir2};
constexpr BandRole kLandsat7Thermal[] = {blue, green, red, nir, swir1, unknown, swir2};
constexpr Layout kLandsat7Layouts[] = {kLandsat7Reflective, kLandsat7Thermal};

constexpr BandRole kFour[] = {blue, green, red, nir};
constexpr Layout kFourLayouts[] = {kFour};
// The wide-field camera adds two red edges, violet and yellow behind the four.
constexpr BandRole kWideField[] = {blue, green, red, nir, red_edge, red_edge, unknown, unknown};
constexpr Layout kGf6Layouts[] = {kFour, kWideField};

constexpr BandRole kColours[] = {red, green, blue};
constexpr Layout kColourLayouts[] = {kColours};

constexpr BandRole kPolarisations[] = {sar, sar, sar, sar};
constexpr Layout kSarLayouts[] = {Layout(kPolarisations, 1), Layout(kPolarisations, 2),
                                  Layout(kPolarisations, 3), kPolarisations};

constexpr std::string_view kFourStack = "4 bands: blue, green, red, nir";

constexpr Profile kProfiles[] = {
    {"sentinel2",
     kSentinel2,
     kSentinel2Layouts,
     "13 bands, B01 to B12 with B8A behind B08, or 12 without B10; others by the names of their bands",
     {},
     {},
     "scl"},
    {"landsat8", kLandsat8, kLandsat8Layouts, "7 bands, B1 to B7, or 6, B2 to B7", {}, {}, "qa_pixel"},
    {"landsat7", kLandsat7, kLandsat7Layouts, "6 bands, B1 to B5 and B7, or 7 with B6", {}, {}, "qa_pixel"},
    {"gf1", {}, kFourLayouts, kFourStack},
    {"gf2", {}, kFourLayouts, kFourStack},
    {"gf6", {}, kGf6Layouts, "4 bands: blue, green, red, nir; or the 8 of its wide-field camera"},
    {"zy3", {}, kFourLayouts, kFourStack},
    {"bj3", {}, kFourLayouts, kFourStack},
    {"rgb", {}, kColourLayouts, "3 bands: red, green, blue"},
    // Speckle does not repeat itself between the dates: what phase correlation measures there is less sure
    // than it claims, and resampling smooths the speckle of one date alone.
    {"sar", {}, kSarLayouts, "1 to 4 bands, a polarisation each", "log-ratio", {}, {}, RegistrationKind::off},
};

}  // namespace

std::span<const Profile> profiles() noexcept {
  return kProfiles;
}

const Profile& find_profile(std::string_view name) {
  std::string names;
  for (const Profile& profile : kProfiles) {
    if (profile.name == name) return profile;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", profile.name);
  }
  throw Error(ErrorCode::usage, fmt::format("--profile \"{}\" is unknown; there are: {}", name, names));
}

Job with_profile(Job job) {
  if (!job.profile.empty()) {
    const Profile& profile = find_profile(job.profile);
    if (job.detector.empty()) job.detector = profile.detector;
    if (job.threshold.empty()) job.threshold = profile.threshold;
    if (job.cloud_classes.empty() && !profile.cloud_classes.empty())
      job.cloud_classes.emplace_back(profile.cloud_classes);
    if (!job.registration) job.registration = profile.registration;
  }
  if (job.detector.empty()) job.detector = "default";
  if (job.threshold.empty()) job.threshold = "auto";
  if (!job.registration) job.registration = RegistrationKind::automatic;
  return job;
}

}  // namespace tuban
