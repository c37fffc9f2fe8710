// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/rules/nearest.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {
namespace {

namespace fs = std::filesystem;

const char* kind_of(const YAML::Node& node) {
  return node.IsMap() ? "a map" : node.IsSequence() ? "a list" : node.IsScalar() ? "a value" : "nothing";
}

class JobFile {
 public:
  explicit JobFile(const std::string& path) : path_(path), folder_(fs::path(path).parent_path()) {}

  Job load() const {
    const YAML::Node root = parse();
    if (!root.IsMap()) {
      throw Error(ErrorCode::usage, fmt::format("{}: expected keys such as before, after, output, found {}",
                                                path_, root.IsNull() ? "an empty file" : kind_of(root)));
    }
    Job job;
    // Scenes last: what a scene says of itself wins over `oo`, wherever it stands.
    for (const bool scenes : {false, true}) {
      std::set<std::string> seen;
      for (const auto& entry : root) {
        const std::string key = scalar(entry.first, path_);
        const std::string where = place(entry.first, key);
        if (!seen.insert(key).second) throw Error(ErrorCode::usage, where + " appears twice");
        const bool is_scene = (key == "before" || key == "after") && entry.second.IsMap();
        if (is_scene != scenes) continue;
        if (is_scene) {
          load_scene(key == "before" ? job.before : job.after, key, entry.second);
        } else {
          set_option(job, key, values(key, entry.second, where), where);
        }
      }
    }
    return job;
  }

 private:
  YAML::Node parse() const {
    std::ifstream file(path_, std::ios::binary);
    if (fs::is_directory(path_) || !file) {
      throw Error(ErrorCode::usage, fmt::format("cannot read the job file '{}'", path_));
    }
    const std::string text(std::istreambuf_iterator<char>(file), {});
    require_utf8(text, path_);
    try {
      return YAML::Load(text);
    } catch (const YAML::Exception& error) {
      throw Error(ErrorCode::usage,
                  fmt::format("{}:{}: this is no YAML or JSON: {}", path_, error.mark.line + 1, error.msg));
    }
  }

  std::string place(const YAML::Node& node, const std::string& key) const {
    return fmt::format("{}:{}: {}", path_, node.Mark().line + 1, key);
  }

  static std::string scalar(const YAML::Node& node, const std::string& where) {
    if (!node.IsScalar()) {
      throw Error(ErrorCode::usage, fmt::format("{}: expected a value, found {}", where, kind_of(node)));
    }
    return node.Scalar();
  }

  std::vector<std::string> values(const std::string& key, const YAML::Node& node,
                                  const std::string& where) const {
    const auto options = job_options();
    const auto option =
        std::find_if(options.begin(), options.end(), [&](const OptionInfo& info) { return info.key == key; });
    if (option == options.end()) return {};  // set_option refuses the key itself
    std::vector<std::string> found;
    if (node.IsSequence() && option->takes == OptionInfo::Takes::list) {
      for (const auto& item : node) found.push_back(scalar(item, where));
    } else if (node.IsScalar()) {
      found.push_back(node.Scalar());
    } else {
      throw Error(ErrorCode::usage,
                  fmt::format("{}: expected {}, found {}", where, option->expects, kind_of(node)));
    }
    for (auto& value : found) {
      if (option->is_path) value = from_folder(value, key == "rules" || key == "grid");
    }
    return found;
  }

  void load_scene(Scene& scene, const std::string& name, const YAML::Node& node) const {
    constexpr std::string_view kKeys[] = {"path", "date", "valid", "cloud", "offset", "oo"};
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = scalar(entry.first, path_);
      const std::string where = place(entry.first, name + "." + key);
      if (!seen.insert(key).second) throw Error(ErrorCode::usage, where + " appears twice");
      // Borrows the checks of the option that means the same.
      Job parsed;
      const auto set = [&](const std::string& option) {
        set_option(parsed, option, values(option, entry.second, where), where);
      };
      if (key == "path") {
        set("before");
        scene.path = parsed.before.path;
      } else if (key == "date") {
        set("before_date");
        scene.date = parsed.before.date;
      } else if (key == "valid") {
        set("before_valid");
        scene.valid_path = parsed.before.valid_path;
      } else if (key == "cloud") {
        set("before_cloud");
        scene.cloud = parsed.before.cloud;
      } else if (key == "offset") {
        set("before_offset");
        scene.offset = parsed.before.offset;
      } else if (key == "oo") {
        set("oo");
        scene.open_options = parsed.before.open_options;
      } else {
        throw Error(ErrorCode::usage, fmt::format("{} is unknown{}", where, suggestion(key, kKeys)));
      }
    }
    if (scene.path.empty()) throw Error(ErrorCode::usage, place(node, name) + ": expected a key path");
  }

  // A shipped rulebook goes by its bare name, a file has a folder or a suffix.
  std::string from_folder(const std::string& value, bool may_be_name) const {
    const auto colon = value.find(':');
    const bool has_prefix = colon != std::string::npos && colon < value.find('/');  // PG:..., https://...
    const bool inline_text = value.starts_with('<') || value.starts_with('{');
    const bool band_of_image = value.starts_with("band=");  // of a cloud mask
    if (value.empty() || value.starts_with('/') || has_prefix || inline_text || band_of_image) return value;
    if (may_be_name && value.find_first_of("./") == std::string::npos) return value;
    return (folder_ / value).lexically_normal().string();
  }

  std::string path_;
  fs::path folder_;
};

}  // namespace

Job load_job(const std::string& path) {
  return JobFile(path).load();
}

}  // namespace tuban
