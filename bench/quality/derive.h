// SPDX-License-Identifier: Apache-2.0
// Pairs made of real ones: the second date moved by a known shift, or the first date seen again under other
// noise, gain and haze, where nothing changed.
#pragma once

#include <string>
#include <vector>

#include "bench/quality/datasets.h"

namespace tuban::bench {

/// Writes what `set.recipe` asks for to `path`, a GeoTIFF like its source:
/// - "shift DX DY": the date after, such that what stood at (x, y) stands at (x + DX, y + DY) (cubic
///   convolution, Keys 1981, a = -1/2);
/// - "noise": the date before with normal noise, sd 15 + 0.5 % of the sample (for uint8: 1 + 0.5 %);
/// - "gain": a gain of its own for each band, between .95 and 1.15, and that noise;
/// - "haze": that gain, 90 % of the light and a veil of up to 2 % of the type's reflectance range, most in
/// the
///   first band, and that noise.
/// Throws std::runtime_error on other recipes and what cannot be read.
void derive_after(const DataSet& set, const std::string& path);

/// True where the recipe leaves nothing changed, whatever the labels say.
bool nothing_changed(const DataSet& set);

}  // namespace tuban::bench
