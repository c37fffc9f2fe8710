// SPDX-License-Identifier: Apache-2.0
#include "engine/io/grid_check.h"

#include <cpl_conv.h>
#include <fmt/format.h>
#include <ogr_spatialref.h>

#include <algorithm>
#include <cmath>

#include "engine/io/gdal_errors.h"
#include "kernels/view.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr const char* kNoOverlap = "there is no overlap";
constexpr double kTolerance = 1e-3;  // pixels; files round their georeference to about 1e-6

std::string crs_name(const std::string& wkt) {
  if (wkt.empty()) return "none";
  const GdalErrors quiet;
  OGRSpatialReference crs;
  if (crs.importFromWkt(wkt.c_str()) != OGRERR_NONE) return "unreadable";
  const char* name = crs.GetName();
  const char* authority = crs.GetAuthorityName(nullptr);
  const char* code = crs.GetAuthorityCode(nullptr);
  if (authority && code) return fmt::format("{}:{} ({})", authority, code, name ? name : "unnamed");
  return name ? name : "unnamed";
}

std::string crs_parameters(const std::string& wkt) {
  const GdalErrors quiet;
  OGRSpatialReference crs;
  char* text = nullptr;
  if (crs.importFromWkt(wkt.c_str()) != OGRERR_NONE || crs.exportToProj4(&text) != OGRERR_NONE) return wkt;
  const std::string parameters(text);
  CPLFree(text);
  return parameters.empty() ? wkt : parameters;
}

struct Shift {
  double x, y;  ///< pixels
  double size() const { return std::max(std::abs(x), std::abs(y)); }
};

/// Where (px, py) of `second` falls in pixels of `first`, less (px, py) itself.
Shift shift_at(const Grid& first, const Grid& second, double px, double py) {
  const auto& t = first.transform;
  const double x = second.ground_x(px, py) - first.ground_x(px, py);
  const double y = second.ground_y(px, py) - first.ground_y(px, py);
  const double determinant = t[1] * t[5] - t[2] * t[4];
  return {(x * t[5] - y * t[2]) / determinant, (y * t[1] - x * t[4]) / determinant};
}

struct Extent {
  double left, bottom, right, top;
};

Extent extent_of(const Grid& grid) {
  const double w = grid.width, h = grid.height;
  const auto [left, right] =
      std::minmax({grid.ground_x(0, 0), grid.ground_x(w, 0), grid.ground_x(0, h), grid.ground_x(w, h)});
  const auto [bottom, top] =
      std::minmax({grid.ground_y(0, 0), grid.ground_y(w, 0), grid.ground_y(0, h), grid.ground_y(w, h)});
  return {left, bottom, right, top};
}

std::string text_of(const Extent& e) {
  return fmt::format("x {:.10g} to {:.10g}, y {:.10g} to {:.10g}", e.left, e.right, e.bottom, e.top);
}

std::string resolution_of(const Grid& grid) {
  const auto& t = grid.transform;
  if (t[2] == 0 && t[4] == 0) return fmt::format("{:.12g} x {:.12g}", t[1], t[5]);
  return fmt::format("({:.12g}, {:.12g}; {:.12g}, {:.12g})", t[1], t[2], t[4], t[5]);
}

std::string both(const char* what, const std::string& first, const std::string& first_name,
                 const std::string& second, const std::string& second_name) {
  return fmt::format("{} is {} in {} and {} in {}", what, first, first_name, second, second_name);
}

const char* role_word(BandRole role) {
  constexpr const char* kWords[] = {"unknown", "blue",  "green", "red", "red_edge",
                                    "nir",     "swir1", "swir2", "sar"};
  return kWords[static_cast<std::size_t>(role)];
}

}  // namespace

