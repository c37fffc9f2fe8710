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

}  // namespace tuban
