// SPDX-License-Identifier: Apache-2.0
// In which CRS the coordinates of a layer really are. Internal to io.
#pragma once

#include <ogrsf_frmts.h>

#include <functional>
#include <string>

#include "engine/io/ogr_open.h"
#include "tuban/error.h"

namespace tuban {

struct LayerCrs {
  OgrCrs crs;
  std::string note;  ///< where the coordinates are read otherwise than the layer says
};

/// The CRS the layer states or, where it states none, the one given with its key. Gauss-Krueger eastings may
/// begin with the number of their zone (38 500 000) or not (500 000), and data often says one and holds the
/// other: the coordinates decide, and the note says so. `refuse` throws: Error(usage) for a key that is no
/// CRS, Error(mismatch) for a layer without a CRS and key, with another CRS than the key's, or of two zones.
LayerCrs crs_of(OGRLayer& layer, const std::string& given, const OGRSpatialReference& grid,
                const std::function<void(ErrorCode, const std::string&)>& refuse);

}  // namespace tuban
