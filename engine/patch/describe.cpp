// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/patch/change_type.h"
#include "engine/patch/earth.h"
#include "engine/patch/shape.h"
#include "engine/scan/fnv.h"
#include "kernels/sums.h"
#include "tuban/error.h"

namespace tuban {
namespace {

std::optional<double> ratio(std::optional<double> above, std::optional<double> below) {
  if (!above || !below || !(std::abs(*below) >= 1e-6)) return std::nullopt;
  return *above / *below;
}

std::optional<double> plus(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::optional(*a + *b) : std::nullopt;
}

std::optional<double> minus(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::optional(*a - *b) : std::nullopt;
}

std::optional<double> normalised_difference(std::optional<double> a, std::optional<double> b) {
  return ratio(minus(a, b), plus(a, b));
}

/// Mean samples of one date by role, in the scale of the before date.
struct Spectrum {
  std::array<std::optional<double>, static_cast<std::size_t>(BandRole::sar) + 1> mean, sd;

  std::optional<double> operator[](BandRole role) const { return mean[static_cast<std::size_t>(role)]; }
  RoleMeans means() const { return pick(mean); }
  RoleMeans sds() const { return pick(sd); }

  /// The first band of a role counts.
  void set(BandRole role, double mean_value, double sd_value) {
    const auto i = static_cast<std::size_t>(role);
    if (role == BandRole::unknown || mean[i]) return;
    mean[i] = mean_value;
    sd[i] = sd_value;
  }

 private:
  RoleMeans pick(const decltype(mean)& from) const {
    const auto of = [&](BandRole role) { return from[static_cast<std::size_t>(role)]; };
    return {of(BandRole::blue), of(BandRole::green), of(BandRole::red), of(BandRole::nir)};
  }
};

struct Indices {
  std::optional<double> ndvi, ndwi, mndwi, ndbi, bsi, brightness;

  explicit Indices(const Spectrum& s) {
    const auto blue = s[BandRole::blue], green = s[BandRole::green], red = s[BandRole::red];
    const auto nir = s[BandRole::nir], swir = s[BandRole::swir1];
    ndvi = normalised_difference(nir, red);
    ndwi = normalised_difference(green, nir);
    mndwi = normalised_difference(green, swir);
    ndbi = normalised_difference(swir, nir);
    bsi = normalised_difference(plus(swir, red), plus(nir, blue));
    if (blue && green && red) {
      const double visible = *blue + *green + *red;
      brightness = nir ? (visible + *nir) / 4 : visible / 3;
    }
  }
};

}  // namespace

struct Describer::Impl {
  DescribeContext context;
  std::optional<Earth> earth;
  std::string identity;  ///< what all patch ids of this grid and pair share

  explicit Impl(DescribeContext given) : context(std::move(given)) {
    const Grid& grid = context.grid;
    const PixelSides sides = PixelSides::of(grid);
    if (!(sides.area() > 0)) {
      throw Error(ErrorCode::mismatch,
                  "the raster's transform gives its pixels no area; expected two independent pixel sides");
    }
    if (grid.has_crs() && !context.earth) context.earth = std::make_shared<const Earth>(grid.crs);
    if (grid.has_crs()) earth.emplace(*context.earth);
    identity = fmt::format("{}\n{:.9g} {:.9g}\n{}\n{}\n", earth ? earth->identity() : std::string("pixels"),
                           sides.length_x(), sides.length_y(), context.before_id, context.after_id);
  }

  bool minimum_in_pixels() const noexcept { return context.min_area.pixels || !earth; }

  std::string patch_id(std::uint64_t region_id) const {
    const auto width = static_cast<std::uint64_t>(context.grid.width);
    const double column = static_cast<double>(region_id % width) + 0.5;
    const double row = static_cast<double>(region_id / width) + 0.5;
    // In thousandths of a pixel: the same for two windows of one grid whose origins differ in the last bits.
    const PixelSides sides = PixelSides::of(context.grid);
    const double x = std::round(context.grid.ground_x(column, row) / sides.length_x() * 1000) + 0.0;
    const double y = std::round(context.grid.ground_y(column, row) / sides.length_y() * 1000) + 0.0;
    return fmt::format("{:016x}", fnv1a(fmt::format("{}{:.0f} {:.0f}", identity, x, y)));
  }

