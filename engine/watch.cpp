// SPDX-License-Identifier: Apache-2.0
#include "engine/watch.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/scan/passwords.h"

namespace tuban {
namespace {

constexpr double kLeastInterval = .1;
constexpr double kMostBeforeTheEnd = .999;

// Seconds a patch takes where nothing is measured yet: only how they compare matters for long.
struct Later {
  std::string_view stage;
  double seconds_per_patch;
};
constexpr std::array<Later, 3> kSecondsPerPatch{{{"describe", 20e-6}, {"mark", 60e-6}, {"emit", 20e-6}}};

double process_cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

Progress Pace::begin(const char* stage, double seconds) {
  stage_ = stage;
  began_ = seconds;
  already_ = done_ = 0;
  return at(seconds);
}

Progress Pace::take_up(double share, std::int64_t patches, double seconds) {
  began_ = seconds;
  already_ = done_ = share;
  patches_ = patches;
  if (std::string_view(stage_) == "scan") scanned_ = share;
  return at(seconds);
}

Progress Pace::advance(double share, std::int64_t patches, double seconds) {
  done_ = std::clamp(share, done_, 1.);
  patches_ = patches;
  const double spent = seconds - began_;
  if (std::string_view(stage_) == "scan") {
    scanned_ = done_;
    if (spent > 0) rate_ = (done_ - already_) * static_cast<double>(pixels_) / spent;
  }
  for (const Later& later : kSecondsPerPatch) {
    const double usual = later.seconds_per_patch * static_cast<double>(patches_) * (done_ - already_);
    if (later.stage == stage_ && usual > 0) slowness_ = spent / usual;
  }
  return at(seconds);
}

Progress Pace::end(double seconds) {
  Progress progress = at(seconds);
  progress.share = share_ = 1;
  progress.seconds_left = 0;
  return progress;
}

double Pace::expected_later() const {
  const bool scanning = std::string_view(stage_) == "scan";
  const double patches = static_cast<double>(patches_) / (scanning ? done_ : 1.);
  double seconds = 0;
  bool later = scanning;
  for (const Later& stage : kSecondsPerPatch) {
    if (later) seconds += stage.seconds_per_patch * patches * slowness_;
    if (stage.stage == stage_) later = true;
  }
  return seconds;
}

Progress Pace::at(double seconds) {
  Progress progress;
  progress.stage = stage_;
  progress.patches = patches_;
  progress.pixels = pixels_;
  progress.pixels_done = static_cast<std::int64_t>(scanned_ * static_cast<double>(pixels_));
  progress.pixels_per_second = rate_;
  progress.seconds = seconds;
  // Until pixels have been scanned nothing is known of how long they take; an earlier run may have left none.
  if (rate_ > 0 || scanned_ == 1) {
    double left = expected_later();
    if (done_ > already_) {
      left += (seconds - began_) * (1 - done_) / (done_ - already_);
    } else {
      for (const Later& stage : kSecondsPerPatch)
        if (stage.stage == stage_)
          left += stage.seconds_per_patch * static_cast<double>(patches_) * slowness_;
    }
    progress.seconds_left = left;
    const double share = seconds > 0 ? seconds / (seconds + left) : 0;
    share_ = std::max(share_, std::min(share, kMostBeforeTheEnd));
  }
  progress.share = share_;
  return progress;
}

Watch::Watch(const Control& control) : control_(control) {}

void Watch::warn(const std::string& sentence) {
  warnings.push_back(hide_passwords(sentence));
  if (control_.warn) control_.warn(warnings.back());
}

std::function<void(double)> Watch::stage(const char* name) {
  end_stage();
  stage_ = name;
  stage_began_ = seconds();
  stage_cpu_ = process_cpu_seconds();
  tell(pace_.begin(name, stage_began_));
  return [this](double share) {
    const double now = seconds();
    const Progress progress = pace_.advance(share, patches, now);
    if (now - told_ >= kLeastInterval) tell(progress);
  };
}

void Watch::take_up(double share) {
  tell(pace_.take_up(share, patches, seconds()));
}

void Watch::finish() {
  end_stage();
  tell(pace_.end(seconds()));
}

double Watch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Watch::end_stage() {
  if (stage_ == nullptr) return;
  times.push_back({stage_, seconds() - stage_began_, process_cpu_seconds() - stage_cpu_});
  stage_ = nullptr;
}

void Watch::tell(const Progress& progress) {
  told_ = progress.seconds;
  if (control_.progress) control_.progress(progress);
}

}  // namespace tuban
