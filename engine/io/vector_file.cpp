// SPDX-License-Identifier: Apache-2.0
#include "engine/io/vector_file.h"

#include <fmt/format.h>
#include <gdal_priv.h>

#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/io/thread_option.h"
#include "tuban/error.h"

namespace tuban {

struct VectorFile::Impl {
  VectorKind kind;
  std::string path, day;
  ThreadOption now;  // what a GeoPackage keeps as its last change
  OgrCrs crs;
  OgrDataset dataset;
  std::list<OgrTable> tables;

  Impl(VectorKind of, const std::string& to, int epsg, const std::string& on)
      : kind(of), path(to), day(on), now("OGR_CURRENT_DATE", (on + "T00:00:00.000Z").c_str()) {
    register_gdal_drivers();
    crs.reset(new OGRSpatialReference());
    const bool known = crs->importFromEPSG(epsg) == OGRERR_NONE;
    crs->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    const GdalErrors errors;
    if (known) dataset = create_dataset(shapefile() ? "ESRI Shapefile" : "GPKG", path, {});
    if (!dataset) fail(errors);
    if (!shapefile() && dataset->StartTransaction() != OGRERR_NONE) fail(errors);
  }

  bool shapefile() const { return kind == VectorKind::shapefile; }
  [[noreturn]] void fail(const GdalErrors& errors) const {
    throw Error(ErrorCode::runtime, fmt::format("cannot write '{}': {}", path, errors.reason()));
  }
};

VectorFile::VectorFile(VectorKind kind, const std::string& path, int epsg, const std::string& day)
    : impl_(std::make_unique<Impl>(kind, path, epsg, day)) {}
VectorFile::~VectorFile() = default;

OgrTable& VectorFile::add(const std::string& name, const std::vector<Column>& columns, bool spatial) {
  const GdalErrors errors;
  OgrTable::Style style;
  std::vector<std::string> options;
  if (impl_->shapefile()) {
    style.short_names = style.digits = true;
    style.integer64 = false;
    options = {"ENCODING=UTF-8", "DBF_DATE_LAST_UPDATE=" + impl_->day};
  } else {
    style.boolean_subtype = true;
  }
  OgrTable& table = impl_->tables.emplace_back();
  // Warnings tell of names that a Shapefile had to change, which short names prevent.
  if (!table.create(*impl_->dataset, name, columns, spatial, impl_->crs.get(), options, style) ||
      errors.failed()) {
    impl_->fail(errors);
  }
  return table;
}

void VectorFile::insert(OgrTable& table) {
  const GdalErrors errors;
  if (!table.insert() || errors.failed()) impl_->fail(errors);
}

void VectorFile::close() {
  const GdalErrors errors;
  impl_->tables.clear();
  if (!impl_->shapefile() && impl_->dataset->CommitTransaction() != OGRERR_NONE) impl_->fail(errors);
  GDALClose(impl_->dataset.release());
  if (errors.failed()) impl_->fail(errors);
}

}  // namespace tuban
