// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tuban/scenes.h"

namespace tuban {

/// The scenes of a STAC Item or ItemCollection (STAC specification 1.0, a GeoJSON Feature or
/// FeatureCollection) in a local file, in its order. Throws as list_scenes().
std::vector<ListedScene> read_stac(const std::string& path, const SceneListOptions& options);

}  // namespace tuban
