// SPDX-License-Identifier: Apache-2.0
// A Shapefile or GeoPackage to hand on. Equal rows give equal bytes: dates that formats keep of the writing
// are given.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/ogr_table.h"

namespace tuban {

enum class VectorKind { shapefile, geopackage };

class VectorFile {
 public:
  /// `day` (ISO 8601) stands for the day of writing. Throws Error(runtime) like every call.
  VectorFile(VectorKind kind, const std::string& path, int epsg, const std::string& day);
  ~VectorFile();
  VectorFile(const VectorFile&) = delete;
  VectorFile& operator=(const VectorFile&) = delete;

  /// A layer; of a Shapefile the only one, and with short names. The file owns it.
  OgrTable& add(const std::string& name, const std::vector<Column>& columns, bool spatial);
  /// Appends the row set in `table`.
  void insert(OgrTable& table);
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuban
