// SPDX-License-Identifier: Apache-2.0
// Which county and town a patch lies in. Internal to delivery.
#pragma once

#include <span>
#include <string>

namespace tuban {

/// What a patch shares with one feature of a layer of role district.
struct DistrictShare {
  std::string code, name;  ///< XZQDM and XZQMC
  double gross_m2 = 0;
};

/// Codes of 6 and of 9 digits, with names; empty where no district says them.
struct Place {
  std::string county, county_name, town, town_name;
};

/// The finest districts decide: of those with the longest code the one with most of the patch, the smaller
/// code on a tie. Its first 6 digits are the county, its first 9 the town. A code that is not all digits says
/// nothing.
Place place_of(std::span<const DistrictShare> districts);

}  // namespace tuban
