// SPDX-License-Identifier: Apache-2.0
// Making OGR datasets and coordinate reference systems.
#pragma once

#include <gdal_priv.h>
#include <ogr_spatialref.h>
#include <ogrsf_frmts.h>

#include <memory>
#include <string>
#include <vector>

#include "tuban/grid.h"

namespace tuban {

struct ReleaseCrs {
  void operator()(OGRSpatialReference* crs) const { crs->Release(); }
};
using OgrCrs = std::unique_ptr<OGRSpatialReference, ReleaseCrs>;

/// Closes what is thrown away, whatever GDAL says about it. A result is closed by GDALClose(release()) in the
/// GdalErrors scope that judges it.
struct CloseUnheard {
  void operator()(GDALDataset* dataset) const;
};
using OgrDataset = std::unique_ptr<GDALDataset, CloseUnheard>;

/// The grid's CRS with x before y. Without one: null, or with `cartesian` the undefined Cartesian system, so
/// that pixel coordinates are not taken for degrees. Throws Error(runtime) if GDAL does not understand it.
OgrCrs make_ogr_crs(const Grid& grid, bool cartesian);

/// A new vector dataset, or null. SQLite neither syncs nor keeps a journal: an unfinished file is thrown
/// away, a whole one is synced once, before its rename.
OgrDataset create_dataset(const std::string& driver, const std::string& path,
                          const std::vector<std::string>& options);

/// For reading, or null; `option` may be null.
OgrDataset open_vector(const std::string& path, const char* option);
/// A Shapefile without .cpg whose DBF says nothing, or "the system's code page" (87): to be opened again with
/// "ENCODING=", so that its text comes as it is, and is put through decoded_text().
bool states_no_encoding(GDALDataset& dataset, OGRLayer& layer);
/// UTF-8 where it is that, else GBK.
std::string decoded_text(const char* raw);

/// Whether KEY=VALUE has this key.
bool is_key(const std::string& option, const char* key);

}  // namespace tuban
