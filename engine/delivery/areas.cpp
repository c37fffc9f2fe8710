// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/areas.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace tuban {

namespace {

constexpr std::int64_t kPerUnit = 1000000;  // millionths hold every area below 9e12 m2 exactly

/// Hundredths, half away from zero, of `millionths` * multiplier / divisor.
std::int64_t hundredths(double value, std::int64_t multiplier, std::int64_t divisor) {
  const std::int64_t millionths = std::llround(std::fabs(value) * static_cast<double>(kPerUnit));
  const std::int64_t whole = kPerUnit / 100 * divisor;
  const std::int64_t result = (2 * millionths * multiplier + whole) / (2 * whole);
  return value < 0 ? -result : result;
}

std::string as_text(std::int64_t hundredths) {
  const std::int64_t size = hundredths < 0 ? -hundredths : hundredths;
  return fmt::format("{}{}.{:02}", hundredths < 0 ? "-" : "", size / 100, size % 100);
}

}  // namespace

std::string two_decimals(double value) {
  return as_text(hundredths(value, 1, 1));
}
std::string mu_text(double area_m2) {
  return as_text(hundredths(area_m2, 3, 2000));
}
double round_two(double value) {
  return static_cast<double>(hundredths(value, 1, 1)) / 100;
}
double round_mu(double area_m2) {
  return static_cast<double>(hundredths(area_m2, 3, 2000)) / 100;
}

}  // namespace tuban
