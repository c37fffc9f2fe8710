// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/types_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/patch/change_type.h"
#include "engine/rules/nearest.h"
#include "engine/rules/shipped_types.h"
#include "engine/rules/yaml.h"
#include "tuban/error.h"

namespace tuban {
namespace {

constexpr const char* kShipped = "shipped";

bool is_code(std::string_view text) {
  return std::find(kChangeTypes.begin(), kChangeTypes.end(), text) != kChangeTypes.end();
}

/// Without spaces around it, brackets of the Chinese keyboard as of the Latin one.
std::string plain(std::string_view text) {
  std::string result(text);
  for (const auto& [wide, narrow] : {std::pair{"（", "("}, {"）", ")"}, {"／", "/"}})
    for (std::size_t at = 0; (at = result.find(wide, at)) != std::string::npos;)
      result.replace(at, std::string_view(wide).size(), narrow);
  const auto first = result.find_first_not_of(" \t"), last = result.find_last_not_of(" \t");
  return first == std::string::npos ? std::string() : result.substr(first, last - first + 1);
}

}  // namespace

TypesMap::TypesMap(const std::string& path) : source_(path.empty() ? kShipped : path) {
  const std::string text =
      path.empty() ? std::string(shipped_types()) : read_text_file(path, "a map of change types in YAML");
  const StrictMap map(parse_yaml(text, source_), source_, {"types"});
  const YAML::Node types = map.node("types");
  if (!types.IsMap()) map.refuse("key \"types\" must be a map from values to codes C10 ... C99");
  for (const auto& entry : types) {
    const std::string key = plain(entry.first.Scalar());
    const std::string code = entry.second.IsScalar() ? entry.second.Scalar() : std::string();
    if (!is_code(code)) {
      const std::vector<std::string_view> known(kChangeTypes.begin(), kChangeTypes.end());
      map.refuse(fmt::format("types: \"{}\" is mapped to \"{}\", which is no change type{}", key, code,
                             suggestion(code, known)));
    }
    const bool beginning = key.ends_with('*');
    if (beginning) {
      beginnings_.emplace_back(key.substr(0, key.size() - 1), code);
    } else if (!whole_.emplace(key, code).second) {
      map.refuse(fmt::format("types: \"{}\" appears twice", key));
    }
  }
  std::stable_sort(beginnings_.begin(), beginnings_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

std::string TypesMap::code_of(std::string_view value) const {
  const std::string text = plain(value);
  if (const auto found = whole_.find(text); found != whole_.end()) return found->second;
  for (const auto& [beginning, code] : beginnings_)
    if (text.starts_with(beginning)) return code;
  return is_code(text) ? text : std::string();
}

}  // namespace tuban
