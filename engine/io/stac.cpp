// SPDX-License-Identifier: Apache-2.0
#include "engine/io/stac.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/io/scene_date.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"

namespace tuban {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> kImageTypes{"image/tiff", "image/jp2", "image/vnd.stac.geotiff"};

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::mismatch, fmt::format("{}: {}", where, what));
}

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_image(const Json& asset) {
  const std::string type = text(asset, "type");
  const bool picture = std::any_of(kImageTypes.begin(), kImageTypes.end(),
                                   [&](std::string_view one) { return type.starts_with(one); });
  const Json roles = asset.value("roles", Json::array());
  const bool beside = std::any_of(roles.begin(), roles.end(), [](const Json& role) {
    return role == "thumbnail" || role == "overview" || role == "cloud" || role == "metadata";
  });
  return picture && !beside;
}

/// As GDAL reads it, which takes the web through /vsicurl/.
std::string as_path(const std::string& href, const std::string& file) {
  if (href.starts_with("http://") || href.starts_with("https://")) return "/vsicurl/" + href;
  if (href.starts_with("file://")) return href.substr(7);
  if (href.starts_with("/")) return href;
  return (std::filesystem::path(file).parent_path() / href).lexically_normal().string();
}

class Item {
 public:
  Item(const Json& item, const std::string& file) : item_(item), file_(file) {
    const std::string id = item.is_object() ? text(item, "id") : std::string();
    where_ = fmt::format("{}: item {}", file, id.empty() ? "without an id" : "\"" + id + "\"");
    if (!item.is_object() || !item.value("assets", Json()).is_object())
      refuse(where_, "it has no assets, so it is no STAC item");
  }

  ListedScene scene(const SceneListOptions& options) const {
    ListedScene listed;
    listed.origin = DateOrigin::stac;
    listed.scene.path = href(image(options.asset));
    if (!options.cloud_asset.empty()) listed.scene.cloud = href(options.cloud_asset);
    listed.scene.date = date();
    return listed;
  }

 private:
  const Json& assets() const { return item_.at("assets"); }

  std::string image(const std::string& asked) const {
    if (!asked.empty()) return asked;
    std::vector<std::string> images;
    for (const auto& [key, asset] : assets().items())
      if (asset.is_object() && is_image(asset)) images.push_back(key);
    if (images.size() == 1) return images.front();
    refuse(where_,
           images.empty()
               ? "none of its assets is an image by its type and roles; name one with --asset"
               : fmt::format("it has {} images, of which one must be named with --asset: {} (bands in "
                             "files of their own become one image by gdalbuildvrt -separate)",
                             images.size(), fmt::join(images, ", ")));
  }

  std::string href(const std::string& key) const {
    const auto asset = assets().find(key);
    if (asset == assets().end()) {
      std::vector<std::string> known;
      for (const auto& one : assets().items()) known.push_back(one.key());
      refuse(where_, fmt::format("it has no asset \"{}\"; it has {}", key, fmt::join(known, ", ")));
    }
    const std::string link = asset->is_object() ? text(*asset, "href") : std::string();
    if (link.empty()) refuse(where_, fmt::format("its asset \"{}\" has no href", key));
    return as_path(link, file_);
  }

  std::string date() const {
    const Json properties = item_.value("properties", Json::object());
    const std::string said = properties.is_object() ? text(properties, "datetime") : std::string();
    if (said.empty())
      refuse(where_, "it has no datetime; an item that covers a span of time is not one acquisition");
    // RFC 3339; what is not in UTC is another day for some.
    const auto iso = iso_date(said.ends_with("+00:00") ? said.substr(0, said.size() - 6) + "Z" : said);
    if (!iso) refuse(where_, fmt::format("its datetime \"{}\" is no date and time in UTC", said));
    return *iso;
  }

  const Json& item_;
  const std::string& file_;
  std::string where_;
};

}  // namespace

std::vector<ListedScene> read_stac(const std::string& path, const SceneListOptions& options) {
  const Json json =
      Json::parse(read_text_file(path, "a STAC item or item collection in JSON"), nullptr, false);
  const std::string type = json.is_object() ? text(json, "type") : std::string();
  std::vector<ListedScene> scenes;
  if (type == "Feature") {
    scenes.push_back(Item(json, path).scene(options));
  } else if (type == "FeatureCollection" && json.value("features", Json()).is_array()) {
    for (const Json& item : json.at("features")) scenes.push_back(Item(item, path).scene(options));
  } else {
    refuse(
        path,
        "it is no STAC item (Feature) and no item collection (FeatureCollection); catalogs are not followed");
  }
  return scenes;
}

}  // namespace tuban
