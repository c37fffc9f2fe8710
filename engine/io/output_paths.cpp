// SPDX-License-Identifier: Apache-2.0
#include "engine/io/output_paths.h"

#include <cpl_minixml.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gdal_priv.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/io/gdal_errors.h"
#include "engine/io/sink.h"
#include "engine/io/staged_output.h"
#include "engine/io/thread_option.h"
#include "engine/rules/layers.h"
#include "tuban/error.h"

namespace tuban {

namespace fs = std::filesystem;

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(ErrorCode::usage, sentence);
}

/// Formats of drawings, tables and tiles: with GDAL 3.6 they refuse polygons or fields, or lose patches, but
/// only once everything is computed.
bool holds_no_patches(GDALDriver& driver) {
  static constexpr const char* kNames[] = {"BAG",     "DGN", "DXF", "FITS", "GPX", "Geoconcept", "Interlis 2",
                                           "MBTiles", "MVT", "ODS", "PDF",  "S57", "WAsP",       "XLSX"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&driver](const char* name) { return EQUAL(driver.GetDescription(), name); });
}

/// Makes vector files (not databases, services or memory) that hold patches.
bool writes_vector_files(GDALDriver& driver) {
  if (holds_no_patches(driver)) return false;
  const auto has = [&driver](const char* key) { return driver.GetMetadataItem(key) != nullptr; };
  return has(GDAL_DCAP_VECTOR) && has(GDAL_DCAP_CREATE) && !has(GDAL_DMD_CONNECTION_PREFIX) &&
         (has(GDAL_DMD_EXTENSION) || has(GDAL_DMD_EXTENSIONS));
}

std::string writable_drivers() {
  std::vector<std::string> names;
  GDALDriverManager* manager = GetGDALDriverManager();
  for (int i = 0; i < manager->GetDriverCount(); ++i) {
    GDALDriver* driver = manager->GetDriver(i);
    if (writes_vector_files(*driver)) names.emplace_back(driver->GetDescription());
  }
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Formats that a reader takes from a pipe, and the extensions by which their drivers make files.
struct StreamFormat {
  const char *driver, *extension;
};
constexpr StreamFormat kStreamFormats[] = {
    {"GeoJSONSeq", ".geojsonl"}, {"GeoJSON", ".geojson"}, {"FlatGeobuf", ".fgb"}};

const StreamFormat* stream_format(const std::string& driver) {
  const auto* const found =
      std::find_if(std::begin(kStreamFormats), std::end(kStreamFormats),
                   [&driver](const StreamFormat& format) { return driver == format.driver; });
  return found == std::end(kStreamFormats) ? nullptr : found;
}

std::string driver_by_extension(const std::string& output) {
  const std::string extension = lower(fs::path(output).extension().string());
  if (extension.empty() || extension == ".gpkg") return "GPKG";
  if (extension == ".geojson" || extension == ".json") return "GeoJSON";
  if (extension == ".fgb") return "FlatGeobuf";
  if (extension == ".shp") return "ESRI Shapefile";
  refuse(
      fmt::format("output '{}': the extension '{}' stands for no vector format; use .gpkg, .geojson, .json, "
                  ".fgb or .shp, or name a driver with --of ({})",
                  output, extension, writable_drivers()));
}

/// Option names of a driver's XML option list, in capitals.
std::vector<std::string> option_names(GDALDriver& driver, const char* list) {
  std::vector<std::string> names;
  const char* xml = driver.GetMetadataItem(list);
  const CPLXMLTreeCloser root(CPLParseXMLString(xml == nullptr ? "" : xml));
  if (root == nullptr) return names;
  for (const CPLXMLNode* node = root->psChild; node != nullptr; node = node->psNext) {
    if (node->eType != CXT_Element || !EQUAL(node->pszValue, "Option")) continue;
    names.emplace_back(CPLString(CPLGetXMLValue(node, "name", "")).toupper());
  }
  return names;
}

void check_options(GDALDriver& driver, const std::vector<std::string>& options, const char* list,
                   const char* flag) {
  const std::vector<std::string> known = option_names(driver, list);
  for (const std::string& option : options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      refuse(fmt::format("{} '{}' is not of the form KEY=VALUE", flag, option));
    }
    const std::string key = CPLString(option.substr(0, equals)).toupper();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      refuse(fmt::format("{} '{}': driver {} has no option {}; it has {}", flag, option,
                         driver.GetDescription(), key,
                         known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
    }
  }
}

/// Where a path really leads, so that two spellings of one file meet.
fs::path resolved(const std::string& path) {
  std::error_code error;
  const fs::path result = fs::weakly_canonical(fs::absolute(path), error);
  return error ? fs::absolute(path).lexically_normal() : result;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return resolved(a) == resolved(b) || fs::equivalent(a, b, ignored);
}

void check_folder(const NamedPath& output) {
  const fs::path folder = fs::absolute(output.path).parent_path();
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    const bool there = fs::exists(folder, error) && !error;
    throw Error(ErrorCode::runtime,
                fmt::format("{} '{}': the folder '{}' {}", output.option, output.path, folder.string(),
                            there   ? "is not a folder"
                            : error ? "cannot be looked into"
                                    : "does not exist"));
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::runtime,
                fmt::format("{} '{}': the folder '{}' cannot be written to ({})", output.option, output.path,
                            folder.string(), std::strerror(errno)));
  }
}

