// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/roles.h"

#include <algorithm>
#include <array>

namespace tuban {
namespace {

using enum RoleFamily;

constexpr auto kRoles = std::to_array<Role>({
    {"land_use", "地类图斑", "land-use parcels", land_use},
    {"basic_farmland", "永久基本农田", "permanent basic farmland", strict},
    {"farmland_target", "耕地保护目标", "farmland protection target", plain},
    {"ecological_redline", "生态保护红线", "ecological redline", strict},
    {"protected_area", "自然保护地", "nature reserve", strict},
    {"urban_boundary", "城镇开发边界", "urban development boundary", plain},
    {"approved_land", "农用地转用批准", "approved conversion of agricultural land", evidence},
    {"acquired_land", "土地征收批准", "approved land acquisition", evidence},
    {"supplied_land", "供地", "land supply", evidence},
    {"advance_land", "先行用地", "advance use of land", evidence},
    {"temporary_land", "临时用地", "temporary use of land", evidence},
    {"facility_filing", "设施农用地备案", "filed facility of agriculture", evidence},
    {"major_project", "重大项目", "major project", plain},
    {"mining_right", "采矿权", "mining right", right},
    {"exploration_right", "探矿权", "exploration right", right},
    {"closed_mine", "关闭矿山", "closed mine", plain},
    {"special_mineral", "特殊矿种区", "area of special minerals", plain},
    {"settlement", "城镇村等用地", "settlement land", plain},
    {"district", "行政区", "administrative district", district},
    {"military", "军事用地", "military land", opaque},
    {"earlier_patch", "上期图斑", "patch of an earlier batch", earlier},
});

}  // namespace

std::span<const Role> roles() noexcept {
  return kRoles;
}

const Role* find_role(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(kRoles.begin(), kRoles.end(), [&](const Role& role) { return role.name == name; });
  return found == kRoles.end() ? nullptr : found;
}

const std::vector<std::string_view>& layer_roles() {
  static const auto names = [] {
    std::vector<std::string_view> result;
    for (const Role& role : kRoles) {
      if (role.family != earlier) result.push_back(role.name);
    }
    return result;
  }();
  return names;
}

}  // namespace tuban
