// SPDX-License-Identifier: Apache-2.0
// Patches made elsewhere, read with every field they have. Knows no GDAL header: what ties the rooms together
// reads through it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/ogr_table.h"
#include "engine/rules/given_patch.h"
#include "tuban/error.h"

namespace tuban {

/// Where patches are, and what their file does not say itself.
struct PatchFileSpec {
  std::string path;
  std::string layer = {};  ///< empty: the only one, else a table JCTB or a layer patches
  std::string crs = {};    ///< anything GDAL understands; empty: as the file states it
  std::string id_field = {}, id_option = "--id-field";
  std::string target_crs = {};  ///< WKT; empty: as they come
  bool discreet = false;        ///< no message says anything of a single patch
};

/// For one thread. What it refuses names the file: Error(usage) for a source, layer or field that is not
/// there, Error(mismatch) for a missing CRS, a geometry that is no polygon, an id that is missing or not its
/// own, Error(runtime) where reading fails midway. An evidence package (SQLite with a table JCTB, shapes as
/// text in TBFW) states no CRS: coordinates that are degrees in China or Gauss-Kruger with their zone in
/// front tell it.
class PatchFile {
 public:
  explicit PatchFile(const PatchFileSpec& spec);
  ~PatchFile();
  PatchFile(const PatchFile&) = delete;
  PatchFile& operator=(const PatchFile&) = delete;

  struct Field {
    std::string name;
    ColumnType type = ColumnType::text;
  };
  const std::vector<Field>& fields() const noexcept;
  /// The position of the first of these names that the table has, whatever their case; else -1.
  int find(const std::vector<std::string>& names) const;
  /// The position of a field that an option names; refuses one that is not there, with the nearest.
  int require(const std::string& name, const std::string& option) const;
  const std::string& id_name() const;
  /// WKT2 of the CRS that shapes come in.
  const std::string& crs() const noexcept;
  bool discreet() const noexcept;
  /// A result of Tuban: its columns are known.
  bool is_own_result() const;
  /// The features the driver counts, or -1.
  std::int64_t count() const;

  /// Reads the ids alone and refuses two that are the same. Returns the last value, as text sorts, of the
  /// first of these fields that the table has; empty where it has none.
  std::string check_ids(const std::vector<std::string>& dates);
  /// The next one, in the order of the table; nothing at its end.
  std::optional<GivenPatch> next();
  [[noreturn]] void refuse(ErrorCode code, const std::string& what) const;
  [[noreturn]] void refuse_repeated(const std::string& id) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A batch of earlier patches.
struct PreviousFile {
  std::string path;
  std::string latest;  ///< date of its last patch, or empty
  std::unique_ptr<PatchFile> file;
};
using PreviousFiles = std::vector<PreviousFile>;

}  // namespace tuban
