// SPDX-License-Identifier: Apache-2.0
#include "engine/io/ogr_open.h"

#include <fmt/format.h>

#include <cstring>

#include "engine/io/gdal_errors.h"
#include "engine/io/thread_option.h"
#include "tuban/error.h"

namespace tuban {

void CloseUnheard::operator()(GDALDataset* dataset) const {
  const GdalErrors unheard;
  GDALClose(dataset);
}

OgrCrs make_ogr_crs(const Grid& grid, bool cartesian) {
  if (!grid.has_crs() && !cartesian) return nullptr;
  OgrCrs crs(new OGRSpatialReference());
  if (!grid.has_crs()) {
    crs->SetLocalCS("Undefined Cartesian SRS");
  } else if (crs->importFromWkt(grid.crs.c_str()) != OGRERR_NONE) {
    throw Error(ErrorCode::runtime,
                fmt::format("GDAL does not understand the coordinate reference system '{}'", grid.crs));
  }
  crs->SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return crs;
}

OgrDataset create_dataset(const std::string& driver, const std::string& path,
                          const std::vector<std::string>& options) {
  CPLStringList list;
  for (const std::string& option : options) list.AddString(option.c_str());
  const WithoutSpatiaLite host_keeps_its_locale;
  const ThreadOption no_sync("OGR_SQLITE_SYNCHRONOUS", "OFF"), no_journal("OGR_SQLITE_JOURNAL", "OFF");
  GDALDriver* const found = GetGDALDriverManager()->GetDriverByName(driver.c_str());
  if (found == nullptr) return nullptr;
  return OgrDataset(found->Create(path.c_str(), 0, 0, 0, GDT_Unknown, list.List()));
}

OgrDataset open_vector(const std::string& path, const char* option) {
  const WithoutSpatiaLite host_keeps_its_locale;
  const char* const options[] = {option, nullptr};
  return OgrDataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, nullptr,
                                      option == nullptr ? nullptr : options, nullptr));
}

bool states_no_encoding(GDALDataset& dataset, OGRLayer& layer) {
  if (!EQUAL(dataset.GetDriverName(), "ESRI Shapefile")) return false;
  if (CPLGetConfigOption("SHAPE_ENCODING", nullptr) != nullptr) return false;
  if (layer.GetMetadataItem("CPG_VALUE", "SHAPEFILE") != nullptr) return false;
  const char* const language = layer.GetMetadataItem("LDID_VALUE", "SHAPEFILE");
  return language == nullptr || EQUAL(language, "0") || EQUAL(language, "87");
}

std::string decoded_text(const char* raw) {
  if (CPLIsUTF8(raw, -1) != 0) return raw;
  char* recoded = CPLRecode(raw, "CP936", CPL_ENC_UTF8);
  std::string result = recoded;
  CPLFree(recoded);
  return result;
}

bool is_key(const std::string& option, const char* key) {
  const std::size_t equals = option.find('=');
  return equals == std::strlen(key) && EQUALN(option.c_str(), key, equals);
}

}  // namespace tuban
