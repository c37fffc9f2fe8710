// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tuban {

/// "size=N time=YYYY-MM-DDThh:mm:ssZ head=HEX16" of a file GDAL's file systems can see: size, time of last
/// change, FNV-1a of the first 64 KiB. Empty for anything else (folders, connection strings).
std::string fingerprint(const std::string& path);

}  // namespace tuban
