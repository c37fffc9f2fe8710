// SPDX-License-Identifier: Apache-2.0
#include "engine/io/ogr_sink.h"

#include <fmt/format.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/io/evidence.h"
#include "engine/io/gdal_errors.h"
#include "engine/io/ogr_open.h"
#include "engine/io/result_columns.h"
#include "engine/io/staged_output.h"
#include "engine/io/thread_option.h"

namespace tuban {

namespace {

bool lists(GDALDriver& driver, const char* key, const char* word) {
  const char* const value = driver.GetMetadataItem(key);
  return value != nullptr && CPLStringList(CSLTokenizeString(value)).FindString(word) >= 0;
}

OgrTable::Style style_for(const VectorFormat& format) {
  GDALDriver& driver = *GetGDALDriverManager()->GetDriverByName(format.driver.c_str());
  OgrTable::Style style;
  style.short_names = style.digits = format.driver == "ESRI Shapefile";
  style.boolean_subtype = lists(driver, GDAL_DMD_CREATIONFIELDDATASUBTYPES, "Boolean");
  style.integer64 = lists(driver, GDAL_DMD_CREATIONFIELDDATATYPES, "Integer64");
  style.date = lists(driver, GDAL_DMD_CREATIONFIELDDATATYPES, "Date");
  return style;
}

std::vector<std::string> layer_options(const MarkingJob& job, const Grid& grid, const VectorFormat& format) {
  std::vector<std::string> options = job.layer_creation_options;
  const auto add_default = [&options](const char* key, const char* value) {
    const bool given = std::any_of(options.begin(), options.end(),
                                   [key](const std::string& option) { return is_key(option, key); });
    if (!given) options.push_back(fmt::format("{}={}", key, value));
  };
  if (format.driver == "GeoJSON" && grid.has_crs()) add_default("RFC7946", "YES");
  if (format.driver == "ESRI Shapefile") add_default("ENCODING", "UTF-8");
  return options;
}

/// Rows of findings as RFC 4180 text, with the byte order mark that spreadsheets need to see UTF-8.
class FindingsCsv {
 public:
  FindingsCsv() = default;
  ~FindingsCsv() {
    if (file_ != nullptr) std::fclose(file_);
  }
  FindingsCsv(const FindingsCsv&) = delete;
  FindingsCsv& operator=(const FindingsCsv&) = delete;

  bool open(const std::string& path) {
    file_ = std::fopen(path.c_str(), "wbe");
    if (file_ == nullptr) return false;
    std::string line = "\xEF\xBB\xBF";
    for (const Column& column : finding_columns()) append(line, column.name);
    return put(line);
  }

  bool write(const Finding& finding, const std::string& evidence) {
    std::string line;
    for (const Cell& cell : finding_cells(finding, evidence)) {
      const auto* const text = std::get_if<const char*>(&cell);
      append(line, text != nullptr ? *text : "");
    }
    return put(line);
  }

  bool close() {
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    return closed;
  }

 private:
  static void append(std::string& line, const char* text) {
    if (line.size() > 3 || (!line.empty() && line[0] != '\xEF')) line += ',';
    line += '"';
    for (; *text != '\0'; ++text) line.append(*text == '"' ? 2 : 1, *text);
    line += '"';
  }
  bool put(const std::string& line) { return std::fputs((line + "\r\n").c_str(), file_) >= 0; }

  std::FILE* file_ = nullptr;
};

class OgrSink final : public PatchSink {
 public:
  OgrSink(const MarkingJob& job, const Grid& grid, VectorFormat format, bool confidential,
          std::span<const Column> originals)
      : format_(std::move(format)),
        stream_(is_stream(job.output)),
        staged_(stream_ ? stream_file(job, format_) : job.output, job.overwrite, confidential) {
    const GdalErrors errors;
    std::vector<Column> columns = with_originals(originals);
    if (!format_.short_text) {
      findings_column_ = columns.size();
      columns.push_back({"findings", "findings", "规则结果"});
    }
    dataset_ = create_dataset(format_.driver, staged_.path(), job.creation_options);
    if (dataset_ == nullptr) staged_.fail(errors.reason());
    const std::string layer = stream_ ? "patches" : std::filesystem::path(job.output).stem().string();
    const OgrCrs crs = make_ogr_crs(grid, false);
    if (!patches_.create(*dataset_, layer, columns, true, crs.get(), layer_options(job, grid, format_),
                         style_for(format_)) ||
        errors.failed()) {
      staged_.fail(errors.reason());
    }
    if (format_.short_text && !csv_.open(staged_.side_path(kFindingsSuffix)))
      staged_.fail(std::strerror(errno));
  }

