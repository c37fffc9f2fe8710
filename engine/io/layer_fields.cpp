// SPDX-License-Identifier: Apache-2.0
// Which fields of a layer are read, and what they say.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "engine/io/layer_file.h"
#include "engine/io/layer_reader.h"
#include "engine/rules/nearest.h"
#include "tuban/error.h"

namespace tuban {
std::string LayerFile::shown(const char* raw) const {
  return raw_text_ ? decoded_text(raw) : std::string(raw);
}

std::string LayerFile::cure(int index) const {
  for (const auto& [found, key] : by_alias_)
    if (found == index) return fmt::format("; \"{}: ~\" leaves it out", key.substr(0, key.find(':')));
  return {};
}

std::string LayerFile::looked_for(const char* words, const char* key) const {
  const auto aliases = spec_.aliases.find(key);
  if (aliases == spec_.aliases.end() || aliases->second.empty()) return {};
  return fmt::format("{} {}", words, fmt::join(aliases->second, ", "));
}

OGRLayer* LayerFile::aliased_layer(const std::vector<std::string>& names) {
  const auto aliases = spec_.aliases.find("layer");
  if (aliases == spec_.aliases.end()) return nullptr;
  std::vector<std::string> known;
  for (const std::string& alias : aliases->second) {
    for (const std::string& name : names) {
      // A database names the schema too.
      const std::size_t dot = name.rfind('.');
      if (EQUAL(name.c_str(), alias.c_str()) || EQUAL(name.c_str() + dot + 1, alias.c_str()))
        known.push_back(name);
    }
  }
  if (known.empty()) return nullptr;
  if (known.size() > 1)
    notes_.push_back(fmt::format("of the layers {} only {} is read; name others in entries of their own",
                                 fmt::join(known, ", "), known.front()));
  spec_.layer = known.front();
  return dataset_->GetLayerByName(spec_.layer.c_str());
}

std::vector<std::string> LayerFile::field_names() const {
  std::vector<std::string> names;
  const auto* const definition = layer_->GetLayerDefn();
  for (int i = 0; i < definition->GetFieldCount(); ++i)
    names.push_back(shown(definition->GetFieldDefn(i)->GetNameRef()));
  return names;
}

int LayerFile::field(std::string LayerSpec::*member, const char* key) {
  std::string& name = spec_.*member;
  const std::vector<std::string> names = field_names();
  const auto place = [&](const std::string& wanted) {
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& one) {
      return EQUAL(one.c_str(), wanted.c_str());
    });
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
  };
  if (name.empty()) {
    const auto aliases = spec_.aliases.find(key);
    if (aliases == spec_.aliases.end()) return -1;
    for (const std::string& alias : aliases->second) {
      const int index = place(alias);
      if (index < 0) continue;
      name = names[static_cast<std::size_t>(index)];
      by_alias_.emplace_back(index, key);
      return index;
    }
    return -1;
  }
  const int index = place(name);
  if (index >= 0) return index;
  const std::vector<std::string_view> known(names.begin(), names.end());
  if (known.empty())
    refuse(ErrorCode::usage, fmt::format("{}: it has no field \"{}\", nor any other", key, name));
  refuse(ErrorCode::usage, fmt::format("{}: it has no field \"{}\"{}", key, name, suggestion(name, known)));
}

void LayerFile::find_fields() {
  id_ = field(&LayerSpec::id_field, "id");
  class_ = field(&LayerSpec::class_field, "class");
  ridge_ = field(&LayerSpec::ridge_field, "ridge");
  from_ = field(&LayerSpec::valid_from_field, "valid: from");
  to_ = field(&LayerSpec::valid_to_field, "valid: to");
  number_ = field(&LayerSpec::number_field, "number");
  dated_ = field(&LayerSpec::dated_field, "dated");
  mode_ = field(&LayerSpec::mode_field, "mode");
  holder_ = field(&LayerSpec::holder_field, "holder");
  if (spec_.role == "land_use" && class_ < 0) {
    refuse(ErrorCode::usage,
           fmt::format("role land_use needs a field of land classes{}; name it with the key \"class\": {}",
                       looked_for(" and none is called", "class"), fmt::join(field_names(), ", ")));
  }
  if (layer_->TestCapability(OLCIgnoreFields) == 0) return;
  const int wanted[] = {id_, class_, ridge_, from_, to_, number_, dated_, mode_, holder_};
  CPLStringList ignored;
  const auto* const definition = layer_->GetLayerDefn();
  for (int i = 0; i < definition->GetFieldCount(); ++i) {
    if (std::find(std::begin(wanted), std::end(wanted), i) == std::end(wanted))
      ignored.AddString(definition->GetFieldDefn(i)->GetNameRef());
  }
  layer_->SetIgnoredFields(const_cast<const char**>(ignored.List()));
}

std::string LayerFile::identity(const OGRFeature& feature) const {
  const auto own = text(feature, id_);
  return own.empty() ? std::to_string(feature.GetFID()) : own;
}

std::string LayerFile::text(const OGRFeature& feature, int index) const {
  if (index < 0 || feature.IsFieldSetAndNotNull(index) == 0) return {};
  return shown(const_cast<OGRFeature&>(feature).GetFieldAsString(index));
}

void LayerFile::refuse_feature(const OGRFeature& feature, const std::string& what) const {
  refuse(ErrorCode::mismatch, fmt::format("feature {} {}", identity(feature), what));
}

std::optional<double> LayerFile::ridge(const OGRFeature& feature) const {
  const auto value = text(feature, ridge_);
  if (value.empty()) return std::nullopt;
  char* end = nullptr;
  const double number = CPLStrtod(value.c_str(), &end);
  if (end == value.c_str() || *end != '\0') {
    refuse_feature(feature, fmt::format("has \"{}\" in the field {}; expected is a number{}", value,
                                        name_of(ridge_), cure(ridge_)));
  }
  return number;
}

std::string LayerFile::date(const OGRFeature& feature, int index) const {
  if (index < 0 || feature.IsFieldSetAndNotNull(index) == 0) return {};
  const auto type = layer_->GetLayerDefn()->GetFieldDefn(index)->GetType();
  if (type == OFTDate || type == OFTDateTime) {
    int year = 0, month = 0, day = 0, ignored = 0;
    feature.GetFieldAsDateTime(index, &year, &month, &day, &ignored, &ignored, &ignored, &ignored);
    return fmt::format("{:04}-{:02}-{:02}", year, month, day);
  }
  const auto value = text(feature, index);
  if (value.find_first_not_of(' ') == std::string::npos) return {};
  const auto iso = iso_date(value);
  if (!iso) {
    refuse_feature(feature,
                   fmt::format("has \"{}\" in the field {}; expected is a date as yyyy-mm-dd, yyyymmdd or "
                               "yyyy/mm/dd{}",
                               value, name_of(index), cure(index)));
  }
  return *iso;
}

}  // namespace tuban
