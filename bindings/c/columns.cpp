// SPDX-License-Identifier: Apache-2.0
#include "bindings/c/columns.h"

#include <limits>
#include <optional>
#include <string>

namespace tuban::c {
namespace {

constexpr std::int32_t kDouble = TUBAN_COLUMN_DOUBLE, kInt64 = TUBAN_COLUMN_INT64, kText = TUBAN_COLUMN_TEXT;

Cell cell_of(double value) {
  return value;
}
Cell cell_of(const std::optional<double>& value) {
  return value.value_or(std::numeric_limits<double>::quiet_NaN());
}
Cell cell_of(std::int64_t value) {
  return value;
}
Cell cell_of(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
Cell cell_of(bool value) {
  return std::int64_t{value};
}
Cell cell_of(const std::string& value) {
  return value.c_str();
}
Cell cell_of(const std::optional<std::string>& value) {
  return value ? value->c_str() : nullptr;
}

template <auto kMember>
Cell field(const HeldPatch& held) {
  return cell_of(held.patch->patch.*kMember);
}
template <auto kIndex, auto kEpoch>
Cell index(const HeldPatch& held) {
  return cell_of((held.patch->patch.*kIndex).*kEpoch);
}
/// What only pixels tell is unknown where it is empty.
template <auto kMember>
Cell known_text(const HeldPatch& held) {
  const std::string& text = held.patch->patch.*kMember;
  return text.empty() ? nullptr : text.c_str();
}

// clang-format off
constexpr Column kColumns[] = {
    {"patch_id", kText, field<&Patch::patch_id>},
    {"region_id", kInt64, field<&Patch::region_id>},
    {"lineage_id", kText, field<&Patch::lineage_id>},
    {"lineage_status", kText, field<&Patch::lineage_status>},
    {"first_seen_date", kText, field<&Patch::first_seen_date>},
    {"earlier_patch_m2", kDouble, field<&Patch::earlier_m2>},
    {"earlier_patch_share", kDouble, field<&Patch::earlier_share>},
    {"earlier_suspected_share", kDouble, field<&Patch::earlier_suspected_share>},
    {"case_id", kText, field<&Patch::case_id>},
    {"rank", kInt64, [](const HeldPatch& held) { return cell_of(held.patch->rank); }},
    {"marks", kText, [](const HeldPatch& held) { return cell_of(held.marks); }},
    {"severity", kText, [](const HeldPatch& held) { return cell_of(held.patch->severity); }},
    {"rules", kText, [](const HeldPatch& held) { return cell_of(held.rules); }},
    {"area_px", kInt64, field<&Patch::area_px>},
    {"area_m2", kDouble, field<&Patch::area_m2>},
    {"area_geod_m2", kDouble, field<&Patch::area_geod_m2>},
    {"area_mu", kDouble, field<&Patch::area_mu>},
    {"perimeter_m", kDouble, field<&Patch::perimeter_m>},
    {"perimeter_px", kDouble, field<&Patch::perimeter_px>},
    {"compactness", kDouble, field<&Patch::compactness>},
    {"elongation", kDouble, field<&Patch::elongation>},
    {"centroid_x", kDouble, field<&Patch::centroid_x>},
    {"centroid_y", kDouble, field<&Patch::centroid_y>},
    {"lon", kDouble, field<&Patch::lon>},
    {"lat", kDouble, field<&Patch::lat>},
    {"before_date", kText, field<&Patch::before_date>},
    {"after_date", kText, field<&Patch::after_date>},
    {"direction", kText, known_text<&Patch::direction>},
    {"change_type", kText, known_text<&Patch::change_type>},
    {"type_confidence", kDouble, field<&Patch::type_confidence>},
    {"construction_like", kInt64, field<&Patch::construction_like>},
    {"earthwork_like", kInt64, field<&Patch::earthwork_like>},
    {"score_mean", kDouble, field<&Patch::score_mean>},
    {"score_max", kDouble, field<&Patch::score_max>},
    {"confidence", kDouble, field<&Patch::confidence>},
    {"edge_share", kDouble, field<&Patch::edge_share>},
    {"valid_share", kDouble, field<&Patch::valid_share>},
    {"cut", kInt64, field<&Patch::cut>},
    {"ndvi_before", kDouble, index<&Patch::ndvi, &IndexPair::before>},
    {"ndvi_after", kDouble, index<&Patch::ndvi, &IndexPair::after>},
    {"ndwi_before", kDouble, index<&Patch::ndwi, &IndexPair::before>},
    {"ndwi_after", kDouble, index<&Patch::ndwi, &IndexPair::after>},
    {"mndwi_before", kDouble, index<&Patch::mndwi, &IndexPair::before>},
    {"mndwi_after", kDouble, index<&Patch::mndwi, &IndexPair::after>},
    {"ndbi_before", kDouble, index<&Patch::ndbi, &IndexPair::before>},
    {"ndbi_after", kDouble, index<&Patch::ndbi, &IndexPair::after>},
    {"bsi_before", kDouble, index<&Patch::bsi, &IndexPair::before>},
    {"bsi_after", kDouble, index<&Patch::bsi, &IndexPair::after>},
    {"brightness_before", kDouble, index<&Patch::brightness, &IndexPair::before>},
    {"brightness_after", kDouble, index<&Patch::brightness, &IndexPair::after>},
};
// clang-format on

}  // namespace

std::span<const Column> columns() noexcept {
  return kColumns;
}

}  // namespace tuban::c

size_t tuban_column_count(void) {
  return tuban::c::columns().size();
}

tuban_status tuban_column_get(size_t number, const char** name, int32_t* type) {
  if (number >= tuban::c::columns().size()) return TUBAN_USAGE;
  const tuban::c::Column& column = tuban::c::columns()[number];
  if (name != nullptr) *name = column.name;
  if (type != nullptr) *type = column.type;
  return TUBAN_OK;
}
