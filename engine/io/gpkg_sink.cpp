// SPDX-License-Identifier: Apache-2.0
// OGR makes the file and its tables, SQLite fills them: one patch with its findings, overlaps and spectra
// takes OGR 50 us and prepared statements a fifth of that.
#include "engine/io/gpkg_sink.h"

#include <fmt/format.h>
#include <gdal_priv.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "engine/io/evidence.h"
#include "engine/io/gdal_errors.h"
#include "engine/io/gpkg_geometry.h"
#include "engine/io/ogr_open.h"
#include "engine/io/result_columns.h"
#include "engine/io/rtree_load.h"
#include "engine/io/sqlite_file.h"
#include "engine/io/staged_output.h"

namespace tuban {

namespace {

constexpr int kRowsPerStatement = 16;

struct Table {
  const char* name;
  std::span<const Column> columns;
};

/// `patches` has the columns of a run's own table of patches.
std::array<Table, 7> tables(std::span<const Column> patches) {
  return {{{"patches", patches},
           {"findings", finding_columns()},
           {"overlaps", overlap_columns()},
           {"pieces", piece_columns()},
           {"spectra", spectrum_columns()},
           {"lineage", lineage_columns()},
           {"run", run_columns()}}};
}

/// A table with geometry: which columns are no cells, and the boxes of its rows.
class Spatial {
 public:
  std::string table, key, geometry;
  bool wants_index = true;

  void add(std::int64_t row, const StoredGeometry& stored) {
    if (!(stored.min_x <= stored.max_x)) return;
    min_x_ = std::min(min_x_, stored.min_x);
    max_x_ = std::max(max_x_, stored.max_x);
    min_y_ = std::min(min_y_, stored.min_y);
    max_y_ = std::max(max_y_, stored.max_y);
    if (wants_index) boxes_.push_back(index_box(row, stored.min_x, stored.max_x, stored.min_y, stored.max_y));
  }
  void write_extent(SqliteFile& file) const {
    if (min_x_ > max_x_) return;
    SqliteStatement extent(file,
                           "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? "
                           "WHERE table_name = ?");
    int parameter = 0;
    for (const double edge : {min_x_, min_y_, max_x_, max_y_}) extent.bind(++parameter, edge);
    extent.bind(++parameter, std::string_view(table));
    extent.step();
  }
  void write_index(SqliteFile& file, const StagedOutput& staged) {
    if (!wants_index) return;
    const std::string index = "rtree_" + table + "_" + geometry;
    if (!file.has_table(index)) staged.fail("the spatial index could not be made");
    load_rtree(file, index, std::move(boxes_));
  }

 private:
  std::vector<IndexBox> boxes_;
  double min_x_ = std::numeric_limits<double>::infinity(), max_x_ = -min_x_;
  double min_y_ = std::numeric_limits<double>::infinity(), max_y_ = -min_y_;
};
struct SpatialTables {
  Spatial patches, pieces;
};

/// Makes the file with all tables, empty, as OGR lays them out.
SpatialTables make_tables(const StagedOutput& staged, const MarkingJob& job, const Grid& grid,
                          std::span<const Column> columns) {
  GdalErrors errors;
  OgrDataset dataset = create_dataset("GPKG", staged.path(), job.creation_options);
  if (dataset == nullptr) staged.fail(errors.reason());
  const OgrTable::Style style{.boolean_subtype = true};
  const OgrCrs crs = make_ogr_crs(grid, true);
  SpatialTables found;
  for (const Table& table : tables(columns)) {
    const std::string_view name = table.name;
    const bool patches = name == "patches", spatial = patches || name == "pieces";
    OgrTable made;
    if (!made.create(*dataset, table.name, table.columns, spatial, spatial ? crs.get() : nullptr,
                     patches ? job.layer_creation_options : std::vector<std::string>(), style)) {
      staged.fail(errors.reason());
    }
    if (!spatial) continue;
    OGRLayer* const layer = dataset->GetLayerByName(table.name);
    Spatial& into = patches ? found.patches : found.pieces;
    into.table = table.name;
    into.key = layer->GetFIDColumn();
    into.geometry = layer->GetGeometryColumn();
  }
  GDALClose(dataset.release());
  if (errors.failed()) staged.fail(errors.reason());
  return found;
}

class GpkgSink final : public PatchSink {
 public:
  GpkgSink(const MarkingJob& job, const Grid& grid, bool confidential, std::span<const Column> originals)
      : columns_(with_originals(originals)),
        staged_(job.output, job.overwrite, confidential),
        spatial_(make_tables(staged_, job, grid, columns_)),
        file_(staged_) {
    tables_.emplace(*file_, spatial_, columns_);
    srs_id_ = static_cast<std::int32_t>(
        file_->number("SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'patches'"));
    spatial_.patches.wants_index = std::none_of(
        job.layer_creation_options.begin(), job.layer_creation_options.end(), [](const std::string& option) {
          return is_key(option, "SPATIAL_INDEX") && !CPLTestBool(option.substr(option.find('=') + 1).c_str());
        });
  }

