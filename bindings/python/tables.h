// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "tuban/patch.h"

namespace tuban::python {

/// The tables of a result as result files have them, column by column: {"patch_id": ("text", [...]), ...} in
/// the order of the file. Kinds are text, int, float, bool and object; what is unknown is None.
pybind11::dict patch_table(const std::vector<MarkedPatch>& patches);
pybind11::dict finding_table(const std::vector<MarkedPatch>& patches);
pybind11::dict overlap_table(const std::vector<MarkedPatch>& patches);
pybind11::dict piece_table(const std::vector<MarkedPatch>& patches);
pybind11::dict spectrum_table(const std::vector<MarkedPatch>& patches);
pybind11::dict lineage_table(const std::vector<MarkedPatch>& patches);

/// Geometries of patches or of their derived pieces, in the order of their tables: as WKB, and as the
/// coordinates that GeoJSON has of a MultiPolygon.
pybind11::list wkb_of_patches(const std::vector<MarkedPatch>& patches);
pybind11::list wkb_of_pieces(const std::vector<MarkedPatch>& patches);
pybind11::list coordinates_of_patches(const std::vector<MarkedPatch>& patches);

}  // namespace tuban::python
