// SPDX-License-Identifier: Apache-2.0
#include "bindings/cli/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "bindings/cli/json.h"

namespace tuban::cli {
namespace {

constexpr int kTicks = 40;  // as GDAL draws it: 0...10...20, one tick for 2.5 %

void show_warning(const std::string& sentence) {
  std::fputs(fmt::format("tuban: warning: {}\n", sentence).c_str(), stderr);
}

}  // namespace

Console::~Console() {
  end_line();
}

void Console::progress(const Progress& progress) {
  if (style_ == ProgressStyle::bar) advance_bar(progress.share);
  if (style_ != ProgressStyle::json) return;
  const int permille = static_cast<int>(progress.share * 1000);
  if (stage_ == progress.stage && permille == permille_) return;
  stage_ = progress.stage;
  permille_ = permille;
  const std::string line = JsonObject()
                               .add("stage", progress.stage)
                               .raw("share", fmt::format("{:.3f}", progress.share))
                               .add("patches", progress.patches)
                               .str();
  std::fputs((line + "\n").c_str(), stderr);
}

void Console::warn(const std::string& sentence) {
  if (quiet_) return;
  if (line_open_) {
    waiting_.push_back(sentence);
  } else {
    show_warning(sentence);
  }
}

void Console::finish() {
  if (style_ == ProgressStyle::bar) {
    advance_bar(1);
    if (line_open_) std::fputs(" - done.", stderr);
  }
  end_line();
}

void Console::advance_bar(double share) {
  const int reached = std::clamp(static_cast<int>(share * kTicks), 0, kTicks);
  while (ticks_ < reached) {
    ++ticks_;
    std::fputs(ticks_ % 4 == 0 ? fmt::format("{}", ticks_ / 4 * 10).c_str() : ".", stderr);
    line_open_ = true;
  }
  std::fflush(stderr);
}

void Console::end_line() {
  if (line_open_) std::fputs("\n", stderr);
  line_open_ = false;
  for (const std::string& sentence : waiting_) show_warning(sentence);
  waiting_.clear();
}

}  // namespace tuban::cli
