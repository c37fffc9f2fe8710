// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "engine/rules/layers.h"

namespace tuban {

/// A layer with an index and more features near the grid than this is read near patches only.
struct LayerLimits {
  std::size_t features = 512, bytes = std::size_t{1} << 20;  ///< of WKB
};

/// Reads reference layers through OGR: any vector source GDAL opens; polygons of every kind, curves made
/// linear, Z and M dropped, transformed to the grid's CRS with x before y. Features up to 100 m outside the
/// grid are read too, so that what a buffer reaches is known; a layer that does not overlap at all is an
/// empty list. Formats with a spatial index (GeoPackage first) are searched for what lies near patches, in
/// as many handles as there are threads; others are read whole. Throws Error(usage) for a source, layer or
/// field that is not there, Error(mismatch) for features that are no polygons, a missing CRS or a date that
/// cannot be read, Error(runtime) where reading fails midway: what is wrong with the layer or its first
/// features at once, what is wrong with one of many features when it is met. Shapefiles that do not state
/// their encoding are read as UTF-8 where they are that, else as GBK.
LayerReader make_layer_reader(const LayerLimits& limits = {});

/// yyyy-mm-dd, yyyymmdd or yyyy/mm/dd (one digit is enough for month and day between slashes), a time behind
/// it ignored, as an ISO date; nothing where it is none of these or no day of the calendar.
std::optional<std::string> iso_date(const std::string& text);

}  // namespace tuban
