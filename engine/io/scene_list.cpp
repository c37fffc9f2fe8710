// SPDX-License-Identifier: Apache-2.0
#include <cpl_minixml.h>
#include <cpl_vsi.h>
#include <fmt/format.h>
#include <gdal_priv.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <tuple>

#include "engine/io/gdal_errors.h"
#include "engine/io/name_date.h"
#include "engine/io/ogr_open.h"
#include "engine/io/scene_date.h"
#include "engine/io/stac.h"
#include "engine/rules/nearest.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"
#include "tuban/scenes.h"

namespace tuban {
namespace {

namespace fs = std::filesystem;

using XmlTree = std::unique_ptr<CPLXMLNode, decltype(&CPLDestroyXMLNode)>;

constexpr std::array<std::string_view, 5> kColumns{"path", "date", "band", "cloud", "valid"};
constexpr std::array<std::string_view, 3> kListExtensions{".txt", ".lst", ".csv"};
/// Files that stand beside rasters and look like some.
constexpr std::array<std::string_view, 2> kBesideRasters{".ovr", ".msk"};

template <std::size_t N>
bool has_extension(const fs::path& path, const std::array<std::string_view, N>& extensions) {
  return std::find(extensions.begin(), extensions.end(), path.extension().string()) != extensions.end();
}

OgrDataset open_header(const std::string& path) {
  const GdalErrors errors;
  OgrDataset dataset(GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY));
  if (!dataset)
    throw Error(ErrorCode::usage,
                fmt::format("{}: GDAL cannot open it as a raster: {}", path, errors.reason()));
  return dataset;
}

std::optional<std::string> date_in_metadata(GDALDataset& dataset) {
  return acquisition_date([&](const char* key) {
    const char* value = dataset.GetMetadataItem(key);
    return value ? value : dataset.GetMetadataItem(key, "IMAGERY");
  });
}

class Lister {
 public:
  Lister(const std::string& path, const SceneListOptions& options) : path_(path), options_(options) {
    if (!options.date_pattern.empty()) pattern_.emplace(options.date_pattern);
  }

  std::vector<ListedScene> list() {
    std::error_code failed;
    if (fs::is_directory(path_, failed)) {
      folder();
    } else if (has_extension(path_, kListExtensions)) {
      text_file();
    } else if (has_extension(path_, std::array<std::string_view, 2>{".json", ".geojson"})) {
      scenes_ = read_stac(path_, options_);
    } else {
      stack();
    }
    if (scenes_.empty()) throw Error(ErrorCode::usage, fmt::format("{}: there is no scene in it", path_));
    const auto key = [](const ListedScene& one) {
      return std::tuple(*one.scene.date, one.scene.path,
                        one.bands.empty() ? 0 : std::stoi(one.bands.front()));
    };
    std::sort(scenes_.begin(), scenes_.end(),
              [&](const ListedScene& a, const ListedScene& b) { return key(a) < key(b); });
    return std::move(scenes_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::mismatch, fmt::format("{}: {}", path_, what));
  }

  void folder() {
    std::vector<std::string> files;
    const GdalErrors unheard;
    for (const auto& entry : fs::directory_iterator(path_)) {
      const fs::path& file = entry.path();
      if (!entry.is_regular_file() || file.filename().string().starts_with('.') ||
          has_extension(file, kBesideRasters))
        continue;
      auto* const driver =
          GDALDriver::FromHandle(GDALIdentifyDriverEx(file.c_str(), GDAL_OF_RASTER, nullptr, nullptr));
      if (driver != nullptr) files.push_back(file.string());
    }
    for (const std::string& file : files) {
      ListedScene listed;
      listed.scene.path = file;
      date_of_file(listed, "a file list with a column date, or --date-pattern");
      scenes_.push_back(std::move(listed));
    }
  }

  void date_of_file(ListedScene& listed, const std::string& cure) const {
    const std::string& file = listed.scene.path;
    if (pattern_) {
      listed.scene.date = pattern_->find(file);
      listed.origin = DateOrigin::name;
      if (!listed.scene.date)
        refuse(fmt::format("{}: its name has no date where the pattern \"{}\" looks for it", file,
                           options_.date_pattern));
      return;
    }
    listed.scene.date = date_in_metadata(*open_header(file));
    listed.origin = DateOrigin::metadata;
    if (!listed.scene.date) refuse(fmt::format("{}: nothing says when it was taken; give {}", file, cure));
  }

  void text_file() {
    const std::string content = read_text_file(path_, "a list of scenes");
    require_utf8(content, path_);
    const std::string head = content.substr(0, content.find_first_of("\r\n"));
    if (head == "path" || head.starts_with("path,") || head.starts_with("path;") ||
        head.starts_with("path\t")) {
      table();
      return;
    }
    for (std::size_t at = 0; at < content.size();) {
      const std::size_t end = std::min(content.find('\n', at), content.size());
      std::string line = content.substr(at, end - at);
      at = end + 1;
      const std::size_t first = line.find_first_not_of(" \t\r");
      if (first == std::string::npos || line[first] == '#') continue;
      line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
      ListedScene listed;
      listed.scene.path = beside(line);
      date_of_file(listed, "columns \"path,date\", or --date-pattern");
      scenes_.push_back(std::move(listed));
    }
  }

