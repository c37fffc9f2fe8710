// SPDX-License-Identifier: Apache-2.0
#include "engine/patch/change_type.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tuban {
namespace {

constexpr std::array kRoles{&RoleMeans::blue, &RoleMeans::green, &RoleMeans::red, &RoleMeans::nir};

/// Of a house 10 m wide at 2 m sampling nearly half the pixels touch its border; with more than half the
/// change would be the smaller part of its own patch.
constexpr double kMostMixed = 0.45;

/// Of a patch known to have a bare core: smoothing makes a house 7 px wide twice as large as it is.
constexpr double kMostMixedAroundCore = 0.65;

std::optional<double> normalised_difference(std::optional<double> a, std::optional<double> b) {
  if (!a || !b || !(*a + *b > 1e-6)) return std::nullopt;
  return (*a - *b) / (*a + *b);
}

std::optional<double> mean_of(std::initializer_list<std::optional<double>> values) {
  double sum = 0;
  int count = 0;
  for (const auto& v : values) {
    if (!v) continue;
    sum += *v;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

/// What the ratios say of one date.
struct State {
  std::optional<double> ndvi, ndwi, redness, visible, overall;

  explicit State(const RoleMeans& m)
      : ndvi(normalised_difference(m.nir, m.red)),
        ndwi(normalised_difference(m.green, m.nir)),
        redness(normalised_difference(m.red, m.blue)),
        visible(mean_of({m.blue, m.green, m.red})),
        overall(mean_of({m.blue, m.green, m.red, m.nir})) {}
};

/// A patch as a new surface with a mixed border.
struct Mixture {
  double border = 0;   ///< share of the patch that is still as before
  double texture = 0;  ///< coefficient of variation of the new surface itself
};

/// Tells the two sources of spread apart by how they act on the bands. A patch that is a share f unchanged
/// surroundings (with the spectrum g of before) and else a surface c has mean m = c + f (g - c) and variance
/// f (1 - f) (g - c)^2 = f / (1 - f) (m - g)^2: most where the surface contrasts most with its surroundings.
/// Relief, rubble and roof planes turned to the sun vary all bands alike, by t m. So the squared coefficient
/// of variation of a band is t^2 + f / (1 - f) ((m - g) / m)^2: a line through the bands, fitted by least
/// squares with neither term below zero.
Mixture unmix(const ChangeMeasures& measured) {
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (const auto role : kRoles) {
    const auto g = measured.before.*role;
    const auto m = measured.after.*role;
    const auto sd = measured.sd_after.*role;
    if (!g || !m || !sd || !(*m > 1e-6)) continue;
    const double contrast = (*m - *g) / *m;
    const double x = contrast * contrast;
    const double y = *sd / *m * (*sd / *m);
    n += 1;
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  if (!(n > 0)) return {};
  const double spread = n * sum_xx - sum_x * sum_x;
  double odds = spread > 1e-9 ? std::max((n * sum_xy - sum_x * sum_y) / spread, 0.0) : 0;
  double squared_texture = (sum_y - odds * sum_x) / n;
  if (squared_texture < 0) {
    squared_texture = 0;
    odds = sum_xy / sum_xx;
  }
  return {odds / (1 + odds), std::sqrt(squared_texture)};
}

/// The new surface without its mixed border: c = g + (m - g) / (1 - f).
RoleMeans without_border(const ChangeMeasures& measured, double border) {
  double mixed = std::min(border, kMostMixedAroundCore);
  if (!measured.exposed) {
    // A spread far above the difference is no mixture but a surface that hardly changed: nothing to take off.
    const double doubt = std::clamp((border - kMostMixed) / (0.7 - kMostMixed), 0.0, 1.0);
    mixed = std::min(border, kMostMixed) * (1 - doubt);
  }
  RoleMeans core = measured.after;
  for (const auto role : kRoles) {
    const auto g = measured.before.*role;
    if (!g || !(core.*role)) continue;
    core.*role = std::max(*g + (*(core.*role) - *g) / (1 - mixed), 0.0);
  }
  return core;
}

/// 0 at the threshold, 1 where the typical member of the class lies.
double margin(double value, double threshold, double typical) {
  return std::clamp((value - threshold) / (typical - threshold), 0.0, 1.0);
}

double within(double least_margin) {
  return 0.4 + 0.6 * least_margin;
}

std::string_view direction_of(const State& before, const State& after) {
  if (before.ndwi && after.ndwi) {
    const double rise = *after.ndwi - *before.ndwi;
    if (*after.ndwi >= 0.15 && rise >= 0.2) return "to_water";
    if (*before.ndwi >= 0.15 && rise <= -0.2) return "from_water";
  }
  if (before.ndvi && after.ndvi) {
    const double rise = *after.ndvi - *before.ndvi;
    if (rise <= -0.15 && *before.ndvi >= 0.25) return "vegetation_loss";
    if (rise >= 0.15 && *after.ndvi >= 0.25) return "vegetation_gain";
  }
  const bool same_bands = before.visible && after.visible;
  const auto old_light = same_bands ? before.visible : before.overall;
  const auto new_light = same_bands ? after.visible : after.overall;
  if (!old_light || !new_light || !(*old_light > 0) || !(*new_light > 0)) return "unknown";
  if (*new_light >= 1.1 * *old_light) return "brightening";
  if (*old_light >= 1.1 * *new_light) return "darkening";
  return "unknown";
}

struct Claim {
  std::string_view code = "C99";
  double confidence = 0;
};

/// Evidence for rock against roof, > 0 for rock: redder, rougher, larger. Factories are large too, so a large
/// area counts half; but a face of less than 0.1 ha that stands alone is no quarry yet, and houses are many.
double rock_evidence(const ChangeMeasures& measured, double redness, double texture) {
  const double red = std::clamp((redness - 0.08) / 0.03, -1.0, 1.0);
  const double rough = std::clamp((texture - 0.135) / 0.045, -1.0, 1.0);
  double size = 0;
  if (measured.area_m2) {
    const double a = *measured.area_m2;
    size = a < 2000 ? std::max((a - 2000) / 1000, -1.0) : std::min((a - 2000) / 8000, 0.5);
  }
  return (red + rough + size) / 2.5;
}

/// Bright and grey, white or blue: a surface that somebody built, or bare rock.
Claim judge_bright(const ChangeMeasures& measured, const State& after, double texture, double rise,
                   double least_rise) {
  const double redness = *after.redness;
  const double clear = std::min({margin(rise, least_rise, 2 * least_rise), margin(redness, 0.17, 0.08)});
  const bool blue = redness <= -0.1;
  if (measured.elongation >= 7 && measured.compactness <= 0.3) {
    return {"C13", within(std::min(clear, margin(measured.elongation, 7, 15)))};
  }
  if (blue)
    return {"C10", within(std::min(margin(rise, least_rise, 2 * least_rise), margin(-redness, 0.1, 0.2)))};
  const double rock = rock_evidence(measured, redness, texture);
  if (rock > 0) return {"C30", within(std::min(clear, margin(rock, 0, 0.6)))};
  const bool yard = measured.area_m2 &&
                    (*measured.area_m2 >= 10000 || (*measured.area_m2 >= 3000 && measured.compactness < 0.2));
  return {yard ? "C12" : "C10", within(std::min(clear, margin(-rock, 0, 0.6)))};
}

Claim judge_vegetation_and_water(const State& before, const State& after, std::string_view direction) {
  const double ndvi0 = *before.ndvi;
  const double ndvi1 = *after.ndvi;
  if (direction == "to_water") return {"C50", within(margin(*after.ndwi, 0.15, 0.4))};
  // A drained pond: fish farming does that every year.
  if (direction == "from_water") return {"C90", within(0)};
  if (direction == "vegetation_gain" && before.redness && before.visible && after.visible) {
    const bool was_red = *before.redness >= 0.33;
    const bool was_bright = *before.redness <= 0.17 && *before.visible >= 2 * *after.visible;
    if (ndvi0 <= 0.2 && ndvi1 >= 0.3 && (was_red || was_bright))
      return {"C33", within(margin(ndvi1, 0.3, 0.7))};
  }
  const double greenest = std::max(ndvi0, ndvi1);
  if (greenest >= 0.25) {
    // Crops grow, ripen, are cut and flooded; the surer, the more of one state is still in the other.
    return {"C90", within(margin(std::min(ndvi0, ndvi1), 0.0, 0.3))};
  }
  return {};
}

std::optional<double> change_over_spread(const ChangeMeasures& measured) {
  ChangeOverSpread bands;
  for (const auto role : kRoles) {
    const auto g = measured.before.*role;
    const auto m = measured.after.*role;
    const auto s = measured.sd_before.*role;
    const auto t = measured.sd_after.*role;
    if (g && m && s && t) bands.add(*g, *s, *m, *t);
  }
  return bands.value();
}

/// How surely the patch is an edge that two dates show a fraction of a pixel apart, or nothing: it is only a
/// few pixels wide, and its mean changed by less than the surfaces within it differ on either date (over the
/// edges of a field or a roof gains and losses cancel). New ground fills its patch and changes the mean by
/// more than its own spread. Where the mean did not move, many such edges lie side by side.
std::optional<double> edge_seen_twice(const ChangeMeasures& measured) {
  constexpr double kWidest = 4;   // px: an edge smoothed over 3 pixels, twice, half a pixel apart
  constexpr double kLeast = 0.7;  // change of the mean over spread; real changes lie above 1.2
  constexpr double kUnmoved = 0.1;
  const auto change = change_over_spread(measured);
  if (!change || *change > kLeast) return std::nullopt;
  const bool thin = measured.width_px && *measured.width_px <= kWidest;
  const bool unmoved = *change <= kUnmoved;
  if (!thin && !unmoved) return std::nullopt;
  const double clear = margin(-*change, -kLeast, -0.2);
  return unmoved ? clear : std::min(clear, margin(-*measured.width_px, -kWidest, -2));
}

/// How surely the patch came under plastic film, or nothing: white and far brighter than what it was, yet
/// with the near infrared of plants beneath. Roofs among trees have the same mean, but no two pixels alike;
/// film is as even as what is grown under it.
std::optional<double> under_film(const ChangeMeasures& measured, const Mixture& mixture, const State& after,
                                 double rise) {
  constexpr double kMostBorder = 0.3;
  constexpr double kMostTexture = 0.1;  // roofs among trees lie above .15
  constexpr double kLeastWidth = 4;     // px: of less, most pixels are border
  const double ndvi = *after.ndvi;
  if (!measured.sd_after.red || mixture.border > kMostBorder || mixture.texture > kMostTexture ||
      (measured.width_px && *measured.width_px < kLeastWidth))
    return std::nullopt;
  if (std::abs(*after.redness) > 0.1 || ndvi < 0.15 || ndvi > 0.4 || rise < 1.7) return std::nullopt;
  return std::min({margin(rise, 1.7, 3), margin(ndvi, 0.15, 0.25), margin(-ndvi, -0.4, -0.3)});
}

/// Coefficient of variation of the visible bands; wetted and dried fields lie below kEven.
constexpr double kEven = 0.1;
double variation(const RoleMeans& mean, const RoleMeans& sd) {
  const auto level = mean_of({mean.blue, mean.green, mean.red});
  const auto spread = mean_of({sd.blue, sd.green, sd.red});
  return level && spread && *level > 1e-6 ? *spread / *level : 0.0;
}

/// Ground free of plants on both dates that is dry now, has parts that differ, and changed by more than half
/// of what these differ.
bool is_worked_ground(const ChangeMeasures& measured, const State& before, double rise) {
  constexpr double kGreenest = 0.35;  // NDVI: stubble; over buildings at the top of the atmosphere .0 to .3
  const State after(measured.after);
  if (!after.ndvi || !after.ndwi || std::max(*before.ndvi, *after.ndvi) > kGreenest) return false;
  // Ponds are drained every year; only filled ones are that bright.
  if (*before.ndwi >= 0.15 && (rise < 1.7 || *after.ndwi > -0.15)) return false;
  const auto change = change_over_spread(measured);
  if (!change || *change < 0.5) return false;
  return std::max(variation(measured.before, measured.sd_before),
                  variation(measured.after, measured.sd_after)) >= kEven;
}

Claim judge(const ChangeMeasures& measured, const Mixture& mixture, const State& before, const State& after,
            std::string_view direction) {
  if (!before.ndvi || !after.ndvi || !before.ndwi || !after.ndwi) return {};
  if (!before.redness || !after.redness || !before.visible || !after.visible || !(*before.visible > 0)) {
    return judge_vegetation_and_water(before, after, direction);
  }
  const double rise = *after.visible / *before.visible;
  const double ndvi = *after.ndvi;
  const double redness = *after.redness;

  // Cloud is white, shadow keeps the colours; both are known by lying along a mask that missed their rim.
  if (measured.edge_share >= 0.4 && std::abs(redness) <= 0.08 && std::abs(ndvi) <= 0.15 && rise >= 1.5) {
    return {"C91", within(margin(measured.edge_share, 0.4, 0.8))};
  }
  if (measured.edge_share >= 0.4 && rise <= 0.7 && std::abs(ndvi - *before.ndvi) <= 0.15 &&
      *after.ndwi < 0.15) {
    return {"C91", within(margin(measured.edge_share, 0.4, 0.8))};
  }

  if (direction == "to_water") return judge_vegetation_and_water(before, after, direction);

  // Laterite and fill: redder than any dry field. A field that dries reddens too, but only to 0.25.
  const double reddening = redness - *before.redness;
  if (redness >= 0.33 && reddening >= 0.1 && ndvi <= 0.26 && rise >= 0.5) {
    return {"C11", within(std::min(margin(redness, 0.33, 0.42), margin(ndvi, 0.26, 0.14)))};
  }

  // Stubble brightens a green field 2 times, a flooded one 1.6 times; dry soil up to 2.9 times, but redder.
  // Of a small patch that is mostly border the unmixed means are rough; that its core is bare is then known
  // from the pixels it grew from, and the means need only be far from those of fields.
  const bool bare_core = measured.exposed && mixture.border >= 0.25;
  const double least_rise = *before.ndvi >= 0.5 && !bare_core ? 2.8 : 2.0;
  const double greenest = bare_core ? 0.4 : 0.2;
  // The redder, the brighter it must be.
  const bool pale = ndvi <= greenest && (redness <= 0.13 || (redness <= 0.17 && rise >= 1.5 * least_rise));
  const bool blue = redness <= -0.1 && ndvi <= std::max(0.3, greenest);
  if ((pale || blue) && rise >= least_rise)
    return judge_bright(measured, after, mixture.texture, rise, least_rise);

  // Dark pavement looks like wet soil; only its shape tells.
  if (ndvi <= 0.15 && *after.ndwi <= -0.1 && redness >= 0.05 && redness <= 0.17 && rise >= 1.4 &&
      *before.ndvi >= 0.5 && measured.elongation >= 8 && measured.compactness <= 0.2) {
    return {"C13", within(0)};
  }
  if (const auto film = under_film(measured, mixture, after, rise)) return {"C16", within(*film)};
  const Claim claim = judge_vegetation_and_water(before, after, direction);
  if ((claim.code == "C90" || claim.code == "C99") && is_worked_ground(measured, before, rise))
    return {"C93", within(0)};
  return claim;
}

}  // namespace

bool ChangeType::construction_like() const noexcept {
  return code >= "C10" && code <= "C17";
}

bool ChangeType::earthwork_like() const noexcept {
  return code == "C11" || code == "C30" || code == "C31";
}

ChangeType judge_change(const ChangeMeasures& measured) {
  const Mixture mixture = unmix(measured);
  const State before(measured.before);
  const State after(without_border(measured, mixture.border));
  const std::string_view direction = direction_of(before, after);
  Claim claim = judge(measured, mixture, before, after, direction);
  if (claim.code == "C90" || claim.code == "C93" || claim.code == "C99") {
    if (const auto clear = edge_seen_twice(measured)) claim = {"C92", within(*clear)};
  }
  // Next to invalid pixels part of what was measured may be cloud.
  const double confidence =
      claim.code == "C91" ? claim.confidence : claim.confidence * (1 - 0.5 * measured.edge_share);
  return {direction, claim.code, std::clamp(confidence, 0.0, 1.0)};
}

std::optional<bool> looks_built(const RoleMeans& mean, const RoleMeans& sd) {
  constexpr double kGreenest = 0.2;  // NDVI; stubble lies at .3
  constexpr double kReddest = 0.13;  // dry soil lies at .22
  constexpr double kWettest = 0.1;   // NDWI; ponds lie at .4, roofs and flooded fields below 0
  const State ground(mean);
  if (!ground.ndvi || !ground.ndwi || !ground.redness) return std::nullopt;
  return *ground.ndvi <= kGreenest && *ground.redness <= kReddest && *ground.ndwi <= kWettest &&
         variation(mean, sd) >= kEven;
}

void ChangeOverSpread::add(double mean_before, double sd_before, double mean_after,
                           double sd_after) noexcept {
  const double level = (mean_before + mean_after) / 2;
  if (!(level > 1e-6)) return;
  const double change = mean_after - mean_before;
  change_ += change * change / (level * level);
  spread_ += (sd_before * sd_before + sd_after * sd_after) / (2 * level * level);
}

std::optional<double> ChangeOverSpread::value() const noexcept {
  if (!(spread_ > 0)) return std::nullopt;
  return std::sqrt(change_ / spread_);
}

}  // namespace tuban
