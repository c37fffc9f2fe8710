// SPDX-License-Identifier: Apache-2.0
// Land classes of the third survey (TD/T 1057-2020) and the groups that facts speak of. The suffixes K (once
// farmland, plough layer intact) and A leave a class as it is. Internal to rules.
#pragma once

#include <string>
#include <string_view>

namespace tuban {

bool is_farmland(std::string_view code) noexcept;      ///< 01*
bool is_agricultural(std::string_view code) noexcept;  ///< farmland included
bool is_construction_land(std::string_view code) noexcept;
bool is_unused(std::string_view code) noexcept;
bool is_recorded_mining(std::string_view code) noexcept;  ///< 0602
bool is_homestead(std::string_view code) noexcept;        ///< 0702
bool is_water(std::string_view code) noexcept;            ///< 1101 to 1106: rivers to inland tidal flats
bool is_facility_land(std::string_view code) noexcept;    ///< 1202
/// Whether field ridges (KCXS) may be taken off ground of this class: 0101, 0102 and 0103.
bool has_ridges(std::string_view code) noexcept;

/// Why a code cannot stand in a land_use layer, or empty. Codes of the second survey (three digits) mean
/// other classes and would be counted wrongly.
std::string land_class_fault(std::string_view code);

}  // namespace tuban
