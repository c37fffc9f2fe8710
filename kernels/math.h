// SPDX-License-Identifier: Apache-2.0
// Transcendental functions whose last bit is the same on every machine (G1): libm's differ between versions
// and between the instruction sets it dispatches to. Built from + - * / and sqrt alone, which IEEE 754 fixes.
#pragma once

#include <array>

namespace tuban::kernels::math {

/// e^x to about 1 ulp; 0 below -745, infinity above 709.78, NaN for NaN.
double exp(double x) noexcept;

/// Natural logarithm to about 1 ulp; -infinity at 0, NaN below.
double log(double x) noexcept;

/// 1 - erf(x) for x >= 0, relative error < 1e-13 as far as double precision reaches.
double erfc(double x) noexcept;

/// P(X >= x) of chi-square with `dof` >= 1 degrees of freedom; 1 for x <= 0.
double chi2_survival(double x, int dof) noexcept;

/// The x with P(X < x) = p, for 0 < p < 1.
double chi2_quantile(double p, int dof) noexcept;

/// chi2_survival as a cubic Hermite table over sqrt(x), absolute error < 1e-9: one weight per pixel and
/// iteration is too often for the series.
class Chi2Table {
 public:
  explicit Chi2Table(int dof) noexcept;
  /// Argument is sqrt(x) >= 0; 0 beyond the table (survival below 1e-20), NaN gives 0.
  double survival(double root) const noexcept;

 private:
  static constexpr int kNodes = 1024;
  static constexpr double kRange = 16.0;
  std::array<double, kNodes + 1> value_;
  std::array<double, kNodes + 1> slope_;  // times the step
};

}  // namespace tuban::kernels::math
