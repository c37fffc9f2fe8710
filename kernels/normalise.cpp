// SPDX-License-Identifier: Apache-2.0
#include "kernels/normalise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "kernels/match_curve.h"
#include "kernels/math.h"
#include "kernels/moments.h"

namespace tuban::kernels {
namespace {

constexpr double kInvariantWeight = 0.5;
constexpr std::size_t kMinInvariant = 5000;
constexpr double kMinCorrelation = 0.7;
constexpr double kMaxSlopeRatio = 2;
constexpr double kMadToSd = 1.4826022185056018;
constexpr double kRelativeNoise = 1e-4;

// Of the robust matching: rounds of regression, each over the pixels within this many sigma of the line.
constexpr int kTrimmings = 5;
constexpr double kTrim = 2.5;

// A flat scene fits any slope equally well: another start must win by more than chance.
constexpr double kClearlyBetter = 0.8;

bool all_integer(const std::vector<float>& plane) {
  // From 2^23 on all float32 are integers.
  return std::all_of(plane.begin(), plane.end(), [](float v) {
    return !(std::abs(v) < 8388608.0F) || v == static_cast<float>(static_cast<std::int32_t>(v));
  });
}

// The residual noise that the number format alone explains. Keeps sigma off 0 for identical dates.
double noise_floor(const Sample& sample, std::size_t band, double sd, double slope) {
  const bool integer = all_integer(sample.before[band]) && all_integer(sample.after[band]);
  const double rounding = integer ? std::sqrt((1 + slope * slope) / 12) : 0;
  const double floor = std::max(rounding, kRelativeNoise * sd);
  return floor > 0 ? floor : 1.0;
}

double median(std::vector<float>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

// Median, and the standard deviation that a normal sample with this median absolute deviation has.
std::array<double, 2> robust_scale(std::vector<float> values) {
  const double centre = median(values);
  for (float& v : values) v = static_cast<float>(std::abs(static_cast<double>(v) - centre));
  return {centre, kMadToSd * median(values)};
}

BandNormalisation rounded(double slope, double offset, double sigma, bool fallback, double correlation = 0) {
  return {static_cast<float>(slope), static_cast<float>(offset), static_cast<float>(sigma), fallback,
          static_cast<float>(correlation)};
}

double correlation(const Moments& m) {
  const double scale = std::sqrt(m.cov(0, 0) * m.cov(1, 1));
  return scale > 0 ? m.cov(0, 1) / scale : 0.0;
}

double residual_variance(double s_rr, double s_tt, double s_tr, double slope) {
  return std::max(0.0, s_rr - 2 * slope * s_tr + slope * slope * s_tt);
}

double orthogonal_slope(const Moments& m) {
  const double difference = m.cov(0, 0) - m.cov(1, 1);
  const double s_tr = m.cov(0, 1);
  return s_tr > 0 ? (difference + std::sqrt(difference * difference + 4 * s_tr * s_tr)) / (2 * s_tr) : 0.0;
}

bool acceptable(const Moments& m, double slope) {
  const double s_rr = m.cov(0, 0);
  const double s_tt = m.cov(1, 1);
  if (!(s_rr > 0 && s_tt > 0)) return false;
  const double matched = std::sqrt(s_rr / s_tt);
  return m.cov(0, 1) > kMinCorrelation * std::sqrt(s_rr * s_tt) && slope <= kMaxSlopeRatio * matched &&
         matched <= kMaxSlopeRatio * slope;
}

// Median of the slopes through pairs of pixels half a sample apart (Theil 1950, on n of the n^2 pairs), of
// those pairs whose distance on the second date exceeds the median distance. Bears a quarter of changed
// pixels; 1 where the second date is flat or the dates disagree in sign.
double paired_slope(const std::vector<float>& r, const std::vector<float>& t) {
  const std::size_t half = r.size() / 2;
  std::vector<float> distance(half);
  for (std::size_t i = 0; i < half; ++i) distance[i] = std::abs(t[i + half] - t[i]);
  std::vector<float> slopes;
  if (half > 0) {
    const double least = median(distance);
    for (std::size_t i = 0; i < half; ++i) {
      const float step = t[i + half] - t[i];
      if (step != 0 && static_cast<double>(std::abs(step)) >= least)
        slopes.push_back((r[i + half] - r[i]) / step);
    }
  }
  const double slope = slopes.empty() ? 1.0 : median(slopes);
  return slope > 0 ? slope : 1.0;
}

std::vector<float> residuals(const std::vector<float>& r, const std::vector<float>& t, double slope) {
  std::vector<float> values(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    values[i] = static_cast<float>(static_cast<double>(r[i]) - slope * static_cast<double>(t[i]));
  return values;
}

Moments trimmed_moments(const std::vector<float>& r, const std::vector<float>& t, double slope, double offset,
                        double limit) {
  std::vector<double> keep(r.size());
  for (std::size_t i = 0; i < r.size(); ++i)
    keep[i] =
        std::abs(static_cast<double>(r[i]) - offset - slope * static_cast<double>(t[i])) <= limit ? 1.0 : 0.0;
  const std::array planes{r.data(), t.data()};
  return weighted_moments(planes, r.size(), keep, means(planes, r.size()));
}

double ratio_or_one(double numerator, double denominator) {
  return numerator > 0 && denominator > 0 ? numerator / denominator : 1.0;
}

double deviation_ratio(const std::vector<float>& r, const std::vector<float>& t) {
  const std::array planes{r.data(), t.data()};
  const Moments m = weighted_moments(planes, r.size(), {}, means(planes, r.size()));
  return ratio_or_one(std::sqrt(m.cov(0, 0)), std::sqrt(m.cov(1, 1)));
}

struct Line {
  double slope = 1;
  double offset = 0;
  double sigma = 0;
  double misfit = 0;  // the distance from the line that three quarters of the pixels keep
};

Line line_with(const std::vector<float>& r, const std::vector<float>& t, double slope) {
  std::vector<float> residual = residuals(r, t, slope);
  const auto [offset, sigma] = robust_scale(residual);
  for (float& v : residual) v = static_cast<float>(std::abs(static_cast<double>(v) - offset));
  const auto rank = residual.begin() + static_cast<std::ptrdiff_t>((residual.size() - 1) * 3 / 4);
  std::nth_element(residual.begin(), rank, residual.end());
  return {slope, offset, sigma, static_cast<double>(*rank) / std::sqrt(1 + slope * slope)};
}

// Orthogonal regression over the pixels near the line, repeated, as long as it is acceptable.
Line refined(const std::vector<float>& r, const std::vector<float>& t, double start) {
  Line line = line_with(r, t, start);
  for (int i = 0; i < kTrimmings; ++i) {
    const Moments m = trimmed_moments(r, t, line.slope, line.offset, kTrim * line.sigma);
    const double slope = orthogonal_slope(m);
    if (!acceptable(m, slope)) break;
    line = line_with(r, t, slope);
  }
  return line;
}

bool all_finite(const Sample& sample) {
  for (const auto* planes : {&sample.before, &sample.after})
    for (const auto& plane : *planes)
      if (!std::all_of(plane.begin(), plane.end(), [](float v) { return std::isfinite(v); })) return false;
  return true;
}

}  // namespace

std::optional<Normalisation> find_normalisation(std::string_view word) {
  if (word == "invariant") return Normalisation::invariant;
  if (word == "none") return Normalisation::none;
  if (word == "mean-sigma") return Normalisation::mean_sigma;
  if (word == "histogram") return Normalisation::histogram;
  return std::nullopt;
}

// Pixels with a sample that is not a number, or infinite, tell nothing about the pair.
Sample finite_pixels(const Sample& sample) {
  std::vector<bool> keep(sample.size(), true);
  for (const auto* planes : {&sample.before, &sample.after})
    for (const auto& plane : *planes)
      for (std::size_t i = 0; i < plane.size(); ++i)
        if (!std::isfinite(plane[i])) keep[i] = false;
  const auto kept = [&](const std::vector<std::vector<float>>& planes) {
    std::vector<std::vector<float>> result(planes.size());
    for (std::size_t b = 0; b < planes.size(); ++b)
      for (std::size_t i = 0; i < keep.size(); ++i)
        if (keep[i]) result[b].push_back(planes[b][i]);
    return result;
  };
  return {kept(sample.before), kept(sample.after), sample.roles, sample.normalisation};
}

std::vector<std::array<double, 2>> difference_scales(const Sample& sample) {
  std::vector<std::array<double, 2>> scales(sample.before.size(), {0, 1});
  if (sample.size() == 0) return scales;
  for (std::size_t b = 0; b < scales.size(); ++b) {
    const auto [offset, deviation] = robust_scale(residuals(sample.before[b], sample.after[b], 1));
    const double sd = robust_scale(sample.before[b])[1];
    scales[b] = {offset, std::max(deviation, noise_floor(sample, b, sd, 1))};
  }
  return scales;
}

std::vector<BandNormalisation> normalise(const Sample& sample, std::span<const double> weights, int dof,
                                         std::vector<std::string>& notes, const ForEach& each) {
  std::vector<double> invariant(weights.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    invariant[i] = weights[i] > kInvariantWeight ? 1.0 : 0.0;
    count += weights[i] > kInvariantWeight;
  }
  // sigma over the pixels below the median of a chi-square statistic is that of a truncated sample. For p
  // normal residuals the variance left is P(chi2_{p+2} < m) / P(chi2_p < m); without this the change vector
  // would be in smaller units than the variates it is compared with.
  const double edge = math::chi2_quantile(1 - kInvariantWeight, dof);
  const double truncated = (1 - math::chi2_survival(edge, dof + 2)) / (1 - kInvariantWeight);
  const bool enough = count >= std::min(kMinInvariant, sample.size() / 10);
  std::vector<BandNormalisation> result(sample.before.size());
  each(result.size(), [&](std::size_t b) {
    const std::array planes{sample.before[b].data(), sample.after[b].data()};
    const Moments m = weighted_moments(planes, sample.size(), invariant, means(planes, sample.size()));
    const double s_rr = m.cov(0, 0);
    const double s_tt = m.cov(1, 1);
    const double s_tr = m.cov(0, 1);
    const double sd = std::sqrt(s_rr);
    const double matched = s_rr > 0 && s_tt > 0 ? std::sqrt(s_rr / s_tt) : 1.0;
    const double orthogonal = orthogonal_slope(m);
    const bool accepted = enough && acceptable(m, orthogonal);
    const double slope = accepted ? orthogonal : matched;
    const double sigma = std::max(std::sqrt(residual_variance(s_rr, s_tt, s_tr, slope) / truncated),
                                  noise_floor(sample, b, sd, slope));
    result[b] = rounded(slope, m.mean[0] - slope * m.mean[1], sigma, !accepted, correlation(m));
  });
  for (std::size_t b = 0; b < result.size(); ++b)
    if (result[b].fallback)
      notes.push_back("band " + std::to_string(b + 1) + ": the orthogonal regression over " +
                      std::to_string(count) +
                      " invariant pixels was not accepted; mean and standard deviation were matched");
  return result;
}

std::vector<BandNormalisation> match_robustly(const Sample& sample) {
  std::vector<BandNormalisation> result;
  for (std::size_t b = 0; b < sample.before.size(); ++b) {
    if (sample.before[b].empty()) {
      result.push_back(rounded(1, 0, 1, true));
      continue;
    }
    const std::vector<float>& r = sample.before[b];
    const std::vector<float>& t = sample.after[b];
    const double sd = robust_scale(r)[1];
    Line best = refined(r, t, ratio_or_one(sd, robust_scale(t)[1]));
    for (const double start : {paired_slope(r, t), deviation_ratio(r, t)}) {
      const Line line = refined(r, t, start);
      if (line.misfit < kClearlyBetter * best.misfit) best = line;
    }
    const double sigma = std::max(best.sigma, noise_floor(sample, b, sd, best.slope));
    result.push_back(rounded(best.slope, best.offset, sigma, true));
  }
  return result;
}

namespace {

std::vector<BandNormalisation> match_all(const Sample& sample, std::vector<std::string>& notes) {
  std::vector<BandNormalisation> result;
  for (std::size_t b = 0; b < sample.before.size(); ++b) {
    const std::vector<float>& r = sample.before[b];
    const std::vector<float>& t = sample.after[b];
    if (r.empty()) {
      result.push_back(rounded(1, 0, 1, true));
      continue;
    }
    const std::array planes{r.data(), t.data()};
    const Moments m = weighted_moments(planes, r.size(), {}, means(planes, r.size()));
    const bool matched = sample.normalisation != Normalisation::none;
    const bool flat = matched && !(m.cov(0, 0) > 0 && m.cov(1, 1) > 0);
    if (flat)
      notes.push_back("band " + std::to_string(b + 1) +
                      " is constant on one of the dates; only the means were matched");
    const double slope = matched && !flat ? std::sqrt(m.cov(0, 0) / m.cov(1, 1)) : 1.0;
    const double offset = matched ? m.mean[0] - slope * m.mean[1] : 0.0;
    const double sigma = std::max(robust_scale(residuals(r, t, slope))[1],
                                  noise_floor(sample, b, std::sqrt(m.cov(0, 0)), slope));
    result.push_back(rounded(slope, offset, sigma, flat, correlation(m)));
  }
  return result;
}

// The sample with its later date on the curves; sigma becomes that of what they leave.
Sample on_curves(const Sample& sample, Model& model, const ForEach& each) {
  Sample result = sample;
  model.curves.resize(sample.before.size());
  each(sample.before.size(), [&](std::size_t b) {
    if (sample.before[b].empty()) return;
    BandNormalisation& line = model.normalisation[b];
    const auto slope = static_cast<double>(line.slope);
    model.curves[b] = match_quantiles(sample.before[b], sample.after[b], slope);
    for (float& v : result.after[b]) v = on_curve(model.curves[b], v);
    const double sd = robust_scale(sample.before[b])[1];
    line.sigma = static_cast<float>(std::max(robust_scale(residuals(sample.before[b], result.after[b], 1))[1],
                                             noise_floor(sample, b, sd, slope)));
  });
  return result;
}

}  // namespace

InvariantFit fit_invariant(const Sample& given, std::string_view detector, const ForEach& each) {
  InvariantFit fit;
  fit.model.detector = detector;
  const bool clean = all_finite(given);
  const Sample reduced = clean ? Sample{} : finite_pixels(given);
  const Sample& sample = clean ? given : reduced;
  const bool invariant = sample.normalisation == Normalisation::invariant;
  auto& notes = fit.model.notes;
  if (!clean)
    notes.push_back(std::to_string(given.size() - sample.size()) +
                    " sample pixels that are not finite were left out of the fit");
  if (!invariant) fit.model.normalisation = match_all(sample, notes);
  const bool curved = sample.normalisation == Normalisation::histogram;
  const Sample moved = curved ? on_curves(sample, fit.model, each) : Sample{};
  const std::size_t needed = kPixelsPerVariable * 2 * sample.before.size();
  if (sample.size() < needed) {
    notes.push_back("the sample has " + std::to_string(sample.size()) + " pixels, IR-MAD needs " +
                    std::to_string(needed) +
                    (invariant ? "; the dates were matched by robust regression instead" : ""));
    if (invariant) fit.model.normalisation = match_robustly(sample);
    return fit;
  }
  fit.mad = fit_mad(curved ? moved : sample, each);
  notes.insert(notes.end(), fit.mad.notes.begin(), fit.mad.notes.end());
  fit.model.iterations = fit.mad.iterations;
  fit.model.rho = fit.mad.rho;
  if (!invariant) return fit;
  if (fit.mad.bands.empty()) {
    fit.model.normalisation = match_robustly(sample);
    return fit;
  }
  fit.model.normalisation =
      normalise(sample, fit.mad.weight, static_cast<int>(fit.mad.bands.size()), notes, each);
  fit.model.invariant = std::count_if(fit.mad.weight.begin(), fit.mad.weight.end(),
                                      [](double w) { return w > kInvariantWeight; });
  return fit;
}

}  // namespace tuban::kernels
