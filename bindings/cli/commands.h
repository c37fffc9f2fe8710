// SPDX-License-Identifier: Apache-2.0
// The subcommands. add() declares one; run() does it after parsing and returns the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "bindings/cli/job_flags.h"
#include "tuban/deliver.h"
#include "tuban/mark.h"
#include "tuban/scenes.h"

namespace tuban::cli {

/// GDAL's block cache belongs to the process, so its host sets it (G3), unless the user already did. Call
/// before anything is opened. 0: no memory bound was asked for.
void set_gdal_cache(std::uint64_t memory_bytes);

/// Throws Error(usage) about the first argument that no option took.
void refuse_extras(const CLI::App& command);

/// Writes to standard output; Error(runtime) if it takes no more.
void print(const std::string& text);

/// What a run says of itself: as print(), or to standard error where the result goes to standard output.
void print_report(const MarkingJob& job, const std::string& text);

class DetectCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  void refuse_unknown_flag() const;

  CLI::App* command_ = nullptr;
  GivenOptions given_;
  Messages messages_;
  std::string job_file_;
  bool resume_ = false;
  double checkpoint_seconds_ = 2;
};

class MarkCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  CLI::App* command_ = nullptr;
  MarkJob job_;
  GivenOptions given_;  // of what a detection job has too
  Messages messages_;
};

class InfoCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  CLI::App* command_ = nullptr;
  std::vector<std::string> rasters_, open_options_;
  std::string bands_;
  bool json_ = false;
};

class ScenesCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  CLI::App* command_ = nullptr;
  std::string list_;
  SceneListOptions options_;
  bool json_ = false;
};

class FactsCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  CLI::App* command_ = nullptr;
  bool json_ = false, markdown_ = false;
};

class RulesCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  CLI::App *command_ = nullptr, *check_ = nullptr, *list_ = nullptr;
  std::vector<std::string> files_;
  bool json_ = false;
};

class DeliverCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  CLI::App* command_ = nullptr;
  DeliverOptions options_;
  std::string result_, by_, formats_, marks_, zone_, language_;
  bool json_ = false;
};

class ExplainCommand {
 public:
  void add(CLI::App& app);
  bool chosen() const { return command_->parsed(); }
  int run();

 private:
  CLI::App* command_ = nullptr;
  std::string result_, language_;
  std::vector<std::string> ids_;
  std::vector<std::int64_t> ranks_;
  bool json_ = false;
};

}  // namespace tuban::cli
