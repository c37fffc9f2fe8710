// SPDX-License-Identifier: Apache-2.0
// Many scenes at once: which there are and when each was taken.
#pragma once

#include <string>
#include <vector>

#include "tuban/export.h"
#include "tuban/job.h"

namespace tuban {

/// What told the date of a scene.
enum class DateOrigin { list, stac, name, metadata };

/// A scene of a list: its date is known, and `bands` are those of its file that belong to it; empty: all.
struct ListedScene {
  Scene scene;
  std::vector<std::string> bands = {};
  DateOrigin origin = DateOrigin::metadata;
};

struct SceneListOptions {
  /// Where a file's name, without its folder, tells the date: %Y year, %m month, %d day or %j day of the
  /// year,
  /// `*` any characters, `?` one, all else itself, such as "S2?_*_%Y%m%dT*". Empty: names tell nothing.
  std::string date_pattern = {};
  std::string asset = {};        ///< key of the STAC asset with the image; empty: the only image there is
  std::string cloud_asset = {};  ///< key of the STAC asset with clouds; empty: none
};

/// The scenes of a list, by date, then by path and band. `path` is one of
/// - a folder: the rasters in it, not those in folders below;
/// - a text file (.txt, .lst, .csv): a path per line, `#` begins a comment; or, where the first line names
/// them,
///   columns `path` and any of `date`, `band`, `cloud`, `valid`. Paths are relative to the file's folder;
/// - a STAC Item or ItemCollection in JSON, with local or http(s) assets;
/// - a raster of several bands that are a date each: a VRT of one file per band, or one whose bands have
/// their
///   dates for descriptions.
/// A date is what the list or STAC says, else what `date_pattern` finds in the name, else what the file's
/// metadata say; it is never guessed. Reads headers, no pixel. Throws Error(usage) for a path that is none of
/// these, a list without scenes, and a scene without a date, naming it; Error(mismatch) for a column, a date
/// or an asset that is not as it should be.
TUBAN_API std::vector<ListedScene> list_scenes(const std::string& path, const SceneListOptions& options = {});

}  // namespace tuban
