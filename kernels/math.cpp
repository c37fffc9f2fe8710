// SPDX-License-Identifier: Apache-2.0
#include "kernels/math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tuban::kernels::math {
namespace {

// ln 2 in two parts: the first has 21 trailing zero bits, so that k * kLn2High is exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kInverseLn2 = 0x1.71547652b82fep0;
constexpr double kSqrtPi = 0x1.c5bf891b4ef6bp0;

double power_of_two(int exponent) noexcept {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

// sqrt(x^dof-2 ...) of the chi-square density, written in t = sqrt(x): dQ/dt = -t^(dof-1) e^(-t^2/2) *
// factor.
double density_factor(int dof) noexcept {
  // 2^(1 - dof/2) / Gamma(dof/2), by the recurrence of Gamma from Gamma(1) or Gamma(1/2).
  double factor = dof % 2 == 0 ? 1.0 : std::sqrt(2.0) / kSqrtPi;
  for (int k = dof % 2 == 0 ? 2 : 1; k < dof; k += 2) factor /= k;
  return factor;
}

double density(double root, int dof) noexcept {
  double value = density_factor(dof) * exp(-0.5 * root * root);
  for (int k = 1; k < dof; ++k) value *= root;
  return value;
}

}  // namespace

double exp(double x) noexcept {
  if (!(x <= 709.78)) return std::isnan(x) ? x : std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0;
  const int k = static_cast<int>(x * kInverseLn2 + (x < 0 ? -0.5 : 0.5));
  const double r = (x - k * kLn2High) - k * kLn2Low;
  // Taylor to r^13: |r| <= ln 2 / 2 leaves a relative error of 4e-18.
  double sum = 1.0;
  for (int n = 13; n >= 1; --n) sum = 1.0 + sum * r / n;
  // In two steps, so that the scale is a normal number also where the result is not.
  const int half = k / 2;
  return sum * power_of_two(half) * power_of_two(k - half);
}

double log(double x) noexcept {
  if (!(x > 0))
    return x == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(x)) return x;
  int k = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p54;
    k = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  k += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffff) | 0x3ff0'0000'0000'0000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++k;
  }
  // ln m = 2 artanh s; s^2 <= 0.0295, so the term s^25 / 25 is below 1e-20.
  const double s = (m - 1) / (m + 1);
  const double s2 = s * s;
  double sum = 0;
  for (int n = 23; n >= 3; n -= 2) sum = (sum + 1.0 / n) * s2;
  return k * kLn2High + (2 * s + (2 * s * sum + k * kLn2Low));
}

double erfc(double x) noexcept {
  const double x2 = x * x;
  if (x < 2) {
    // erf(x) = 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!: all terms positive, nothing cancels.
    double term = x;
    double sum = x;
    for (int n = 1; n < 64 && term > 1e-18 * sum; ++n) {
      term *= 2 * x2 / (2 * n + 1);
      sum += term;
    }
    return 1 - 2 / kSqrtPi * exp(-x2) * sum;
  }
  // Continued fraction x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...))), from the inside out; 100 levels at x = 2.
  double tail = x;
  for (int n = 100; n >= 1; --n) tail = x + 0.5 * n / tail;
  return exp(-x2) / (kSqrtPi * tail);
}

double chi2_survival(double x, int dof) noexcept {
  if (!(x > 0)) return 1;
  // Q(a + 1, h) = Q(a, h) + h^a e^(-h) / Gamma(a + 1), upwards from Q(1, h) = e^(-h) or Q(1/2, h) = erfc sqrt
  // h.
  const double h = 0.5 * x;
  const bool even = dof % 2 == 0;
  const double e = exp(-h);
  double term = even ? e : e / (kSqrtPi * std::sqrt(h));
  double sum = even ? e : erfc(std::sqrt(h));
  if (e == 0) return 0;
  for (int k = even ? 2 : 1; k < dof; k += 2) {
    term *= h / (0.5 * k);
    sum += term;
  }
  return sum;
}

double chi2_quantile(double p, int dof) noexcept {
  // Bisection on sqrt(x): 200 halvings end at neighbouring doubles, and it runs once per solve.
  double low = 0;
  double high = 64 + dof;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (1 - chi2_survival(middle * middle, dof) < p ? low : high) = middle;
  }
  return high * high;
}

Chi2Table::Chi2Table(int dof) noexcept {
  const double step = kRange / kNodes;
  for (int i = 0; i <= kNodes; ++i) {
    const double root = i * step;
    value_[static_cast<std::size_t>(i)] = chi2_survival(root * root, dof);
    slope_[static_cast<std::size_t>(i)] = -density(root, dof) * step;
  }
}

double Chi2Table::survival(double root) const noexcept {
  const double position = root * (kNodes / kRange);
  if (!(position < kNodes)) return 0;
  const auto i = static_cast<std::size_t>(position);
  const double t = position - static_cast<double>(i);
  const double u = 1 - t;
  return u * u * ((1 + 2 * t) * value_[i] + t * slope_[i]) +
         t * t * ((1 + 2 * u) * value_[i + 1] - u * slope_[i + 1]);
}

}  // namespace tuban::kernels::math