void check_existing(const NamedPath& output, const std::vector<std::string>& side_files, bool overwrite) {
  std::error_code error;
  if (const fs::file_status status = fs::status(output.path, error);
      fs::exists(status) && !fs::is_regular_file(status)) {
    refuse(fmt::format("{} '{}' exists and is not a regular file", output.option, output.path));
  }
  if (overwrite) return;
  std::vector<std::string> existing = existing_companions(output.path);
  for (const std::string& side : side_files) {
    if (fs::exists(side, error)) existing.push_back(side);
  }
  if (!existing.empty()) {
    refuse(fmt::format("{} '{}': '{}' exists; give another name or --overwrite", output.option, output.path,
                       existing.front()));
  }
}

/// "PG:" of PG:dbname=x, or nothing: a file of this name would surprise.
std::string connection_prefix(const std::string& path) {
  register_gdal_drivers();
  GDALDriverManager* manager = GetGDALDriverManager();
  for (int i = 0; i < manager->GetDriverCount(); ++i) {
    const char* prefix = manager->GetDriver(i)->GetMetadataItem(GDAL_DMD_CONNECTION_PREFIX);
    if (prefix != nullptr && std::strchr(prefix, ':') != nullptr && STARTS_WITH_CI(path.c_str(), prefix))
      return prefix;
  }
  return {};
}

void check_output(const NamedPath& output, const std::vector<std::string>& side_files, bool overwrite) {
  if (is_stream(output.path)) {
    // Closed, its number would go to the next file that is opened.
    const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
      throw Error(ErrorCode::runtime,
                  fmt::format("{} '{}': standard output is closed", output.option, output.path));
    return;
  }
  if (output.path.starts_with("/vsi")) {
    refuse(
        fmt::format("{} '{}': results are written to ordinary folders, not to GDAL's virtual file systems "
                    "other than '{}'",
                    output.option, output.path, kStandardOutput));
  }
  if (const std::string prefix = connection_prefix(output.path); !prefix.empty()) {
    refuse(fmt::format("{} '{}': results are written to files, not to what {} connects to", output.option,
                       output.path, prefix));
  }
  if (fs::path(output.path).filename().empty()) {
    refuse(fmt::format("{} '{}' names a folder, not a file", output.option, output.path));
  }
  check_existing(output, side_files, overwrite);
  check_folder(output);
}

/// Adds the files that rasters such as a VRT are read from.
void add_files_behind(std::vector<NamedPath>& read) {
  register_gdal_drivers();  // nothing is planned yet, and unknown files would lie behind nothing
  const GdalErrors quiet;   // what cannot be opened is refused where it is read
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (lower(fs::path(read[i].path).extension().string()) != ".vrt") continue;
    const WithoutSpatiaLite host_keeps_its_locale;
    const auto dataset = GDALDatasetUniquePtr(GDALDataset::Open(read[i].path.c_str(), GDAL_OF_RASTER));
    if (dataset == nullptr) continue;
    const CPLStringList files(dataset->GetFileList());
    for (int f = 0; f < files.size(); ++f) {
      const std::string file = files[f];
      const bool known =
          std::any_of(read.begin(), read.end(), [&](const NamedPath& other) { return other.path == file; });
      if (!known) read.push_back({read[i].option, file});
    }
  }
}

void check_distinct(const std::vector<NamedPath>& outputs, const std::vector<NamedPath>& read) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!same_file(outputs[i].path, outputs[j].path)) continue;
      refuse(fmt::format("{} and {} name the same file '{}'", outputs[j].option, outputs[i].option,
                         outputs[i].path));
    }
    for (const NamedPath& input : read) {
      if (!same_file(outputs[i].path, input.path)) continue;
      refuse(fmt::format("{} '{}' is also the {} '{}'; a result never replaces what it was made from",
                         outputs[i].option, outputs[i].path, input.option, input.path));
    }
  }
}

}  // namespace

std::vector<NamedPath> input_files(const MarkingJob& job) {
  std::vector<NamedPath> result;
  for (const std::string& path : job.layers) result.push_back({"layer list", path});
  for (const std::string& path : job.rules) result.push_back({"rulebook", path});
  for (const std::string& path : job.previous) result.push_back({"earlier batch", path});
  for (const std::string& path : job.layers) {
    for (const LayerSpec& layer : load_layer_specs(path)) {
      result.push_back({"reference layer", layer.path});
      if (!layer.aliases_file.empty()) result.push_back({"table of names", layer.aliases_file});
    }
  }
  return result;
}

