// SPDX-License-Identifier: Apache-2.0
// Areas as people write them. Internal to delivery.
#pragma once

#include <string>

namespace tuban {

/// Two decimals, half up, as the survey rounds: 9997.865 is 9997.87 though its double lies below. Areas come
/// rounded to 1e-4 m2, so what lies 1e-7 off is the same number.
std::string two_decimals(double value);
/// The area in mu (m2 * 3 / 2000), two decimals, half up from the square metres.
std::string mu_text(double area_m2);
/// The numbers that these texts say.
double round_two(double value);
double round_mu(double area_m2);

}  // namespace tuban
