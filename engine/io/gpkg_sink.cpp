// SPDX-License-Identifier: Apache-2.0
#include "engine/io/gpkg_sink.h"

#include <fmt/format.h>
#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <algorithm>

#include "engine/io/evidence.h"
#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/io/result_columns.h"
#include "engine/io/staged_output.h"

namespace tuban {

namespace {

/// Patches between two commits: large enough that commits cost nothing, small enough for SQLite's journal.
constexpr std::int64_t kPatchesPerTransaction = 65'536;

struct Table {
  const char* name;
  std::span<const Column> columns;
};

std::string quoted(const std::string& text, char quote) {
  std::string result(1, quote);
  for (const char c : text) result.append(c == quote ? 2 : 1, c);
  return result + quote;
}

class GpkgSink final : public PatchSink {
 public:
  GpkgSink(const Job& job, const Grid& grid)
      : staged_(job.output, job.overwrite), options_(job.layer_creation_options) {
    GdalErrors errors;
    dataset_ = create_dataset("GPKG", staged_.path(), job.creation_options);
    if (dataset_ == nullptr) staged_.fail(errors.reason());
    // The index is built at the end, by one statement whose failure can be seen.
    std::vector<std::string> options = options_;
    std::erase_if(options, [](const std::string& option) { return is_key(option, "SPATIAL_INDEX"); });
    options.emplace_back("SPATIAL_INDEX=NO");
    const OgrTable::Style style{.boolean_subtype = true};
    const OgrCrs crs = make_ogr_crs(grid, true);
    const bool made =
        patches_.create(*dataset_, "patches", patch_columns(), true, crs.get(), options, style) &&
        findings_.create(*dataset_, "findings", finding_columns(), false, nullptr, {}, style) &&
        overlaps_.create(*dataset_, "overlaps", overlap_columns(), false, nullptr, {}, style) &&
        spectra_.create(*dataset_, "spectra", spectrum_columns(), false, nullptr, {}, style) &&
        run_.create(*dataset_, "run", run_columns(), false, nullptr, {}, style) &&
        dataset_->StartTransaction() == OGRERR_NONE;
    if (!made || errors.failed()) staged_.fail(errors.reason());
  }

  void write(const Patch& patch, std::int64_t rank, const Marks& marks) override {
    const GdalErrors errors;
    set_patch(patches_, patch, rank, marks);
    bool written = patches_.insert();
    for (const Finding& finding : marks.findings) {
      set_finding(findings_, finding, evidence_json(finding));
      written = written && findings_.insert();
    }
    for (const Overlap& overlap : marks.overlaps) {
      set_overlap(overlaps_, overlap);
      written = written && overlaps_.insert();
    }
    for (const BandSpectrum& spectrum : patch.spectra) {
      for (const bool after : {false, true}) {
        set_spectrum(spectra_, patch.patch_id, spectrum, after);
        written = written && spectra_.insert();
      }
    }
    if (written && patches_.rows() % kPatchesPerTransaction == 0) {
      written = dataset_->CommitTransaction() == OGRERR_NONE && dataset_->StartTransaction() == OGRERR_NONE;
    }
    if (!written || errors.failed()) staged_.fail(errors.reason());
  }

  void prepare(const std::string& manifest) override {
    const GdalErrors errors;
    bool written = true;
    for (const auto& [key, value] : manifest_rows(manifest)) {
      run_.set(0, key.c_str());
      run_.set(1, value.c_str());
      written = written && run_.insert();
    }
    written = written && dataset_->CommitTransaction() == OGRERR_NONE;
    if (written && !errors.failed()) write_index();
    if (written && !errors.failed()) write_aliases();
    GDALClose(dataset_.release());
    if (!written || errors.failed()) staged_.fail(errors.reason());
    staged_.sync();
  }

  void finish(const std::string& manifest) override {
    if (dataset_ != nullptr) prepare(manifest);
    staged_.publish();
  }

 private:
  void execute(const std::string& sql) {
    if (OGRLayer* result = dataset_->ExecuteSQL(sql.c_str(), nullptr, nullptr))
      dataset_->ReleaseResultSet(result);
  }

  /// Failures show in the error scope of the caller; the result of the function alone says nothing.
  void write_index() {
    const bool wanted = std::none_of(options_.begin(), options_.end(), [](const std::string& option) {
      return is_key(option, "SPATIAL_INDEX") && !CPLTestBool(option.substr(option.find('=') + 1).c_str());
    });
    if (!wanted) return;
    OGRLayer* layer = dataset_->GetLayerByName("patches");
    execute(
        fmt::format("SELECT CreateSpatialIndex('patches', {})", quoted(layer->GetGeometryColumn(), '\'')));
    if (layer->TestCapability(OLCFastSpatialFilter) == 0) {
      CPLError(CE_Failure, CPLE_FileIO, "the spatial index could not be made");
    }
  }

  /// GDAL 3.6 does not store alternative names; the extension's tables are plain SQL.
  void write_aliases() {
    execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "
        "name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, "
        "CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, "
        "name))");
    execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL, "
        "constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, "
        "max_is_inclusive BOOLEAN, description TEXT, "
        "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))");
    execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))");
    for (const char* table : {"gpkg_data_columns", "gpkg_data_column_constraints"}) {
      execute(
          fmt::format("INSERT OR REPLACE INTO gpkg_extensions VALUES ('{}', NULL, 'gpkg_schema', "
                      "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
                      table));
    }
    const Table tables[] = {{"patches", patch_columns()},
                            {"findings", finding_columns()},
                            {"overlaps", overlap_columns()},
                            {"spectra", spectrum_columns()},
                            {"run", run_columns()}};
    for (const Table& table : tables) {
      for (const Column& column : table.columns) {
        execute(
            fmt::format("INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, name, title) "
                        "VALUES ('{}', '{}', {}, {})",
                        table.name, column.name, quoted(std::string(column.zh), '\''),
                        quoted(std::string(column.zh), '\'')));
      }
    }
  }

  StagedOutput staged_;
  std::vector<std::string> options_;
  OgrDataset dataset_;
  OgrTable patches_, findings_, overlaps_, spectra_, run_;
};

}  // namespace

std::unique_ptr<PatchSink> make_gpkg_sink(const Job& job, const Grid& grid) {
  return std::make_unique<GpkgSink>(job, grid);
}

}  // namespace tuban
