// SPDX-License-Identifier: Apache-2.0
#include "engine/align/grid_map.h"

#include <proj.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/io/grid_check.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr int kEdgePoints = 64;
constexpr double kTolerance = 1e-3;  // pixels, as grids are compared

struct PjDeleter {
  void operator()(PJ* p) const noexcept { proj_destroy(p); }
};
using PjPtr = std::unique_ptr<PJ, PjDeleter>;

struct ContextDeleter {
  void operator()(PJ_CONTEXT* c) const noexcept { proj_context_destroy(c); }
};

void keep_silent(void*, int, const char*) {}

}  // namespace

struct GridMap::Impl {
  Grid from, to;
  double determinant = 0;
  std::unique_ptr<PJ_CONTEXT, ContextDeleter> context;
  PjPtr between;  // empty where both grids have one CRS
};

GridMap::GridMap(const Grid& from, const Grid& to) : impl_(std::make_unique<Impl>()) {
  impl_->from = from;
  impl_->to = to;
  const auto& t = to.transform;
  impl_->determinant = t[1] * t[5] - t[2] * t[4];
  if (!(std::abs(impl_->determinant) > 0))
    throw Error(ErrorCode::mismatch, "a grid whose transform gives pixels no area cannot be aligned");
  if (same_crs(from.crs, to.crs)) return;
  if (!from.has_crs() || !to.has_crs())
    throw Error(ErrorCode::mismatch,
                "one of the grids has a coordinate reference system and the other has none, so nothing says "
                "where they meet; give the other one its CRS (gdal_edit -a_srs)");
  impl_->context.reset(proj_context_create());
  PJ_CONTEXT* c = impl_->context.get();
  proj_log_func(c, nullptr, keep_silent);
  proj_context_set_enable_network(c, 0);
  const PjPtr plain(proj_create_crs_to_crs(c, from.crs.c_str(), to.crs.c_str(), nullptr));
  if (plain) impl_->between.reset(proj_normalize_for_visualization(c, plain.get()));
  if (!impl_->between)
    throw Error(ErrorCode::mismatch,
                "PROJ knows no way between the coordinate reference systems of the grids");
}

GridMap::~GridMap() = default;
GridMap::GridMap(GridMap&&) noexcept = default;

bool GridMap::affine() const noexcept {
  return !impl_->between;
}

void GridMap::map(std::span<double> x, std::span<double> y) const {
  const Grid& from = impl_->from;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double ground = from.ground_x(x[i], y[i]);
    y[i] = from.ground_y(x[i], y[i]);
    x[i] = ground;
  }
  if (impl_->between)
    proj_trans_generic(impl_->between.get(), PJ_FWD, x.data(), sizeof(double), x.size(), y.data(),
                       sizeof(double), y.size(), nullptr, 0, 0, nullptr, 0, 0);
  const auto& t = impl_->to.transform;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - t[0];
    const double dy = y[i] - t[3];
    x[i] = (dx * t[5] - dy * t[2]) / impl_->determinant;
    y[i] = (dy * t[1] - dx * t[4]) / impl_->determinant;
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) x[i] = y[i] = std::numeric_limits<double>::quiet_NaN();
  }
}

Window overlap(const Grid& grid, const Grid& source) {
  const GridMap map(source, grid);
  std::vector<double> x, y;
  for (int i = 0; i <= kEdgePoints; ++i) {
    const double along = static_cast<double>(i) / kEdgePoints;
    for (const double side : {0.0, 1.0}) {
      x.insert(x.end(), {along * source.width, side * source.width});
      y.insert(y.end(), {side * source.height, along * source.height});
    }
  }
  map.map(x, y);
  const Window all{0, 0, grid.width, grid.height};
  // What cannot be drawn here may still lie here.
  if (std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); })) return all;
  // An outline bends between two of its points.
  const double rim = map.affine() ? -kTolerance : 1;
  const auto [left, right] = std::minmax_element(x.begin(), x.end());
  const auto [top, bottom] = std::minmax_element(y.begin(), y.end());
  const auto first = [&](double v, int size) {
    return static_cast<int>(std::clamp(std::floor(v - rim), 0.0, static_cast<double>(size)));
  };
  const auto last = [&](double v, int size) {
    return static_cast<int>(std::clamp(std::ceil(v + rim), 0.0, static_cast<double>(size)));
  };
  Window window{first(*left, grid.width), first(*top, grid.height), 0, 0};
  window.width = std::max(0, last(*right, grid.width) - window.x);
  window.height = std::max(0, last(*bottom, grid.height) - window.y);
  return window;
}

}  // namespace tuban