  std::string beside(const std::string& path) const {
    if (path.starts_with('/') || path.find("://") != std::string::npos) return path;
    return (fs::path(path_).parent_path() / path).lexically_normal().string();
  }

  void table() {
    const GdalErrors errors;
    const OgrDataset dataset(GDALDataset::Open(("CSV:" + path_).c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY));
    OGRLayer* const layer = dataset ? dataset->GetLayer(0) : nullptr;
    if (layer == nullptr) refuse("GDAL cannot read it as a table: " + errors.reason());
    const OGRFeatureDefn& fields = *layer->GetLayerDefn();
    for (int i = 0; i < fields.GetFieldCount(); ++i) {
      const std::string name = fields.GetFieldDefn(i)->GetNameRef();
      if (std::find(kColumns.begin(), kColumns.end(), name) == kColumns.end())
        refuse(fmt::format("unknown column \"{}\"{}", name,
                           suggestion(name, {kColumns.begin(), kColumns.end()})));
    }
    int row = 1;
    while (const auto feature = OGRFeatureUniquePtr(layer->GetNextFeature())) {
      ++row;
      const auto cell = [&](const char* column) {
        const int field = fields.GetFieldIndex(column);
        return field < 0 ? std::string() : std::string(feature->GetFieldAsString(field));
      };
      if (cell("path").empty()) refuse(fmt::format("row {}: it names no path", row));
      ListedScene listed;
      listed.scene.path = beside(cell("path"));
      if (!cell("cloud").empty()) listed.scene.cloud = beside(cell("cloud"));
      if (!cell("valid").empty()) listed.scene.valid_path = beside(cell("valid"));
      if (const std::string band = cell("band"); !band.empty()) {
        if (band.find_first_not_of("0123456789") != std::string::npos || band.size() > 6 ||
            std::stoi(band) < 1)
          refuse(fmt::format("row {}: band \"{}\" is no number of a band, which count from 1", row, band));
        listed.bands = {band};
      }
      if (const std::string date = cell("date"); !date.empty()) {
        listed.scene.date = iso_date(date);
        listed.origin = DateOrigin::list;
        if (!listed.scene.date)
          refuse(fmt::format("row {}: date \"{}\" is no date; expected is yyyy-mm-dd", row, date));
      } else {
        date_of_file(listed, fmt::format("row {} a date, or --date-pattern", row));
      }
      scenes_.push_back(std::move(listed));
    }
    if (errors.failed()) refuse("reading stopped: " + errors.reason());
  }

  /// The one file that a band of a VRT is made of; empty where it is several or none.
  std::string only_source(GDALRasterBand& band) const {
    CSLConstList const sources = band.GetMetadata("vrt_sources");
    if (CSLCount(sources) != 1) return {};
    const char* const xml = CPLParseNameValue(sources[0], nullptr);
    const XmlTree tree(CPLParseXMLString(xml != nullptr ? xml : sources[0]), &CPLDestroyXMLNode);
    const CPLXMLNode* const name = tree ? CPLSearchXMLNode(tree.get(), "SourceFilename") : nullptr;
    if (name == nullptr) return {};
    const std::string file = CPLGetXMLValue(name, nullptr, "");
    return CPLTestBool(CPLGetXMLValue(name, "relativeToVRT", "0")) ? beside(file) : file;
  }

  void stack() {
    const OgrDataset dataset = open_header(path_);
    const GdalErrors unheard;
    const int count = dataset->GetRasterCount();
    for (int number = 1; number <= count; ++number) {
      GDALRasterBand& band = *dataset->GetRasterBand(number);
      ListedScene listed;
      listed.bands = {std::to_string(number)};
      const std::string source = only_source(band);
      if (const auto date = iso_date(band.GetDescription())) {
        listed.scene.date = date;
        listed.origin = DateOrigin::list;
      } else if (!source.empty() && count > 1) {
        listed.scene.path = source;
        date_of_file(listed, "--date-pattern, or a file list with a column date");
      } else {
        refuse(
            fmt::format("it is no folder, list or STAC file, and no stack of scenes either: band {} has "
                        "neither a date for a "
                        "description nor one file of its own; a single raster goes into a list file",
                        number));
      }
      listed.scene.path = path_;
      scenes_.push_back(std::move(listed));
    }
  }

  const std::string& path_;
  const SceneListOptions& options_;
  std::optional<NameDate> pattern_;
  std::vector<ListedScene> scenes_;
};

}  // namespace

std::vector<ListedScene> list_scenes(const std::string& path, const SceneListOptions& options) {
  register_gdal_drivers();
  VSIStatBufL status;
  if (VSIStatExL(path.c_str(), &status, VSI_STAT_EXISTS_FLAG) != 0)
    throw Error(
        ErrorCode::usage,
        fmt::format("{}: there is no such file or folder; expected is a folder of rasters, a list of them, "
                    "a STAC file or a stack of bands",
                    path));
  return Lister(path, options).list();
}

}  // namespace tuban
