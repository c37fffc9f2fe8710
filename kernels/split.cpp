// SPDX-License-Identifier: Apache-2.0
#include "kernels/split.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/math.h"

namespace tuban::kernels {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kMinClass = 1e-4;  // a class with fewer of the scores has no variance worth the name

// Both criteria are minimised; infinity where a split is not admissible.

double minimum_error(const Class& low, const Class& high, double total) noexcept {
  const double p1 = low.n / total;
  const double p2 = high.n / total;
  if (p1 < kMinClass || p2 < kMinClass) return kNever;
  const double v1 = low.variance();
  const double v2 = high.variance();
  if (v1 < kNoSpread || v2 < kNoSpread) return kNever;
  return 1 + (p1 * math::log(v1) + p2 * math::log(v2)) - 2 * (p1 * math::log(p1) + p2 * math::log(p2));
}

// Twice the mean -log density of the low class is ln(2 pi v) + 1 if it is normal, and ln(pi q / 2) + 1 with q
// the mean square if it is half a normal one.
double folded_minimum_error(const Class& low, const Class& high, double total) noexcept {
  constexpr double kHalfBin = 0.5;  // scores lie at the middles of their bins
  const double p1 = low.n / total;
  const double p2 = high.n / total;
  if (p1 < kMinClass || p2 < kMinClass) return kNever;
  const double square = (low.squares + 2 * kHalfBin * low.sum) / low.n + kHalfBin * kHalfBin;
  const double v2 = high.variance();
  if (low.variance() < kNoSpread || v2 < kNoSpread) return kNever;
  return 1 + (p1 * math::log(square / 4) + p2 * math::log(v2)) -
         2 * (p1 * math::log(p1) + p2 * math::log(p2));
}

double within_classes(const Class& low, const Class& high, double total) noexcept {
  if (low.n == 0 || high.n == 0) return kNever;
  const double gap = high.mean() - low.mean();
  return -(low.n / total) * (high.n / total) * gap * gap;
}

template <typename Criterion>
Split best_split(const Histogram& bins, double least, Criterion criterion) noexcept {
  Class all;
  for (std::size_t i = 0; i < Histogram::kBins; ++i)
    all.add(static_cast<double>(bins.count(i)), static_cast<double>(i));
  Class low;
  Split split;
  double best = kNever;
  for (std::size_t i = 0; i + 1 < Histogram::kBins; ++i) {
    low.add(static_cast<double>(bins.count(i)), static_cast<double>(i));
    if (bins.edge(i) <= least) continue;
    const Class high = all.without(low);
    const double value = criterion(low, high, all.n);
    if (value < best) {
      best = value;
      split = {bins.edge(i), low, high};
    }
  }
  return split;
}

// A normal class over bin indices, weighted.
struct Normal {
  double share = 0, mean = 0, variance = 0;

  explicit Normal(const Class& part, double total)
      : share(part.n / total), mean(part.mean()), variance(spread(part.variance())) {}
  Normal(double weight, double sum, double squares, double total)
      : share(weight / total), mean(sum / weight), variance(spread(squares / weight - mean * mean)) {}

  double log_density(double x) const noexcept {
    return math::log(share) - 0.5 * math::log(variance) - (x - mean) * (x - mean) / (2 * variance);
  }

 private:
  // A bin's own width keeps a class from shrinking to a point.
  static double spread(double variance) noexcept { return std::max(variance, 1.0 / 12); }
};

}  // namespace

Histogram::Histogram(std::span<const float> scores, double clip) : width_(clip / double{kBins}) {
  for (const float s : scores) {
    const double bin = std::min(static_cast<double>(s) / width_, double{kBins - 1});
    ++count_[static_cast<std::size_t>(bin)];
  }
}

Split minimum_error_split(const Histogram& bins, double least) noexcept {
  return best_split(bins, least, minimum_error);
}

Split folded_minimum_error_split(const Histogram& bins, double least) noexcept {
  return best_split(bins, least, folded_minimum_error);
}

Split otsu_split(const Histogram& bins, double least) noexcept {
  return best_split(bins, least, within_classes);
}

double mixture_edge(const Histogram& bins, const Split& start) noexcept {
  constexpr int kMostSteps = 200;
  constexpr double kStill = 1e-6;  // bins
  if (start.edge < 0) return -1;
  const double total = start.low.n + start.high.n;
  Normal low(start.low, total), high(start.high, total);
  for (int step = 0; step < kMostSteps; ++step) {
    double n = 0, sum = 0, squares = 0;
    Class all;
    for (std::size_t i = 0; i < Histogram::kBins; ++i) {
      if (bins.count(i) == 0) continue;
      const auto x = static_cast<double>(i);
      const auto count = static_cast<double>(bins.count(i));
      const double odds = low.log_density(x) - high.log_density(x);
      const double part = odds > 700 ? 0 : count / (1 + math::exp(odds));
      n += part;
      sum += part * x;
      squares += part * x * x;
      all.add(count, x);
    }
    if (!(n > 0) || !(n < total)) return -1;
    const Normal next(n, sum, squares, total);
    const double moved = std::abs(next.mean - high.mean);
    high = next;
    low = Normal(total - n, all.sum - sum, all.squares - squares, total);
    if (moved < kStill) break;
  }
  for (std::size_t i = 0; i + 1 < Histogram::kBins; ++i) {
    const auto x = static_cast<double>(i + 1);
    if (x > low.mean && high.log_density(x) > low.log_density(x)) return bins.edge(i);
  }
  return -1;
}

double triangle_edge(std::span<const float> scores, double clip) noexcept {
  constexpr std::size_t kWide = 256;
  const double width = std::sqrt(clip) / double{kWide};
  std::array<std::int64_t, kWide> count{};
  for (const float s : scores) {
    const double bin = std::min(std::sqrt(static_cast<double>(s)) / width, double{kWide - 1});
    ++count[static_cast<std::size_t>(bin)];
  }
  const auto mode = static_cast<std::size_t>(std::max_element(count.begin(), count.end()) - count.begin());
  std::size_t end = kWide - 1;
  while (end > mode && count[end] == 0) --end;
  std::int64_t farthest = 0;
  std::size_t at = mode;
  const auto across = static_cast<std::int64_t>(end - mode);
  for (std::size_t i = mode; i < end; ++i) {
    // The line's height less the count, times the line's length along the bins: integers, no rounding.
    const auto along = static_cast<std::int64_t>(i - mode);
    const std::int64_t below = (count[mode] - count[i]) * across + (count[end] - count[mode]) * along;
    if (below > farthest) {
      farthest = below;
      at = i;
    }
  }
  if (at == mode) return -1;
  const double root = (static_cast<double>(at) + 0.5) * width;
  return root * root;
}

}  // namespace tuban::kernels