  void encode(PatchRow& row) const override {
    join_texts(row);
    row.evidence.clear();
    for (const Finding& finding : row.marks.findings) row.evidence.push_back(evidence_json(finding));
    encode_geometry(row.patch.geometry, srs_id_, row);
    row.patch.geometry = {};
    for (std::size_t i = 0; i < row.pieces.size(); ++i)
      encode_geometry(row.marks.pieces[i].geometry, srs_id_, row.pieces[i]);
  }

  void write(std::span<const PatchRow> rows) override {
    tables_->patches.append(static_cast<std::int64_t>(rows.size()), [&](std::int64_t i, SqliteRows::Row& to) {
      const PatchRow& row = rows[static_cast<std::size_t>(i)];
      const std::int64_t key = tables_->patches.rows() + i + 1;
      to.lead(0, key);
      to.lead(1, row.geometry);
      set_patch(to, row);
      spatial_.patches.add(key, row);
    });

    findings_.clear();
    overlaps_.clear();
    pieces_.clear();
    spectra_.clear();
    links_.clear();
    for (const PatchRow& row : rows) {
      for (std::size_t i = 0; i < row.evidence.size(); ++i)
        findings_.push_back({&row.marks.findings[i], &row.evidence[i]});
      for (const Overlap& overlap : row.marks.overlaps) overlaps_.push_back(&overlap);
      for (std::size_t i = 0; i < row.pieces.size(); ++i)
        pieces_.emplace_back(&row.marks.pieces[i], &row.pieces[i]);
      for (const LineageLink& link : row.patch.lineage) links_.push_back(&link);
      for (const BandSpectrum& spectrum : row.patch.spectra) {
        for (const bool after : {false, true}) spectra_.push_back({&row.patch.patch_id, &spectrum, after});
      }
    }
    append(tables_->findings, findings_, [](CellRow& to, const FindingRow& finding) {
      set_finding(to, *finding.finding, *finding.evidence);
    });
    append(tables_->overlaps, overlaps_,
           [](CellRow& to, const Overlap* overlap) { set_overlap(to, *overlap); });
    const std::int64_t pieces_before = tables_->pieces.rows();
    tables_->pieces.append(static_cast<std::int64_t>(pieces_.size()),
                           [&](std::int64_t i, SqliteRows::Row& to) {
                             const auto& [piece, encoded] = pieces_[static_cast<std::size_t>(i)];
                             const std::int64_t key = pieces_before + i + 1;
                             to.lead(0, key);
                             to.lead(1, encoded->geometry);
                             set_piece(to, *piece, encoded->marks_text);
                             spatial_.pieces.add(key, *encoded);
                           });
    append(tables_->lineage, links_, [](CellRow& to, const LineageLink* link) { set_link(to, *link); });
    append(tables_->spectra, spectra_, [](CellRow& to, const SpectrumRow& row) {
      set_spectrum(to, *row.patch_id, *row.spectrum, row.after);
    });
  }

  void write_gone(std::span<const LineageLink> gone) override {
    append(tables_->lineage, gone, [](CellRow& to, const LineageLink& link) { set_link(to, link); });
  }

  void prepare(const std::string& manifest) override {
    const auto run = manifest_rows(manifest);
    append(tables_->run, run, [](CellRow& to, const std::pair<std::string, std::string>& row) {
      to.set(0, row.first.c_str());
      to.set(1, row.second.c_str());
    });
    write_counts();
    tables_.reset();
    write_index();
    write_aliases();
    file_->close();
    file_.reset();
    staged_.sync();
  }

