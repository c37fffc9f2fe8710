// SPDX-License-Identifier: Apache-2.0
// What makes a run go on where another of the same job stopped (G4): the work folder both find under one
// name, and the proof that it is the same job.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan.h"
#include "engine/scan/work_folder.h"
#include "tuban/error.h"
#include "tuban/job.h"

namespace tuban {

/// Stands for one run from before its plan to its end. The state itself is written by scan, describe and mark
/// into the folder; what emit writes is never resumed. A job without outputs has a folder of a fresh name,
/// which goes with the run.
class Checkpoint {
 public:
  /// Takes the work folder that an earlier run of the same output left, if there is one. Throws
  /// Error(runtime) if that run is still at work, CannotResume if what it left cannot be read.
  Checkpoint(const Job& job, bool resume);
  /// The folder stays if there is something in it to resume, else it goes.
  ~Checkpoint();

  /// Resuming was asked for where all is done already.
  bool finished() const;
  /// Of a run that is finished: throws Error(usage) where the host is to be handed what no longer is held.
  void refuse_receiver(const Receiver& receiver) const;
  /// The job to plan: outputs that the interrupted run has put in place before it could clean up are its own
  /// and may be replaced.
  const Job& job() const noexcept { return job_; }
  /// The cut of the scan to be resumed.
  const std::optional<UnitShape>& units() const noexcept { return units_; }

  /// Makes the folder, or goes on with the one there was. Throws CannotResume naming the first thing, option
  /// or input, that is not as it was; a folder that is not resumed is cleared, which `warn` gets to know.
  void begin(const Plan& plan, const std::function<void(const std::string&)>& warn);
  const WorkFolder& folder() const { return *folder_; }
  bool resuming() const noexcept { return units_.has_value(); }
  /// What the state of the scan is to begin with, so that the next run can tell whose it is.
  const std::vector<std::byte>& preface() const noexcept { return preface_; }
  /// From here on outputs get their final names.
  void publishing() const { folder_->leave(kPublishing); }
  void finish() noexcept { folder_->end(); }

  /// The error with what --resume can do about it.
  Error explained(const Error& error) const;

 private:
  /// A thing that decides the result, in words, and its value.
  using Facts = std::vector<std::pair<std::string, std::string>>;
  static Facts facts_of(const Plan& plan);
  static constexpr const char* kPublishing = "publishing";
  bool resumable() const;
  void read_preface();

  Job job_;
  bool resume_;
  std::filesystem::path path_;
  std::optional<WorkFolder> folder_;
  std::optional<UnitShape> units_;  // of the run that is resumed, as are the facts
  Facts facts_;
  std::vector<std::byte> preface_;
  bool begun_ = false;
};

}  // namespace tuban
