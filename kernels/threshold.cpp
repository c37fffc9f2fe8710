// SPDX-License-Identifier: Apache-2.0
// All of it from the sorted sample: no image pass, independent of the order of the scores.
#include "kernels/threshold.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numeric>
#include <span>
#include <string>

#include "kernels/log_ratio.h"
#include "kernels/math.h"
#include "kernels/split.h"

namespace tuban::kernels {
namespace {

constexpr double kClip = 0.999;
constexpr std::size_t kMinScores = 1000;  // fewer fill too few bins
constexpr double kQuartileToSd = 0.6744897501960817;
constexpr double kWarnShare = 0.4;

// The sample is unimodal unless at least kFarShare of it (and kMinFar scores) lies kFar null deviations above
// the null's median. Without change the share beyond 6 is 1.2e-4 in the worst case (one band, not smoothed:
// half normal) and 0 after a 3x3 mean; 240 simulated pairs without change (2k to 200k scores; 1, 3, 4, 6
// bands; noise .4 to 40; with and without gain and offset; three kinds of ground; smoothed and not) gave no
// alarm, and .3 %, 1 %, 5 %, 20 % changed by 10 and 30 noise deviations were found in all of 480.
// test_threshold.cpp holds the experiment.
constexpr double kFar = 6;
constexpr double kFarShare = 5e-4;
constexpr double kMinFar = 5;

// Where a third or more changed, the median and the lower quartile are no longer the null's alone. Then the
// two classes of Otsu's cut tell: the distance of their means over their pooled deviation was 2.9 at most in
// the same pairs without change (2.7 for a normal split in the middle), 3.4 and more with 20 % changed.
constexpr double kTwoModes = 3.2;
constexpr double kTwoModesShare = 0.1;

using Sorted = std::span<const float>;

// By their bits, which are in the order of the values where these are >= 0: three passes of eleven bits.
void sort_scores(std::vector<float>& scores) {
  constexpr std::size_t kDigits = 2048;
  std::vector<float> other(scores.size());
  for (int shift = 0; shift < 32; shift += 11) {
    const auto digit = [&](float score) {
      return std::bit_cast<std::uint32_t>(score) >> shift & (kDigits - 1);
    };
    std::array<std::size_t, kDigits> place{};
    for (const float score : scores) ++place[digit(score)];
    std::exclusive_scan(place.begin(), place.end(), place.begin(), std::size_t{0});
    for (const float score : scores) other[place[digit(score)]++] = score;
    scores.swap(other);
  }
}

double at_quantile(Sorted sorted, double q) {
  return static_cast<double>(sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))]);
}

// Median, and the deviation that the lower quartile implies: change only adds large scores, so the lower half
// of the sample is the null's.
NullFit fit_null(Sorted sorted) {
  const double centre = at_quantile(sorted, 0.5);
  const double spread = (centre - at_quantile(sorted, 0.25)) / kQuartileToSd;
  return {{centre, std::max(spread, 1e-6 * std::max(centre, 1e-6)), 0, 0}};
}

Sorted reaching(Sorted sorted, float value) {
  return sorted.subspan(
      static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin()));
}

double share(Sorted part, Sorted whole) {
  return static_cast<double>(part.size()) / static_cast<double>(whole.size());
}

bool two_modes(const Split& otsu) noexcept {
  constexpr double kBinVariance = 1.0 / 12;
  if (otsu.edge < 0 || otsu.high.n < kTwoModesShare * (otsu.low.n + otsu.high.n)) return false;
  const double pooled = 0.5 * (otsu.low.variance() + otsu.high.variance()) + kBinVariance;
  return otsu.high.mean() - otsu.low.mean() > kTwoModes * std::sqrt(pooled);
}

// Student's t with 8 degrees of freedom: close to normal where unchanged pixels are, but with a tail that
// falls like z^-8, so that patches can still be ranked where a normal tail has long underflown, and that is
// nearer to the heavy tails of real scenes. P(T > z) for z >= 0, closed form of even degrees of freedom.
double student8_tail(double z) noexcept {
  const double u = 8 / (8 + z * z);
  const double s = z / std::sqrt(8 + z * z);
  if (z < 3) return 0.5 - 0.5 * s * (1 + u * (1.0 / 2 + u * (3.0 / 8 + u * (5.0 / 16))));
  // The rest of the same series, which sums to 1: nothing cancels. u <= 8/17, so 64 terms leave 1e-20.
  double coefficient = 35.0 / 128;
  double power = u * u * u * u;
  double sum = 0;
  for (int k = 4; k < 68; ++k) {
    sum += coefficient * power;
    coefficient *= (2.0 * k + 1) / (2.0 * k + 2);
    power *= u;
  }
  return 0.5 * s * sum;
}

