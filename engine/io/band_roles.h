// SPDX-License-Identifier: Apache-2.0
// Which bands of a file are read, and what they show. Nothing is guessed from a band's position.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/profile.h"
#include "tuban/io.h"

namespace tuban {

/// What a file says of one band.
struct BandFacts {
  std::string description;
  BandRole colour = BandRole::unknown;  ///< from the colour interpretation
  bool alpha = false;
  bool cloud = false;  ///< the cloud mask of the others

  bool data() const noexcept { return !alpha && !cloud; }
};

/// One band that was chosen; `number` counts from 1 as GDAL does.
struct BandChoice {
  int number = 1;
  BandInfo info;
};

/// "blue", "red_edge", "SWIR1" ...; nothing for any other word.
std::optional<BandRole> parse_role(std::string_view word);

/// The role of each band from all descriptions together, since what "B5" shows depends on its neighbours:
/// words ("Blue", "Near infrared", "Band 4 - NIR"), polarisations (VV, VH), and Sentinel-2 band codes where
/// the set of codes can be no other sensor's. Landsat's codes changed their meaning between the satellites:
/// unknown.
std::vector<BandRole> roles_from_descriptions(std::span<const std::string> descriptions);

/// Chooses bands by RasterOptions::bands; empty: all but alpha and clouds. Throws Error(usage) for a
/// selection that makes no sense, Error(mismatch) for a band that `path` does not have, with a list of those
/// it has.
///
/// With a profile, the role of a band is what its name says on that sensor, else what its position says where
/// the number of bands allows one order only. Error(mismatch) where the two disagree, where a description
/// names a band that the sensor does not have, or where neither tells what a chosen band shows.
std::vector<BandChoice> choose_bands(const std::string& path, std::span<const BandFacts> bands,
                                     std::span<const std::string> selection,
                                     const Profile* profile = nullptr);

}  // namespace tuban
