// SPDX-License-Identifier: Apache-2.0
#include "engine/io/ogr_table.h"

#include <ogrsf_frmts.h>

#include <charconv>
#include <cmath>

namespace tuban {

namespace {

OGRFieldType field_type(ColumnType type, const OgrTable::Style& style) {
  switch (type) {
    case ColumnType::integer:
      return style.integer64 ? OFTInteger64 : OFTReal;
    case ColumnType::real:
      return OFTReal;
    case ColumnType::boolean:
      return OFTInteger;
    case ColumnType::date:
      return style.date ? OFTDate : OFTString;
    case ColumnType::text:
      break;
  }
  return OFTString;
}

bool add_field(OGRLayer& layer, const Column& column, const OgrTable::Style& style) {
  OGRFieldDefn field(style.short_names ? column.short_name : column.name, field_type(column.type, style));
  field.SetAlternativeName(std::string(column.zh).c_str());
  if (column.type == ColumnType::boolean && style.boolean_subtype) field.SetSubType(OFSTBoolean);
  if (style.digits && column.type == ColumnType::text) field.SetWidth(254);
  if (style.digits && column.type == ColumnType::real) {
    field.SetWidth(24);
    field.SetPrecision(column.decimals);
  }
  return layer.CreateField(&field) == OGRERR_NONE;
}

struct Day {
  int year = 0, month = 0, day = 0;
};

std::optional<Day> parse_day(std::string_view iso) {
  if (iso.size() < 10 || iso[4] != '-' || iso[7] != '-') return std::nullopt;
  Day result;
  const auto digits = [iso](int from, int to, int& value) {
    const auto [end, error] = std::from_chars(iso.data() + from, iso.data() + to, value);
    return error == std::errc() && end == iso.data() + to;
  };
  if (!digits(0, 4, result.year) || !digits(5, 7, result.month) || !digits(8, 10, result.day)) {
    return std::nullopt;
  }
  if (result.month < 1 || result.month > 12 || result.day < 1 || result.day > 31) return std::nullopt;
  return result;
}

std::unique_ptr<OGRMultiPolygon> to_ogr(const MultiPolygon& geometry) {
  auto parts = std::make_unique<OGRMultiPolygon>();
  for (const Polygon& polygon : geometry) {
    auto part = std::make_unique<OGRPolygon>();
    for (const Ring& points : polygon.rings) {
      auto ring = std::make_unique<OGRLinearRing>();
      ring->setNumPoints(static_cast<int>(points.size()), FALSE);
      for (std::size_t i = 0; i < points.size(); ++i) {
        ring->setPoint(static_cast<int>(i), points[i].x, points[i].y);
      }
      part->addRingDirectly(ring.release());
    }
    parts->addGeometryDirectly(part.release());
  }
  return parts;
}

}  // namespace

Cell number_cell(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Cell(*value) : Cell();
}

Cell text_cell(const std::optional<std::string>& value) {
  return value ? Cell(value->c_str()) : Cell();
}

std::string_view iso_day(std::string_view iso) noexcept {
  return parse_day(iso) ? iso.substr(0, 10) : std::string_view();
}

OgrTable::OgrTable() = default;
OgrTable::~OgrTable() = default;
OgrTable::OgrTable(OgrTable&&) noexcept = default;
OgrTable& OgrTable::operator=(OgrTable&&) noexcept = default;

bool OgrTable::create(GDALDataset& dataset, const std::string& name, std::span<const Column> columns,
                      bool spatial, const OGRSpatialReference* crs, const std::vector<std::string>& options,
                      const Style& style) {
  CPLStringList list;
  for (const std::string& option : options) list.AddString(option.c_str());
  // GDAL 3.6 takes the reference as non-const and copies it.
  layer_ = dataset.CreateLayer(name.c_str(), const_cast<OGRSpatialReference*>(crs),
                               spatial ? wkbMultiPolygon : wkbNone, list.List());
  if (layer_ == nullptr) return false;
  style_ = style;
  for (const Column& column : columns) {
    if (!add_field(*layer_, column, style)) return false;
    fields_.push_back(layer_->GetLayerDefn()->GetFieldCount() - 1);
    types_.push_back(column.type);
  }
  feature_ = std::make_unique<OGRFeature>(layer_->GetLayerDefn());
  return true;
}

void OgrTable::set(std::size_t column, const Cell& value) {
  const int field = fields_[column];
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    feature_->SetField(field, static_cast<GIntBig>(*integer));
  } else if (const auto* real = std::get_if<double>(&value); real && std::isfinite(*real)) {
    feature_->SetField(field, *real);
  } else if (const auto* text = std::get_if<const char*>(&value)) {
    if (types_[column] != ColumnType::date || !style_.date) {
      feature_->SetField(field, *text);
    } else if (const std::optional<Day> day = parse_day(*text)) {
      feature_->SetField(field, day->year, day->month, day->day);
    } else {
      feature_->SetFieldNull(field);
    }
  } else {
    feature_->SetFieldNull(field);
  }
}

void OgrTable::set_geometry(const MultiPolygon& geometry) {
  feature_->SetGeometryDirectly(to_ogr(geometry).release());
}

bool OgrTable::insert() {
  feature_->SetFID(OGRNullFID);
  if (layer_->CreateFeature(feature_.get()) != OGRERR_NONE) return false;
  ++rows_;
  return true;
}

}  // namespace tuban