  /// Returns how far the bands' means moved in units of their spread.
  std::optional<double> describe_spectra(const kernels::RegionStats& stats, Patch& patch, Spectrum& before,
                                         Spectrum& after) const {
    ChangeOverSpread change;
    for (std::size_t b = 0; b < context.bands.size(); ++b) {
      const Moments was = moments(stats.before[b], stats.pixels, context.fixed_before[b]);
      const Moments is = moments(stats.after[b], stats.pixels, context.fixed_after[b]);
      const BandInfo& band = context.bands[b];
      patch.spectra.push_back({band.role, band.name, was.mean, was.sd, is.mean, is.sd});
      const kernels::BandNormalisation& n = context.normalisation[b];
      const auto slope = static_cast<double>(n.slope);
      const double now = static_cast<double>(n.offset) + slope * is.mean;
      const double now_sd = std::abs(slope) * is.sd;
      before.set(band.role, was.mean, was.sd);
      after.set(band.role, now, now_sd);
      change.add(was.mean, was.sd, now, now_sd);
    }
    const Indices was(before);
    const Indices is(after);
    patch.ndvi = {was.ndvi, is.ndvi};
    patch.ndwi = {was.ndwi, is.ndwi};
    patch.mndwi = {was.mndwi, is.mndwi};
    patch.ndbi = {was.ndbi, is.ndbi};
    patch.bsi = {was.bsi, is.bsi};
    patch.brightness = {was.brightness, is.brightness};
    return change.value();
  }

  void describe_shape(const Region& region, Patch& patch) const {
    const kernels::RegionStats& stats = region.stats;
    const Point centre = lattice_centroid(stats);
    const Point ground{context.grid.ground_x(centre.x, centre.y), context.grid.ground_y(centre.x, centre.y)};
    patch.centroid_x = ground.x;
    patch.centroid_y = ground.y;
    Point scale{1, 1};  // form needs no scale where both ground axes have the same unit
    if (earth) {
      const Point lon_lat = earth->lon_lat(ground);
      patch.lon = lon_lat.x;
      patch.lat = lon_lat.y;
      if (earth->geographic()) scale = earth->metres_per_unit(ground);
    }
    const PixelSides sides = PixelSides::of(context.grid, scale);
    patch.compactness = compactness(stats, sides);
    patch.elongation = elongation(stats, sides);
    const std::int64_t edges = stats.horizontal_edges + stats.vertical_edges;
    patch.perimeter_px = static_cast<double>(edges);
    patch.edge_share = edges > 0 ? static_cast<double>(stats.invalid_edges) / static_cast<double>(edges) : 0;
    const std::int64_t frame = frame_edges(region, context.grid);
    if (edges > frame)
      patch.valid_share =
          static_cast<double>(edges - stats.invalid_edges) / static_cast<double>(edges - frame);
  }

  void describe_score(const kernels::RegionStats& stats, Patch& patch) const {
    const double unit = static_cast<double>(kernels::kScoreScale);
    const double n = static_cast<double>(std::max<std::int64_t>(stats.pixels, 1));
    patch.score_mean = static_cast<double>(stats.score_sum) / n / unit;
    patch.score_max = static_cast<double>(stats.score_max) / unit;
  }

  /// See Patch::confidence. `moved` is r there.
  double confidence(const Patch& patch, std::optional<double> width_px, std::optional<double> moved) const {
    if (!(patch.score_mean > context.cut)) return 0;
    const double excess = 1 - std::max(context.cut, 0.0) / patch.score_mean;
    const double breadth = width_px ? *width_px / (*width_px + 2) : 1;
    const double r = moved.value_or(1);
    const bool explained =
        patch.change_type == "C90" || patch.change_type == "C91" || patch.change_type == "C92";
    return std::sqrt(excess * std::sqrt(breadth * r / (r + 0.5))) * (1 - patch.edge_share / 2) *
           (explained ? 0.8 : 1);
  }

