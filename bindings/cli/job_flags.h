// SPDX-License-Identifier: Apache-2.0
// What the commands that run a job have in common: its options as flags, and what it tells.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/cli/console.h"
#include "tuban/job.h"

namespace tuban::cli {

inline constexpr int kWarningsUnderStrict = 5;

/// What was given for an option, by its key.
using GivenOptions = std::map<std::string, std::vector<std::string>, std::less<>>;

std::string flag_of(std::string_view key);

/// Adds the flag, or the positional BEFORE or AFTER, of an option.
void add_option(CLI::App& command, const OptionInfo& option, GivenOptions& given);

/// TUBAN_THREADS and TUBAN_MEMORY.
void take_environment(Job& job);

/// How a command talks while it works and when it is done.
class Messages {
 public:
  void add(CLI::App& command);
  /// Throws Error(usage) on a --progress that is none.
  ProgressStyle style() const;

  bool json = false, strict = false, quiet = false;

 private:
  const CLI::Option* option_ = nullptr;
  std::string progress_;
};

/// null where no earlier batch was given.
std::string lineage_json(const std::optional<LineageReport>& lineage);
std::string stages_json(const std::vector<StageTime>& stages);

}  // namespace tuban::cli
