// SPDX-License-Identifier: Apache-2.0
#include "engine/io/own_result.h"

#include <ogrsf_frmts.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/io/band_roles.h"
#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/io/result_columns.h"

namespace tuban {
namespace {

std::optional<double> number(const FieldValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::nullopt;
}

std::optional<std::string> text(const FieldValue& value) {
  if (const auto* words = std::get_if<std::string>(&value)) return *words;
  return std::nullopt;
}

void give(double& member, const FieldValue& value) {
  member = number(value).value_or(std::numeric_limits<double>::quiet_NaN());
}
void give(std::optional<double>& member, const FieldValue& value) {
  member = number(value);
}
void give(std::string& member, const FieldValue& value) {
  member = text(value).value_or("");
}
void give(std::optional<std::string>& member, const FieldValue& value) {
  member = text(value);
}
void give(std::int64_t& member, const FieldValue& value) {
  member = static_cast<std::int64_t>(number(value).value_or(0));
}
void give(std::uint64_t& member, const FieldValue& value) {
  member = static_cast<std::uint64_t>(number(value).value_or(0));
}
void give(bool& member, const FieldValue& value) {
  member = number(value).value_or(0) != 0;
}

using Setter = void (*)(const FieldValue&, Patch&);

template <auto kMember>
void set(const FieldValue& value, Patch& patch) {
  give(patch.*kMember, value);
}
template <auto kIndex, auto kEpoch>
void set(const FieldValue& value, Patch& patch) {
  give((patch.*kIndex).*kEpoch, value);
}

const std::unordered_map<std::string_view, Setter>& setters() {
  static const std::unordered_map<std::string_view, Setter> table{
      {"region_id", set<&Patch::region_id>},
      {"lineage_id", set<&Patch::lineage_id>},
      {"first_seen_date", set<&Patch::first_seen_date>},
      {"lineage_status", set<&Patch::lineage_status>},
      {"earlier_patch_m2", set<&Patch::earlier_m2>},
      {"earlier_patch_share", set<&Patch::earlier_share>},
      {"earlier_suspected_share", set<&Patch::earlier_suspected_share>},
      {"area_px", set<&Patch::area_px>},
      {"perimeter_px", set<&Patch::perimeter_px>},
      {"compactness", set<&Patch::compactness>},
      {"elongation", set<&Patch::elongation>},
      {"before_date", set<&Patch::before_date>},
      {"after_date", set<&Patch::after_date>},
      {"direction", set<&Patch::direction>},
      {"change_type", set<&Patch::change_type>},
      {"type_confidence", set<&Patch::type_confidence>},
      {"construction_like", set<&Patch::construction_like>},
      {"earthwork_like", set<&Patch::earthwork_like>},
      {"score_mean", set<&Patch::score_mean>},
      {"score_max", set<&Patch::score_max>},
      {"confidence", set<&Patch::confidence>},
      {"edge_share", set<&Patch::edge_share>},
      {"valid_share", set<&Patch::valid_share>},
      {"registration_px", set<&Patch::registration_px>},
      {"off_nadir_deg", set<&Patch::off_nadir_deg>},
      {"height_change_m", set<&Patch::height_change_m>},
      {"case_id", set<&Patch::case_id>},
      {"cut", set<&Patch::cut>},
      {"ndvi_before", set<&Patch::ndvi, &IndexPair::before>},
      {"ndvi_after", set<&Patch::ndvi, &IndexPair::after>},
      {"ndwi_before", set<&Patch::ndwi, &IndexPair::before>},
      {"ndwi_after", set<&Patch::ndwi, &IndexPair::after>},
      {"mndwi_before", set<&Patch::mndwi, &IndexPair::before>},
      {"mndwi_after", set<&Patch::mndwi, &IndexPair::after>},
      {"ndbi_before", set<&Patch::ndbi, &IndexPair::before>},
      {"ndbi_after", set<&Patch::ndbi, &IndexPair::after>},
      {"bsi_before", set<&Patch::bsi, &IndexPair::before>},
      {"bsi_after", set<&Patch::bsi, &IndexPair::after>},
      {"brightness_before", set<&Patch::brightness, &IndexPair::before>},
      {"brightness_after", set<&Patch::brightness, &IndexPair::after>},
  };
  return table;
}

}  // namespace

void take_own_column(std::string_view column, const FieldValue& value, Patch& patch) {
  if (const auto found = setters().find(column); found != setters().end()) found->second(value, patch);
}

OwnExtras read_own_extras(const std::string& path) {
  const GdalErrors quiet;  // a format of one table has none of these
  OwnExtras extras;
  const OgrDataset dataset = open_vector(path, nullptr);
  if (!dataset) return extras;
  if (OGRLayer* const spectra = dataset->GetLayerByName("spectra")) {
    while (const OGRFeatureUniquePtr row{spectra->GetNextFeature()}) {
      auto& bands = extras.spectra[row->GetFieldAsString("patch_id")];
      const std::string band = row->GetFieldAsString("band");
      auto one =
          std::find_if(bands.begin(), bands.end(), [&](const auto& known) { return known.band == band; });
      if (one == bands.end()) {
        BandSpectrum fresh;
        fresh.role = parse_role(row->GetFieldAsString("role")).value_or(BandRole::unknown);
        fresh.band = band;
        one = bands.insert(bands.end(), fresh);
      }
      const bool after = std::string_view(row->GetFieldAsString("epoch")) == "after";
      (after ? one->mean_after : one->mean_before) = row->GetFieldAsDouble("mean");
      (after ? one->sd_after : one->sd_before) = row->GetFieldAsDouble("sd");
    }
  }
  if (OGRLayer* const run = dataset->GetLayerByName("run")) {
    while (const OGRFeatureUniquePtr row{run->GetNextFeature()}) {
      if (std::string_view(row->GetFieldAsString("key")) != "registration") continue;
      const auto json = nlohmann::json::parse(row->GetFieldAsString("value"), nullptr, false);
      if (json.is_object() && json.value("measured", false) && json.contains("residual_px"))
        extras.registration_px = json["residual_px"].get<double>();
    }
  }
  return extras;
}

bool is_own_column(std::string_view column) {
  const auto columns = patch_columns();
  return std::any_of(columns.begin(), columns.end(), [&](const Column& one) { return one.name == column; });
}

}  // namespace tuban