  void publish() override { staged_.publish(); }
  void withdraw() noexcept override { staged_.withdraw(); }

 private:
  struct FindingRow {
    const Finding* finding;
    const std::string* evidence;
  };
  struct SpectrumRow {
    const std::string* patch_id;
    const BandSpectrum* spectrum;
    bool after;
  };
  struct Open {
    Open(SqliteFile& file, const SpatialTables& spatial, std::span<const Column> columns)
        : patches(file, "patches", {spatial.patches.key, spatial.patches.geometry}, columns, 1),
          pieces(file, "pieces", {spatial.pieces.key, spatial.pieces.geometry}, piece_columns(), 1),
          findings(file, "findings", {}, finding_columns(), kRowsPerStatement),
          overlaps(file, "overlaps", {}, overlap_columns(), kRowsPerStatement),
          spectra(file, "spectra", {}, spectrum_columns(), kRowsPerStatement),
          lineage(file, "lineage", {}, lineage_columns(), kRowsPerStatement),
          run(file, "run", {}, run_columns(), 1) {}
    SqliteRows patches, pieces, findings, overlaps, spectra, lineage, run;
  };

  template <typename Rows, typename Set>
  static void append(SqliteRows& table, const Rows& rows, const Set& set) {
    table.append(static_cast<std::int64_t>(rows.size()),
                 [&](std::int64_t i, SqliteRows::Row& to) { set(to, rows[static_cast<std::size_t>(i)]); });
  }

  /// What OGR's triggers and layers would have kept up to date.
  void write_counts() {
    const std::pair<const char*, const SqliteRows*> counts[] = {
        {"patches", &tables_->patches}, {"findings", &tables_->findings}, {"overlaps", &tables_->overlaps},
        {"pieces", &tables_->pieces},   {"spectra", &tables_->spectra},   {"lineage", &tables_->lineage},
        {"run", &tables_->run}};
    if (file_->has_table("gpkg_ogr_contents")) {
      for (const auto& [name, rows] : counts) {
        file_->execute(fmt::format("UPDATE gpkg_ogr_contents SET feature_count = {} WHERE table_name = '{}'",
                                   rows->rows(), name));
      }
    }
    file_->execute("UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')");
    spatial_.patches.write_extent(*file_);
    spatial_.pieces.write_extent(*file_);
  }

  void write_index() {
    spatial_.patches.write_index(*file_, staged_);
    spatial_.pieces.write_index(*file_, staged_);
  }

  /// GDAL 3.6 does not store alternative names; the extension's tables are plain SQL.
  void write_aliases() {
    file_->execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "
        "name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, "
        "CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, "
        "name));"
        "CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL, "
        "constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, "
        "max_is_inclusive BOOLEAN, description TEXT, "
        "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));"
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))");
    for (const char* table : {"gpkg_data_columns", "gpkg_data_column_constraints"}) {
      file_->execute(
          fmt::format("INSERT OR REPLACE INTO gpkg_extensions VALUES ('{}', NULL, 'gpkg_schema', "
                      "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
                      table));
    }
    SqliteStatement alias(*file_,
                          "INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, name, title) "
                          "VALUES (?1, ?2, ?3, ?3)");
    for (const Table& table : tables(columns_)) {
      for (const Column& column : table.columns) {
        if (column.zh.empty()) continue;  // came with its name
        alias.bind(1, std::string_view(table.name));
        alias.bind(2, std::string_view(column.name));
        alias.bind(3, column.zh);
        alias.step();
      }
    }
  }

  const std::vector<Column> columns_;  ///< of patches
  StagedOutput staged_;
  SpatialTables spatial_;
  std::optional<SqliteFile> file_;
  std::optional<Open> tables_;
  std::int32_t srs_id_ = 0;
  std::vector<FindingRow> findings_;  // of the rows being written
  std::vector<const Overlap*> overlaps_;
  std::vector<std::pair<const DerivedPiece*, const PieceRow*>> pieces_;
  std::vector<SpectrumRow> spectra_;
  std::vector<const LineageLink*> links_;
};

}  // namespace

std::unique_ptr<PatchSink> make_gpkg_sink(const MarkingJob& job, const Grid& grid, bool confidential,
                                          std::span<const Column> originals) {
  return std::make_unique<GpkgSink>(job, grid, confidential, originals);
}

}  // namespace tuban
