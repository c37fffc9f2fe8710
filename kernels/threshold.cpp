// SPDX-License-Identifier: Apache-2.0
// Kittler & Illingworth 1986 (minimum error: two normal classes), Otsu 1979 where the unchanged class has no
// spread. All of it from the sorted sample: O(n log n), no image pass, independent of the order of the
// scores.
#include "kernels/threshold.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>

#include "kernels/math.h"

namespace tuban::kernels {
namespace {

constexpr std::size_t kBins = 1024;
constexpr double kClip = 0.999;
constexpr double kMinClass = 1e-4;        // a class with fewer of the scores has no variance worth the name
constexpr std::size_t kMinScores = 1000;  // fewer fill too few bins
constexpr double kQuartileToSd = 0.6744897501960817;
constexpr double kWarnShare = 0.4;
constexpr double kNoSpread = 1e-9;  // of a class, in squared bins: all its scores are in one bin

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

// Integer counts over [0, clip]; what lies above is in the last bin.
struct Histogram {
  std::array<std::int64_t, kBins> count{};
  double width = 0;

  Histogram(Sorted scores, double clip) : width(clip / static_cast<double>(kBins)) {
    for (const float s : scores) {
      const double bin = std::min(static_cast<double>(s) / width, static_cast<double>(kBins - 1));
      ++count[static_cast<std::size_t>(bin)];
    }
  }
};

struct Class {
  double n = 0, sum = 0, squares = 0;  // of bin indices: exact integers in double

  void add(double count, double x) noexcept {
    n += count;
    sum += count * x;
    squares += count * x * x;
  }
  Class without(const Class& other) const noexcept {
    return {n - other.n, sum - other.sum, squares - other.squares};
  }
  double mean() const noexcept { return sum / n; }
  double variance() const noexcept { return squares / n - mean() * mean(); }
};

// Both criteria are minimised; infinity where a split is not admissible.

double minimum_error(const Class& low, const Class& high, double total) noexcept {
  const double p1 = low.n / total;
  const double p2 = high.n / total;
  if (p1 < kMinClass || p2 < kMinClass) return std::numeric_limits<double>::infinity();
  const double v1 = low.variance();
  const double v2 = high.variance();
  if (v1 < kNoSpread || v2 < kNoSpread) return std::numeric_limits<double>::infinity();
  return 1 + (p1 * math::log(v1) + p2 * math::log(v2)) - 2 * (p1 * math::log(p1) + p2 * math::log(p2));
}

double within_classes(const Class& low, const Class& high, double total) noexcept {
  if (low.n == 0 || high.n == 0) return std::numeric_limits<double>::infinity();
  const double gap = high.mean() - low.mean();
  return -(low.n / total) * (high.n / total) * gap * gap;
}

struct Split {
  double edge = -1;  // negative where no split is admissible
  Class low, high;
};

// The bin edge above `least` with the smallest criterion.
template <typename Criterion>
Split best_split(const Histogram& h, double least, Criterion criterion) {
  Class all;
  for (std::size_t i = 0; i < kBins; ++i) all.add(static_cast<double>(h.count[i]), static_cast<double>(i));
  Class low;
  Split split;
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i + 1 < kBins; ++i) {
    low.add(static_cast<double>(h.count[i]), static_cast<double>(i));
    const double edge = static_cast<double>(i + 1) * h.width;
    if (edge <= least) continue;
    const Class high = all.without(low);
    const double value = criterion(low, high, all.n);
    if (value < best) {
      best = value;
      split = {edge, low, high};
    }
  }
  return split;
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

Cut choose_cut(std::vector<float> scores) {
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
  const double centre = cut.null.parameters[0];
  cut.value = static_cast<float>(centre + kFar * cut.null.parameters[1]);
  const Sorted far = reaching(sorted, cut.value);
  const auto count = static_cast<double>(far.size());
  const bool tail = count >= kMinFar && count >= kFarShare * static_cast<double>(sorted.size());
  // The 99.9 percentile, unless that would cut off the very change that was found.
  const double clip = std::max(at_quantile(sorted, kClip), tail ? at_quantile(far, 0.5) : 0.0);
  if (!(clip > 0)) {
    cut.method = "none: unimodal, nothing changed";
    return cut;
  }
  const Histogram bins(sorted, clip);
  const double least = tail ? centre : 0;
  const Split otsu = best_split(bins, least, within_classes);
  cut.changed = tail || two_modes(otsu);
  if (!cut.changed) {
    cut.method = "none: unimodal, nothing changed";
    return cut;
  }
  const bool flat = at_quantile(sorted, 0.25) == centre || otsu.low.variance() < kNoSpread;
  const Split split = flat ? Split{} : best_split(bins, least, minimum_error);
  if (sorted.size() < kMinScores) {
    cut.method = "end of the null";
    cut.notes.push_back("only " + std::to_string(sorted.size()) +
                        " scores to choose a cut from; it was put 6 deviations above the unchanged ones");
  } else if (split.edge > 0) {
    cut.method = "Kittler & Illingworth 1986";
    cut.value = static_cast<float>(split.edge);
  } else {
    cut.method = "Otsu 1979";
    cut.notes.emplace_back("the unchanged or the changed pixels have identical scores; the cut is Otsu's");
    if (otsu.edge > 0) cut.value = static_cast<float>(otsu.edge);
  }
  const Sorted changed = reaching(sorted, cut.value);
  cut.changed_share = share(changed, sorted);
  // The changed pixels have pushed the median up; now they are known.
  if (changed.size() < sorted.size()) cut.null = fit_null(sorted.first(sorted.size() - changed.size()));
  warn_of_total_change(cut);
  return cut;
}

}  // namespace tuban::kernels
