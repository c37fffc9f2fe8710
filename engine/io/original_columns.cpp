// SPDX-License-Identifier: Apache-2.0
#include "engine/io/original_columns.h"

#include <algorithm>
#include <set>

#include "engine/io/result_columns.h"

namespace tuban {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  return text;
}

}  // namespace

OriginalColumns::OriginalColumns(std::span<const PatchFile::Field> fields) {
  std::set<std::string> taken{"fid", "ogc_fid", "geom", "geometry", "findings"};
  for (const Column& column : patch_columns()) {
    taken.insert(column.name);
    taken.insert(column.short_name);
  }
  for (const PatchFile::Field& field : fields) {
    std::string name = field.name;
    while (!taken.insert(lower(name)).second) name = "src_" + name;
    if (name != field.name) renamed_.push_back({field.name, name});
    names_.push_back(std::move(name));
    columns_.push_back({names_.back().c_str(), names_.back().c_str(), "", field.type});
  }
}

}  // namespace tuban
