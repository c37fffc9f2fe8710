// SPDX-License-Identifier: Apache-2.0
// Written results, read back through OGR.
#pragma once

#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/io/sink.h"
#include "tests/support/sample_results.h"

namespace tuban::test {

using Names = std::vector<std::string>;

/// Writes one full patch, and where asked one of unknowns, and gives the path back.
inline std::string write_sample(const Job& job, const Grid& grid = sample_grid(), bool with_bare = true) {
  const auto sink = make_patch_sink(job, grid);
  write_one(*sink, full_patch(), 2, full_marks());
  if (with_bare) write_one(*sink, bare_patch(1), 1, {});
  finish(sink, kManifest);
  return job.output;
}

inline GDALDatasetUniquePtr open_vector(const std::string& path) {
  GDALAllRegister();
  return GDALDatasetUniquePtr(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR));
}

inline std::vector<OGRFeatureUniquePtr> rows(GDALDataset& dataset, const char* layer) {
  std::vector<OGRFeatureUniquePtr> result;
  OGRLayer* table = dataset.GetLayerByName(layer);
  if (table == nullptr) throw std::runtime_error(std::string("no table ") + layer);
  table->ResetReading();
  while (OGRFeatureUniquePtr row{table->GetNextFeature()}) result.push_back(std::move(row));
  return result;
}

inline Names field_names(OGRLayer& layer) {
  Names names;
  OGRFeatureDefn& definition = *layer.GetLayerDefn();
  for (int i = 0; i < definition.GetFieldCount(); ++i)
    names.emplace_back(definition.GetFieldDefn(i)->GetNameRef());
  return names;
}

inline std::vector<Names> query(GDALDataset& dataset, const char* sql) {
  std::vector<Names> result;
  OGRLayer* layer = dataset.ExecuteSQL(sql, nullptr, nullptr);
  if (layer == nullptr) throw std::runtime_error(std::string("no result of ") + sql);
  while (const OGRFeatureUniquePtr row{layer->GetNextFeature()}) {
    Names cells;
    for (int i = 0; i < row->GetFieldCount(); ++i) cells.emplace_back(row->GetFieldAsString(i));
    result.push_back(std::move(cells));
  }
  dataset.ReleaseResultSet(layer);
  return result;
}

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tuban::test
