// SPDX-License-Identifier: Apache-2.0
// What a run tells its host while it works, and how long its stages took.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tuban/job.h"

namespace tuban {

/// Turns the progress of stages into that of the job. Shares are of time: what was spent against what was
/// spent and what is expected still, from the rates measured so far. Reads no clock.
class Pace {
 public:
  explicit Pace(std::int64_t pixels = 0) : pixels_(pixels) {}

  /// The stage named begins at `seconds`.
  Progress begin(const char* stage, double seconds);
  /// An earlier run has done `share` of this stage and found `patches`: the work of this run begins here.
  Progress take_up(double share, std::int64_t patches, double seconds);
  /// `share` of the stage's work is done and `patches` have been found.
  Progress advance(double share, std::int64_t patches, double seconds);
  Progress end(double seconds);

 private:
  double expected_later() const;
  Progress at(double seconds);

  std::int64_t pixels_, patches_ = 0;
  const char* stage_ = "";
  double began_ = 0, already_ = 0, done_ = 0;
  double scanned_ = 0, rate_ = 0, share_ = 0;
  double slowness_ = 1;  // of this machine and these patches, against kSecondsPerPatch
};

/// Counts stages and their time, and calls the host: when a stage begins, at most ten times a second while it
/// lasts, and at the end.
class Watch {
 public:
  explicit Watch(const Control& control);

  void warn(const std::string& sentence);
  /// How many pixels there are to scan.
  void expect(std::int64_t pixels) { pace_ = Pace(pixels); }
  /// Ends the stage before.
  std::function<void(double share)> stage(const char* name);
  /// An earlier run has done this share of the stage and found `patches`.
  void take_up(double share);
  /// Ends the last stage; progress is 1.
  void finish();

  std::vector<std::string> warnings;
  std::vector<StageTime> times;  ///< of the stages ended
  std::int64_t patches = 0;      ///< found so far

 private:
  double seconds() const;
  void end_stage();
  void tell(const Progress& progress);

  const Control& control_;
  Pace pace_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const char* stage_ = nullptr;
  double stage_began_ = 0, stage_cpu_ = 0, told_ = 0;
};

}  // namespace tuban
