// SPDX-License-Identifier: Apache-2.0
// Results as text that two runs can be compared by (G1).
#pragma once

#include <string>

namespace tuban::test {

/// The canonical dump: every table but `run`, by name; rows in fid order; every field by name (numbers exact
/// to the last bit, NULL told from empty text) and the geometry as WKB in hexadecimal. Throws
/// std::runtime_error if GDAL cannot read it.
std::string dump_geopackage(const std::string& path);

/// Size, type and a hash of the decoded samples of every band, whatever the blocks and compression.
std::string hash_raster(const std::string& path);

}  // namespace tuban::test
