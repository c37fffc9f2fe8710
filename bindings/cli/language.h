// SPDX-License-Identifier: Apache-2.0
// The option --lang of commands that write for people.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tuban/explain.h"

namespace tuban::cli {

void add_language(CLI::App& command, std::string& value);

/// Throws Error(usage) unless it is en or zh; empty is en.
Language parse_language(const std::string& value);

}  // namespace tuban::cli