void warn_of_total_change(Cut& cut) {
  if (cut.changed_share > kWarnShare)
    cut.notes.emplace_back(
        "more than 40 % of the sampled pixels reach the cut; the unchanged ones can no longer be told apart "
        "with "
        "confidence");
}

}  // namespace

double NullFit::p(double score) const noexcept {
  const double z = (score - parameters[0]) / parameters[1];
  if (!(parameters[1] > 0) || std::isnan(z)) return 1;
  return z < 0 ? 1 - student8_tail(-z) : student8_tail(z);
}

namespace {

struct Word {
  std::string_view word;
  CutRule::Method method;
  double least = 0, most = 0;  // of the value behind the colon, both excluded; equal: there is none
};
constexpr Word kWords[] = {{"auto", CutRule::Method::automatic},
                           {"fixed", CutRule::Method::fixed, -1, 1e30},
                           {"percentile", CutRule::Method::percentile, 0, 100},
                           {"otsu", CutRule::Method::otsu},
                           {"ki", CutRule::Method::minimum_error},
                           {"em", CutRule::Method::mixture},
                           {"triangle", CutRule::Method::triangle},
                           {"null", CutRule::Method::null_rate, 0, 1},
                           {"cfar", CutRule::Method::speckle_rate, 0, 1},
                           {"chi2", CutRule::Method::chi_square, 0, 1}};

// The least score that the null reaches with no more than this probability.
double end_of_null(const NullFit& null, double rate) {
  double low = null.parameters[0], high = low + 1e6 * null.parameters[1];
  if (null.p(low) <= rate) low = 0;
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    (null.p(middle) > rate ? low : high) = middle;
  }
  return high;
}

// The deviation of the unchanged scores' log-ratio is that of their median; change that reaches a first cut
// is left out of the next median.
double end_of_speckle(Sorted sorted, const CutRule& rule) {
  constexpr int kRounds = 20;
  double cut = -1;
  for (int i = 0; i < kRounds && !sorted.empty(); ++i) {
    const double deviation = at_quantile(sorted, 0.5) / kQuartileToSd * rule.speckle_scale;
    const double next = log_ratio_cut(looks_of(deviation), rule.value);
    if (next == cut) break;
    cut = next;
    sorted = sorted.first(sorted.size() - reaching(sorted, static_cast<float>(cut)).size());
  }
  return cut;
}

std::string without_zeros(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

// What the user says holds, whether anything changed or not.
bool cut_as_told(const CutRule& rule, Sorted sorted, Cut& cut) {
  if (rule.method == CutRule::Method::fixed) {
    cut.value = static_cast<float>(rule.value);
    cut.method = "fixed";
  } else if (rule.method == CutRule::Method::percentile) {
    cut.value = static_cast<float>(at_quantile(sorted, rule.value / 100));
    cut.method = "percentile " + without_zeros(rule.value);
  } else if (rule.method == CutRule::Method::chi_square && rule.degrees_of_freedom > 0) {
    cut.value = static_cast<float>(std::sqrt(math::chi2_quantile(1 - rule.value, rule.degrees_of_freedom)));
    cut.method = "chi-square " + without_zeros(rule.value);
  } else {
    return false;
  }
  cut.changed = true;
  return true;
}

// By the method asked for, where two classes are to be parted.
void cut_between(const CutRule& rule, const Histogram& bins, double least, Sorted sorted, Cut& cut) {
  const Split otsu = otsu_split(bins, least);
  const auto take = [&](double edge, const char* method, const char* why) {
    cut.method = edge > 0 ? method : "Otsu 1979";
    if (edge > 0) {
      cut.value = static_cast<float>(edge);
      return;
    }
    cut.notes.emplace_back(why);
    if (otsu.edge > 0) cut.value = static_cast<float>(otsu.edge);
  };
  switch (rule.method) {
    case CutRule::Method::otsu:
      return take(otsu.edge, "Otsu 1979", "the scores cannot be parted");
    case CutRule::Method::mixture:
      return take(mixture_edge(bins, otsu), "two normal classes by EM (Bruzzone & Prieto 2000)",
                  "the two classes of EM do not cross; the cut is Otsu's");
    case CutRule::Method::triangle:
      return take(triangle_edge(sorted, bins.clip()), "triangle (Zack, Rogers & Latt 1977)",
                  "the scores have no tail; the cut is Otsu's");
    case CutRule::Method::null_rate:
      return take(end_of_null(cut.null, rule.value), "false alarms of the null", "the null has no end");
    case CutRule::Method::speckle_rate:
      return take(end_of_speckle(sorted, rule), "false alarms of speckle (Rignot & van Zyl 1993)",
                  "the scores have no speckle");
    default:
      break;
  }
  if (rule.method == CutRule::Method::chi_square)
    cut.notes.emplace_back(
        "canonical variates could not be fitted, so chi2 has no meaning; the cut is automatic");
  const bool flat = at_quantile(sorted, 0.25) == cut.null.parameters[0] || otsu.low.variance() < kNoSpread;
  const Split split =
      rule.folded ? folded_minimum_error_split(bins, least) : minimum_error_split(bins, least);
  take(flat ? -1 : split.edge, "Kittler & Illingworth 1986",
       "the unchanged or the changed pixels have identical scores; the cut is Otsu's");
}

}  // namespace

