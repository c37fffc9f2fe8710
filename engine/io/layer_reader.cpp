// SPDX-License-Identifier: Apache-2.0
#include "engine/io/layer_reader.h"

#include <mutex>
#include <utility>
#include <vector>

#include "engine/io/gdal_errors.h"
#include "engine/io/layer_file.h"
#include "engine/rules/iso_date.h"

namespace tuban {
namespace {

/// Opens a layer once more for each thread; the first takes over what planning has opened.
class Opener {
 public:
  Opener(const LayerSpec& spec, const Grid& grid, std::unique_ptr<LayerFile> first)
      : spec_(spec), grid_(grid), first_(std::move(first)) {}

  std::unique_ptr<LayerAccess> open() {
    {
      const std::lock_guard lock(mutex_);
      if (first_) return std::move(first_);
    }
    return std::make_unique<LayerFile>(spec_, grid_);
  }

 private:
  const LayerSpec spec_;
  const Grid grid_;
  std::mutex mutex_;
  std::unique_ptr<LayerFile> first_;
};

LayerContents look_into(const LayerSpec& spec, const Grid& grid, const LayerLimits& limits) {
  register_gdal_drivers();
  auto file = std::make_unique<LayerFile>(spec, grid);
  const bool indexed = file->index() != LayerFile::Index::none;
  LayerContents contents;
  contents.spec = file->spec();
  contents.notes = file->notes();
  std::size_t bytes = 0;
  bool whole = true;
  file->some([&](LayerFeature&& feature) {
    bytes += feature.wkb.size();
    contents.features.push_back(std::move(feature));
    whole = !indexed || (contents.features.size() <= limits.features && bytes <= limits.bytes);
    return whole;
  });
  if (whole) {
    file->sort(contents.features);
    if (contents.features.empty()) {
      if (auto why = file->emptiness(); !why.empty()) contents.notes.push_back(std::move(why));
    }
    return contents;
  }
  const auto opener = std::make_shared<Opener>(*contents.spec, grid, std::move(file));
  contents.open = [opener] { return opener->open(); };
  return contents;
}

}  // namespace

std::optional<std::string> iso_date(const std::string& text) {
  std::string day = text.substr(0, text.find_first_of(" T"));
  std::vector<std::string> parts;
  const char separator = day.find('/') != std::string::npos ? '/' : '-';
  if (day.size() == 8 && day.find_first_not_of("0123456789") == std::string::npos) {
    parts = {day.substr(0, 4), day.substr(4, 2), day.substr(6, 2)};
  } else {
    for (std::size_t at = 0; at <= day.size();) {
      const auto next = std::min(day.find(separator, at), day.size());
      parts.push_back(day.substr(at, next - at));
      at = next + 1;
    }
  }
  if (parts.size() != 3) return std::nullopt;
  for (auto* const part : {&parts[1], &parts[2]}) {
    if (separator == '/' && part->size() == 1) *part = "0" + *part;
  }
  const auto iso = parts[0] + "-" + parts[1] + "-" + parts[2];
  if (!is_iso_date(iso)) return std::nullopt;
  return iso;
}

LayerReader make_layer_reader(const LayerLimits& limits) {
  return [limits](const LayerSpec& spec, const Grid& grid) { return look_into(spec, grid, limits); };
}

}  // namespace tuban
