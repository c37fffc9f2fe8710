// SPDX-License-Identifier: Apache-2.0
#include "engine/rules/aliases.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/rules/nearest.h"
#include "engine/rules/roles.h"
#include "engine/rules/shipped_books.h"
#include "engine/rules/yaml.h"

namespace tuban {
namespace {

using Names = std::vector<std::string>;

Names read_names(const StrictMap& map, const char* key) {
  const auto node = map.node(key);
  Names names;
  if (!node.IsSequence()) map.refuse(fmt::format("key \"{}\" must be a list of names", key));
  for (const auto& one : node) {
    if (!one.IsScalar() || one.Scalar().empty())
      map.refuse(fmt::format("key \"{}\" holds something that is no name; expected are plain texts", key));
    names.push_back(one.Scalar());
  }
  return names;
}

/// `first` before what stands there; an empty list takes away what does.
void put(LayerSpec::Aliases& into, const std::string& key, Names first) {
  Names& names = into[key];
  if (first.empty()) names.clear();
  first.insert(first.end(), names.begin(), names.end());
  names = std::move(first);
}

void read_role(const StrictMap& map, LayerSpec::Aliases& into) {
  for (const char* key : {"layer", "id", "class", "ridge", "number", "dated", "mode", "holder"})
    if (map.has(key)) put(into, key, read_names(map, key));
  if (!map.has("valid")) return;
  const StrictMap valid(map.node("valid"), map.where() + ": valid", {"from", "to"});
  for (const char* key : {"from", "to"})
    if (valid.has(key)) put(into, std::string("valid: ") + key, read_names(valid, key));
}

AliasMap read(const std::string& content, const std::string& file, AliasMap aliases) {
  const StrictMap top(parse_yaml(content, file), file, {"aliases"});
  const auto list = top.node("aliases");
  if (!list.IsMap()) top.refuse("key \"aliases\" must be a map of roles");
  const auto& known = layer_roles();
  for (const auto& entry : list) {
    const std::string role = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
    if (std::find(known.begin(), known.end(), role) == known.end())
      top.refuse(fmt::format("unknown role \"{}\"{}", role, suggestion(role, known)));
    read_role(StrictMap(entry.second, fmt::format("{}: {}", file, role),
                        {"layer", "id", "class", "ridge", "valid", "number", "dated", "mode", "holder"}),
              aliases[role]);
  }
  return aliases;
}

}  // namespace

const AliasMap& shipped_aliases() {
  static const auto aliases = read(std::string(shipped_alias_table()), "aliases.yaml", {});
  return aliases;
}

AliasMap load_aliases(const std::string& yaml_path) {
  return read(read_text_file(yaml_path, "a table of names in YAML"), yaml_path, shipped_aliases());
}

}  // namespace tuban
