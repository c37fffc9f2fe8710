// SPDX-License-Identifier: Apache-2.0
#include "engine/delivery/place.h"

#include <algorithm>
#include <tuple>

namespace tuban {

namespace {

constexpr std::size_t kCountyDigits = 6, kTownDigits = 9;

}  // namespace

Place place_of(std::span<const DistrictShare> districts) {
  Place place;
  const auto own = std::min_element(districts.begin(), districts.end(), [](const auto& a, const auto& b) {
    return std::forward_as_tuple(b.code.size(), b.gross_m2, a.code) <
           std::forward_as_tuple(a.code.size(), a.gross_m2, b.code);
  });
  if (own == districts.end() || own->code.size() < kCountyDigits ||
      own->code.find_first_not_of("0123456789") != std::string::npos) {
    return place;
  }
  const auto name_of = [&](const std::string& code) {
    const auto named =
        std::find_if(districts.begin(), districts.end(), [&](const auto& one) { return one.code == code; });
    return named == districts.end() ? std::string() : named->name;
  };
  place.county = own->code.substr(0, kCountyDigits);
  place.county_name = name_of(place.county);
  if (own->code.size() < kTownDigits) return place;
  place.town = own->code.substr(0, kTownDigits);
  place.town_name = name_of(place.town);
  return place;
}

}  // namespace tuban