  std::optional<Patch> describe(const Region& region) const {
    const kernels::RegionStats& stats = region.stats;
    // A piece of an oversized region is a part of something large, however small it is itself.
    const double least = region.cut ? 0 : context.min_area.value;
    if (minimum_in_pixels() && static_cast<double>(stats.pixels) < least) return std::nullopt;

    // As fixed point, which clamps both alike.
    if (!region.cut && stats.score_max < kernels::score_to_fixed(static_cast<float>(context.least_score_max)))
      return std::nullopt;

    Patch patch;
    patch.area_px = stats.pixels;
    patch.geometry = ground_outline(region, context.grid);
    if (earth) {
      const Earth::Measures m = earth->measure(patch.geometry);
      if (!minimum_in_pixels() && m.official_area_m2 < least) return std::nullopt;
      patch.area_m2 = m.official_area_m2;
      patch.area_geod_m2 = m.geodesic_area_m2;
      patch.area_mu = m.official_area_m2 * 3 / 2000;
      patch.perimeter_m = m.perimeter_m;
    }
    patch.patch_id = patch_id(region.id);
    patch.region_id = region.id;
    patch.lineage_id = patch.patch_id;
    patch.cut = region.cut;
    patch.last_row = region.last_row();
    patch.before_date = context.before_date;
    patch.registration_px = context.registration_px;
    patch.after_date = context.after_date;

    describe_shape(region, patch);
    describe_score(stats, patch);
    Spectrum before;
    Spectrum after;
    const std::optional<double> moved = describe_spectra(stats, patch, before, after);

    std::optional<double> width_px;
    if (patch.perimeter_px > 0) width_px = 2 * static_cast<double>(patch.area_px) / patch.perimeter_px;
    const ChangeType type = judge_change({.before = before.means(),
                                          .after = after.means(),
                                          .sd_before = before.sds(),
                                          .sd_after = after.sds(),
                                          .area_m2 = patch.area_m2,
                                          .compactness = patch.compactness,
                                          .elongation = patch.elongation,
                                          .edge_share = patch.edge_share,
                                          .width_px = width_px,
                                          .exposed = region.kind == kernels::Kind::exposed});
    patch.direction = type.direction;
    patch.change_type = type.code;
    patch.type_confidence = type.confidence;
    patch.construction_like = type.construction_like();
    patch.earthwork_like = type.earthwork_like();
    patch.confidence = confidence(patch, width_px, moved);
    return patch;
  }

  /// The official areas pixels have on a lattice of places all over the grid; none where one of them cannot
  /// be projected.
  std::vector<double> pixel_areas_m2() const {
    constexpr int kPlaces = 32;
    const Grid& grid = context.grid;
    std::vector<double> areas;
    try {
      for (int j = 0; j <= kPlaces; ++j) {
        const auto y = static_cast<double>(static_cast<std::int64_t>(grid.height - 1) * j / kPlaces);
        for (int i = 0; i <= kPlaces; ++i) {
          const auto x = static_cast<double>(static_cast<std::int64_t>(grid.width - 1) * i / kPlaces);
          const auto corner = [&](double dx, double dy) {
            return Point{grid.ground_x(x + dx, y + dy), grid.ground_y(x + dx, y + dy)};
          };
          const Ring pixel{corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1), corner(0, 0)};
          areas.push_back(earth->official_area_m2({{{pixel}}}));
        }
      }
    } catch (const Error&) {
      return {};
    }
    return areas;
  }

  std::int64_t fewest_pixels() const {
    const double least = context.min_area.value;
    if (!(least > 1e-9)) return 1;
    double pixels = least;
    if (!minimum_in_pixels()) {
      const std::vector<double> areas = pixel_areas_m2();
      const auto largest = std::max_element(areas.begin(), areas.end());
      if (largest == areas.end() || !(*largest > 0)) return 1;
      // Between two places a projection's scale bends by far less than 3 %, on a world map in Mercator too.
      pixels = least / (*largest * 1.03);
    }
    return static_cast<std::int64_t>(std::clamp(std::ceil(pixels), 1.0, 9e18));
  }
};

Describer::Describer(DescribeContext context) : impl_(std::make_unique<Impl>(std::move(context))) {}
Describer::~Describer() = default;
Describer::Describer(Describer&&) noexcept = default;

std::optional<Patch> Describer::describe(const Region& region) const {
  return impl_->describe(region);
}

std::optional<double> Describer::mean_pixel_m2() const {
  if (!impl_->earth) return std::nullopt;
  const std::vector<double> areas = impl_->pixel_areas_m2();
  if (areas.empty()) return std::nullopt;
  return std::accumulate(areas.begin(), areas.end(), 0.0) / static_cast<double>(areas.size());
}

std::int64_t Describer::fewest_pixels() const {
  return impl_->fewest_pixels();
}

}  // namespace tuban