  void encode(PatchRow& row) const override {
    join_texts(row);
    row.evidence.clear();
    if (findings_column_) {
      row.evidence.push_back(findings_json(row.marks.findings));
    } else {
      for (const Finding& finding : row.marks.findings) row.evidence.push_back(evidence_json(finding));
    }
  }

  void write(std::span<const PatchRow> rows) override {
    const GdalErrors errors;
    for (const PatchRow& row : rows) {
      set_patch(patches_, row);
      patches_.set_geometry(row.patch.geometry);
      if (findings_column_) {
        patches_.set(*findings_column_, row.evidence[0].c_str());
      } else {
        for (std::size_t i = 0; i < row.evidence.size(); ++i) {
          if (!csv_.write(row.marks.findings[i], row.evidence[i])) staged_.fail(std::strerror(errno));
        }
      }
      if (!patches_.insert() || errors.failed()) staged_.fail(errors.reason());
    }
  }

  void write_gone(std::span<const LineageLink>) override {}

  void prepare(const std::string& manifest) override {
    const GdalErrors errors;
    staged_.require_room();  // also of FlatGeobuf's temporary file, which is gone after closing
    GDALClose(dataset_.release());
    if (errors.failed()) staged_.fail(errors.reason());
    staged_.require_room();
    if (format_.short_text && !csv_.close()) staged_.fail(std::strerror(errno));
    check_complete();
    manifest_rows(manifest);  // refuses what is no JSON object, as the GeoPackage sink does
    if (!stream_) staged_.write_side_file(kManifestSuffix, manifest + "\n");
    staged_.sync();
  }

  void publish() override { stream_ ? staged_.publish_as_stream() : staged_.publish(); }
  void withdraw() noexcept override { staged_.withdraw(); }

 private:
  /// Whether a GeoJSON text is closed; GDAL reads one that is not.
  static bool ends_as_json(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = file.tellg();
    file.seekg(std::max<std::streamoff>(0, size - 64));
    std::string end(std::istreambuf_iterator<char>(file), {});
    std::erase_if(end, [](unsigned char c) { return std::isspace(c) != 0; });
    return end.ends_with("]}");
  }

  /// Several drivers of GDAL 3.6 (GeoJSON for one) do not notice failed writes, so the file is read back.
  void check_complete() {
    GDALDriver& driver = *GetGDALDriverManager()->GetDriverByName(format_.driver.c_str());
    if (driver.GetMetadataItem(GDAL_DCAP_OPEN) == nullptr) return;
    if (format_.driver == "GeoJSONSeq" && patches_.rows() == 0)
      return;  // an empty file, which it cannot open
    const GdalErrors errors;
    const WithoutSpatiaLite host_keeps_its_locale;
    const char* const drivers[] = {format_.driver.c_str(), nullptr};
    const OgrDataset written(GDALDataset::Open(staged_.path().c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY,
                                               drivers, nullptr, nullptr));
    OGRLayer* const layer = written == nullptr ? nullptr : written->GetLayer(0);
    std::int64_t found = -1;
    if (layer != nullptr) {
      found = 0;
      while (OGRFeatureUniquePtr(layer->GetNextFeature()) != nullptr) ++found;
    }
    if (found == patches_.rows() && format_.driver == "GeoJSON" && !ends_as_json(staged_.path())) {
      staged_.fail("its end is missing");
    }
    if (errors.failed() || found != patches_.rows()) {
      staged_.fail(fmt::format("{} patches were written but {} can be read back", patches_.rows(),
                               std::max<std::int64_t>(found, 0)));
    }
  }

  VectorFormat format_;
  bool stream_;
  StagedOutput staged_;
  OgrDataset dataset_;
  OgrTable patches_;
  std::optional<std::size_t> findings_column_;
  FindingsCsv csv_;
};

}  // namespace

std::unique_ptr<PatchSink> make_ogr_sink(const MarkingJob& job, const Grid& grid, const VectorFormat& format,
                                         bool confidential, std::span<const Column> originals) {
  return std::make_unique<OgrSink>(job, grid, format, confidential, originals);
}

}  // namespace tuban
