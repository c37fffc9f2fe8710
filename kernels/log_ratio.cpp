// SPDX-License-Identifier: Apache-2.0
#include "kernels/log_ratio.h"

#include <algorithm>
#include <cmath>

#include "kernels/math.h"

namespace tuban::kernels {
namespace {

constexpr double kHalfLn2Pi = 0.91893853320467274;
constexpr double kFewestLooks = 0.5;
constexpr double kMostLooks = 1000;

double log_gamma(double x) noexcept {
  double shift = 0;
  for (; x < 12; x += 1) shift += math::log(x);
  const double r = 1 / x;
  const double r2 = r * r;
  // Stirling; the next term is below 1e-14 at 12.
  const double series = r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 * (1.0 / 1680))));
  return (x - 0.5) * math::log(x) - x + kHalfLn2Pi + series - shift;
}

// I_x(a, a) for x <= 1/2, by Lentz's continued fraction.
double symmetric_beta(double x, double a) noexcept {
  constexpr double kTiny = 1e-300;
  const auto kept = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / kept(1 - 2 * a * x / (a + 1));
  double h = d;
  for (int m = 1; m < 500; ++m) {
    const double even = m * (a - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    h *= d * c;
    const double odd = -(a + m) * (2 * a + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    h *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  const double front = a * (math::log(x) + math::log(1 - x)) - (2 * log_gamma(a) - log_gamma(2 * a));
  return math::exp(front) * h / a;
}

}  // namespace

double ratio_probability(double f, double enl) noexcept {
  if (!(f > 0)) return 0;
  return f <= 1 ? symmetric_beta(f / (1 + f), enl) : 1 - symmetric_beta(1 / (1 + f), enl);
}

double log_ratio_cut(double enl, double alpha) noexcept {
  // By symmetry the lower tail alpha / 2 at 1 / F: no digits are lost to 1 - p.
  double low = 0;
  double high = 700;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    const double f = math::exp(-middle);
    (symmetric_beta(f / (1 + f), enl) > 0.5 * alpha ? low : high) = middle;
  }
  return high;
}

double deviation_of(double enl) noexcept {
  return std::sqrt(2 / (enl - 0.5));
}

double looks_of(double sd) noexcept {
  return sd > 0 ? std::clamp(0.5 + 2 / (sd * sd), kFewestLooks, kMostLooks) : kMostLooks;
}

}  // namespace tuban::kernels