std::vector<NamedPath> input_files(const Job& job) {
  std::vector<NamedPath> result;
  for (const Scene* scene : {&job.before, &job.after}) {
    if (scene->source == nullptr) result.push_back({"input", scene->path});
    result.push_back({"validity file", scene->valid_path});
    if (!scene->cloud.starts_with("band=")) result.push_back({"cloud mask", scene->cloud});
  }
  std::erase_if(result, [](const NamedPath& input) { return input.path.empty(); });
  add_files_behind(result);
  for (NamedPath& input : input_files(static_cast<const MarkingJob&>(job)))
    result.push_back(std::move(input));
  return result;
}

VectorFormat vector_format(const MarkingJob& job) {
  register_gdal_drivers();
  const std::string name = job.format.empty() ? driver_by_extension(job.output) : job.format;
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName(name.c_str());
  if (driver == nullptr || !writes_vector_files(*driver)) {
    refuse(fmt::format(
        "format '{}' is {}; --of takes {}", name,
        driver == nullptr ? "not a driver of this GDAL" : "not one that can hold patches in a file",
        writable_drivers()));
  }
  VectorFormat format;
  format.driver = driver->GetDescription();
  if (is_stream(job.output) && stream_format(format.driver) == nullptr) {
    refuse(
        fmt::format("output '{}': {} needs a file and cannot be a stream; take --of GeoJSONSeq, GeoJSON or "
                    "FlatGeobuf",
                    job.output, format.driver));
  }
  format.short_text = format.driver == "ESRI Shapefile" || format.driver == "MapInfo File";
  if (format.driver == "ESRI Shapefile" && lower(fs::path(job.output).extension().string()) != ".shp") {
    refuse(fmt::format("output '{}': a Shapefile is named with the extension .shp", job.output));
  }
  return format;
}

bool is_stream(const std::string& output) {
  return output == kStandardOutput;
}

std::string stream_file(const MarkingJob& job, const VectorFormat& format) {
  const fs::path folder = job.work_folder.empty() ? fs::temp_directory_path() : fs::path(job.work_folder);
  return (folder / "patches").string() + stream_format(format.driver)->extension;
}

std::vector<std::string> side_suffixes(const VectorFormat& format) {
  if (format.driver == "GPKG") return {};
  if (format.short_text) return {kManifestSuffix, kFindingsSuffix};
  return {kManifestSuffix};
}

MarkingJob register_job(const MarkingJob& job) {
  MarkingJob result = job;
  result.output = job.military_register;
  result.format.clear();
  result.creation_options.clear();
  result.layer_creation_options.clear();
  return result;
}

namespace {

void add_register(const MarkingJob& job, std::vector<NamedPath>& outputs) {
  if (job.military_register.empty()) return;
  if (is_stream(job.military_register)) {
    refuse(fmt::format(
        "--military-register '{}': the register is a file that only its owner may read, not a stream",
        job.military_register));
  }
  outputs.push_back({"--military-register", job.military_register});
  vector_format(register_job(job));
}

/// The table of patches, where there is one, comes first.
void check(const std::vector<NamedPath>& outputs, const MarkingJob& job, const std::vector<NamedPath>& read) {
  std::vector<std::string> side_files;
  if (!job.output.empty()) {
    const VectorFormat format = vector_format(job);
    const fs::path stem = fs::path(job.output).replace_extension();
    if (!is_stream(job.output))
      for (const std::string& suffix : side_suffixes(format)) side_files.push_back(stem.string() + suffix);
    GDALDriver& driver = *GetGDALDriverManager()->GetDriverByName(format.driver.c_str());
    check_options(driver, job.creation_options, GDAL_DMD_CREATIONOPTIONLIST, "--co");
    check_options(driver, job.layer_creation_options, GDAL_DS_LAYER_CREATIONOPTIONLIST, "--lco");
  }
  check_distinct(outputs, read);
  for (const NamedPath& output : outputs) {
    check_output(output,
                 &output == outputs.data() && !job.output.empty() ? side_files : std::vector<std::string>{},
                 job.overwrite);
  }
}

}  // namespace

void check_outputs(const MarkingJob& job, std::vector<NamedPath> inputs) {
  std::erase_if(inputs, [](const NamedPath& input) { return input.path.empty(); });
  for (NamedPath& input : input_files(job)) inputs.push_back(std::move(input));
  std::vector<NamedPath> outputs;
  if (!job.output.empty()) outputs.push_back({"output", job.output});
  add_register(job, outputs);
  check(outputs, job, inputs);
}

void check_outputs(const Job& job) {
  std::vector<NamedPath> outputs;
  if (!job.output.empty()) outputs.push_back({"output", job.output});
  const NamedPath rasters[] = {
      {"--mask", job.mask_path}, {"--patch-mask", job.patch_mask_path}, {"--score", job.score_path}};
  for (const NamedPath& raster : rasters) {
    if (raster.path.empty()) continue;
    const std::string extension = lower(fs::path(raster.path).extension().string());
    if (extension != ".tif" && extension != ".tiff") {
      refuse(fmt::format("{} '{}': rasters are written as GeoTIFF; use the extension .tif", raster.option,
                         raster.path));
    }
    outputs.push_back(raster);
  }
  add_register(job, outputs);
  check(outputs, job, input_files(job));
}

}  // namespace tuban
