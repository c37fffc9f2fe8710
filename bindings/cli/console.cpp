// SPDX-License-Identifier: Apache-2.0
#include "bindings/cli/console.h"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bindings/cli/json.h"

namespace tuban::cli {
namespace {

constexpr std::size_t kCells = 20;
constexpr int kTicks = 40;  // as GDAL draws it: 0...10...20, one tick for 2.5 %

void show_warning(const std::string& sentence) {
  std::fputs(fmt::format("tuban: warning: {}\n", sentence).c_str(), stderr);
}

constexpr const char* kClearLine = "\r\x1b[K";

std::string time_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

std::string progress_json(const Progress& progress) {
  return JsonObject()
      .add("stage", progress.stage)
      .raw("share", fmt::format("{:.3f}", progress.share))
      .add("pixels", progress.pixels_done)
      .add("pixels_total", progress.pixels)
      .add("patches", progress.patches)
      .raw("pixels_per_second", fmt::format("{:.0f}", progress.pixels_per_second))
      .raw("seconds", fmt::format("{:.3f}", progress.seconds))
      .raw("seconds_left", progress.seconds_left ? fmt::format("{:.3f}", *progress.seconds_left) : "null")
      .str();
}

std::string progress_line(const Progress& progress) {
  const auto done = static_cast<std::size_t>(std::clamp(progress.share, 0., 1.) * kCells);
  std::string line =
      fmt::format("[{}{}] {:3.0f} % {:<8}", std::string(done, '='), std::string(kCells - done, ' '),
                  std::floor(progress.share * 100), progress.stage);
  constexpr double kMillion = 1e6;
  if (progress.pixels > 0)
    line += fmt::format("  {:.1f} of {:.1f} Mpx", static_cast<double>(progress.pixels_done) / kMillion,
                        static_cast<double>(progress.pixels) / kMillion);
  if (progress.pixels_per_second > 0)
    line += fmt::format("  {:.1f} Mpx/s", progress.pixels_per_second / kMillion);
  if (progress.patches > 0) line += fmt::format("  {} patches", progress.patches);
  if (progress.seconds_left) line += fmt::format("  {} left", time_text(*progress.seconds_left));
  return line;
}

Console::~Console() {
  end_line();
}

void Console::progress(const Progress& progress) {
  if (style_ == ProgressStyle::bar) advance_bar(progress.share);
  if (style_ == ProgressStyle::line) draw_line(progress);
  if (style_ == ProgressStyle::json) std::fputs((progress_json(progress) + "\n").c_str(), stderr);
}

void Console::warn(const std::string& sentence) {
  if (quiet_) return;
  if (style_ == ProgressStyle::line && line_open_) {
    std::fputs(kClearLine, stderr);
    line_open_ = false;  // the next progress draws it again, below
    show_warning(sentence);
  } else if (line_open_) {
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

void Console::draw_line(const Progress& progress) {
  std::string line = progress_line(progress);
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
    line.resize(std::min<std::size_t>(line.size(), size.ws_col - 1U));
  std::fputs((kClearLine + line).c_str(), stderr);
  std::fflush(stderr);
  line_open_ = true;
}

void Console::end_line() {
  if (line_open_) std::fputs("\n", stderr);
  line_open_ = false;
  for (const std::string& sentence : waiting_) show_warning(sentence);
  waiting_.clear();
}

}  // namespace tuban::cli