std::optional<CutRule> cut_rule(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto word = std::find_if(std::begin(kWords), std::end(kWords),
                                 [&](const Word& w) { return w.word == text.substr(0, colon); });
  if (word == std::end(kWords)) return {};
  CutRule rule{word->method, 0};
  const bool takes_value = word->least < word->most;
  if (takes_value != (colon < text.size())) return {};
  if (!takes_value) return rule;
  const std::string_view number = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rule.value);
  if (error != std::errc{} || end != number.data() + number.size() || !(rule.value > word->least) ||
      !(rule.value < word->most))
    return {};
  return rule;
}

Cut choose_cut(std::vector<float> scores, const CutRule& rule) {
  Cut cut;
  if (scores.empty()) {
    cut.method = "none: no scores";
    cut.notes.emplace_back(
        "the sample has no valid pixel to choose a cut from; nothing is marked as changed");
    return cut;
  }
  sort_scores(scores);
  const Sorted sorted(scores);
  cut.null = fit_null(sorted);
  if (!cut_as_told(rule, sorted, cut)) {
    const double centre = cut.null.parameters[0];
    cut.value = static_cast<float>(centre + kFar * cut.null.parameters[1]);
    const Sorted far = reaching(sorted, cut.value);
    const auto count = static_cast<double>(far.size());
    const bool tail = count >= kMinFar && count >= kFarShare * static_cast<double>(sorted.size());
    // The 99.9 percentile, unless that would cut off the very change that was found.
    const double clip = std::max(at_quantile(sorted, kClip), tail ? at_quantile(far, 0.5) : 0.0);
    cut.method = "none: unimodal, nothing changed";
    if (!(clip > 0)) return cut;
    const Histogram bins(sorted, clip);
    const double least = tail ? centre : 0;
    cut.changed = tail || two_modes(otsu_split(bins, least));
    if (!cut.changed) return cut;
    if (sorted.size() < kMinScores) {
      cut.method = "end of the null";
      cut.notes.push_back("only " + std::to_string(sorted.size()) +
                          " scores to choose a cut from; it was put 6 deviations above the unchanged ones");
    } else {
      cut_between(rule, bins, least, sorted, cut);
    }
    const bool automatic =
        rule.method == CutRule::Method::automatic || rule.method == CutRule::Method::chi_square;
    if (automatic && static_cast<double>(cut.value) < rule.least) {
      cut.value = static_cast<float>(rule.least);
      cut.method += ", raised to the least score of change";
    }
  }
  const Sorted changed = reaching(sorted, cut.value);
  cut.changed_share = share(changed, sorted);
  // The changed pixels have pushed the median up; now they are known.
  if (changed.size() < sorted.size()) cut.null = fit_null(sorted.first(sorted.size() - changed.size()));
  warn_of_total_change(cut);
  return cut;
}

}  // namespace tuban::kernels