bool same_crs(const std::string& first, const std::string& second) {
  if (first == second) return true;
  if (first.empty() || second.empty()) return false;
  const GdalErrors quiet;
  OGRSpatialReference a, b;
  if (a.importFromWkt(first.c_str()) != OGRERR_NONE || b.importFromWkt(second.c_str()) != OGRERR_NONE)
    return false;
  const char* const options[] = {"IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES", "IGNORE_COORDINATE_EPOCH=YES",
                                 "CRITERION=EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS", nullptr};
  return a.IsSame(&b, options) != FALSE;
}

std::string grid_difference(const std::string& first_name, const Grid& first, const std::string& second_name,
                            const Grid& second) {
  // In another CRS, coordinates cannot be compared.
  if (!same_crs(first.crs, second.crs)) {
    std::string a = crs_name(first.crs);
    std::string b = crs_name(second.crs);
    if (a == b) {
      a = crs_parameters(first.crs);
      b = crs_parameters(second.crs);
    }
    return both("the CRS", a, first_name, b, second_name);
  }
  const Extent a = extent_of(first);
  const Extent b = extent_of(second);
  if (a.right <= b.left || b.right <= a.left || a.top <= b.bottom || b.top <= a.bottom)
    return fmt::format("{}: the extent is {} in {} and {} in {}", kNoOverlap, text_of(a), first_name,
                       text_of(b), second_name);
  std::string difference;
  const auto add = [&](const std::string& text) { difference += (difference.empty() ? "" : "; ") + text; };
  if (first.width != second.width || first.height != second.height)
    add(both("the size", fmt::format("{} x {}", first.width, first.height), first_name,
             fmt::format("{} x {}", second.width, second.height), second_name));
  const Shift origin = shift_at(first, second, 0, 0);
  // Written so that a transform that cannot be inverted differs too, unless it is the same to the last bit.
  if (first.transform != second.transform) {
    if (!(origin.size() <= kTolerance))
      add(both("the origin", fmt::format("({:.12g}, {:.12g})", first.transform[0], first.transform[3]),
               first_name, fmt::format("({:.12g}, {:.12g})", second.transform[0], second.transform[3]),
               second_name));
    for (const auto& [px, py] : {std::pair{first.width, 0}, {0, first.height}, {first.width, first.height}}) {
      const Shift corner = shift_at(first, second, px, py);
      if (Shift{corner.x - origin.x, corner.y - origin.y}.size() <= kTolerance) continue;
      add(both("the pixel size", resolution_of(first), first_name, resolution_of(second), second_name));
      break;
    }
  }
  return difference;
}

void check_same_grid(const SourceInfo& before, const SourceInfo& after) {
  const std::string difference = grid_difference(before.name, before.grid, after.name, after.grid);
  if (!difference.empty())
    throw Error(ErrorCode::mismatch,
                fmt::format("both scenes must lie on the same grid, but {}{}", difference,
                            difference.starts_with(kNoOverlap)
                                ? ""
                                : "; --reproject brings the second onto the grid of the first"));
  if (before.bands.size() != after.bands.size())
    throw Error(
        ErrorCode::mismatch,
        fmt::format("both scenes must have the same bands, but {} has {} and {} has {}; choose them with "
                    "--bands",
                    before.name, before.bands.size(), after.name, after.bands.size()));
  if (before.type != after.type)
    throw Error(ErrorCode::mismatch,
                both("both scenes must have one sample type, but it",
                     kernels::to_string(static_cast<kernels::SampleType>(before.type)), before.name,
                     kernels::to_string(static_cast<kernels::SampleType>(after.type)), after.name));
  for (std::size_t b = 0; b < before.bands.size(); ++b) {
    const BandRole first = before.bands[b].role;
    const BandRole second = after.bands[b].role;
    if (first != second && first != BandRole::unknown && second != BandRole::unknown)
      throw Error(
          ErrorCode::mismatch,
          fmt::format("both scenes must have their bands in one order, but band {} shows {} in {} and {} in "
                      "{}; choose them by name with --bands",
                      b + 1, role_word(first), before.name, role_word(second), after.name));
  }
}

}  // namespace tuban
