// SPDX-License-Identifier: Apache-2.0
// The rulebooks of engine/rules/books, embedded when the library is built.
#pragma once

#include <string_view>
#include <vector>

namespace tuban {

struct ShippedBook {
  std::string_view name, content;
};

const std::vector<ShippedBook>& shipped_books();
/// The names of layers and fields, as YAML.
std::string_view shipped_alias_table();

}  // namespace tuban
