// SPDX-License-Identifier: Apache-2.0
#include "bindings/cli/language.h"

#include <fmt/format.h>

#include "tuban/error.h"

namespace tuban::cli {

void add_language(CLI::App& command, std::string& value) {
  command.add_option("--lang", value, "language: en (default) or zh")
      ->type_name("LANG")
      ->type_size(1)
      ->expected(1);
}

Language parse_language(const std::string& value) {
  if (value.empty() || value == "en") return Language::en;
  if (value == "zh") return Language::zh;
  throw Error(ErrorCode::usage, fmt::format("--lang: expected en or zh, found \"{}\"", value));
}

}  // namespace tuban::cli
